//! What a recipe must know about a data set to compute its steps. Reading images is another crate's work.

use serde::{Deserialize, Serialize};

/// Size and kind of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFacts {
    pub name: String,
    /// Training images.
    pub images: u64,
    pub classes: u32,
    pub labelled: bool,
    /// Width and height where all images share them.
    pub image_size: Option<(u32, u32)>,
}

impl DatasetFacts {
    /// Facts of data sets whose size is part of the literature, so that a sweep over them can be planned before the
    /// images are at hand.
    pub fn published(name: &str) -> Option<DatasetFacts> {
        let (images, classes, image_size) = match name {
            "imagenet-1k" => (1_281_167, 1000, None),
            "fashion-mnist" => (60_000, 10, Some((28, 28))),
            "cifar10" | "cifar-10" => (50_000, 10, Some((32, 32))),
            "cifar100" | "cifar-100" => (50_000, 100, Some((32, 32))),
            _ => return None,
        };
        Some(DatasetFacts { name: name.to_owned(), images, classes, labelled: true, image_size })
    }
}
