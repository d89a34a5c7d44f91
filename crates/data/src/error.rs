//! What can go wrong between a path and a batch. Messages name the file or image at fault; they are
//! lower-case fragments that fit after "failed to …: ".

use std::fmt;
use std::path::{Path, PathBuf};

use vitals_recipe::{Names, Tells, Told};

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
    /// What [`DataError`] says.
    enum DataFailure in "data" {
        Unknown { name: String, hint: Told } =
            "data set `{name}` is unknown: it is neither built in nor a file or folder ({hint})";
        Empty { path: String, expected: Told } = "{path} holds no images that we can read: {expected}";
        Io { path: String, reason: String } = "reading {path}: {reason}";
        Format { path: String, what: String } = "{path}: {what}";
        Unreadable { name: String, reason: String } = "image {name} is unreadable: {reason}";
        TooManyUnreadable { count: u64, total: u64, allowed: u64, last: String } =
            "{count} of {total} images are unreadable, more than the {allowed} allowed (0.1 %), last: image {last}";
        OutOfRange { index: u64, len: u64 } = "image {index} was asked for, but the split has {len}";
        BatchTooLarge { batch_size: u64, images: u64 } =
            "a batch of {batch_size} images is larger than the data set, which has {images} training images";
        Thread { what: String } = "a loader thread {what}";
        NoCacheFolder =
            "decoded_cache = \"disk\" needs a cache folder: set XDG_CACHE_HOME or HOME, or choose memory";
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
            Self::Io { source, .. } => Some(source),
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
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, DataError>;

/// Every kind of sentence of this room, for the catalogues.
pub const SENTENCES: &[&[vitals_recipe::Sentence]] =
    &[DataFailure::SENTENCES, Where::SENTENCES, Missing::SENTENCES];
