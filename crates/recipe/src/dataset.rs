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

/// What is known of data sets by name. A plain function from names to facts knows no more than facts: any name may be one.
pub trait Datasets {
    /// Size and kind, where they are known.
    fn facts(&self, name: &str) -> Option<DatasetFacts>;

    /// Whether there is one of that name.
    fn has(&self, _name: &str) -> bool {
        true
    }

    /// The names that there are.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<F: Fn(&str) -> Option<DatasetFacts>> Datasets for F {
    fn facts(&self, name: &str) -> Option<DatasetFacts> {
        self(name)
    }
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
