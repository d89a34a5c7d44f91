//! The long siege: five hundred faults with real processes, dealt by a seed, and what they came to. Prints a table for
//! people and the contract's line for `cargo xtask bench faults`. A first and a second argument give another number of
//! faults and another seed. Fails where a value is lost or anything else does not hold.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "shares its code with tests, which may stop at what they did not expect"
)]

use std::ffi::OsString;
use std::time::Instant;

use serde_json::json;

use kinds::Fault;

#[path = "../../tests/it/around.rs"]
mod around;
#[path = "../../tests/it/blows.rs"]
mod blows;
#[path = "../stand_in/call.rs"]
mod call;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/cluster.rs"]
mod cluster;
#[path = "../../tests/it/ground.rs"]
mod ground;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/harness.rs"]
mod harness;
#[path = "../../tests/it/holder.rs"]
mod holder;
#[path = "../../tests/it/kinds.rs"]
mod kinds;
#[path = "../../tests/it/siege.rs"]
mod siege;
#[path = "../../tests/it/window.rs"]
mod window;

const FAULTS: u64 = 500;
const SEED: u64 = 500;
const RUNS_AT_ONCE: u32 = 3;

fn main() -> Result<(), call::Failure> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let number = |place: usize| args.get(place)?.to_str()?.parse::<u64>().ok();
    // It stands in for the supervisor, the guard and the worker, too.
    if !args.is_empty() && number(0).is_none() {
        std::process::exit(call::call(&args)?);
    }
    let (faults, seed) = (number(0).unwrap_or(FAULTS), number(1).unwrap_or(SEED));
    let began = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    // A third of them as jobs of a cluster, which has fewer kinds.
    let (here, jobs) = (faults - faults / 3, faults / 3);
    let on_cluster =
        siege::besiege(seed, jobs, RUNS_AT_ONCE, &Fault::ON_CLUSTER, Some(cluster::Cluster::new()));
    let tables = [
        (&Fault::ALL[..], runtime.block_on(siege::besiege(seed, here, RUNS_AT_ONCE, &Fault::ALL, None))),
        (&Fault::ON_CLUSTER[..], runtime.block_on(on_cluster)),
    ];
    println!(
        "{:<45} {:>5} {:>8} {:>6} {:>9} {:>10}",
        "fault", "dealt", "went on", "ended", "finished", "longest"
    );
    for (kinds, table) in &tables {
        for (fault, name) in *kinds {
            let Some(line) = table.lines.get(fault) else { continue };
            let longest = format!("{:.1} s", line.longest.as_secs_f64());
            let why = line.impossible.map(|why| format!("  not dealt: {why}")).unwrap_or_default();
            println!(
                "{name:<45} {:>5} {:>8} {:>6} {:>9} {longest:>10}{why}",
                line.dealt, line.went_on, line.ended, line.finished
            );
        }
        for problem in &table.problems {
            println!("does not hold: {problem}");
        }
    }
    let sum = |count: fn(&siege::Table) -> u64| tables.iter().map(|(_, table)| count(table)).sum::<u64>();
    let problems = sum(|table| table.problems.len() as u64);
    let details = json!({
        "rounds": sum(siege::Table::faults),
        "seed": seed,
        "runs": sum(|table| table.runs),
        "attempts": sum(|table| table.attempts),
        "comparisons": sum(|table| table.comparisons),
        "values_compared": sum(|table| table.values_compared),
        "bystanders_seen": sum(|table| table.bystanders_seen),
        "bystanders_signalled": sum(|table| table.bystanders_signalled),
        "changed_outside": sum(|table| table.changed_outside),
        "problems": problems,
        "seconds": began.elapsed().as_secs_f64(),
    });
    let line = json!({
        "name": "faults", "value": sum(|table| table.values_lost), "unit": "values lost",
        "higher_is_better": false, "details": details,
    });
    println!("{line}");
    if problems == 0 { Ok(()) } else { Err("something does not hold, see above".into()) }
}
