//! A rule over its range, with the count of updates made: what core, probes and checkpoints handle. It knows no rule by
//! name.

use tch::Tensor;

use crate::error::Result;
use crate::optimizers::range::Range;
use crate::optimizers::rule::{Rule, Update};
use crate::parameter::{Slot, Span};
use crate::shim::{Item, Stats};

/// An optimizer over one range of a flat buffer.
pub(crate) struct Optimizer {
    rule: Box<dyn Rule>,
    range: Range,
    /// Updates made so far.
    pub updates: u64,
}

impl Optimizer {
    /// At rest.
    pub(crate) fn new(rule: Box<dyn Rule>, range: Range) -> Optimizer {
        Optimizer { rule, range, updates: 0 }
    }

    /// The range of the flat buffer that it moves.
    pub(crate) fn span(&self) -> Span {
        self.range.span
    }

    /// The rule's state by its names, sharing storage.
    pub(crate) fn state(&self) -> Vec<(&'static str, &Tensor)> {
        self.rule.state()
    }

    /// Whether it keeps a second moment of the gradient.
    pub(crate) fn has_second_moment(&self) -> bool {
        self.rule.has_second_moment()
    }

    /// Whether `pass` can take the place of `update` on the CPU.
    pub(crate) fn can_pass(&self) -> bool {
        self.rule.can_pass()
    }

    /// One update. `flat` is the whole parameter buffer; `gradient` covers this optimizer's range and is consumed. With
    /// `measures`, rules with a second moment give gradient² over it without its bias.
    pub(crate) fn update(
        &mut self,
        flat: &Tensor,
        gradient: Tensor,
        learning_rate: f64,
        measures: bool,
    ) -> Result<Option<Tensor>> {
        let _guard = tch::no_grad_guard();
        self.updates += 1;
        let update = Update { learning_rate, number: self.updates, measures };
        self.rule.update(&self.range, &mut self.range.span.of(flat)?, gradient, update)
    }

    /// One update on the CPU straight from the gradients of these slots, and what it measured of each. Slots outside this
    /// optimizer's range are only measured, and all of them where nothing is to move.
    pub(crate) fn pass(
        &mut self,
        flat: &Tensor,
        slots: &[Slot],
        gradients: &[Tensor],
        learning_rate: f64,
        moves: bool,
    ) -> Result<Vec<Stats>> {
        // A pass that only measures is no update, and must not age the bias corrections.
        self.updates += u64::from(moves);
        let decay = learning_rate * self.range.weight_decay;
        let items: Vec<Item<'_>> = slots
            .iter()
            .zip(gradients)
            .map(|(slot, gradient)| Item {
                gradient,
                place: (moves && self.range.holds(slot))
                    .then_some((slot.offset, slot.offset - self.range.span.start)),
                count: slot.count,
                // AdamW's p·(1 − lr·λ) (mocov3.md 4): one factor a tensor, which decays as a whole or not at all.
                shrink: 1.0 - if self.range.decays(slot) { decay } else { 0.0 },
            })
            .collect();
        // Where nothing moves the number is of no account, but it may not be 0: corrections divide by 1 − β⁰.
        let update = Update { learning_rate, number: self.updates.max(1), measures: true };
        self.rule.pass(flat, &items, update)
    }
}
