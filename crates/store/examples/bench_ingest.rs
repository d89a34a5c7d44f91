//! Benchmarks of the store, one JSON object a line: `ingest` (values/s), `disk_per_value` (bytes) and `list_runs` (ms
//! at 1,000 runs). The rival, a plain table with one row a value, runs in the same process on the same values.
//!
//! `cargo run -p vitals-store --example bench_ingest [STEPS]`

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::Connection;
use vitals_run::{Event, Evidence, Happening, RunState};
use vitals_series::Noise;
use vitals_store::{
    AttemptHeader, Column, IngestBatch, MetricChoice, NewRun, Role, Row, RunId, RunSelection, SeriesQuery,
    Store, Stream, StreamId,
};

type Failure = Box<dyn std::error::Error>;

const COLUMNS: usize = 60;
const LISTED_RUNS: usize = 1_000;
/// Milliseconds since 1970: any fixed time will do.
const NOW: i64 = 1_790_000_000_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let steps: u64 = std::env::args().nth(1).map_or(Ok(100_000), |s| s.parse())?;
    let folder = std::env::temp_dir().join(format!("vitals-bench-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = run(&folder, steps).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn run(folder: &Path, steps: u64) -> Result<(), Failure> {
    let bulk = ingest(&folder.join("bulk.db"), steps, 256).await?;
    // As a live run comes in: a step or two a batch.
    let live = ingest(&folder.join("live.db"), steps / 10, 1).await?;
    let rival = row_per_value(&folder.join("rival.db"), steps.min(5_000)).await?;
    let values_per_s = |m: &Measured| (m.values as f64 / m.time.as_secs_f64()).round();
    let bytes = |m: &Measured| m.bytes as f64 / m.values as f64;
    line(
        "ingest",
        values_per_s(&bulk),
        "values/s",
        true,
        json!({"columns": COLUMNS, "steps": steps, "steps_a_batch": 256,
               "one_step_a_batch": values_per_s(&live), "rival_row_per_value": values_per_s(&rival)}),
    );
    line(
        "disk_per_value",
        bytes(&bulk),
        "bytes",
        false,
        json!({"steps_a_batch": 256, "one_step_a_batch": bytes(&live), "rival_row_per_value": bytes(&rival)}),
    );
    list_runs(&folder.join("list.db")).await
}

fn line(name: &str, value: f64, unit: &str, higher_is_better: bool, details: serde_json::Value) {
    let object = json!({"name": name, "value": value, "unit": unit,
                        "higher_is_better": higher_is_better, "details": details});
    println!("{object}");
}

struct Measured {
    values: u64,
    time: Duration,
    bytes: u64,
}

/// Relative noise of the gradient norms of calm runs; no encoding can shrink it, and no detector calls it an event.
const SPREAD: f64 = 0.16;

fn stream() -> Stream {
    let mut columns = vec![Column::f32("loss", ""), Column::f64("learning_rate", "")];
    columns.extend((2..COLUMNS).map(|c| Column::f32(format!("grad_norm/blocks.{c}"), "")));
    Stream { id: StreamId(0), name: "step".to_owned(), columns }
}

fn rows(first: u64, count: u64, noise: &mut Noise) -> Vec<Row> {
    (first..first + count)
        .map(|step| Row {
            stream: StreamId(0),
            step,
            elapsed_secs: step as f64 * 0.2,
            values: (0..COLUMNS).map(|_| (SPREAD * noise.normal()).exp()).collect(),
        })
        .collect()
}

fn new_run(point: usize) -> NewRun {
    NewRun {
        id: None,
        point: format!("{point:064x}"),
        seed: 0,
        recipe: (0..50).map(|p| (format!("parameter_{p}"), json!(p * point))).collect(),
        probed: None,
        axes: [("base_learning_rate".to_owned(), json!(1e-4))].into(),
        label: format!("run {point}"),
        priority: 0,
        total_steps: Some(600),
        state: RunState::Queued,
        evidence: Evidence::said("added").into(),
    }
}

fn first_batch(offset_to: u64, rows: Vec<Row>) -> IngestBatch {
    IngestBatch {
        offset_to,
        header: Some(AttemptHeader { first_step: 0, started_at: NOW }),
        streams: vec![stream()],
        rows,
        ..IngestBatch::default()
    }
}

async fn ingest(path: &Path, steps: u64, a_batch: u64) -> Result<Measured, Failure> {
    let store = Store::open(path, Role::Writer).await?;
    let run: RunId = store.insert_runs(None, &[new_run(1)], NOW).await?.added[0];
    let mut noise = Noise::new(0);
    let mut time = Duration::ZERO;
    let mut step = 0;
    while step < steps {
        let count = a_batch.min(steps - step);
        let rows = rows(step, count, &mut noise);
        let batch = match step {
            0 => first_batch(count, rows),
            _ => IngestBatch { offset_from: step, offset_to: step + count, rows, ..IngestBatch::default() },
        };
        let start = Instant::now();
        store.ingest(run, 1, &batch).await?;
        time += start.elapsed();
        step += count;
    }
    let query = SeriesQuery { names: vec!["loss".to_owned()], ..SeriesQuery::default() };
    let read = store.series(run, &query).await?[0].values.len() as u64;
    if read != steps {
        return Err(format!("{read} of {steps} steps came back").into());
    }
    store.close().await;
    Ok(Measured { values: steps * COLUMNS as u64, time, bytes: std::fs::metadata(path)?.len() })
}

/// The obvious table, given the same pragmas and as much batching as the driver allows.
async fn row_per_value(path: &Path, steps: u64) -> Result<Measured, Failure> {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    sqlx::query(
        "CREATE TABLE vals (run INTEGER, metric INTEGER, step INTEGER, value REAL,
                            PRIMARY KEY (run, metric, step)) WITHOUT ROWID",
    )
    .execute(&mut connection)
    .await?;
    let insert = format!("INSERT INTO vals VALUES {}", ["(1, ?, ?, ?)"; COLUMNS].join(","));
    let mut noise = Noise::new(0);
    let mut time = Duration::ZERO;
    for first in (0..steps).step_by(256) {
        let rows = rows(first, 256.min(steps - first), &mut noise);
        let start = Instant::now();
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        for row in &rows {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.clone()));
            for (metric, value) in (0_i64..).zip(&row.values) {
                query = query.bind(metric).bind(row.step.cast_signed()).bind(value);
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        time += start.elapsed();
    }
    connection.close().await?;
    Ok(Measured { values: steps * COLUMNS as u64, time, bytes: std::fs::metadata(path)?.len() })
}

