//! Where images come from. A [`Source`] is one split of one format, random access by index; which format a
//! path has is decided in [`detect`]. Sources decode on demand and hold no decoded pixels of compressed sets.

use std::path::{Path, PathBuf};

use crate::decode::{Pixels, Wanted};
use crate::findings::Findings;
use crate::{Result, RgbImage};

pub(crate) mod cifar;
mod detect;
mod fashion_mnist;
mod folder;
pub(crate) mod idx;
mod layout;
mod listed;
mod memory;
mod parquet_columns;
mod parquet_footer;
pub(crate) mod parquet_rows;
mod shown;
mod split_name;
mod stated;
pub(crate) mod tar_format;
mod tar_samples;
mod tar_shards;
mod tree;

pub(crate) use detect::detect;
pub(crate) use fashion_mnist::CLASS_NAMES as FASHION_MNIST_CLASSES;
pub use fashion_mnist::{FASHION_MNIST, fashion_mnist_folder};
pub(crate) use memory::MemorySource;

/// Why one image could not be read; the caller adds its name.
pub(crate) type Reason = String;

/// One split of a data set: `len()` images by index.
pub(crate) trait Source: Send + Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// Class of image `index`, or `None` where the set has no labels.
    fn label(&self, index: usize) -> Option<u32>;

    /// What a person would look for: a file name, or a file and a row.
    fn name(&self, index: usize) -> String;

    /// Decodes at least the wanted pixels of image `index` to their places in `image`, whose buffer is reused.
    fn decode_into(
        &self,
        index: usize,
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<Pixels, Reason>;

    /// Width and height shared by all images, where the format says so.
    fn image_size(&self) -> Option<(u32, u32)> {
        None
    }

    /// Shards of which one must be read whole for any image of it, where not all of them fit in memory. A property of the
    /// set, never of the machine: the order of training depends on it.
    fn shards(&self) -> Option<Shards> {
        None
    }
}

/// Consecutive images that are read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shards {
    /// Index after the last image of each shard, ascending.
    pub ends: Vec<u32>,
    /// Shards that may be mixed: twice as many fit in memory, for batches of two mixtures are made at a time.
    pub together: usize,
}

/// The splits of a data set as found on disk.
#[derive(Default)]
pub(crate) struct Found {
    pub train: Option<Box<dyn Source>>,
    pub validation: Option<Box<dyn Source>>,
    pub test: Option<Box<dyn Source>>,
    /// Names by label; empty where unknown.
    pub class_names: Vec<String>,
    /// Every file that belongs to the set, for the fingerprint.
    pub files: Vec<FileEntry>,
    /// Tells the fingerprint apart from that of an earlier release, which read the same files in another way; empty where none did.
    pub reading: &'static str,
    /// What was left out, and where labels come from; splits are counted where they are put to use.
    pub findings: Findings,
}

impl Found {
    /// Puts `source` where `split` belongs.
    fn set(&mut self, split: split_name::SplitName, source: Box<dyn Source>) {
        let place = match split {
            split_name::SplitName::Train => &mut self.train,
            split_name::SplitName::Validation => &mut self.validation,
            split_name::SplitName::Test => &mut self.test,
        };
        *place = Some(source);
    }
}

/// A file of the set: its name relative to the set's root, where it is, and its size.
#[derive(Debug, Clone)]
pub(crate) struct FileEntry {
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
}

impl FileEntry {
    /// Describes `path`, named relative to `root` with forward slashes.
    pub(crate) fn new(root: &Path, path: &Path) -> Result<Self> {
        let bytes = std::fs::metadata(path).map_err(|e| crate::DataError::io(path, e))?.len();
        Ok(Self { name: relative_name(root, path), path: path.to_path_buf(), bytes })
    }
}

/// `path` relative to `root`, with forward slashes, lossy only where a name is not UTF-8.
fn relative_name(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { path.display().to_string() } else { parts.join("/") }
}
