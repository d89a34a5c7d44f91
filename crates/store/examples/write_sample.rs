//! Writes the sample database of the current version and prints its run's hash: for `tests/it/samples.rs`, once a
//! version.
//!
//! `cargo run -p vitals-store --example write_sample PATH && gzip -9n PATH`

use serde_json::json;
use vitals_run::{Event, Evidence, Happening, RunState};
use vitals_store::{
    AttemptHeader, Column, IngestBatch, NewRun, NewSweep, Role, Row, Store, Stream, StreamId,
};

const NOW: i64 = 1_790_000_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the path of the database to write")?;
    let store = Store::open(&path, Role::Writer).await?;
    let sweep = NewSweep {
        source: Some("sample.toml".to_owned()),
        name: "Sample".to_owned(),
        text: "format = 1".to_owned(),
        hash: "0".repeat(64),
    };
    let added = store.add_sweep(&sweep, NOW).await?;
    let run = NewRun {
        id: None,
        point: "1".repeat(64),
        seed: 7,
        recipe: json!({"dataset": "fashion-mnist", "seed": 7}),
        probed: None,
        axes: [("base_learning_rate".to_owned(), json!(1e-4))].into(),
        label: "sample".to_owned(),
        priority: 0,
        total_steps: Some(200),
        state: RunState::Running,
        evidence: Evidence::said("sample").into(),
    };
    let run = store.insert_runs(Some((added.id, added.revision)), &[run], NOW).await?.added[0];
    store.tag_run(run, &["kept".to_owned()], &[]).await?;
    // The second attempt goes back fifty steps: the sample holds superseded values too.
    for (attempt, first_step, end) in [(1_u32, 0_u64, 150_u64), (2, 100, 200)] {
        for from in (first_step..end).step_by(3) {
            store.ingest(run, attempt, &batch(attempt, first_step, from, end.min(from + 3))).await?;
        }
    }
    store.set_state(run, RunState::Finished, Evidence::said("exit 0"), NOW + 1).await?;
    println!("{}", store.run_hash(run).await?);
    store.close().await;
    Ok(())
}

fn batch(attempt: u32, first_step: u64, from: u64, to: u64) -> IngestBatch {
    let columns = vec![Column::f32("loss", "nats"), Column::f64("learning_rate", "")];
    let opens = from == first_step;
    let spike = Event {
        step: from,
        end_step: None,
        layer: None,
        injected: false,
        at: None,
        what: Happening::parse("spike", json!({"z": 8.0})),
    };
    let value = |step: u64| match step % 10 {
        0 => f64::NAN,
        1 => f64::NEG_INFINITY,
        _ => f64::from(attempt) + step as f64 / 256.0,
    };
    IngestBatch {
        offset_from: from - first_step,
        offset_to: to - first_step,
        header: opens.then_some(AttemptHeader { first_step, started_at: NOW }),
        streams: if opens {
            vec![Stream { id: StreamId(0), name: "step".to_owned(), columns }]
        } else {
            Vec::new()
        },
        rows: (from..to)
            .map(|step| Row {
                stream: StreamId(0),
                step,
                elapsed_secs: step as f64 * 0.2,
                values: vec![value(step), 1e-4 / (step + 1) as f64],
            })
            .collect(),
        events: if opens { vec![spike] } else { Vec::new() },
        ..IngestBatch::default()
    }
}
