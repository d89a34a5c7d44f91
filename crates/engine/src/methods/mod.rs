//! The self-supervised methods: one file each behind the trait `Method`, and what several of them share. To add one, see
//! CONTRIBUTING.md.

mod byol;
mod cross_entropy;
mod encoder;
mod method;
mod mocov3;
mod momentum;
mod networks;
mod projector;
mod simclr;
mod swav;

use tch::Device;
use vitals_recipe::{Method as Choice, Recipe};

use crate::error::Result;
use crate::plan::Plan;

pub(crate) use method::{Group, Method};
pub(crate) use networks::{BASE, Networks};
#[cfg(test)]
pub(crate) use {
    mocov3::{MocoV3, contrastive, predictor},
    projector::of_width,
    swav::Swav,
};

/// The method of a recipe, its networks at their start values.
pub(crate) fn build(recipe: &Recipe, plan: &Plan, device: Device) -> Result<Box<dyn Method>> {
    Ok(match recipe.method {
        Choice::MocoV3 => Box::new(mocov3::MocoV3::new(recipe, plan, device)?),
        Choice::SimClr => Box::new(simclr::SimClr::new(recipe, plan, device)?),
        Choice::Byol => Box::new(byol::Byol::new(plan, device)?),
        Choice::Swav => Box::new(swav::Swav::new(recipe, plan, device)?),
    })
}
