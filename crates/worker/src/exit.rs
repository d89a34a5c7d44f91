//! How a run fails: each failure with the end that the contract has for it (section 1.2) and its words for people.

use vitals_recipe::{Recipe, piece, smaller_piece};
use vitals_run::EndReason;

/// A failure; its text goes into the journal's end record.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("out of device memory: {said}; {advice}")]
    OutOfMemory { said: String, advice: String },
    #[error("failed to read the data set: {0}")]
    Dataset(String),
    #[error("failed to read the checkpoint: {0}")]
    Checkpoint(String),
    #[error("{0}")]
    Device(String),
    #[error("{0:#}")]
    Other(anyhow::Error),
}

impl Failure {
    /// With what to change where memory was too small; `memory`: bytes of the device, where they are known.
    pub fn advised(self, recipe: &Recipe, memory: Option<u64>) -> Self {
        match self {
            Failure::OutOfMemory { said, .. } => {
                Failure::OutOfMemory { said, advice: advice(recipe, memory) }
            }
            other => other,
        }
    }

    /// The end that it is.
    pub fn end(&self) -> EndReason {
        match self {
            Failure::OutOfMemory { .. } => EndReason::OutOfMemory,
            Failure::Dataset(_) => EndReason::DatasetUnreadable,
            Failure::Checkpoint(_) => EndReason::CheckpointUnreadable,
            Failure::Device(_) | Failure::Other(_) => EndReason::Error,
        }
    }
}

fn advice(recipe: &Recipe, memory: Option<u64>) -> String {
    let rest = "lower batch_size, or choose a smaller backbone";
    match smaller_piece(recipe, memory) {
        Some(smaller) => {
            let now = match piece(recipe) {
                whole if whole == recipe.batch_size => format!("the whole batch of {whole}"),
                piece => piece.to_string(),
            };
            format!("set micro_batch_size to {smaller} (now {now}), which changes no result; or {rest}")
        }
        None => rest.to_owned(),
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}
