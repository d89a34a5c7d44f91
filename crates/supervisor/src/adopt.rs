//! What a new supervisor finds: runs that an earlier one started. Those whose lock is held are watched on; those whose
//! lock is free are read to the end of their journals and settled. A tail does both; nothing is started here.

use serde_json::json;
use vitals_journal::{Command, Lock};
use vitals_store::{Evidence, MetricChoice, RunId, RunSelection, RunState};

use crate::error::Result;
use crate::supervisor::Supervisor;
use crate::tail::asked;

impl Supervisor {
    /// Takes over all living and half-settled runs.
    pub(crate) async fn adopt(&mut self) -> Result<()> {
        let active: Vec<RunState> = RunState::ALL.into_iter().filter(|state| state.is_active()).collect();
        for row in self.store.runs(&RunSelection::States(active), &MetricChoice::None).await? {
            self.watch_on(row.id, row.attempt, row.device, row.state);
        }
        // A lock that is held is stronger evidence than any state in a database that came from a backup.
        for run in self.runs_with_held_locks() {
            if !self.live.contains_key(&run) {
                self.adopt_one(run).await?;
            }
        }
        Ok(())
    }

    /// Watches a run whose lock somebody holds, whatever its state says; or refuses it where nothing tells its attempt.
    pub(crate) async fn adopt_one(&mut self, run: RunId) -> Result<()> {
        let folder = self.workspace.run_folder(run);
        let attempt = folder.attempts().ok().and_then(|attempts| attempts.last().copied());
        let row = match self.row(run).await {
            Ok(row) => row,
            Err(error) => {
                tracing::warn!(%run, "its lock is held, and the store does not have it: {error}");
                return Ok(());
            }
        };
        let Some(attempt) = attempt else {
            let text = "not started: its lock is held by another process, and no attempt tells by whom";
            return self.set_state(run, RunState::Failed, &Evidence::text(text)).await;
        };
        let evidence =
            Evidence::with("its lock is held: somebody works on it", json!({ "attempt": attempt }));
        self.set_state(run, RunState::Running, &evidence).await?;
        self.watch_on(run, attempt, row.device, RunState::Running);
        Ok(())
    }

    fn watch_on(&mut self, run: RunId, attempt: u32, device: Option<String>, state: RunState) {
        self.follow(run, attempt, device.unwrap_or_else(|| "cpu".to_owned()), state);
        let folder = self.workspace.run_folder(run);
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
