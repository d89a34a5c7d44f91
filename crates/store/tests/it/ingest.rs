//! Ingest: exactly once, all or nothing, and every bit of a value back out. Its hash is the journal's.

use serde_json::json;
use vitals_journal::{Header, RunFolder, Writer, WriterOptions, check};
use vitals_run::{Event, Happening};
use vitals_store::{
    Column, EndOfAttempt, IngestBatch, NewAttempt, NewCheckpoint, NewLog, Row, SeriesQuery, StoreError,
    Stream, StreamId,
};

use crate::world::{NOW, World, batch, header, row};

fn all() -> SeriesQuery {
    SeriesQuery::default()
}

#[tokio::test]
async fn a_batch_is_taken_once() {
    let world = World::new().await;
    let run = world.run().await;
    let first = batch(1, 0, 0, 10);
    let taken = world.store.ingest(run, 1, &first).await.unwrap();
    assert_eq!((taken.rows, taken.values, taken.steps_done), (10, 20, 10));
    // The answer was lost, the sender tries again.
    let again = world.store.ingest(run, 1, &first).await.unwrap_err();
    assert!(matches!(again, StoreError::OffsetMismatch { stored: 100, given: 0 }), "{again}");
    // A gap is refused like an overlap.
    let gap = world.store.ingest(run, 1, &batch(1, 0, 11, 12)).await.unwrap_err();
    assert!(matches!(gap, StoreError::OffsetMismatch { stored: 100, given: 110 }), "{gap}");
    world.store.ingest(run, 1, &batch(1, 0, 10, 12)).await.unwrap();
    let series = world.store.series(run, &all()).await.unwrap();
    assert_eq!(series[0].steps, (0..12).collect::<Vec<_>>());
    assert_eq!(world.store.attempts(run).await.unwrap()[0].journal_offset, 120);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing() {
    let world = World::new().await;
    let run = world.run().await;
    world.store.ingest(run, 1, &batch(1, 0, 0, 10)).await.unwrap();
    let before = world.store.run(run).await.unwrap();
    let good = row(1, 10);
    let bad = [
        Row { stream: StreamId(9), ..good.clone() },
        Row { values: vec![1.0], ..good.clone() },
        Row { step: u64::MAX, ..good.clone() },
    ];
    for bad in bad {
        let mut next = batch(1, 0, 10, 12);
        next.events.push(event("spike", 10));
        next.rows.push(bad);
        let refused = world.store.ingest(run, 1, &next).await.unwrap_err();
        assert!(matches!(refused, StoreError::BadBatch { .. } | StoreError::OutOfRange { .. }), "{refused}");
        assert_eq!(world.store.run(run).await.unwrap(), before);
        assert_eq!(world.store.attempts(run).await.unwrap()[0].journal_offset, 100);
        assert_eq!(world.store.events(run, &[], true).await.unwrap(), []);
    }
    world.store.ingest(run, 1, &batch(1, 0, 10, 12)).await.unwrap();
}

#[tokio::test]
async fn a_journal_starts_with_its_header_and_a_known_attempt() {
    let world = World::new().await;
    let run = world.run().await;
    let headless = IngestBatch { header: None, ..batch(1, 0, 0, 2) };
    let refused = world.store.ingest(run, 1, &headless).await.unwrap_err();
    assert!(matches!(refused, StoreError::UnknownAttempt { attempt: 1, .. }), "{refused}");
    let planned = NewAttempt { number: 1, first_step: 0, resume_from: None, device: Some("cpu".to_owned()) };
    world.store.add_attempt(run, &planned, NOW).await.unwrap();
    let refused = world.store.ingest(run, 1, &headless).await.unwrap_err();
    assert!(matches!(refused, StoreError::BadBatch { .. }), "{refused}");
}

fn event(kind: &str, step: u64) -> Event {
    Event {
        step,
        end_step: Some(step + 2),
        layer: Some("patch_embed".to_owned()),
        injected: true,
        at: Some(NOW),
        what: Happening::parse(kind, json!({"z": 9.5})),
    }
}

#[tokio::test]
async fn the_rare_records_come_back() {
    let world = World::new().await;
    let run = world.run().await;
    let mut first = batch(1, 0, 0, 10);
    first.events = vec![event("spike", 5), event("spike", 7), event("dip", 2)];
    first.logs = (0..2_500)
        .map(|n| NewLog {
            at: Some(NOW + n),
            level: "info".to_owned(),
            step: None,
            text: format!("line {n}"),
        })
        .collect();
    first.checkpoints = vec![NewCheckpoint {
        step: 8,
        path: "checkpoints/step-00000008".to_owned(),
        size_bytes: Some(9),
        at: None,
    }];
    first.control_acks = vec![1, 3, 2];
    first.end = Some(EndOfAttempt {
        reason: "stopped".to_owned(),
        exit_code: Some(3),
        last_step: Some(9),
        message: String::new(),
        at: Some(NOW + 5),
    });
    world.store.ingest(run, 1, &first).await.unwrap();

    let kinds: Vec<_> = world.store.events(run, &[], false).await.unwrap();
    assert_eq!(
        kinds.iter().map(|e| (e.event.what.kind(), e.event.step)).collect::<Vec<_>>(),
        [("dip", 2), ("spike", 5), ("spike", 7)]
    );
    let dip = &world.store.events(run, &["dip"], false).await.unwrap()[0].event;
    assert_eq!((dip.end_step, dip.injected, dip.what.details()), (Some(4), true, json!({"z": 9.5})));
    let tail = world.store.log_tail(run, 2).await.unwrap();
    assert_eq!(tail.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["line 2498", "line 2499"]);
    assert_eq!(world.store.log_tail(run, 10_000).await.unwrap().len(), 2_000);
    assert_eq!(world.store.checkpoints(run).await.unwrap()[0].size_bytes, Some(9));
    let attempt = &world.store.attempts(run).await.unwrap()[0];
    assert_eq!((attempt.control_seq, attempt.last_step, attempt.ended_at), (3, Some(9), Some(NOW + 5)));
    assert_eq!(attempt.end, first.end);
    let listed = world.store.run(run).await.unwrap();
    assert_eq!(listed.events, [("dip".to_owned(), 1), ("spike".to_owned(), 2)].into());
}

/// Values that a careless store would change: NaN with payloads, both zeros, subnormals, what f32 cannot hold.
const ODD: [f64; 10] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 5e-324, f64::MIN_POSITIVE, 0.1, f64::MAX, 1.0];

