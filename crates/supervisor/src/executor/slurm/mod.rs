//! Slurm as an executor: the same worker and the same run folder on a shared file system, started by `sbatch` and watched
//! by `squeue` and `sacct`. The scheduler's word leads; the run's lock means nothing on another machine. All of it can be
//! found again by the job's name: a supervisor that dies loses nothing here.

mod ask;
pub(super) mod check;
mod doctor;
mod job;
mod judge;
mod submit;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use vitals_journal::RunFolder;
use vitals_recipe::Told;
use vitals_run::{Evidence, Hindrance};
use vitals_store::RunId;

pub(crate) use self::doctor::ask_programs;

use self::ask::{Polled, Refused, cancel, poll};
use self::job::{Job, JobMark};
use self::submit::Submitted;
use super::{Executor, Followed, Judgement, Life, Look, Pending, Signalled, Start, Stop, Unwatched};
use crate::attempt::known::Known;
use crate::attempt::plan::WorkerDevice;
use crate::attempt::verdict::verdict;
use crate::binaries::Binaries;
use crate::error::Result;
use crate::queue::policy::{DeviceSlots, Memory};
use crate::settings::{Settings, SlurmSettings};

/// The policy's name for it, and the device of its attempts.
const SLURM: &str = "slurm";
/// Between two looks: one answers for all jobs, and a cluster's controller is everybody's.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks, without a job to look for, after which a job of ours that nobody watches would have shown itself.
const LOOKS_FOR_UNWATCHED: u32 = 30;

pub(super) struct Slurm {
    settings: SlurmSettings,
    binaries: Binaries,
    jobs: HashMap<RunId, Job>,
    /// What `sbatch` printed of jobs that it took without telling their numbers, before they are followed.
    unnumbered: HashMap<RunId, String>,
    /// Looks to come for jobs that nobody watches: of an earlier supervisor, or such as were taken and said to be refused.
    looks_for_unwatched: u32,
    /// Why `squeue` was not to be asked at the last look.
    refused: Option<String>,
    /// The look at the scheduler that is under way.
    poll: Option<oneshot::Receiver<std::result::Result<Polled, Refused>>>,
    /// When the last look began.
    looked: Option<Duration>,
}

impl Slurm {
    pub fn new(binaries: Binaries) -> Self {
        Self {
            settings: SlurmSettings::default(),
            binaries,
            jobs: HashMap::new(),
            unnumbered: HashMap::new(),
            looks_for_unwatched: LOOKS_FOR_UNWATCHED,
            refused: None,
            poll: None,
            looked: None,
        }
    }

    /// Takes what the last look found, where it has come back.
    fn take_answer(&mut self, look: &mut Look) {
        let polled = match self.poll.as_mut().map(oneshot::Receiver::try_recv) {
            None | Some(Err(oneshot::error::TryRecvError::Empty)) => return,
            Some(Ok(polled)) => polled,
            Some(Err(closed)) => Err(Refused::Passing(closed.to_string())),
        };
        self.poll = None;
        match polled {
            Ok(polled) => {
                self.refused = None;
                for (run, job) in &mut self.jobs {
                    look.waiting.extend(job.hear(&polled).map(|grounds| (*run, grounds)));
                }
                look.unwatched.extend(self.unwatched(&polled));
            }
            Err(refused) => self.take_refusal(&refused, look),
        }
    }

    fn take_refusal(&mut self, refused: &Refused, look: &mut Look) {
        let why = refused.why().to_owned();
        if self.refused.as_ref() != Some(&why) {
            tracing::warn!("failed to ask {SLURM}, trying again: {why}");
        }
        let (scheduler, program) = (SLURM.to_owned(), SQUEUE.to_owned());
        let evidence = Evidence::SchedulerUnasked { scheduler, program, why: why.clone() };
        for (run, job) in &mut self.jobs {
            if job.miss(refused) {
                look.waiting.push((*run, evidence.clone().into()));
            }
        }
        self.refused = Some(why);
    }

    /// Jobs with names of ours whose runs nobody watches.
    fn unwatched(&self, polled: &Polled) -> Vec<Unwatched> {
        let ours = polled.listed.iter().filter_map(|listed| {
            let (run, attempt) = job::of_name(&listed.name)?;
            let evidence = Evidence::SchedulerHasJob { scheduler: SLURM.to_owned(), job: listed.id };
            let lives = !listed.word.has_ended();
            Some(Unwatched { run, attempt, lives, evidence }).filter(|_| !self.jobs.contains_key(&run))
        });
        ours.collect()
    }

