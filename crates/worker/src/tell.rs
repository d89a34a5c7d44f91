//! Events of a run into its journal, by their kinds. Detection finds most of what happens in the values themselves; what
//! only the worker knows is told here.

use vitals_journal::Writer;
use vitals_run::{Happening, Nonfinite};

use crate::exit::Failure;

/// Records something that happened at a step.
pub fn tell(journal: &Writer, step: u64, what: &Happening) -> Result<(), Failure> {
    Ok(journal.event(what.kind(), Some(step), what.details())?)
}

/// Records a non-finite loss. Whether it ends the run is for the recipe to say.
pub fn tell_nonfinite(journal: &Writer, step: u64, loss: f64) -> Result<(), Failure> {
    tell(journal, step, &Happening::Nonfinite(Nonfinite::Loss { loss: loss.to_string() }))
}