async fn list_runs(path: &Path) -> Result<(), Failure> {
    let store = Store::open(path, Role::Writer).await?;
    let new: Vec<NewRun> = (0..LISTED_RUNS).map(new_run).collect();
    let runs = store.insert_runs(None, &new, NOW).await?.added;
    let mut noise = Noise::new(0);
    for (index, run) in runs.iter().enumerate() {
        let mut batch = first_batch(1, rows(0, 4, &mut noise));
        let spike = Event {
            step: 2,
            end_step: None,
            layer: Some("patch_embed".to_owned()),
            injected: false,
            at: None,
            what: Happening::parse("spike", json!({"z": 9.5})),
        };
        batch.events = vec![spike; index % 5];
        store.ingest(*run, 1, &batch).await?;
        store.tag_run(*run, &[format!("tag-{}", index % 7)], &[]).await?;
    }
    let mut plain = Vec::new();
    let mut all = Vec::new();
    for _ in 0..11 {
        for (choice, times) in [(MetricChoice::Plain, &mut plain), (MetricChoice::All, &mut all)] {
            let start = Instant::now();
            let rows = store.runs(&RunSelection::All, &choice).await?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            if rows.len() != LISTED_RUNS {
                return Err("runs are missing from the list".into());
            }
        }
    }
    plain.sort_by(f64::total_cmp);
    all.sort_by(f64::total_cmp);
    store.close().await;
    line(
        "list_runs",
        plain[plain.len() / 2],
        "ms",
        false,
        json!({"runs": LISTED_RUNS, "metrics_a_run": COLUMNS, "with_all_metrics": all[all.len() / 2]}),
    );
    Ok(())
}
