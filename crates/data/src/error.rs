//! What can go wrong between a path and a batch. Messages name the file or image at fault; they are
//! lower-case fragments that fit after "failed to …: ".

use std::fmt;
use std::path::{Path, PathBuf};

use vitals_recipe::{Names, Tells, Told};

use crate::findings::{Labels, Near, Said, SplitWord, Unused, Why};

/// An error of opening or reading a data set.
#[derive(Debug)]
pub enum DataError {
    /// The name is neither built in nor a path that exists.
    Unknown { name: String, hint: Where },
    /// The path exists, but holds nothing that we can read as images.
    Empty { path: PathBuf, expected: Missing },
    /// A file or folder could not be opened or read.
    Io { path: PathBuf, source: std::io::Error },
    /// A file is not of the format that its name promises.
    Format { path: PathBuf, what: String },
    /// The path can be read in more than one way, or in none that trains on what it should.
    Ambiguous { path: PathBuf, why: Box<Refusal> },
    /// One image could not be decoded. The loader replaces it as long as few enough are unreadable.
    Unreadable { name: String, reason: String },
    /// More than 0.1 % of the training images are unreadable.
    TooManyUnreadable { count: u64, total: u64, allowed: u64, last: String },
    /// An index beyond the end of a split.
    OutOfRange { index: u64, len: u64 },
    /// The batch is larger than the training split, so that an epoch would have no batch.
    BatchTooLarge { batch_size: u64, images: u64 },
    /// A loader thread could not be started, or died.
    Thread { what: String },
    /// Decoded images are to be kept on disk, and the user has no cache folder.
    NoCacheFolder,
    /// Nothing can be written in that folder.
    UnwritableCache { path: PathBuf, source: std::io::Error },
    /// The loader was asked for more after it had returned an error.
    Stopped,
}

vitals_recipe::sentences! {
    /// Where a data set can be had from.
    pub enum Where in "data_where" {
        FashionMnist { looked: Names } =
            "install the Debian package dataset-fashion-mnist, or set VITALS_FASHION_MNIST to a folder with train-images-idx3-ubyte.gz; looked in {looked}";
        Add = "add it with `vitals dataset add NAME PATH`";
    }
}

vitals_recipe::sentences! {
    /// What a path lacks.
    pub enum Missing in "data_missing" {
        Images =
            "expected class folders or a flat folder of JPEG, PNG, WebP or BMP images, *.parquet with a column image.bytes, *.tar shards, CIFAR *.bin files, or IDX files";
        TrainingSplit = "expected a training split";
    }
}

vitals_recipe::sentences! {
    /// Why a path is not read as any one set, and what to do.
    pub enum Refusal in "data_refusal" {
        SameSplit { split: Told, names: Names } =
            "each of these could be the {split} split: {names}; keep one of them here, or add the folder of one set";
        SeveralSets { names: Names } =
            "several data sets or configurations lie here: {names}; add one of them, from a folder of its own";
        SeveralForms { names: Names } =
            "each of these could be the set: {names}; add one of them, from a folder of its own";
        SplitOrClass { name: String, beside: Names } =
            "`{name}` could be a split or a class beside {beside}; keep only split folders (train, val, test) here, or only classes";
        NoTraining { names: Names } =
            "there is no training split beside {names}; name its folder train, or add one of these folders by itself";
        SplitsWithin { folders: Names } =
            "folders hold splits of their own ({folders}); add one of them, or, if they are classes, put the splits above: train/CLASS, val/CLASS";
        LooseOrClasses { folder: String, loose: u64, inside: u64 } =
            "{folder} holds {loose} images and folders with {inside} more, which could be one set without labels or classes; move the loose ones away, or all into one folder";
        NoCommonClass { split: Told, classes: Names, train: Names } =
            "no class of the {split} split is one of the training split ({classes} against {train}); give both the same folder names, or move the {split} split away";
        LabelColumns { columns: Names } =
            "each of these columns could be the label: {columns}; name the one that you mean `label`";
        MixedLabels { column: String } =
            "the column {column} holds names in some files and numbers in others; write them alike";
    }
}

