//! What a look at a data set found: its splits, where labels come from, what was left out and how many, and what a reader
//! should know. Plain data and sentences; it decides nothing and reads no file.

use serde::{Deserialize, Serialize};
use vitals_recipe::{Names, Tells, Told};

vitals_recipe::sentences! {
    /// Where labels come from.
    pub enum Labels in "data_labels" {
        Nowhere = "there are none";
        Folders = "the names of class folders";
        Listed { file: String } = "the names of class folders, and {file} where images lie in none";
        Column { column: String } = "the column {column}";
        Members = "the members .cls or .json of each sample";
        Records = "the records of the files";
        Given = "given with the images";
    }
}

vitals_recipe::sentences! {
    /// Why something was left out; what is counted comes first.
    pub enum Why in "data_left_out" {
        NotImages = "files that are not images";
        Hidden = "hidden files and folders";
        OtherPrograms = "folders that other programs leave behind";
        Beside = "folders beside those that are read";
        ImagesBesideSplits = "images beside the splits";
        ImagesBesideClasses = "images beside class folders";
        ImagesBesideFiles = "images beside the files that hold the set";
        NotRegular = "named like images, but not regular files";
        ReadAnyway = "links to folders that are read anyway";
        TooDeep = "folders nested too deep";
        EmptyClass = "class folders without images";
        Archives = "archives beside the folders";
        UnknownSplit = "files whose names tell no split";
        Copies = "copies of files that are read";
        SecondImages = "further images of a sample that has one";
        Links = "links whose target is not in the archive";
        Sparse = "sparse members";
        EmptyMembers = "empty members";
        EmptyFiles = "files without a row";
    }
}

vitals_recipe::sentences! {
    /// A split as the set names it.
    pub enum SplitWord in "data_split" {
        Train = "training";
        Validation = "validation";
        Test = "test";
    }
}

vitals_recipe::sentences! {
    /// Why a split that was found is not used.
    pub enum Unused in "data_unused" {
        Unlabelled = "it has no labels";
        TestIsHeldOut = "the test split is held out";
    }
}

vitals_recipe::sentences! {
    /// Which JPEG files have pixels a few levels off those of the reference pipeline.
    pub enum Near in "data_near" {
        Progressive = "progressive JPEG";
        FourColours = "JPEG of four colours";
        Rare = "JPEG of rare sampling or colours";
    }
}

vitals_recipe::sentences! {
    /// What is said of a data set when it is added.
    pub enum Said in "data_said" {
        Inside { folder: String } = "read from its folder {folder}";
        Training { images: u64, labelled: u64 } = "training images: {images}, of which {labelled} have a label";
        HeldOut { split: Told, images: u64, labelled: u64 } =
            "held-out images: {images} of the {split} split, of which {labelled} have a label";
        Sampled { images: u64 } =
            "held-out images: {images}, drawn from the training images, as there is no labelled validation or test split";
        NothingHeldOut = "no images are held out";
        Unused { split: Told, images: u64, why: Told } = "the {split} split is not used: {why} (images: {images})";
        Labels { classes: u64, from: Told } = "classes: {classes}; labels: {from}";
        LeftOut { why: Told, count: u64, first: String } = "left out: {why} (count: {count}, first: {first})";
        LeftOutWithImages { why: Told, count: u64, images: u64, first: String } =
            "left out: {why} (count: {count}, images in them: {images}, first: {first})";
        ClassesBeyondTraining { split: Told, classes: Names } =
            "only the {split} split has images of these classes: {classes}";
        FolderIsNoClass { split: Told, folder: String } =
            "{folder}, the only folder of the {split} split, is no class of the training split, so that its images have no label";
        NearPixels { why: Told, count: u64, tried: u64, first: String } =
            "pixels of {count} of {tried} images tried are not exactly those of the reference: {why}, mostly up to 3 levels off (first: {first})";
        OneClass { class: String } = "there is one class only ({class}), so that kNN accuracy says nothing";
        ClassesHoldFolders { class: String } =
            "class folders hold folders; all images below one are of its class, as in {class}";
        NoSplitNamed = "no file names a split, so that all are training images";
        UnnamedAreTraining { files: Names } = "files whose names tell no split are training images: {files}";
        LabelsOfSomeFiles { column: String, files: Names } =
            "files of the same split without the column {column}, so that their rows have no label: {files}";
        NoLabelColumn { columns: Names } = "no column is taken for labels; the columns are {columns}";
    }
}

/// A split that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundSplit {
    pub split: SplitWord,
    pub images: u64,
    /// Images that have a label.
    pub labelled: u64,
    /// Why it is not used; absent for training and held-out images.
    pub unused: Option<Unused>,
}

/// Things of one kind that were left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub why: Why,
    pub count: u64,
    /// Images within them, where they are folders.
    pub images: u64,
    /// Path of the first of them, relative to the set.
    pub first: String,
}

/// What was found, what was left out, which labels, which splits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// In the order training, validation, test.
    pub splits: Vec<FoundSplit>,
    /// Images drawn from the training split, which does not count them, where there is no other to hold out.
    pub sampled: u64,
    pub classes: u64,
    pub labels: Labels,
    pub left_out: Vec<LeftOut>,
    /// What else a reader should know.
    pub notes: Vec<Said>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            splits: Vec::new(),
            sampled: 0,
            classes: 0,
            labels: Labels::Nowhere,
            left_out: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Findings {
    /// Notes that `first`, of which nothing like it was left out before, or one more of its kind, is left out.
    pub(crate) fn leave(&mut self, why: Why, first: impl Into<String>) {
        self.leave_many(why, 1, 0, first);
    }

    /// As [`Findings::leave`], of `count` things with `images` images in them.
    pub(crate) fn leave_many(&mut self, why: Why, count: u64, images: u64, first: impl Into<String>) {
        match self.left_out.iter_mut().find(|left| left.why == why) {
            _ if count == 0 => {}
            Some(left) => {
                left.count += count;
                left.images += images;
            }
            None => self.left_out.push(LeftOut { why, count, images, first: first.into() }),
        }
    }

    /// All of it as sentences, in the order in which a person would ask.
    pub fn told(&self) -> Vec<Told> {
        let mut told = Vec::new();
        for FoundSplit { split, images, labelled, unused } in &self.splits {
            let (images, labelled, name) = (*images, *labelled, split.told());
            told.push(match (unused, split) {
                (Some(why), _) => Said::Unused { split: name, images, why: why.told() },
                (None, SplitWord::Train) => Said::Training { images, labelled },
                (None, _) => Said::HeldOut { split: name, images, labelled },
            });
        }
        let held_out = |found: &FoundSplit| found.split != SplitWord::Train && found.unused.is_none();
        if self.sampled > 0 {
            told.push(Said::Sampled { images: self.sampled });
        } else if !self.splits.iter().any(held_out) {
            told.push(Said::NothingHeldOut);
        }
        told.push(Said::Labels { classes: self.classes, from: self.labels.told() });
        told.extend(self.notes.iter().cloned());
        told.extend(self.left_out.iter().cloned().map(|LeftOut { why, count, images, first }| {
            let why = why.told();
            match images {
                0 => Said::LeftOut { why, count, first },
                _ => Said::LeftOutWithImages { why, count, images, first },
            }
        }));
        told.iter().map(Tells::told).collect()
    }
}
