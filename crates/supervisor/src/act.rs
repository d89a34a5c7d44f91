//! Does what the policy decided: starts, refusals, stalls, the end of a grace.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use vitals_recipe::ProbedRun;
use vitals_store::{
    Evidence, MetricChoice, NewAttempt, NewEvent, RunId, RunRow, RunSelection, RunState, StoreError,
    Transition,
};

use crate::error::{Result, SupervisorError};
use crate::executor::local::devices::policy_slots;
use crate::executor::local::start::{
    Plan, is_held, job_dataset, job_sweep, prepare, resume_point, spawn, write_job,
};
use crate::executor::slurm::SLURM;
use crate::guard::GuardMark;
use crate::queue::need::Wish;
use crate::queue::policy::{Action, Active, DeviceSlots, Memory, Queue, Waiting, decide};
use crate::turn::Supervisor;
use crate::watch::tail::left_a_trace;

/// A start that failed for a cause that may pass is tried again after this.
const PUT_OFF: Duration = Duration::from_secs(5);

/// Evidence data of a queued run: the checkpoint to go on from, by a rewind.
pub(crate) const RESUME_FROM: &str = "resume_from";

/// Evidence data of a rewind alone: the step that was asked for.
pub(crate) const TO_STEP: &str = "to_step";

impl Supervisor {
    /// Decides and acts. The queue is read where it may have changed, or where a start was put off.
    pub(crate) async fn act(&mut self, queue_may_have_changed: bool) -> Result<()> {
        if queue_may_have_changed {
            let full = self.no_room().await?;
            let hopeless = self.options.binaries.missing().or_else(|| self.misread.clone());
            self.waits_for_room = full.is_some() && hopeless.is_none();
            self.problem = hopeless.or(full);
        }
        let living: Vec<Active> = self.live.iter().map(|(run, live)| live.as_active(*run)).collect();
        let mut slots = policy_slots(&self.device_states);
        if self.slurm.enabled {
            slots.push(DeviceSlots {
                device: SLURM.to_owned(),
                slots: self.slurm.at_once,
                unusable: None,
                memory: Memory::default(),
            });
        }
        let read = queue_may_have_changed || !self.not_before.is_empty();
        let queue = Queue {
            // Without a worker or room every start would fail: nothing is started, and the status says why.
            paused: self.queue_paused || self.problem.is_some() || self.probe.is_some(),
            // While all slots are taken nobody needs to be asked for.
            runs: if read && has_room(&living, &slots) { self.waiting().await? } else { Vec::new() },
        };
        if read {
            // Room may come back any time, and then the queue goes on.
            let hopeless = self.problem.is_some() && !self.waits_for_room;
            self.startable = !queue.runs.is_empty() && !self.queue_paused && !hopeless;
        }
        let mut failed = None;
        for action in decide(&queue, &living, &slots, self.now()) {
            // One run that cannot be helped does not hold back the others.
            if let Err(error) = self.perform(action).await {
                failed.get_or_insert(error);
            }
        }
        self.send_owed_signals();
        failed.map_or(Ok(()), Err)
    }

    async fn perform(&mut self, action: Action) -> Result<()> {
        match action {
            Action::Start { run, device } => self.start(run, device).await,
            Action::Refuse { run, reason } => self.refuse(run, &reason).await,
            Action::Hold { run, device, need, room } => self.hold(run, &device, need, room).await,
            Action::DeclareStalled { run, silent } => self.declare_stalled(run, silent).await,
            Action::DeclareRunning { run } => {
                let evidence = Evidence::text("records come in again");
                self.set_state(run, RunState::Running, &evidence).await
            }
            Action::Kill { run } => self.kill(run).await,
        }
    }

    /// The queue in its order, without starts that were put off.
    async fn waiting(&mut self) -> Result<Vec<Waiting>> {
        let queue = self.store.queue().await?;
        let unknown: Vec<RunId> =
            queue.iter().map(|queued| queued.run).filter(|run| !self.wishes.contains_key(run)).collect();
        if !unknown.is_empty() {
            for row in self.store.runs(&RunSelection::Ids(unknown), &MetricChoice::None).await? {
                self.wishes.insert(row.id, Wish::of(&row)?);
            }
        }
        self.learn_peaks().await?;
        let now = self.now();
        self.not_before.retain(|_, until| *until > now);
        Ok(queue
            .into_iter()
            .filter(|queued| !self.not_before.contains_key(&queued.run))
            .filter_map(|queued| {
                let wish = self.wishes.get(&queued.run)?;
                let device = if self.slurm.enabled { SLURM } else { wish.device.as_str() };
                let need = self.peaks.need(&wish.memory_key);
                Some(Waiting { run: queued.run, device: device.to_owned(), need })
            })
            .collect())
    }

    async fn refuse(&mut self, run: RunId, reason: &str) -> Result<()> {
        self.wishes.remove(&run);
        self.set_state(run, RunState::Failed, &Evidence::text(format!("not started: {reason}"))).await
    }

