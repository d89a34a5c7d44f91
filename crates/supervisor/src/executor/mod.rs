//! Where attempts run. An executor says which slots it offers, starts attempts, finds those of an earlier supervisor again,
//! signals them, and tells what it knows of their end. It decides neither when a run starts nor what becomes of it.

mod executors;
pub(crate) mod local;
mod slurm;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use vitals_journal::RunFolder;
use vitals_recipe::Told;
use vitals_run::{Evidence, Grounds, RunState};
use vitals_store::{RunId, Store};

pub(crate) use self::executors::Executors;
use self::local::devices::DeviceState;
pub(crate) use self::slurm::check::SbatchOption;
pub use self::slurm::check::{Mistake, check};
use crate::attempt::known::Known;
use crate::attempt::plan::{Plan, WorkerDevice};
use crate::attempt::verdict::verdict;
use crate::error::Result;
use crate::options::Options;
use crate::queue::policy::DeviceSlots;
use crate::settings::Settings;

/// All executors beside this machine: the one place that names them.
fn others(options: &Options) -> Vec<Box<dyn Executor>> {
    vec![Box::new(slurm::Slurm::new(options.binaries.clone()))]
}

/// Asks the programs of every scheduler that takes runs, now and from this process; for people who look for a cause.
///
/// # Errors
/// The store cannot be read.
pub async fn ask_schedulers(store: &Store) -> Result<Vec<SchedulerProgram>> {
    let settings = Settings::read(store, check).await?;
    if let Some(why) = settings.held_back {
        let (refused, is_needed) = (Some(why.to_string()), true);
        return Ok(vec![SchedulerProgram { scheduler: "slurm", program: "sbatch", refused, is_needed }]);
    }
    Ok(slurm::ask_programs(&settings.slurm).await)
}

/// One program of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerProgram {
    pub scheduler: &'static str,
    pub program: &'static str,
    /// Why it does not answer, in its own words.
    pub refused: Option<String>,
    /// Without it no run can be started, watched or ended.
    pub is_needed: bool,
}

/// What will be there later; boxed, so that executors of every kind stand in one list.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) trait Executor: Send + Sync {
    /// The device of its attempts where nobody wrote down which.
    fn name(&self) -> &'static str;

    /// Takes the settings that it obeys.
    fn configure(&mut self, settings: &Settings);

    /// All queued runs go to it, whatever device their recipes ask for.
    fn takes_queue(&self) -> bool {
        false
    }

    /// `false`: it still finds out what it has, and nothing is started before it knows.
    fn is_ready(&self) -> bool {
        true
    }

    /// Looks again at the devices that it shows.
    fn measure(&mut self) {}

    /// Devices for people, as they were last measured.
    fn devices(&self) -> &[DeviceState] {
        &[]
    }

    /// How many runs it takes at once, for the policy.
    fn offers(&self) -> Vec<DeviceSlots>;

    /// What the worker is told, where the policy chose `device`.
    fn worker_device(&self, device: &str) -> WorkerDevice;

    /// Why no GPU can be used where one would be expected, and runs that leave the choice are on the CPU.
    fn without_gpu(&self) -> Option<Told> {
        None
    }

    /// Threads for a run whose recipe leaves the choice; 0: the worker counts the cores that it finds.
    fn threads(&self, _device: &str) -> u32 {
        0
    }

    /// Starts a planned attempt. `Some`: it may have been started, and why nobody knows yet.
    ///
    /// # Errors
    /// `Lock(Held)`: somebody works on the run already. An error that may pass: nothing was started, trying again may help.
    fn submit<'a>(&'a mut self, start: Start<'a>) -> Pending<'a, Result<Option<Evidence>>>;

    /// Watches over an attempt from now on, whoever started it; says what shows that it lives.
    fn adopt(&mut self, followed: Followed) -> Life;

    /// No longer watches over a run's attempt.
    fn forget(&mut self, run: RunId);

    /// It left its own mark in the folder of an attempt that nobody wrote a device down for.
    fn has_marked(&self, _folder: &RunFolder, _attempt: u32) -> bool {
        false
    }

    /// Ends an attempt that it watches over.
    fn signal(&mut self, run: RunId, stop: Stop) -> Signalled;

    /// One look at everything, every turn; `now` counts from the supervisor's start.
    fn look(&mut self, now: Duration) -> Look;

    /// What hampers it at the moment, while it goes on as well as it can.
    fn hindrance(&self) -> Option<Told> {
        None
    }

    /// It has a word of its own on how the run's attempt ended, beside what the run folder tells.
    fn knows_end(&self, _run: RunId) -> bool {
        false
    }

    /// How an attempt ended. `new_checkpoint`: it wrote one that is still there.
    fn judge(&self, _run: RunId, known: &Known, _new_checkpoint: bool) -> Judgement {
        let (state, grounds) = verdict(known);
        Judgement { state, grounds, again: None }
    }
}

/// What a start needs.
pub(crate) struct Start<'a> {
    pub plan: &'a Plan,
    pub folder: &'a RunFolder,
    /// Puts the attempt into the store. To be awaited when nobody else can start it any more and before anything runs: from
    /// then on whatever happens is found out by whoever follows the attempt, this supervisor or the next.
    pub noted: Pending<'a, Result<()>>,
    /// Wakes the attempt's tail.
    pub hint: Arc<Notify>,
}

/// An attempt that is watched over.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub run: RunId,
    pub attempt: u32,
    pub folder: RunFolder,
    /// Wakes its tail.
    pub hint: Arc<Notify>,
}

/// What shows that an attempt lives.
#[derive(Debug)]
pub(crate) enum Life {
    /// Somebody holds the run's lock.
    Lock,
    /// The executor's word; a lock says nothing of another machine's processes.
    Word(watch::Receiver<Word>),
}

/// An executor's word on one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Lives,
    /// Nobody can be asked: an end that the run folder tells of is believed.
    Unheard,
    Ended,
}

/// How an attempt is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// With a checkpoint.
    Terminate,
    /// At once: its grace is over.
    Kill,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signalled {
    /// Nobody is there yet to be signalled.
    NotYet,
    /// It was signalled. What does not obey within the supervisor's grace is to be killed.
    Sent,
    /// The executor was asked, and has a grace of its own.
    Asked,
}

/// What a look found.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// What attempts that have not begun wait for.
    pub waiting: Vec<(RunId, Grounds)>,
    /// What there is to say of living attempts, whatever their state.
    pub remarks: Vec<(RunId, Grounds)>,
    /// Attempts of runs that it does not watch over.
    pub unwatched: Vec<Unwatched>,
    /// It offers something else than before.
    pub offers_changed: bool,
}

/// An attempt that was found at the executor, of a run that nobody watches, of this workspace or another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unwatched {
    pub run: RunId,
    pub attempt: u32,
    pub lives: bool,
    /// What to say of it.
    pub evidence: Evidence,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub state: RunState,
    pub grounds: Grounds,
    /// It goes back into the queue: why.
    pub again: Option<Evidence>,
}
