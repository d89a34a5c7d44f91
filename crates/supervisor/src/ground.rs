//! What every room stands on: the store, the folders, how to behave, and the clocks. Nothing of it changes while a
//! supervisor lives.

use std::time::Duration;

use tokio::time::Instant;
use vitals_journal::RunFolder;
use vitals_store::{MetricChoice, RunId, RunRow, RunSelection, Store, StoreError, UnixMillis};

use crate::error::Result;
use crate::options::Options;
use crate::workspace::Workspace;

pub(crate) struct Ground {
    pub store: Store,
    pub workspace: Workspace,
    pub options: Options,
    pub started: Instant,
}

impl Ground {
    /// Time since the start, on a clock that never jumps.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time of day.
    pub fn wall(&self) -> UnixMillis {
        (self.options.now)()
    }

    pub fn folder(&self, run: RunId) -> RunFolder {
        self.workspace.run_folder(run)
    }

    /// One run without its metrics.
    pub async fn row(&self, run: RunId) -> Result<RunRow> {
        let rows = self.store.runs(&RunSelection::Ids(vec![run]), &MetricChoice::None).await?;
        let unknown = || StoreError::UnknownRun { id: run.to_string() };
        Ok(rows.into_iter().next().ok_or_else(unknown)?)
    }
}
