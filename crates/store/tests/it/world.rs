//! What the tests share: a workspace in a temporary folder, runs, and batches of rows.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use vitals_run::{Evidence, RunState};
use vitals_store::{AttemptHeader, Column, IngestBatch, NewRun, Role, Row, RunId, Store, Stream, StreamId};

/// Some time in 2026; tests count on from it.
pub const NOW: i64 = 1_790_000_000_000;

pub struct World {
    pub folder: TempDir,
    pub store: Store,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        Self { folder, store }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("vitals.db")
    }

    /// A run in state `starting`, outside sweeps.
    pub async fn run(&self) -> RunId {
        self.run_of("point").await
    }

    pub async fn run_of(&self, point: &str) -> RunId {
        let mut run = new_run(point, 0);
        run.state = RunState::Starting;
        self.store.insert_runs(None, &[run], NOW).await.unwrap().added[0]
    }
}

pub fn new_run(point: &str, seed: u64) -> NewRun {
    NewRun {
        id: None,
        point: point.to_owned(),
        seed,
        recipe: json!({"dataset": "fashion-mnist", "seed": seed}),
        probed: None,
        axes: [("base_learning_rate".to_owned(), json!(1e-4))].into(),
        label: format!("{point}/{seed}"),
        priority: 0,
        total_steps: Some(100),
        state: RunState::Queued,
        evidence: Evidence::said("added").into(),
    }
}

/// Stream 0 `step` with an f32 loss and an f64 learning rate; stream 1 `evaluation` with knn_top1.
pub fn streams() -> Vec<Stream> {
    vec![
        Stream {
            id: StreamId(0),
            name: "step".to_owned(),
            columns: vec![Column::f32("loss", "nats"), Column::f64("learning_rate", "")],
        },
        Stream { id: StreamId(1), name: "evaluation".to_owned(), columns: vec![Column::f32("knn_top1", "")] },
    ]
}

pub fn header(first_step: u64) -> Option<AttemptHeader> {
    Some(AttemptHeader { first_step, started_at: NOW })
}

/// A row of stream `step` whose values tell the attempt and the step.
pub fn row(attempt: u32, step: u64) -> Row {
    Row {
        stream: StreamId(0),
        step,
        elapsed_secs: step as f64 * 0.25,
        values: vec![f64::from(attempt) + step as f64 / 1024.0, 1e-4 / (step + 1) as f64],
    }
}

/// Steps `from..to` as the journal bytes `10 × from..10 × to`; the first batch of an attempt opens it.
pub fn batch(attempt: u32, first_step: u64, from: u64, to: u64) -> IngestBatch {
    let opens = from == first_step;
    IngestBatch {
        offset_from: 10 * (from - first_step),
        offset_to: 10 * (to - first_step),
        header: if opens { header(first_step) } else { None },
        streams: if opens { streams() } else { Vec::new() },
        rows: (from..to).map(|step| row(attempt, step)).collect(),
        ..IngestBatch::default()
    }
}
