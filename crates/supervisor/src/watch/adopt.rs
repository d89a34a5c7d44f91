//! What a new supervisor finds: runs that an earlier one started. Those whose lock is held are watched on; those whose
//! lock is free are read to the end of their journals and settled. A tail does both; nothing is started here.

use vitals_journal::{Command, Lock};
use vitals_store::{Evidence, MetricChoice, RunId, RunSelection, RunState, StoreError};

use crate::error::{Result, SupervisorError};
use crate::executor::slurm::{Job, SLURM};
use crate::turn::Supervisor;
use crate::watch::folder::restore_living;
use crate::watch::live::proof;
use crate::watch::tail::asked;

impl Supervisor {
    /// Takes over all living and half-settled runs.
    pub(crate) async fn adopt(&mut self) -> Result<()> {
        let active: Vec<RunState> = RunState::ALL.into_iter().filter(|state| state.is_active()).collect();
        for row in self.store.runs(&RunSelection::States(active), &MetricChoice::None).await? {
            if self.live.contains_key(&row.id) {
                continue;
            }
            self.watch_on(row.id, row.attempt, row.device, row.state);
        }
        // A lock that is held is stronger evidence than any state in a database that came from a backup.
        for run in self.runs_with_held_locks() {
            if self.live.contains_key(&run) {
                continue;
            }
            match self.adopt_one(run).await {
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    tracing::warn!(%run, "its lock is held, and it cannot be watched: failed to {error}");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Watches a run whose lock somebody holds, whatever its state says; a run that the store lacks (its database was
    /// deleted) comes back from its folder.
    pub(crate) async fn adopt_one(&mut self, run: RunId) -> Result<()> {
        let folder = self.workspace.run_folder(run);
        let attempts = folder.attempts().unwrap_or_default();
        let row = match self.row(run).await {
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => {
                restore_living(&self.store, &folder, self.wall()).await?;
                self.row(run).await?
            }
            other => other?,
        };
        let Some(&attempt) = attempts.last() else {
            let text = "not started: its lock is held by another process, and no attempt tells by whom";
            return self.set_state(run, RunState::Failed, &Evidence::text(text)).await;
        };
        let evidence = Evidence::with("its lock is held: somebody works on it", proof(&folder, attempt));
        self.set_state(run, RunState::Running, &evidence).await?;
        self.watch_on(run, attempt, row.device, RunState::Running);
        Ok(())
    }

    fn watch_on(&mut self, run: RunId, attempt: u32, device: Option<String>, state: RunState) {
        let folder = self.workspace.run_folder(run);
        let told = if Job::of(&folder, run, attempt).id.is_some() { SLURM } else { "cpu" };
        self.follow(run, attempt, device.unwrap_or_else(|| told.to_owned()), state);
        if asked(&folder, attempt) == Some(Command::Cancel)
            && let Some(live) = self.live.get_mut(&run)
        {
            // Whoever asked for it may be gone, the wish is not.
            live.owes_term = true;
        }
    }

    /// Runs of the workspace whose lock is held.
    fn runs_with_held_locks(&self) -> Vec<RunId> {
        let Ok(entries) = std::fs::read_dir(self.workspace.runs_dir()) else { return Vec::new() };
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RunId>().ok())
            .filter(|run| Lock::is_held(&self.workspace.run_folder(*run).lock()).unwrap_or(false))
            .collect()
    }
}
