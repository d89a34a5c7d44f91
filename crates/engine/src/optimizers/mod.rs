//! The optimizers: one file a rule, over flat ranges of parameters, with all their state in named vectors, so that a
//! checkpoint holds everything (mocov3.md section 4). tch's own optimizers keep theirs hidden.

mod adam;
mod adamw;
mod heavy_ball;
mod lamb;
mod lars;
mod optimizer;
mod range;
mod rule;
mod sgd;
mod trust;

use tch::{Kind, Tensor};
use vitals_recipe::{Optimizer as Choice, Recipe};

use crate::error::Result;
use crate::parameter::{Slot, Span};

use range::Range;
use rule::Rule;

pub(crate) use optimizer::Optimizer;

/// The optimizer of a recipe, at rest, over the slots of `flat` inside `span`.
pub(crate) fn build(recipe: &Recipe, flat: &Tensor, slots: &[Slot], span: Span) -> Result<Optimizer> {
    let zeros = || Ok(Tensor::f_zeros([span.end - span.start], (Kind::Float, flat.device()))?);
    let rule = rule(recipe, &zeros)?;
    let range = Range::new(recipe, rule.spares_vectors(), slots, span, &zeros)?;
    Ok(Optimizer::new(rule, range))
}

/// The rule that a recipe names; `zeros` makes a state vector as long as its range.
fn rule(recipe: &Recipe, zeros: &dyn Fn() -> Result<Tensor>) -> Result<Box<dyn Rule>> {
    Ok(match recipe.optimizer {
        Choice::AdamW => Box::new(adamw::AdamW::new(recipe, zeros()?, zeros()?)),
        Choice::Lamb => Box::new(lamb::Lamb::new(recipe, zeros()?, zeros()?)),
        Choice::Lars => Box::new(lars::Lars::new(recipe, zeros()?)),
        Choice::Sgd => Box::new(sgd::Sgd::new(recipe, zeros()?)),
    })
}

#[cfg(test)]
mod tests;
