//! What keeps runs from moving, in the words that `vitals queue` prints and that `--wait` says whenever they change: of the
//! queue as a whole, and of each run that waits, is silent or is held up. Runs that move are left to tables and bars.

use vitals_api::dto::{Run, SupervisorStatus};
use vitals_api::{Evidence, RunState};

use crate::text::short;

/// Why nothing starts, or what hampers the supervisor. That the queue is paused matters where something waits.
pub fn of_queue(supervisor: &SupervisorStatus, waits: bool) -> Vec<String> {
    let paused = (supervisor.queue_paused && waits)
        .then(|| "the queue is paused; `vitals queue resume` lets it go on".to_owned());
    paused.into_iter().chain(supervisor.problem.clone()).collect()
}

/// How a run stands, where it does not simply wait its turn, begin, record or finish.
pub fn of_run(run: &Run) -> Option<String> {
    let state = RunState::parse(&run.state)?;
    let goes_on = match &run.evidence_code {
        Evidence::QueuedBySweep
        | Evidence::QueuedForSeeds
        | Evidence::QueuedForBoundary
        | Evidence::QueuedAsProbe
        | Evidence::ResumeRequested
        | Evidence::RetryRequested
        | Evidence::RewindRequested { .. } => state == RunState::Queued,
        Evidence::Started { .. } | Evidence::StartedFrom { .. } => state == RunState::Starting,
        Evidence::Records | Evidence::RecordsAgain | Evidence::LockHeld => state == RunState::Running,
        _ => state == RunState::Finished,
    };
    (!goes_on).then(|| line(run))
}

/// A run with its state and what that rests on.
pub fn line(run: &Run) -> String {
    format!("{} ({}): {} · {}", run.label, short(&run.id), run.state, run.evidence)
}
