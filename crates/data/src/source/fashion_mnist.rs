//! Where the built-in data set Fashion-MNIST lies: `VITALS_FASHION_MNIST`, the Debian package
//! `dataset-fashion-mnist`, or the cache folder. Nothing here downloads.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cache::cache_folder;

/// Name of the built-in data set.
pub const FASHION_MNIST: &str = "fashion-mnist";

/// Class names in the order of the labels.
pub(crate) const CLASS_NAMES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

const DEBIAN_FOLDER: &str = "/usr/share/datasets/fashion-mnist";

/// The folder that holds Fashion-MNIST, or the folders that were looked at. `env` looks a variable up.
///
/// # Errors
/// The list of folders, none of which holds the training images.
pub fn fashion_mnist_folder(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Vec<PathBuf>> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = cache_folder(&env);
    let candidates: Vec<PathBuf> = [
        set("VITALS_FASHION_MNIST"),
        Some(PathBuf::from(DEBIAN_FOLDER)),
        cache.map(|cache| cache.join("vitals/datasets/fashion-mnist")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let holds_images = |folder: &PathBuf| {
        ["train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"].iter().any(|f| folder.join(f).is_file())
    };
    candidates.iter().find(|folder| holds_images(folder)).cloned().ok_or(candidates)
}
