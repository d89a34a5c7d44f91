//! What a self-supervised method is to the rest of the engine: networks, a loss on the features of their query encoder, and
//! what of it goes into checkpoints. Whether a batch passes whole or in pieces stands above (`pieces.rs`).

use std::any::Any;

use tch::Tensor;

use crate::backbones::Backbone;
use crate::error::Result;
use crate::methods::networks::Networks;
use crate::parameter::Span;
use crate::tensor_file::State;

/// Features (N, D) of every view by another backbone than the query encoder's: in training mode, without gradient.
pub(crate) type Encode<'a> = &'a dyn Fn(&dyn Backbone) -> Result<Vec<Tensor>>;

/// A range of parameters with an optimizer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its name in checkpoints.
    pub name: &'static str,
    pub span: Span,
    /// Updates of the first group before this one begins to move.
    pub rests: u64,
}

/// A method at work.
pub(crate) trait Method: Any + Send {
    /// What it trains.
    fn networks(&self) -> &Networks;

    /// The loss of query features, a scalar: of one tensor (V·N, D), view after view, where it joins its views, else of one
    /// (N, D) a view. A method with a second encoder moves it here, and then has `encode` give its features.
    fn loss(&self, features: &[Tensor], encoder_momentum: f64, encode: Encode<'_>) -> Result<Tensor>;

    /// Everything that checkpoints carry, by its name there, sharing storage.
    fn state(&self) -> State;

    /// Views of an image that a step compares.
    fn views(&self) -> usize {
        2
    }

    /// Whether all views pass the query encoder as one batch, so that batch norms see them together.
    fn joins_views(&self) -> bool {
        false
    }

    /// What happens to weights before the first forward pass of a step.
    fn begin(&self) -> Result<()> {
        Ok(())
    }

    /// Ranges that lie one behind the other and together are what `networks` trains.
    fn groups(&self) -> Vec<Group> {
        vec![Group { name: "main", span: self.networks().trained, rests: 0 }]
    }
}