    /// Starts a run's next attempt, or says why not.
    async fn start(&mut self, run: RunId, device: String) -> Result<()> {
        match self.try_start(run, &device).await {
            Ok(()) => Ok(()),
            // Somebody works on it: a guard that an earlier supervisor started. Watch it.
            Err(error) if is_held(&error) => self.adopt_one(run).await,
            Err(error) if error.may_pass() => self.put_off(run, &error).await,
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => Ok(()),
            Err(SupervisorError::CannotStart { reason }) => self.refuse(run, &reason).await,
            Err(error) if error.is_of_files() => {
                let what = "see that its folder can be written, then retry";
                self.refuse(run, &format!("failed to {error}; {what}")).await
            }
            Err(error) => self.refuse(run, &format!("failed to {error}")).await,
        }
    }

    async fn put_off(&mut self, run: RunId, error: &SupervisorError) -> Result<()> {
        self.not_before.insert(run, self.now() + PUT_OFF);
        tracing::warn!(%run, "its start is put off: {error}");
        if self.live.contains_key(&run) {
            return Ok(());
        }
        self.set_state(run, RunState::Queued, &Evidence::text(format!("start put off: {error}"))).await
    }

    async fn try_start(&mut self, run: RunId, device: &str) -> Result<()> {
        let plan = self.plan(run, device).await?;
        if device == SLURM {
            return self.start_by_slurm(&plan).await;
        }
        let folder = self.workspace.run_folder(run);
        let binaries = self.options.binaries.clone();
        let prepared = {
            let (folder, plan) = (folder.clone(), plan.clone());
            tokio::task::spawn_blocking(move || prepare(&folder, &plan, &binaries)).await
        };
        let prepared = prepared.map_err(|join| SupervisorError::Io {
            operation: "prepare",
            path: folder.path().to_owned(),
            source: std::io::Error::other(join),
        })??;
        self.note_attempt(&plan, device).await?;
        let wish = self.wishes.remove(&run);
        // From here on whatever happens is found out by whoever follows the attempt, this supervisor or the next.
        let spawned = spawn(prepared, &self.options.binaries);
        self.follow(run, plan.attempt, device.to_owned(), RunState::Starting);
        if let (Some(live), Some(wish)) = (self.live.get_mut(&run), wish) {
            live.need = self.peaks.need(&wish.memory_key).on(device);
        }
        let mut guard = match spawned {
            Ok(guard) => guard,
            Err(error) => {
                self.forget(run);
                return self.refuse(run, &format!("failed to {error}")).await;
            }
        };
        if let Some(live) = self.live.get(&run) {
            let hint = live.hint.clone();
            tokio::spawn(async move {
                // Buried at once, and its tail looks at once.
                let _ = guard.wait().await;
                hint.notify_one();
            });
        }
        Ok(())
    }

    /// The attempt into the store, and the run into `starting`.
    async fn note_attempt(&mut self, plan: &Plan, device: &str) -> Result<()> {
        let run = plan.run;
        let attempt = NewAttempt {
            number: plan.attempt,
            first_step: plan.resume.first_step,
            resume_from: plan.resume.path.clone(),
            device: Some(device.to_owned()),
        };
        self.store.add_attempt(run, &attempt, self.wall()).await?;
        if plan.rewound {
            let event = NewEvent {
                kind: "rewound".to_owned(),
                step: plan.resume.first_step,
                end_step: None,
                layer: None,
                injected: false,
                details: json!({ RESUME_FROM: plan.resume.path }),
                at: Some(self.wall()),
            };
            self.store.add_events(run, plan.attempt, &[event]).await?;
        }
        let text = match &plan.resume.path {
            Some(_) => format!("attempt {} on {device} from step {}", plan.attempt, plan.resume.first_step),
            None => format!("attempt {} on {device}", plan.attempt),
        };
        let data = json!({ "attempt": plan.attempt, "device": device, RESUME_FROM: plan.resume.path });
        self.set_state(run, RunState::Starting, &Evidence::with(text, data)).await
    }

    /// Submits the run's next attempt. Noted before it is submitted: a job that a dying supervisor left is found again by
    /// its name, and no second one is submitted.
    async fn start_by_slurm(&mut self, plan: &Plan) -> Result<()> {
        let folder = self.workspace.run_folder(plan.run);
        write_job(&folder, plan)?;
        self.note_attempt(plan, SLURM).await?;
        self.wishes.remove(&plan.run);
        let trouble = self.submit(plan, &folder).await?;
        self.follow(plan.run, plan.attempt, SLURM.to_owned(), RunState::Starting);
        match trouble {
            // It may have been submitted all the same: looks at the queue will tell.
            Some(why) => {
                let evidence = Evidence::text(format!("slurm gave no answer: {why}"));
                self.set_state(plan.run, RunState::Starting, &evidence).await
            }
            None => Ok(()),
        }
    }

