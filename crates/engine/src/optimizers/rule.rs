//! What a rule is to the rest of the engine: named state, one update, and, for a rule that has it, the same update as one
//! pass over single tensors.

use tch::Tensor;

use crate::error::{EngineError, Result};
use crate::optimizers::range::Range;
use crate::shim::{Item, Stats};

/// Which update it is, and how far it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update {
    pub learning_rate: f64,
    /// Counts from 1.
    pub number: u64,
    /// Whether gradient² over the second moment is asked for.
    pub measures: bool,
}

/// How weights move.
pub(crate) trait Rule: Send {
    /// Its state, by the names that checkpoints have: vectors as long as the range, which start as zeros.
    fn state(&self) -> Vec<(&'static str, &Tensor)>;

    /// Moves the weights of the range. `gradient` has their layout and is consumed. A rule with a second moment gives
    /// gradient² over that moment without its bias, where `update` asks for it.
    fn update(
        &mut self,
        range: &Range,
        weights: &mut Tensor,
        gradient: Tensor,
        update: Update,
    ) -> Result<Option<Tensor>>;

    /// Whether weight decay spares vectors (biases, scales of norms) whatever the recipe says.
    fn spares_vectors(&self) -> bool {
        false
    }

    /// Whether it keeps a second moment of the gradient.
    fn has_second_moment(&self) -> bool {
        false
    }

    /// Whether `pass` can take the place of `update` on the CPU.
    fn can_pass(&self) -> bool {
        false
    }

    /// The update straight from the gradients of single tensors, and what it measured of each on the way.
    fn pass(&mut self, _flat: &Tensor, _items: &[Item<'_>], _update: Update) -> Result<Vec<Stats>> {
        Err(EngineError::Input("this optimizer has no pass over single tensors".to_owned()))
    }
}
