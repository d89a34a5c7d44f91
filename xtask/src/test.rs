//! `cargo xtask test`: the stages in the order of their cost, each timed and counted. A stage that fails stops the
//! rest and says how to repeat it. The last lines name the tests that did not run, and the sum: `N passed, M failed`,
//! with `, K skipped` where there are any.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::count::{self, Count};
use crate::not_run::NotRun;
use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, codegen, run, table, tidy};

/// What a stage says at its end.
enum Outcome {
    /// A check without tests of its own.
    Passed,
    /// A runner: whether it ended well, and what it counted; tests that say themselves that they did not run are
    /// counted as skipped.
    Tests(bool, Count, NotRun),
}

/// A stage: its name, how a person repeats it, and what it does.
struct Stage {
    name: &'static str,
    again: &'static str,
    perform: fn(&Place) -> anyhow::Result<Outcome>,
}

const STAGES: &[Stage] = &[
    Stage { name: "format", again: "cargo fmt --all -- --check", perform: format },
    Stage { name: "tidy", again: "cargo xtask tidy", perform: |place| passed(tidy::run(place)) },
    Stage { name: "setup", again: "cargo xtask setup", perform: set_up },
    Stage {
        name: "interface",
        again: "npm --prefix ui run build",
        perform: |place| passed(binaries::interface(place)),
    },
    Stage { name: "ui check", again: "npm --prefix ui run check", perform: ui_check },
    Stage { name: "ui tests", again: "npm --prefix ui test", perform: ui_tests },
    Stage { name: "build", again: "cargo build --workspace", perform: |place| passed(binaries::rust(place)) },
    Stage {
        name: "codegen",
        again: "cargo xtask codegen --check",
        perform: |place| passed(codegen::run(place, true)),
    },
    Stage { name: "clippy", again: "cargo clippy --workspace --all-targets -- -D warnings", perform: clippy },
    Stage { name: "rust tests", again: "cargo nextest run --workspace (or cargo test)", perform: rust_tests },
    Stage { name: "window tests", again: "npm --prefix tests/e2e test", perform: window_tests },
];

pub fn run(place: &Place, from: Option<&str>) -> anyhow::Result<()> {
    let first = match from {
        None => 0,
        Some(name) => STAGES.iter().position(|stage| stage.name == name).with_context(|| {
            let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
            format!("no stage is called {name:?}; there are: {}", names.join(", "))
        })?,
    };
    let mut rows = Vec::new();
    let mut total = Count::default();
    let mut not_run = NotRun::default();
    let mut failure = None;
    for stage in &STAGES[first..] {
        println!("\n── {} ──", stage.name);
        let start = Instant::now();
        let outcome = (stage.perform)(place);
        let (word, count) = match &outcome {
            Ok(Outcome::Passed) => ("passed", None),
            Ok(Outcome::Tests(true, count, _)) if count.failed == 0 => ("passed", Some(*count)),
            Ok(Outcome::Tests(_, count, _)) => {
                ("failed", Some(Count { failed: count.failed.max(1), ..*count }))
            }
            Err(_) => ("failed", None),
        };
        rows.push(row(stage.name, word, start.elapsed(), count));
        total += count.unwrap_or_default();
        if let Ok(Outcome::Tests(.., named)) = &outcome {
            not_run.join(named);
        }
        if word == "failed" {
            total.failed += u64::from(count.is_none());
            failure = Some((stage, outcome.err()));
            break;
        }
    }
    println!("\n{}", table::render(&["stage", "result", "time", "passed", "failed", "skipped"], &rows));
    if let Some((stage, error)) = &failure {
        println!("stage {:?} failed; to repeat it: {}", stage.name, stage.again);
        if let Some(error) = error {
            println!("{error:#}");
        }
    }
    print!("{not_run}");
    println!("{total}");
    match failure {
        None => Ok(()),
        Some((stage, _)) => bail!("stage {:?} failed", stage.name),
    }
}

fn row(name: &str, word: &str, time: Duration, count: Option<Count>) -> Vec<String> {
    let seconds = time.as_secs();
    let mut row = vec![name.to_owned(), word.to_owned(), format!("{}:{:02}", seconds / 60, seconds % 60)];
    row.extend(match count {
        Some(count) => [count.passed, count.failed, count.skipped].map(|number| number.to_string()),
        None => ["–"; 3].map(str::to_owned),
    });
    row
}

fn passed(result: anyhow::Result<()>) -> anyhow::Result<Outcome> {
    result.map(|()| Outcome::Passed)
}

fn format(place: &Place) -> anyhow::Result<Outcome> {
    passed(run::check(&mut binaries::cargo(place, &["fmt", "--all", "--", "--check"])))
}

fn set_up(place: &Place) -> anyhow::Result<Outcome> {
    passed(setup::run(place, Wanted { build: true, window: true, tests: true, cuda: false }, false))
}

fn clippy(place: &Place) -> anyhow::Result<Outcome> {
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--features", "xtask/codegen", "--", "-D", "warnings"];
    passed(run::check(&mut binaries::cargo(place, &arguments)))
}

fn rust_tests(place: &Place) -> anyhow::Result<Outcome> {
    let nextest = run::succeeds(&mut binaries::cargo(place, &["nextest", "--version"]));
    let arguments: &[&str] = if nextest { &["nextest", "run"] } else { &["test"] };
    let mut command = binaries::cargo(place, arguments);
    command.args(["--workspace", "--no-fail-fast"]);
    let (outcome, not_run) = NotRun::of(&mut command, &place.target.join("not-run.txt"), run::tee)?;
    let (well, lines) = outcome;
    let mut count = count::rust(&lines);
    count.skip(not_run.count());
    Ok(Outcome::Tests(well, count, not_run))
}

fn ui_check(place: &Place) -> anyhow::Result<Outcome> {
    passed(run::check(run::command("npm", &place.ui()).args(["run", "check"])))
}

fn ui_tests(place: &Place) -> anyhow::Result<Outcome> {
    counted(run::command("npm", &place.ui()).arg("test"), count::vitest)
}

fn window_tests(place: &Place) -> anyhow::Result<Outcome> {
    let mut command = run::command("npm", &place.e2e());
    command.arg("test").env("VITALS_BINARIES", place.target.join("debug"));
    command.env("VITALS_TAURI_DRIVER", place.tools().join("bin/tauri-driver"));
    counted(&mut command, count::node)
}

fn counted(command: &mut Command, count: fn(&[String]) -> Count) -> anyhow::Result<Outcome> {
    let (well, lines) = run::tee(command)?;
    Ok(Outcome::Tests(well, count(&lines), NotRun::default()))
}
