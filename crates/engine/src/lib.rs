//! Training through libtorch: Vision Transformers, the heads and losses of MoCo v3 and its relatives, optimizers with
//! exportable state, gradient norms of every layer, the kNN monitor and exact checkpoints.
//!
//! It knows no files of a run but checkpoints, no clock and no process: `vitals-worker` is its host. Call
//! [`set_threads`] and, for a GPU, [`cuda::load_backend`] before anything else makes a tensor.

mod archive;
mod backbones;
mod bench;
mod checkpoint;
mod clip;
mod contents;
mod core;
pub mod cuda;
mod device;
mod error;
mod exchange;
#[doc(hidden)]
pub mod fuzz;
mod gradient;
mod inspect;
mod knn;
mod layers;
mod methods;
mod monitor;
mod optimizers;
mod parameter;
pub mod parity;
mod pickle;
mod pieces;
mod pixels;
mod plan;
mod precision;
mod probe;
mod pth;
mod queue;
mod rates;
mod scaler;
mod shim;
mod tensor_file;
mod trainer;
mod views;
mod weights;

pub use bench::{BenchReport, bench};
pub use checkpoint::{CheckpointState, intact};
pub use device::{Device, num_threads, set_threads};
pub use error::EngineError;
pub use exchange::{Import, export, import};
pub use gradient::Gradients;
pub use inspect::{Inspection, inspect};
pub use knn::LabelledImages;
pub use probe::{Examples, FeatureBank, FeatureCollector, Neighbours, Probe, ProbeReport, Tally};
pub use scaler::LossScale;
pub use shim::gpu_memory_held;
pub use trainer::{StepReport, Trainer, Values, Views};

#[cfg(test)]
mod facts;
