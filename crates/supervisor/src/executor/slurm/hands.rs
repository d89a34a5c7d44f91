//! The supervisor's hands for Slurm: submits attempts, looks at the scheduler every few seconds, puts its word on living
//! runs, cancels. All of it can be found again by the job's name: a supervisor that dies loses nothing here.

use std::time::Duration;

use serde_json::json;
use vitals_journal::RunFolder;
use vitals_store::{Evidence, RunId, RunState};

use super::ask::{Polled, Refused, cancel, poll, submit};
use super::submit::{JobMark, arguments, job_name, script};
use super::{GONE, Job, JobWord, SLURM};
use crate::error::{Result, SupervisorError};
use crate::executor::local::start::Plan;
use crate::guard::GuardArgs;
use crate::turn::Supervisor;

/// Between two looks: one answers for all jobs, and a cluster's controller is everybody's.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks that must miss a job before it counts as unknown: one that was just submitted may not be listed yet.
const MISSED: u32 = 3;

impl Job {
    /// The job of an attempt, as far as its folder tells.
    pub fn of(folder: &RunFolder, run: RunId, attempt: u32) -> Self {
        let mark = JobMark::read(folder, attempt);
        Self {
            id: mark.map(|mark| mark.job),
            name: job_name(run, attempt),
            word: None,
            missing: 0,
            alive: tokio::sync::watch::channel(true).0,
        }
    }
}

impl Supervisor {
    /// Submits a prepared attempt; the run is `starting` in the store already. `Some`: why nobody knows yet whether there
    /// is a job now.
    pub(crate) async fn submit(&self, plan: &Plan, folder: &RunFolder) -> Result<Option<String>> {
        let args = GuardArgs {
            run_dir: folder.path().to_owned(),
            attempt: plan.attempt,
            worker: self.options.binaries.worker.clone(),
            threads: plan.recipe.threads,
            own_lock: true,
        };
        let text = script(&self.slurm, &self.options.binaries.vitals.to_string_lossy(), &args);
        let path = folder.attempt_dir(plan.attempt).join("slurm.sh");
        vitals_journal::atomic_write(&path, text.as_bytes())?;
        let name = job_name(plan.run, plan.attempt);
        let log = folder.worker_log(plan.attempt);
        let args = arguments(&self.slurm, &name, &log.to_string_lossy());
        match submit(&self.slurm, &args, path.as_os_str()).await {
            Ok(job) => {
                if let Err(error) = JobMark::write(folder, plan.attempt, job, &name) {
                    tracing::warn!(run = %plan.run, "failed to note its job {job}: {error}");
                }
                Ok(None)
            }
            Err(Refused::Passing(why)) => Ok(Some(why)),
            Err(Refused::Final(why)) => Err(SupervisorError::CannotStart {
                reason: format!("slurm refused it: {why}; change the Slurm settings, then retry"),
            }),
        }
    }

    /// Takes what the last look found, and begins the next when it is time.
    pub(crate) async fn watch_slurm(&mut self) -> Result<()> {
        if let Some(look) = self.slurm_look.take_if(|look| look.is_finished()) {
            match look.await {
                Ok(Ok(polled)) => self.heard(&polled).await?,
                Ok(Err(Refused::Passing(why) | Refused::Final(why))) => {
                    tracing::warn!("failed to ask slurm, trying again: {why}");
                }
                Err(join) => tracing::warn!("failed to ask slurm: {join}"),
            }
        }
        let due = self.slurm_looked.is_none_or(|at| self.now().saturating_sub(at) >= LOOK_EVERY);
        let jobs = self.live.values().filter_map(|live| live.slurm.as_ref());
        let open: Vec<&Job> = jobs.filter(|job| *job.alive.borrow()).collect();
        if due && self.slurm_look.is_none() && !open.is_empty() {
            let ids = open.iter().filter_map(|job| job.id).collect();
            self.slurm_look = Some(tokio::spawn(poll(self.slurm.clone(), ids)));
            self.slurm_looked = Some(self.now());
        }
        Ok(())
    }

    /// Puts the scheduler's word on each living run.
    async fn heard(&mut self, polled: &Polled) -> Result<()> {
        let mut waiting = Vec::new();
        for (run, live) in &mut self.live {
            let Some(job) = live.slurm.as_mut().filter(|job| *job.alive.borrow()) else { continue };
            let listed = polled.listed.iter().rev().find(|l| Some(l.id) == job.id || l.name == job.name);
            if let (None, Some(listed)) = (job.id, listed) {
                job.id = Some(listed.id);
                if let Err(error) = JobMark::write(&live.folder, live.attempt, listed.id, &job.name) {
                    tracing::warn!(%run, "failed to note its job {}: {error}", listed.id);
                }
            }
            let accounted = || job.id.and_then(|id| polled.accounted.get(&id)).cloned();
            let word = listed.map(|listed| listed.word.clone()).or_else(accounted);
            job.missing = if word.is_some() { 0 } else { job.missing + 1 };
            let gone = JobWord { state: GONE.to_owned(), reason: String::new(), nodes: String::new() };
            let Some(word) = word.or_else(|| (job.missing >= MISSED).then_some(gone)) else { continue };
            if word.has_ended() {
                job.alive.send_replace(false);
                live.hint.notify_one();
            } else if live.state == RunState::Starting && job.word.as_ref() != Some(&word) {
                waiting.push((*run, job.id, word.clone()));
            }
            job.word = Some(word);
        }
        for (run, id, word) in waiting {
            let reason = if word.reason.is_empty() { String::new() } else { format!(" ({})", word.reason) };
            let text = format!("slurm: {}{reason}", word.state);
            let evidence = Evidence::with(text, json!({ "job": id, "slurm": word, "device": SLURM }));
            self.set_state(run, RunState::Starting, &evidence).await?;
        }
        Ok(())
    }

    /// Asks Slurm to end a job; a look soon tells how it ended.
    pub(crate) fn cancel_job(&self, run: RunId, id: u64) {
        let settings = self.slurm.clone();
        tokio::spawn(async move {
            if let Err(Refused::Passing(why) | Refused::Final(why)) = cancel(settings, id).await {
                tracing::warn!(%run, "failed to cancel its job {id}: {why}");
            }
        });
    }
}
