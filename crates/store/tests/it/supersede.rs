//! Supersession against a slow reference: whatever attempts start where, and in whatever order their journals come in,
//! the values in force, the superseded ones and the running summaries are those of the one-sentence rule.

use proptest::prelude::*;
use vitals_journal::RunFolder;
use vitals_run::{Event, Happening};
use vitals_store::{IngestBatch, MetricSummary, NewCheckpoint, Row, SeriesQuery, StreamId};

use crate::world::{World, header, streams};

/// One attempt: its first step, how many steps it records, and their values' seed.
#[derive(Debug, Clone)]
struct Plan {
    first_step: u64,
    steps: u64,
    batch: usize,
}

fn value(attempt: u32, step: u64) -> f64 {
    match (step * 31 + u64::from(attempt) * 17) % 11 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        n => (n as f64 - 5.0) * f64::from(attempt),
    }
}

/// The rule as a sentence: attempt k supersedes all earlier attempts from its own first step on.
fn in_force(plans: &[Plan], attempt: u32, step: u64) -> bool {
    plans.iter().zip(1_u32..).all(|(later, k)| k <= attempt || step < later.first_step)
}

/// (step, attempt, in force) of everything recorded, by step and attempt.
fn reference(plans: &[Plan]) -> Vec<(u64, u32, bool)> {
    let mut all: Vec<_> = plans
        .iter()
        .zip(1_u32..)
        .flat_map(|(p, k)| (p.first_step..p.first_step + p.steps).map(move |s| (s, k)))
        .map(|(s, k)| (s, k, in_force(plans, k, s)))
        .collect();
    all.sort_unstable();
    all
}

fn summary(values: &[(u64, f64)]) -> Option<MetricSummary> {
    let (first, last) = (values.first()?, values.last()?);
    let finite = || values.iter().map(|v| v.1).filter(|v| v.is_finite());
    Some(MetricSummary {
        last: last.1,
        min: finite().reduce(f64::min),
        max: finite().reduce(f64::max),
        nonfinite: (values.len() - finite().count()) as u64,
        values: values.len() as u64,
        first_step: first.0,
        last_step: last.0,
    })
}

/// Cuts an attempt's journal into batches, each with its place in a shuffled order of arrival.
fn batches(plan: &Plan, attempt: u32) -> Vec<IngestBatch> {
    let rows: Vec<Row> = (plan.first_step..plan.first_step + plan.steps)
        .map(|step| Row {
            stream: StreamId(0),
            step,
            elapsed_secs: 0.0,
            values: vec![value(attempt, step), -value(attempt, step)],
        })
        .collect();
    let mut batches = vec![IngestBatch {
        offset_from: 0,
        offset_to: 1,
        header: header(plan.first_step),
        streams: streams(),
        ..IngestBatch::default()
    }];
    for (n, rows) in (1..).zip(rows.chunks(plan.batch)) {
        let step = rows[0].step;
        let event = Event {
            step,
            end_step: None,
            layer: None,
            injected: false,
            at: None,
            what: Happening::parse("spike", serde_json::Value::Null),
        };
        let checkpoint = NewCheckpoint {
            step: step + 1,
            path: RunFolder::checkpoint_name(step + 1),
            size_bytes: None,
            at: None,
        };
        batches.push(IngestBatch {
            offset_from: n,
            offset_to: n + 1,
            rows: rows.to_vec(),
            events: vec![event],
            checkpoints: vec![checkpoint],
            ..IngestBatch::default()
        });
    }
    batches
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let later = (0_u64..60, 0_u64..80, 1_usize..25).prop_map(|(first_step, steps, batch)| Plan {
        first_step,
        steps,
        batch,
    });
    (0_u64..100, 1_usize..25, prop::collection::vec(later, 0..4)).prop_map(|(steps, batch, later)| {
        let mut plans = vec![Plan { first_step: 0, steps, batch }];
        plans.extend(later);
        plans
    })
}

async fn check(world: &World, plans: &[Plan], order: &[u8]) {
    let run = world.run().await;
    let mut waiting: Vec<_> =
        plans.iter().zip(1_u32..).map(|(p, k)| (k, batches(p, k).into_iter())).collect();
    // Journals come in interleaved; one journal's batches stay in order.
    let mut turn = order.iter().cycle();
    while !waiting.is_empty() {
        let pick = usize::from(*turn.next().unwrap()) % waiting.len();
        let (attempt, batches) = &mut waiting[pick];
        match batches.next() {
            Some(batch) => {
                world.store.ingest(run, *attempt, &batch).await.unwrap();
            }
            None => drop(waiting.remove(pick)),
        }
    }

    let expected = reference(plans);
    let query =
        |superseded| SeriesQuery { names: vec!["loss".to_owned()], superseded, ..SeriesQuery::default() };
    for superseded in [false, true] {
        let series = world.store.series(run, &query(superseded)).await.unwrap();
        let found: Vec<_> = (0..series[0].steps.len())
            .map(|i| (series[0].steps[i], series[0].attempts[i], series[0].in_force[i]))
            .collect();
        let expected: Vec<_> = expected.iter().copied().filter(|e| superseded || e.2).collect();
        assert_eq!(found, expected, "superseded: {superseded}");
        for (i, &(step, attempt, _)) in found.iter().enumerate() {
            assert_eq!(series[0].values[i].to_bits(), value(attempt, step).to_bits());
        }
    }

    let values: Vec<(u64, f64)> = expected.iter().filter(|e| e.2).map(|e| (e.0, value(e.1, e.0))).collect();
    let row = world.store.run(run).await.unwrap();
    let (found, expected_summary) = (row.metrics.get("loss").copied(), summary(&values));
    // NaN equals nothing: compare as text.
    assert_eq!(format!("{found:?}"), format!("{expected_summary:?}"));
    assert_eq!(row.steps_done, values.last().map_or(0, |v| v.0 + 1));

    for event in world.store.events(run, &[], true).await.unwrap() {
        assert_eq!(event.superseded, !in_force(plans, event.attempt, event.event.step), "event {event:?}");
    }
    // A checkpoint of n steps stands for the steps below n.
    for checkpoint in world.store.checkpoints(run).await.unwrap() {
        let superseded = !in_force(plans, checkpoint.attempt, checkpoint.step - 1);
        assert_eq!(checkpoint.superseded, superseded, "checkpoint {checkpoint:?}");
    }
    assert_eq!(world.store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn agrees_with_the_sentence(plans in plans(), order in prop::collection::vec(any::<u8>(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            check(&world, &plans, &order).await;
        });
    }
}

#[tokio::test]
async fn a_rewind_leaves_the_old_tail_on_request() {
    let world = World::new().await;
    let plans = [
        Plan { first_step: 0, steps: 50, batch: 9 },
        Plan { first_step: 30, steps: 40, batch: 70 },
        Plan { first_step: 20, steps: 5, batch: 1 },
    ];
    check(&world, &plans, &[0]).await;
    check(&world, &plans, &[2, 1, 0]).await;
}
