//! Fuzzing of every parser of bytes that come from anywhere: the targets of `tests/fuzz` by cargo-fuzz, one after the other.
//! What they have tried stays in the target folder for the next time. Decides nothing about what is found: that is a fault
//! to mend, with the input as a test.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{Group, line};
use crate::place::Place;
use crate::{binaries, run};

/// With every check of Rust's own. Without a sanitizer: libtorch is built without one, and what is `unsafe` here has slow twins in tests.
const BUILD: [&str; 5] = ["--debug-assertions", "--sanitizer", "none", "--codegen-units", "16"];
/// Longest time for one input, in seconds, and most memory, in MiB.
const BOUNDS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];

pub fn groups(place: &Place, seconds: u64) -> Vec<Group<'_>> {
    let is_ready = Rc::new(Cell::new(false));
    let group = |target: String| {
        let (names, is_ready) = (vec![format!("fuzz/{target}")], Rc::clone(&is_ready));
        let measure = move || {
            if !is_ready.get() {
                prepare(place)?;
                is_ready.set(true);
            }
            Ok(vec![fuzz(place, &target, seconds)?])
        };
        Group { names, measure: Box::new(measure) }
    };
    targets(place).into_iter().map(group).collect()
}

fn targets(place: &Place) -> Vec<String> {
    let files = fs::read_dir(folder(place).join("targets")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    names
}

fn folder(place: &Place) -> PathBuf {
    place.root.join("tests/fuzz")
}

/// Where everything lies that is made here.
fn made(place: &Place) -> PathBuf {
    place.target.join("fuzz")
}

fn cargo_fuzz(place: &Place, command: &str) -> Command {
    let mut cargo = binaries::cargo(place, &["+nightly", "fuzz", command]);
    cargo.args(BUILD).arg("--fuzz-dir").arg(folder(place));
    cargo.arg("--target-dir").arg(made(place).join("build"));
    cargo.env("LD_LIBRARY_PATH", place.libtorch_link().join("lib"));
    cargo
}

/// Seeds of all targets, which the rooms' tests make, and the targets themselves, of the versions that the programs have.
fn prepare(place: &Place) -> anyhow::Result<()> {
    if !run::succeeds(&mut binaries::cargo(place, &["+nightly", "fuzz", "--version"])) {
        bail!(
            "fuzzing needs a nightly toolchain and cargo-fuzz: `rustup toolchain install nightly`, `cargo install cargo-fuzz`. \
             Without them `VITALS_FUZZ_TRIES=100000 cargo test --workspace --lib fuzz::` tries the same entry points with \
             files damaged at random"
        );
    }
    let mut tests = binaries::cargo(place, &["test", "--workspace", "--lib", "--quiet", "fuzz::"]);
    tests.env("VITALS_FUZZ_SEEDS", made(place).join("seeds"));
    run::check(tests.stdout(std::io::stderr())).context("make the seeds")?;
    let lock = folder(place).join("Cargo.lock");
    fs::copy(place.root.join("Cargo.lock"), &lock).with_context(|| format!("write {}", place.show(&lock)))?;
    run::check(cargo_fuzz(place, "build").stdout(std::io::stderr())).context("build the fuzz targets")
}

/// Runs one target until its time is over or it has found something.
fn fuzz(place: &Place, target: &str, seconds: u64) -> anyhow::Result<Value> {
    let [corpus, seeds, findings] =
        ["corpus", "seeds", "findings"].map(|part| made(place).join(part).join(target));
    for folder in [&corpus, &seeds, &findings] {
        fs::create_dir_all(folder).with_context(|| format!("create {}", place.show(folder)))?;
    }
    let dictionary = seeds.with_extension("dict");
    let log = findings.with_extension("log");
    let file = fs::File::create(&log).with_context(|| format!("write {}", place.show(&log)))?;
    let mut command = cargo_fuzz(place, "run");
    command.arg(target).args([&corpus, &seeds]).arg("--").args(BOUNDS).arg("-print_final_stats=1");
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", findings.display()));
    if fs::metadata(&dictionary).is_ok_and(|file| file.len() > 0) {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let errors = file.try_clone().with_context(|| format!("write {}", place.show(&log)))?;
    eprintln!("…   fuzzing {target}: {}", place.show(&log));
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(file).stderr(errors).status();
    let status = status.with_context(|| format!("start `{}`", run::line(&command)))?;
    let text = fs::read(&log).with_context(|| format!("read {}", place.show(&log)))?;
    let told = told(&String::from_utf8_lossy(&text));
    let found = told["findings"].as_array().map_or(0, Vec::len);
    if !status.success() && found == 0 {
        bail!("it ended with {status}; {} says why", place.show(&log));
    }
    let mut details = told;
    details["seconds"] = start.elapsed().as_secs().into();
    Ok(line(&format!("fuzz/{target}"), &found.into(), "findings", false, &details))
}

/// What the fuzzer's log tells: how many inputs it ran, edges of the program's graph that they reached, and how many of those
/// no earlier input had, the inputs that it complains of.
fn told(log: &str) -> Value {
    let number = |text: &str| text.split_whitespace().next()?.parse::<u64>().ok();
    let edges = |line: &str| line.split_once(" cov: ").and_then(|(_, rest)| number(rest));
    let first = log.lines().find(|line| line.contains("INITED")).and_then(edges);
    let last = log.lines().filter_map(edges).next_back();
    let inputs =
        log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).and_then(number);
    let findings: Vec<&str> =
        log.lines().filter_map(|line| Some(line.split_once("Test unit written to ")?.1.trim())).collect();
    json!({
        "inputs": inputs,
        "edges": last,
        "new_edges": last.unwrap_or(0) - first.or(last).unwrap_or(0),
        "findings": findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_inputs_edges_and_findings() {
        let log = "INFO: seed corpus: files: 3\n#4\tINITED cov: 120 ft: 121 corp: 3/40b exec/s: 0 rss: 30Mb\n\
                   #90\tNEW    cov: 150 ft: 180 corp: 4/50b lim: 4 exec/s: 0 rss: 31Mb L: 4/4 MS: 1 CrossOver-\n\
                   artifact_prefix='/x/'; Test unit written to /x/crash-da39\nstat::number_of_executed_units: 4096\n";
        let expected = json!({"inputs": 4096, "edges": 150, "new_edges": 30, "findings": ["/x/crash-da39"]});
        assert_eq!(told(log), expected);
        assert_eq!(told("")["new_edges"], 0);
    }

    #[test]
    fn every_target_is_declared_and_none_else() {
        let place = Place::find().unwrap();
        let manifest = fs::read_to_string(folder(&place).join("Cargo.toml")).unwrap();
        let declared = manifest.matches("[[bin]]").count();
        let names = targets(&place);
        assert_eq!(declared, names.len());
        for name in names {
            assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
        }
    }
}
