//! What can go wrong between a path and a batch. Messages name the file or image at fault; they are
//! lower-case fragments that fit after "failed to …: ".

use std::path::PathBuf;

/// An error of opening or reading a data set.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The name is neither built in nor a path that exists.
    #[error("data set `{name}` is unknown: it is neither built in nor a file or folder ({hint})")]
    Unknown { name: String, hint: String },
    /// The path exists, but holds nothing that we can read as images.
    #[error("{} holds no images that we can read: {expected}", path.display())]
    Empty { path: PathBuf, expected: String },
    /// A file or folder could not be opened or read.
    #[error("reading {}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file is not of the format that its name promises.
    #[error("{}: {what}", path.display())]
    Format { path: PathBuf, what: String },
    /// One image could not be decoded. The loader replaces it as long as few enough are unreadable.
    #[error("image {name} is unreadable: {reason}")]
    Unreadable { name: String, reason: String },
    /// More than 0.1 % of the training images are unreadable.
    #[error(
        "{count} of {total} images are unreadable, more than the {allowed} allowed (0.1 %), last: image {last}"
    )]
    TooManyUnreadable { count: u64, total: u64, allowed: u64, last: String },
    /// An index beyond the end of a split.
    #[error("image {index} was asked for, but the split has {len}")]
    OutOfRange { index: u64, len: u64 },
    /// The batch is larger than the training split, so that an epoch would have no batch.
    #[error("a batch of {batch_size} images is larger than the data set, which has {images} training images")]
    BatchTooLarge { batch_size: u64, images: u64 },
    /// A loader thread could not be started, or died.
    #[error("a loader thread {what}")]
    Thread { what: String },
    /// Decoded images are to be kept on disk, and the user has no cache folder.
    #[error("decoded_cache = \"disk\" needs a cache folder: set XDG_CACHE_HOME or HOME, or choose memory")]
    NoCacheFolder,
    /// The loader was asked for more after it had returned an error.
    #[error("the loader has stopped after an error")]
    Stopped,
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
