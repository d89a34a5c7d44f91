//! How far detection of each run stands, kept in memory between the batches of its journal. What is lost here is made
//! again from the stored values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vitals_series::RunDetector;

/// Detection of one run as far as its journal has been read.
#[derive(Debug)]
pub(crate) struct Standing {
    pub attempt: u32,
    pub offset: u64,
    pub detector: RunDetector,
    /// Event rows of findings that still go on.
    pub rows: HashMap<u64, i64>,
}

/// The standings of all runs that this process ingests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standings(Arc<Mutex<HashMap<i64, Standing>>>);

impl Standings {
    /// Takes it out; whoever changed it keeps it again once what it found is stored.
    pub fn take(&self, run: i64) -> Option<Standing> {
        self.lock().remove(&run)
    }

    /// Only after its transaction has committed: one that is lost is made again.
    pub fn keep(&self, run: i64, standing: Option<Standing>) {
        if let Some(standing) = standing {
            self.lock().insert(run, standing);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Standing>> {
        // A standing is taken out while it changes, so the map is whole even where a holder panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vitals_journal::{Column, Row, Stream, StreamId};
    use vitals_run::{Evidence, RunState};

    use crate::{AttemptHeader, IngestBatch, NewRun, Role, Store};

    #[tokio::test]
    async fn nothing_is_kept_of_a_run_whose_worker_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        let run = NewRun {
            id: None,
            point: "point".to_owned(),
            seed: 0,
            recipe: json!({}),
            probed: None,
            axes: [].into(),
            label: "point/0".to_owned(),
            priority: 0,
            total_steps: Some(100),
            state: RunState::Running,
            evidence: Evidence::said("added").into(),
        };
        let run = store.insert_runs(None, &[run], 0).await.unwrap().added[0];
        let columns = vec![Column::f32("loss", "nats")];
        let batch = IngestBatch {
            offset_to: 10,
            header: Some(AttemptHeader { first_step: 0, started_at: 0 }),
            streams: vec![Stream { id: StreamId(0), name: "step".to_owned(), columns }],
            rows: vec![Row { stream: StreamId(0), step: 0, elapsed_secs: 0.0, values: vec![1.0] }],
            ..IngestBatch::default()
        };
        store.ingest(run, 1, &batch).await.unwrap();
        assert_eq!(store.standings.lock().len(), 1, "its journal may go on");
        store.set_state(run, RunState::Failed, Evidence::said("killed by signal 9"), 1).await.unwrap();
        assert!(store.standings.lock().is_empty(), "its journal had no end");
    }
}
