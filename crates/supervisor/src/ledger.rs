//! The one place that changes a run's state: in the store first, in memory once that is done. It decides no state.

use std::collections::{HashMap, HashSet};

use vitals_run::{Grounds, RunState};
use vitals_store::{RunId, Store, StoreError};

use crate::error::{Result, SupervisorError};
use crate::options::Clock;

pub(crate) struct Ledger {
    store: Store,
    now: Clock,
    /// Of the runs that are watched, as the store has them.
    watched: HashMap<RunId, RunState>,
    /// Runs that wait for memory, and have been told so.
    held: HashSet<RunId>,
}

impl Ledger {
    pub fn new(store: Store, now: Clock) -> Self {
        Self { store, now, watched: HashMap::new(), held: HashSet::new() }
    }

    /// Changes a run's state, or gives new evidence of the one that it has.
    pub async fn set(&mut self, run: RunId, state: RunState, grounds: impl Into<Grounds>) -> Result<()> {
        let grounds = grounds.into();
        let evidence = grounds.evidence.to_string();
        self.store.set_state(run, state, grounds, (self.now)()).await?;
        tracing::info!(%run, %state, evidence, "state");
        if let Some(known) = self.watched.get_mut(&run) {
            *known = state;
        }
        if state != RunState::Queued {
            // When it waits again it is told again.
            self.held.remove(&run);
        }
        Ok(())
    }

    /// As [`Ledger::set`]; a state that may not follow what the store says is put on record through the log instead of
    /// stopping everything.
    pub async fn set_where_it_may(&mut self, run: RunId, state: RunState, grounds: Grounds) -> Result<()> {
        let evidence = grounds.evidence.to_string();
        match self.set(run, state, grounds).await {
            Err(SupervisorError::Store(error @ StoreError::IllegalTransition { .. })) => {
                tracing::error!(%run, "{error}; evidence: {evidence}");
                Ok(())
            }
            other => other,
        }
    }

    /// Remembers the state of a run that is watched from now on.
    pub fn watch(&mut self, run: RunId, state: RunState) {
        self.watched.insert(run, state);
    }

    pub fn forget(&mut self, run: RunId) {
        self.watched.remove(&run);
    }

    /// Of a run that is watched.
    pub fn state(&self, run: RunId) -> Option<RunState> {
        self.watched.get(&run).copied()
    }

    /// Says of a queued run that it waits for memory; once, not whenever the numbers move.
    pub async fn hold(&mut self, run: RunId, grounds: Grounds) -> Result<()> {
        if self.held.insert(run) { self.set(run, RunState::Queued, grounds).await } else { Ok(()) }
    }
}
