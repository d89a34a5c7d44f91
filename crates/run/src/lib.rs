//! vitals-run: what becomes of a run, as worker, guard, supervisor and window all have to understand it: states, commands,
//! ends, evidence. No clock, no async, no process: what happened comes in as values, and what follows goes out as values.

mod command;
mod ends;
pub mod environment;
mod evidence;
mod state;

pub use command::{Command, Deed, Meaning, Refusal};
pub use ends::{EndReason, ExitCode};
pub use evidence::{Evidence, Grounds, Obstacle, Standstill};
pub use state::RunState;

use vitals_recipe::Sentence;

/// Every sentence of this room, for the catalogues.
pub fn sentences() -> impl Iterator<Item = &'static Sentence> {
    let lists = [
        Evidence::SENTENCES,
        Obstacle::SENTENCES,
        Standstill::SENTENCES,
        EndReason::SENTENCES,
        Refusal::SENTENCES,
        state::StateWord::SENTENCES,
    ];
    lists.into_iter().flatten()
}
