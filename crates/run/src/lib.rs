//! vitals-run: what becomes of a run, as worker, guard, supervisor and window all have to understand it: states, commands,
//! ends, evidence, events, jobs. No clock, no async, no process: what happened comes in as values, and what follows goes out as values.

mod command;
mod destination;
mod device;
mod ends;
pub mod environment;
mod event;
mod evidence;
#[doc(hidden)]
pub mod fuzz;
mod imported;
mod job;
mod shell;
mod stamp;
mod state;
mod versioned;

pub use command::{Command, Deed, Meaning, Refusal};
pub use destination::{NoDestination, destination};
pub use device::{
    ANY_GPU, DeviceKind, DeviceRemedy, DeviceReport, Unusable, gpus_on_bus, least_driver, without_gpu,
};
pub use ends::{EndReason, ExitCode};
pub use event::{
    BackboneCheck, CheckpointMade, Dip, Event, Happening, Level, Nonfinite, Rewound, Shock, SkippedStep,
    Spike, SpikeLayer, Stalled,
};
pub use evidence::{Evidence, Grounds, Hindrance, Obstacle, Standstill};
pub use imported::{ConfigError, ConfigValue, IMPORT_FORMAT, ImportRecord, Imported, RunConfig, Source};
pub use job::{JOB_FORMAT, Job, JobDataset, JobSweep, ProbedRun};
pub use shell::quoted;
pub use stamp::{parse_rfc3339, rfc3339};
pub use state::RunState;
pub use versioned::JobError;

use vitals_recipe::Sentence;

/// Every sentence of this room, for the catalogues.
pub fn sentences() -> impl Iterator<Item = &'static Sentence> {
    let lists = [
        Evidence::SENTENCES,
        Obstacle::SENTENCES,
        Standstill::SENTENCES,
        Hindrance::SENTENCES,
        EndReason::SENTENCES,
        Refusal::SENTENCES,
        NoDestination::SENTENCES,
        JobError::SENTENCES,
        Unusable::SENTENCES,
        DeviceRemedy::SENTENCES,
        ConfigError::SENTENCES,
        state::StateWord::SENTENCES,
    ];
    lists.into_iter().flatten()
}
