//! What can go wrong in the engine, as one enum. Libtorch reports through strings; running out of memory is told
//! apart by its message, because it has an exit code of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tch::TchError;

/// A failure of the engine. Messages are lower-case fragments that fit after "failed to train: ".
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The device (or the host, on the CPU) has no room for a tensor (exit code 5 of the worker).
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// Libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(String),
    /// The recipe names something that the engine cannot train.
    #[error("{0} is not available in this version")]
    Unsupported(String),
    /// The asked-for device cannot be used.
    #[error("device `{device}` cannot be used: {reason}")]
    Device { device: String, reason: String },
    /// The caller handed in something of the wrong size or at the wrong time.
    #[error("{0}")]
    Input(String),
    /// A checkpoint is damaged or belongs to another network.
    #[error("checkpoint {}: {reason}", path.display())]
    Checkpoint { path: PathBuf, reason: String },
    /// A parity fixture cannot be read.
    #[error("fixture {}: {reason}", path.display())]
    Fixture { path: PathBuf, reason: String },
    /// A file operation failed.
    #[error("{operation} {}: {source}", path.display())]
    Io { operation: &'static str, path: PathBuf, source: std::io::Error },
}

pub(crate) type Result<T> = std::result::Result<T, EngineError>;

impl EngineError {
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EngineError {
        let path = path.to_owned();
        move |source| EngineError::Io { operation, path, source }
    }

    fn from_message(message: &str) -> EngineError {
        // The C++ backtrace that follows the first line says nothing to a user.
        let first = message.lines().next().unwrap_or(message).trim().to_owned();
        let lower = message.to_ascii_lowercase();
        let signs =
            ["out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "alloc_failed"];
        if signs.iter().any(|sign| lower.contains(sign)) {
            EngineError::OutOfMemory(first)
        } else {
            EngineError::Torch(first)
        }
    }
}

impl From<TchError> for EngineError {
    fn from(error: TchError) -> EngineError {
        match error {
            TchError::Torch(message) => EngineError::from_message(&message),
            other => EngineError::from_message(&other.to_string()),
        }
    }
}

/// Runs libtorch code; some of tch's methods panic where they should return an error, and that becomes an error here.
/// After an error the tensors involved may hold part of an update: the caller stops or loads a checkpoint.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let message = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("panic");
            Err(EngineError::from_message(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_from_other_failures() {
        for (message, is_memory) in [
            ("CUDA out of memory. Tried to allocate 2.00 GiB", true),
            (
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes",
                true,
            ),
            ("std::bad_alloc", true),
            ("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)\nException raised from ...", false),
        ] {
            let found = matches!(EngineError::from_message(message), EngineError::OutOfMemory(_));
            assert_eq!(found, is_memory, "{message}");
        }
    }

    #[test]
    fn a_huge_tensor_and_a_wrong_shape_become_errors() {
        let huge =
            guarded(|| Ok(tch::Tensor::f_zeros([1 << 40, 1 << 10], (tch::Kind::Float, tch::Device::Cpu))?));
        assert!(matches!(huge, Err(EngineError::OutOfMemory(_))), "{huge:?}");
        let wrong = guarded(|| {
            let (a, b) = (
                tch::Tensor::zeros([2, 3], tch::kind::FLOAT_CPU),
                tch::Tensor::zeros([4], tch::kind::FLOAT_CPU),
            );
            Ok(a.mm(&b)) // panics inside tch
        });
        assert!(matches!(wrong, Err(EngineError::Torch(_))));
    }
}
