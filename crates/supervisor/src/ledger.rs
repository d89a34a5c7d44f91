//! The one place that changes a run's state: in the store first, in memory once that is done. It decides no state.

use std::collections::{HashMap, HashSet};

use vitals_store::{Evidence, RunId, RunState, Store, StoreError};

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
    pub async fn set(&mut self, run: RunId, state: RunState, evidence: &Evidence) -> Result<()> {
        self.store.set_state(run, state, evidence, (self.now)()).await?;
        tracing::info!(%run, %state, evidence = evidence.text, "state");
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
    pub async fn set_where_it_may(&mut self, run: RunId, state: RunState, evidence: &Evidence) -> Result<()> {
        match self.set(run, state, evidence).await {
            Err(SupervisorError::Store(error @ StoreError::IllegalTransition { .. })) => {
                tracing::error!(%run, "{error}; evidence: {}", evidence.text);
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
    pub async fn hold(&mut self, run: RunId, evidence: &Evidence) -> Result<()> {
        if self.held.insert(run) { self.set(run, RunState::Queued, evidence).await } else { Ok(()) }
    }
}
