//! `cargo xtask bench`: one JSON object a line for each benchmark, from optimised builds. Measures nothing itself: rooms
//! have examples that print such lines, the worker times its own steps and loader, a real run tells what it waited for, and a
//! fuzzer what it tried.

mod endurance;
mod fuzz;
mod real_run;
mod tensorboard;
mod torch;
mod worker;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, run};

/// An example that prints benchmarks: their names, its package, its name.
const EXAMPLES: &[(&[&str], &str, &str)] = &[
    (&["record_step"], "vitals-journal", "bench_record"),
    (&["faults"], "vitals-supervisor", "bench_faults"),
    (&["queue_decision"], "vitals-supervisor", "bench_queue"),
    (&["ingest", "disk_per_value", "list_runs"], "vitals-store", "bench_ingest"),
    (&["loader_cpu"], "vitals-data", "bench_loader"),
    (
        &["open_run_cold", "open_run_warm", "overlay_frame", "arms_frame", "heatmap_frame"],
        "vitals-api",
        "bench_series",
    ),
    (&["detection"], "vitals-series", "bench_detection"),
    (&["decide"], "vitals-series", "bench_decide"),
];

/// What takes hours, and is run only where it is asked for.
const LONG: [&str; 2] = ["fuzz", endurance::NAME];

/// Benchmarks that come from one measurement: their names, and what prints them.
struct Group<'a> {
    names: Vec<String>,
    measure: Box<dyn Fn() -> anyhow::Result<Vec<Value>> + 'a>,
}

/// Prints the benchmarks that `names` asks for, all but [`LONG`] where it is empty. One that fails is named on stderr and
/// the others go on; then the whole fails. Each fuzz target runs for `fuzz_secs` seconds.
pub fn run(place: &Place, names: &[String], fuzz_secs: u64) -> anyhow::Result<()> {
    let wanted = |name: &str| match names {
        [] => !LONG.iter().any(|long| matches(long, name)),
        names => names.iter().any(|asked| matches(asked, name)),
    };
    let mut groups = groups(place, fuzz_secs);
    groups.retain(|group| group.names.iter().any(|name| wanted(name)));
    if groups.is_empty() {
        bail!("no benchmark is called {}", names.join(", "));
    }
    setup::require(place, Wanted { build: true, window: true, tests: false, cuda: false })?;
    let mut failed = Vec::new();
    for group in groups {
        match (group.measure)() {
            Ok(lines) => {
                let shown = lines.iter().filter(|line| line["name"].as_str().is_some_and(&wanted));
                shown.for_each(|line| println!("{line}"));
            }
            Err(error) => {
                eprintln!("{}: {error:#}", group.names.join(", "));
                failed.extend(group.names);
            }
        }
    }
    if !failed.is_empty() {
        bail!("without result: {}", failed.join(", "));
    }
    Ok(())
}

fn groups(place: &Place, fuzz_secs: u64) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = EXAMPLES
        .iter()
        .map(|(names, package, example)| Group {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            measure: Box::new(move || example_lines(place, package, example)),
        })
        .collect();
    groups.extend(worker::groups(place));
    groups.extend(tensorboard::groups(place));
    groups.extend(torch::groups(place));
    groups.extend(real_run::groups(place));
    groups.extend(fuzz::groups(place, fuzz_secs));
    groups.push(endurance::group(place));
    groups
}

/// A benchmark is asked for by its name or by the part before a slash.
fn matches(asked: &str, name: &str) -> bool {
    name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn line(name: &str, value: &Value, unit: &str, higher_is_better: bool, details: &Value) -> Value {
    json!({"name": name, "value": value, "unit": unit, "higher_is_better": higher_is_better, "details": details})
}

fn example_lines(place: &Place, package: &str, example: &str) -> anyhow::Result<Vec<Value>> {
    let program =
        built(place, &["--package", package, "--example", example], &format!("examples/{example}"))?;
    let answer = run::read(&mut run::command(program, &place.root))?;
    // Tables are for people.
    answer.lines().filter(|line| !line.starts_with('{')).for_each(|line| eprintln!("{line}"));
    documents(&answer)
}

/// Builds optimised and returns the program.
fn built(place: &Place, what: &[&str], program: &str) -> anyhow::Result<PathBuf> {
    let mut build = binaries::cargo(place, &["build", "--release", "--quiet"]);
    run::check(build.args(what))?;
    Ok(place.target.join(Path::new("release")).join(program))
}

/// The JSON objects of an answer, one a line; other lines are words for people.
fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    text.lines().filter(|line| line.starts_with('{')).map(document).collect()
}

fn document(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).with_context(|| format!("read a benchmark's answer: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_is_no_name() {
        assert!(matches("train_step", "train_step/mocov3_vit_micro") && matches("ingest", "ingest"));
        assert!(!matches("in", "ingest") && !matches("list", "list_runs"));
    }

    #[test]
    fn words_between_the_lines_are_passed_over() {
        let answer = "warming up\n{\"name\":\"a\"}\n\n{\"name\":\"b\"}\n";
        assert_eq!(documents(answer).unwrap(), [json!({"name": "a"}), json!({"name": "b"})]);
        assert!(documents("{broken").is_err());
    }
}