    /// Takes what came of the cancels that were asked; those that were refused are asked again with the next look.
    fn take_cancels(&mut self, look: &mut Look) {
        for (run, job) in &mut self.jobs {
            let Some(Ok(answer)) = job.cancel.as_mut().map(oneshot::Receiver::try_recv) else { continue };
            job.cancel = None;
            let why = answer.err().map(|refused| refused.why().to_owned());
            if let Some(why) = why.clone().filter(|_| job.is_open() && why != job.uncancelled) {
                tracing::warn!(%run, "failed to cancel its job, trying again: {why}");
                let evidence = Evidence::CancelRefused { program: SCANCEL.to_owned(), why };
                look.remarks.push((*run, evidence.into()));
            }
            job.uncancelled = why;
        }
    }

    fn cancel(&mut self, run: RunId) -> Signalled {
        let Some(job) = self.jobs.get_mut(&run) else { return Signalled::NotYet };
        let Some(id) = job.id else { return Signalled::NotYet };
        let settings = self.settings.clone();
        let (answer, refused) = oneshot::channel();
        tokio::spawn(async move {
            // Nobody waits for it when the run is settled.
            let _ = answer.send(cancel(settings, id).await);
        });
        job.cancel = Some(refused);
        Signalled::Asked
    }

    /// Begins the next look when it is time, and there is a job to look for.
    fn ask(&mut self, now: Duration) {
        let due = self.looked.is_none_or(|at| now.saturating_sub(at) >= LOOK_EVERY);
        if !due || self.poll.is_some() {
            return;
        }
        let again: Vec<RunId> =
            self.jobs.iter().filter(|(_, job)| job.owes_cancel()).map(|(run, _)| *run).collect();
        for run in again {
            self.cancel(run);
        }
        let open: Vec<&Job> = self.jobs.values().filter(|job| job.is_open()).collect();
        if open.is_empty() {
            if !self.settings.enabled || self.looks_for_unwatched == 0 {
                return;
            }
            self.looks_for_unwatched -= 1;
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
        if settings.slurm.enabled && !self.settings.enabled {
            self.looks_for_unwatched = LOOKS_FOR_UNWATCHED;
        }
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
    fn worker_device(&self, _device: &str) -> WorkerDevice {
        let name = if self.settings.gpus > 0 { "cuda:0" } else { "cpu" }.to_owned();
        WorkerDevice { name, environment: Vec::new() }
    }

    fn submit<'a>(&'a mut self, start: Start<'a>) -> Pending<'a, Result<Option<Evidence>>> {
        Box::pin(async move {
            let run = start.plan.run;
            match submit::submit(start, &self.settings, &self.binaries).await {
                Ok(Submitted::Numbered) => Ok(None),
                Ok(Submitted::Perhaps { why }) => Ok(Some(why)),
                Ok(Submitted::Unnumbered { said }) => {
                    self.unnumbered.insert(run, said.clone());
                    Ok(Some(Evidence::SchedulerNamedNoJob { scheduler: SLURM.to_owned(), said }))
                }
                Err(error) => {
                    // It may have been taken all the same: then its job shows itself.
                    self.looks_for_unwatched = LOOKS_FOR_UNWATCHED;
                    Err(error)
                }
            }
        })
    }

    fn adopt(&mut self, followed: Followed) -> Life {
        let run = followed.run;
        let mut job = Job::of(followed);
        job.unnumbered = self.unnumbered.remove(&run);
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
        self.cancel(run)
    }

    fn look(&mut self, now: Duration) -> Look {
        let mut look = Look::default();
        self.take_answer(&mut look);
        self.take_cancels(&mut look);
        self.ask(now);
        look
    }

    fn hindrance(&self) -> Option<Told> {
        let why = self.refused.clone().filter(|_| self.settings.enabled || !self.jobs.is_empty())?;
        let (scheduler, program) = (SLURM.to_owned(), SQUEUE.to_owned());
        Some(Hindrance::SchedulerUnasked { scheduler, program, why }.into())
    }

    /// A job that was taken is never taken for one that was not, even where no look has found it.
    fn knows_end(&self, run: RunId) -> bool {
        let known =
            |job: &Job| job.unnumbered.is_some() || job.word.as_ref().is_some_and(|word| word.state != GONE);
        self.jobs.get(&run).is_some_and(known)
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

/// Neither `squeue` nor `sacct` knows the job any more; the reason is why `sacct` cannot be asked, where it cannot.
const GONE: &str = "GONE";

const SBATCH: &str = "sbatch";
const SQUEUE: &str = "squeue";
const SACCT: &str = "sacct";
const SCANCEL: &str = "scancel";

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
