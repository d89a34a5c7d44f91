//! Probes of a checkpoint with labels: a linear classifier on frozen features (mocov3.md 1.12), fine-tuning of the whole
//! network (1.13) and dense kNN (1.14).

mod classifier;
mod collector;
mod dense_knn;
mod depth;
mod features;
mod mix;
mod state;
mod tally;
mod training;

pub use collector::FeatureCollector;
pub use dense_knn::Neighbours;
pub use features::FeatureBank;
pub use tally::Tally;
pub use training::{Examples, Probe, ProbeReport};

#[cfg(test)]
mod tests;
