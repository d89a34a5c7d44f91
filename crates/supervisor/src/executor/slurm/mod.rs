//! Slurm as an executor: the same worker and the same run folder on a shared file system, started by `sbatch` and watched
//! by `squeue` and `sacct`. The scheduler's word leads; the run's lock means nothing on another machine. All of it can be
//! found again by the job's name: a supervisor that dies loses nothing here.

mod ask;
mod job;
mod judge;
mod submit;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use vitals_journal::RunFolder;
use vitals_run::{Evidence, Grounds};
use vitals_store::RunId;

use self::ask::{Polled, Refused, cancel, poll};
use self::job::{Job, JobMark};
use super::{Executor, Followed, Judgement, Life, Look, Pending, Signalled, Start, Stop};
use crate::attempt::known::Known;
use crate::attempt::verdict::verdict;
use crate::binaries::Binaries;
use crate::error::Result;
use crate::queue::policy::{DeviceSlots, Memory};
use crate::settings::{Settings, SlurmSettings};

/// The policy's name for it, and the device of its attempts.
const SLURM: &str = "slurm";
/// Between two looks: one answers for all jobs, and a cluster's controller is everybody's.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Slurm {
    settings: SlurmSettings,
    binaries: Binaries,
    jobs: HashMap<RunId, Job>,
    /// The look at the scheduler that is under way.
    poll: Option<oneshot::Receiver<std::result::Result<Polled, Refused>>>,
    /// When the last look began.
    looked: Option<Duration>,
}

impl Slurm {
    pub fn new(binaries: Binaries) -> Self {
        let settings = SlurmSettings::default();
        Self { settings, binaries, jobs: HashMap::new(), poll: None, looked: None }
    }

    /// Takes what the last look found, where it has come back.
    fn take_answer(&mut self) -> Vec<(RunId, Grounds)> {
        let polled = match self.poll.as_mut().map(oneshot::Receiver::try_recv) {
            None | Some(Err(oneshot::error::TryRecvError::Empty)) => return Vec::new(),
            Some(Ok(polled)) => polled,
            Some(Err(closed)) => Err(Refused::Passing(closed.to_string())),
        };
        self.poll = None;
        match polled {
            Ok(polled) => {
                self.jobs.iter_mut().filter_map(|(run, job)| Some((*run, job.hear(&polled)?))).collect()
            }
            Err(Refused::Passing(why) | Refused::Final(why)) => {
                tracing::warn!("failed to ask slurm, trying again: {why}");
                Vec::new()
            }
        }
    }

    /// Begins the next look when it is time, and there is a job to look for.
    fn ask(&mut self, now: Duration) {
        let due = self.looked.is_none_or(|at| now.saturating_sub(at) >= LOOK_EVERY);
        let open: Vec<&Job> = self.jobs.values().filter(|job| job.is_open()).collect();
        if !due || self.poll.is_some() || open.is_empty() {
            return;
        }
        let ids = open.iter().filter_map(|job| job.id).collect();
        let settings = self.settings.clone();
        let (answer, polled) = oneshot::channel();
        tokio::spawn(async move {
            // Nobody waits for it when the supervisor has ended.
            let _ = answer.send(poll(settings, ids).await);
        });
        self.poll = Some(polled);
        self.looked = Some(now);
    }
}

impl Executor for Slurm {
    fn name(&self) -> &'static str {
        SLURM
    }

    fn configure(&mut self, settings: &Settings) {
        self.settings.clone_from(&settings.slurm);
    }

    fn takes_queue(&self) -> bool {
        self.settings.enabled
    }

    fn offers(&self) -> Vec<DeviceSlots> {
        let slots = DeviceSlots {
            device: SLURM.to_owned(),
            slots: self.settings.at_once,
            unusable: None,
            memory: Memory::default(),
        };
        self.settings.enabled.then_some(slots).into_iter().collect()
    }

    /// Slurm shows a job its own GPUs only, the first of them as number 0.
    fn worker_device(&self, _device: &str) -> String {
        if self.settings.gpus > 0 { "cuda:0" } else { "cpu" }.to_owned()
    }

    fn submit<'a>(&'a mut self, start: Start<'a>) -> Pending<'a, Result<Option<Evidence>>> {
        Box::pin(submit::submit(start, &self.settings, &self.binaries))
    }

    fn adopt(&mut self, followed: Followed) -> Life {
        let run = followed.run;
        let job = Job::of(followed);
        let life = Life::Word(job.alive.subscribe());
        self.jobs.insert(run, job);
        life
    }

    fn forget(&mut self, run: RunId) {
        self.jobs.remove(&run);
    }

    fn has_marked(&self, folder: &RunFolder, attempt: u32) -> bool {
        JobMark::read(folder, attempt).is_some()
    }

    /// SIGTERM to the job's processes, SIGKILL after the cluster's `KillWait`; a look soon tells how it ended.
    fn signal(&mut self, run: RunId, _stop: Stop) -> Signalled {
        let Some(id) = self.jobs.get(&run).and_then(|job| job.id) else { return Signalled::NotYet };
        let settings = self.settings.clone();
        tokio::spawn(async move {
            if let Err(Refused::Passing(why) | Refused::Final(why)) = cancel(settings, id).await {
                tracing::warn!(%run, "failed to cancel its job {id}: {why}");
            }
        });
        Signalled::Asked
    }

    fn look(&mut self, now: Duration) -> Look {
        let waiting = self.take_answer();
        self.ask(now);
        Look { waiting, offers_changed: false }
    }

    fn knows_end(&self, run: RunId) -> bool {
        self.jobs.get(&run).and_then(|job| job.word.as_ref()).is_some_and(|word| word.state != GONE)
    }

    fn judge(&self, run: RunId, known: &Known, new_checkpoint: bool) -> Judgement {
        match self.jobs.get(&run).and_then(|job| job.word.as_ref()) {
            Some(word) => judge::judge(word, known, new_checkpoint),
            None => {
                let (state, grounds) = verdict(known);
                Judgement { state, grounds, again: None }
            }
        }
    }
}

/// What the scheduler says of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobWord {
    /// `PENDING`, `RUNNING`, `TIMEOUT`, …, or [`GONE`].
    pub state: String,
    /// Why it waits, or ended.
    pub reason: String,
    pub nodes: String,
}

/// Neither `squeue` nor `sacct` knows the job any more.
const GONE: &str = "GONE";

impl JobWord {
    /// No process of it is left, or none ever was.
    pub fn has_ended(&self) -> bool {
        const LIVING: [&str; 14] = [
            "PENDING",
            "RUNNING",
            "SUSPENDED",
            "STOPPED",
            "CONFIGURING",
            "COMPLETING",
            "REQUEUED",
            "REQUEUE_FED",
            "REQUEUE_HOLD",
            "RESV_DEL_HOLD",
            "SPECIAL_EXIT",
            "RESIZING",
            "SIGNALING",
            "STAGE_OUT",
        ];
        !LIVING.contains(&self.state.as_str())
    }
}
