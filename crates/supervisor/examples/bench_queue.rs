//! Benchmark `queue_decision`: milliseconds from "something changed" to the policy's answer with 1,000 queued runs, the
//! reading of the queue included. Starts nothing. Prints one JSON object.
//!
//! `cargo run --release -p vitals-supervisor --example bench_queue`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use vitals_recipe::{Recipe, point_id};
use vitals_run::{Evidence, RunState};
use vitals_store::{NewRun, Role, Store};
use vitals_supervisor::policy::{Action, DeviceSlots, Memory, Need, Queue, Waiting, decide};

const QUEUED: u64 = 1_000;
const ROUNDS: usize = 200;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("vitals-bench-queue-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &std::path::Path) -> Result<(), Failure> {
    let store = Store::open(folder.join("vitals.db"), Role::Writer).await?;
    let mut recipe = Recipe::preset("mocov3_vit_micro").ok_or("there is no such preset")?;
    let mut runs = Vec::new();
    for seed in 0..QUEUED {
        recipe.seed = seed;
        runs.push(NewRun {
            id: None,
            point: point_id(&recipe),
            seed,
            recipe: serde_json::to_value(&recipe)?,
            probed: None,
            axes: BTreeMap::new(),
            label: format!("seed {seed}"),
            priority: i32::try_from(seed % 3)?,
            total_steps: Some(600),
            state: RunState::Queued,
            evidence: Evidence::said("queued by a benchmark").into(),
        });
    }
    store.insert_runs(None, &runs, 0).await?;
    let slots =
        [DeviceSlots { device: "cpu".to_owned(), slots: 4, unusable: None, memory: Memory::default() }];
    let (mut whole, mut decided) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let waiting = store.queue().await?.into_iter();
        let waiting = waiting.map(|queued| Waiting {
            run: queued.run,
            device: "cpu".to_owned(),
            need: Need::default(),
        });
        let queue = Queue { paused: false, runs: waiting.collect() };
        let read = began.elapsed();
        let actions = decide(&queue, &[], &slots, Duration::ZERO);
        whole.push(began.elapsed());
        decided.push(began.elapsed() - read);
        let starts = actions.iter().filter(|action| matches!(action, Action::Start { .. })).count();
        if starts != 4 || actions.len() != 4 {
            return Err(format!("{} actions, {starts} starts", actions.len()).into());
        }
    }
    store.close().await;
    let details = json!({
        "queued": QUEUED, "rounds": ROUNDS, "slowest_ms": millis(whole.iter().max()),
        "decide_alone_ms": millis(median(&mut decided)),
    });
    let value = millis(median(&mut whole));
    let line = json!({"name": "queue_decision", "value": value, "unit": "ms", "higher_is_better": false,
                      "details": details});
    println!("{line}");
    Ok(())
}

fn median(times: &mut [Duration]) -> Option<&Duration> {
    times.sort_unstable();
    times.get(times.len() / 2)
}

fn millis(time: Option<&Duration>) -> f64 {
    time.map_or(f64::NAN, |time| (time.as_secs_f64() * 1e6).round() / 1e3)
}