    async fn plan(&self, run: RunId, device: &str) -> Result<Plan> {
        let row = self.row(run).await?;
        let mut recipe = row.resolved()?;
        // A cluster's node has its own cores, and the worker counts them.
        if recipe.threads == 0 && device != SLURM {
            recipe.threads = self.devices.threads(&self.device_states, device);
        }
        let folder = self.workspace.run_folder(run);
        let wanted = rewind_target(&self.store.transitions(run).await?);
        let stored = self.store.attempts(run).await?.last().map_or(0, |attempt| attempt.number);
        // A folder that the store knows nothing of is never written over, unless nothing ever ran in it.
        let on_disk = folder.attempts().unwrap_or_default();
        let on_disk =
            on_disk.into_iter().filter(|attempt| left_a_trace(&folder, *attempt)).max().unwrap_or(0);
        Ok(Plan {
            run,
            attempt: stored.max(on_disk) + 1,
            resume: resume_point(&self.store, run, &folder, wanted.as_deref()).await?,
            dataset: job_dataset(&self.store, &recipe.dataset).await?,
            recipe,
            probed: row.probed.map(|probed| ProbedRun { run: probed.run.to_string(), step: probed.step }),
            device: if device == SLURM { self.slurm.worker_device() } else { device }.to_owned(),
            rewound: wanted.is_some(),
            sweep: job_sweep(&self.store, &row).await?,
            label: row.label,
            axes: row.axes,
        })
    }

    /// One run without its metrics.
    pub(crate) async fn row(&self, run: RunId) -> Result<RunRow> {
        let rows = self.store.runs(&RunSelection::Ids(vec![run]), &MetricChoice::None).await?;
        let unknown = || StoreError::UnknownRun { id: run.to_string() };
        Ok(rows.into_iter().next().ok_or_else(unknown)?)
    }

    /// The grace is over.
    async fn kill(&mut self, run: RunId) -> Result<()> {
        let Some(live) = self.live.get_mut(&run) else { return Ok(()) };
        let Some(worker) = GuardMark::read(&live.folder, live.attempt).and_then(|mark| mark.worker) else {
            return Ok(());
        };
        live.killed = true;
        worker.signal_group(Signal::KILL);
        let state = live.state;
        let text = "cancel requested, SIGKILL sent when the grace after SIGTERM was over";
        self.set_state(run, state, &Evidence::text(text)).await
    }

    /// SIGTERM to workers that were asked to cancel before they could be found.
    pub(crate) fn send_owed_signals(&mut self) {
        let kill_at = self.now() + self.options.grace;
        let jobs = self.live.iter_mut().filter(|(_, live)| live.owes_term);
        let jobs: Vec<(RunId, u64)> = jobs
            .filter_map(|(run, live)| {
                let id = live.slurm.as_ref()?.id?;
                live.owes_term = false;
                Some((*run, id))
            })
            .collect();
        for (run, id) in jobs {
            self.cancel_job(run, id);
        }
        for live in self.live.values_mut().filter(|live| live.owes_term && live.slurm.is_none()) {
            let mark = GuardMark::read(&live.folder, live.attempt).and_then(|mark| mark.worker);
            if let Some(worker) = mark {
                worker.signal_group(Signal::TERM);
                // A stopped process takes no SIGTERM.
                worker.signal_group(Signal::CONT);
                live.owes_term = false;
                live.kill_at = Some(kill_at);
            }
        }
    }
}

/// The checkpoint to which the run was last asked to go back, if it has waited for a start since: a start that was put off
/// or interrupted does not make it forget.
fn rewind_target(history: &[Transition]) -> Option<String> {
    let waits = |change: &&Transition| matches!(change.to, RunState::Queued | RunState::Starting);
    let asked =
        history.iter().rev().take_while(waits).find(|change| change.evidence.data.get(TO_STEP).is_some())?;
    Some(asked.evidence.data.get(RESUME_FROM)?.as_str()?.to_owned())
}

/// Whether any device could take one more run, or no run is there that could block one.
fn has_room(living: &[Active], slots: &[DeviceSlots]) -> bool {
    let busy = |device: &DeviceSlots| living.iter().filter(|run| run.device == device.device).count();
    living.is_empty()
        || slots.iter().any(|device| device.unusable.is_none() && busy(device) < device.slots as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn change(to: RunState, data: Value) -> Transition {
        Transition { at: 0, from: None, to, evidence: Evidence::with("because", data) }
    }

    #[test]
    fn a_rewind_is_remembered_until_it_has_begun() {
        use RunState::{Failed, Queued, Running, Starting};
        let rewind = || change(Queued, json!({ RESUME_FROM: "checkpoints/step-00000020", TO_STEP: 20 }));
        let plain = |to| change(to, Value::Null);
        let started = || change(Starting, json!({ RESUME_FROM: "checkpoints/step-00000020" }));
        let check = |history: &[Transition], expected: Option<&str>| {
            assert_eq!(rewind_target(history).as_deref(), expected);
        };
        let there = Some("checkpoints/step-00000020");
        check(&[], None);
        check(&[plain(Queued)], None);
        check(&[plain(Failed), rewind()], there);
        check(&[plain(Failed), rewind(), plain(Queued)], there);
        check(&[plain(Failed), rewind(), started(), plain(Queued)], there);
        check(&[rewind(), started(), plain(Running), plain(Failed), plain(Queued)], None);
        // What an attempt resumed from is no wish to go back.
        check(&[plain(Failed), plain(Queued), started(), plain(Queued)], None);
    }
}