vitals_recipe::sentences! {
    /// What [`DataError`] says.
    enum DataFailure in "data" {
        Unknown { name: String, hint: Told } =
            "data set `{name}` is unknown: it is neither built in nor a file or folder ({hint})";
        Empty { path: String, expected: Told } = "{path} holds no images that we can read: {expected}";
        Io { path: String, reason: String } = "reading {path}: {reason}";
        Format { path: String, what: String } = "{path}: {what}";
        Ambiguous { path: String, why: Told } = "{path}: {why}";
        Unreadable { name: String, reason: String } = "image {name} is unreadable: {reason}";
        TooManyUnreadable { count: u64, total: u64, allowed: u64, last: String } =
            "{count} of {total} images are unreadable, more than the {allowed} allowed (0.1 %), last: image {last}";
        OutOfRange { index: u64, len: u64 } = "image {index} was asked for, but the split has {len}";
        BatchTooLarge { batch_size: u64, images: u64 } =
            "a batch of {batch_size} images is larger than the data set, which has {images} training images";
        Thread { what: String } = "a loader thread {what}";
        NoCacheFolder =
            "decoded_cache = \"disk\" needs a cache folder: set XDG_CACHE_HOME or HOME, or choose memory";
        UnwritableCache { path: String, reason: String } =
            "decoded images cannot be kept in {path}: {reason}; set XDG_CACHE_HOME to a folder that can be written, or choose memory";
        Stopped = "the loader has stopped after an error";
    }
}

impl DataError {
    /// The sentence, by kind and fields.
    pub fn told(&self) -> Told {
        self.failure().told()
    }

    fn failure(&self) -> DataFailure {
        let path_of = |path: &Path| path.display().to_string();
        match self {
            Self::Unknown { name, hint } => DataFailure::Unknown { name: name.clone(), hint: hint.told() },
            Self::Empty { path, expected } => {
                DataFailure::Empty { path: path_of(path), expected: expected.told() }
            }
            Self::Io { path, source } => DataFailure::Io { path: path_of(path), reason: source.to_string() },
            Self::Format { path, what } => DataFailure::Format { path: path_of(path), what: what.clone() },
            Self::Ambiguous { path, why } => DataFailure::Ambiguous { path: path_of(path), why: why.told() },
            Self::Unreadable { name, reason } => {
                DataFailure::Unreadable { name: name.clone(), reason: reason.clone() }
            }
            Self::TooManyUnreadable { count, total, allowed, last } => DataFailure::TooManyUnreadable {
                count: *count,
                total: *total,
                allowed: *allowed,
                last: last.clone(),
            },
            Self::OutOfRange { index, len } => DataFailure::OutOfRange { index: *index, len: *len },
            Self::BatchTooLarge { batch_size, images } => {
                DataFailure::BatchTooLarge { batch_size: *batch_size, images: *images }
            }
            Self::Thread { what } => DataFailure::Thread { what: what.clone() },
            Self::NoCacheFolder => DataFailure::NoCacheFolder,
            Self::UnwritableCache { path, source } => {
                DataFailure::UnwritableCache { path: path_of(path), reason: source.to_string() }
            }
            Self::Stopped => DataFailure::Stopped,
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(formatter)
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::UnwritableCache { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl DataError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    pub(crate) fn format(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Format { path: path.into(), what: what.into() }
    }

    pub(crate) fn ambiguous(path: impl Into<PathBuf>, why: Refusal) -> Self {
        Self::Ambiguous { path: path.into(), why: Box::new(why) }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, DataError>;

/// Every kind of sentence of this room, for the catalogues.
pub const SENTENCES: &[&[vitals_recipe::Sentence]] = &[
    DataFailure::SENTENCES,
    crate::file_kind::FileKind::SENTENCES,
    crate::file_kind::KindAdvice::SENTENCES,
    Where::SENTENCES,
    Missing::SENTENCES,
    Refusal::SENTENCES,
    Said::SENTENCES,
    Labels::SENTENCES,
    Why::SENTENCES,
    SplitWord::SENTENCES,
    Unused::SENTENCES,
    Near::SENTENCES,
];
