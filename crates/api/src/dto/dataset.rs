//! Forms of data sets.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Told;

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DatasetInfo {
    pub name: String,
    pub path: String,
    pub images: u64,
    pub heldout: u64,
    pub classes: u64,
    pub labelled: bool,
    /// What was found when it was looked at last: splits, where labels come from, what else to know, what was left out.
    pub found: Vec<Told>,
    pub fingerprint: String,
    pub builtin: bool,
    /// What is wrong, where it cannot be read.
    pub problem: Option<String>,
    /// The problem by kind and fields, where a sentence of ours tells it.
    pub problem_told: Option<Told>,
}

/// Which images of a data set to show, and as which recipe sees them. What is absent is chosen to fit the set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, TS)]
pub struct DatasetSamplesQuery {
    pub name: String,
    /// `train` (absent) or `heldout`.
    #[ts(optional)]
    pub split: Option<String>,
    /// First image; absent: images spread evenly over the split.
    #[ts(optional)]
    pub from: Option<u64>,
    /// How many, at most 64; absent: 12.
    #[ts(optional)]
    pub count: Option<u32>,
    #[ts(optional)]
    pub seed: Option<u64>,
    #[ts(optional)]
    pub epoch: Option<u64>,
    /// The recipe's parameters of these names.
    #[ts(optional)]
    pub augmentation: Option<String>,
    #[ts(optional)]
    pub image_size: Option<u32>,
    #[ts(optional)]
    pub crop_min_scale: Option<f64>,
}

/// Images of a data set as training sees them, and what made them so.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct DatasetSamples {
    pub name: String,
    pub split: String,
    /// Images of the split.
    pub images: u64,
    /// Where held-out images come from: `test`, `validation`, `sampled` or `nothing`.
    pub heldout_origin: String,
    /// Class names by label; empty where the set has none.
    pub class_names: Vec<String>,
    pub augmentation: String,
    pub image_size: u32,
    pub crop_min_scale: f64,
    pub seed: u64,
    pub epoch: u64,
    pub samples: Vec<DatasetSample>,
}

/// One image. The pictures are data URLs of PNG files; empty where the image is unreadable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, TS)]
pub struct DatasetSample {
    pub index: u64,
    /// File, or file and row.
    pub name: String,
    pub label: Option<u32>,
    pub class_name: Option<String>,
    /// Size of the image itself in pixels; 0 where unreadable.
    pub width: u32,
    pub height: u32,
    pub original: String,
    pub view1: String,
    pub view2: String,
    /// Why the image cannot be read.
    pub problem: Option<String>,
}