#[tokio::test]
async fn every_value_keeps_its_bits_and_the_hash_is_the_journals() {
    let world = World::new().await;
    let run = world.run().await;
    let folder = RunFolder::new(world.folder.path().join("run"));
    let columns = vec![Column::f32("b/single", ""), Column::f64("a/double", "")];
    let value = |attempt: u32, step: u64, column: u64| {
        let odd = ODD[((step * 7 + column * 3) % 10) as usize];
        if step.is_multiple_of(3) { f64::from(attempt) + step as f64 / 7.0 } else { odd }
    };
    // Three attempts: the second starts again before the first one's end, the third before both.
    for (attempt, first_step, end) in [(1, 0, 90), (2, 60, 130), (3, 50, 81)] {
        folder.create_attempt(attempt).unwrap();
        let head = Header::new(run.to_string(), attempt, first_step, "2026-11-24T00:00:00Z");
        let writer = Writer::create(&folder.journal(attempt), head, WriterOptions::default()).unwrap();
        let id = writer.stream("gradients", columns.clone()).unwrap();
        let mut rows = Vec::new();
        for step in first_step..end {
            let values: Vec<f64> = (0..2).map(|c| value(attempt, step, c)).collect();
            writer.row(id, step, 0.5, &values).unwrap();
            // A worker's f32 column is f32 from the start.
            let values = vec![vitals_journal::widen(vitals_journal::narrow(values[0])), values[1]];
            rows.push(Row { stream: id, step, elapsed_secs: 0.5, values });
        }
        writer.sync().unwrap();
        for (offset, rows) in (0..).zip(rows.chunks(7)) {
            let opens = offset == 0;
            let stream = Stream { id, name: "gradients".to_owned(), columns: columns.clone() };
            let batch = IngestBatch {
                offset_from: offset,
                offset_to: offset + 1,
                header: if opens { header(first_step) } else { None },
                streams: if opens { vec![stream] } else { Vec::new() },
                rows: rows.to_vec(),
                ..IngestBatch::default()
            };
            world.store.ingest(run, attempt, &batch).await.unwrap();
        }
        let journal = check(folder.path()).unwrap();
        assert_eq!(world.store.run_hash(run).await.unwrap(), journal.sha256, "after attempt {attempt}");
        let series = world.store.series(run, &all()).await.unwrap();
        assert_eq!(series.iter().map(|s| s.values.len() as u64).sum::<u64>(), journal.values);
    }
    let query =
        SeriesQuery { names: vec!["a/double".to_owned()], from: Some(45), to: Some(55), superseded: true };
    let series = &world.store.series(run, &query).await.unwrap()[0];
    let of_first: Vec<u64> =
        series.steps.iter().zip(&series.attempts).filter(|(_, a)| **a == 1).map(|(s, _)| *s).collect();
    assert_eq!(of_first, (45..=55).collect::<Vec<_>>());
    for (i, &step) in series.steps.iter().enumerate() {
        let expected = value(series.attempts[i], step, 1);
        assert_eq!(series.values[i].to_bits(), expected.to_bits(), "step {step}");
        assert_eq!(series.in_force[i], series.attempts[i] == 3 || step < 50, "step {step}");
    }
}
