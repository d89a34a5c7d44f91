//! `vitals import csv`, `export --format csv` and `events --follow` through the real binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use vitals_run::{Event, Happening};
use vitals_store::{Role, Store};

fn vitals(workspace: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitals"));
    command.arg("--workspace").arg(workspace).args(words);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn said(workspace: &Path, words: &[&str]) -> Output {
    vitals(workspace, words).output().unwrap()
}

#[test]
fn a_file_that_is_wrong_is_named_and_the_others_become_runs() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let good = "step,elapsed_seconds,loss,knn_top1\n0,0.5,4.5,0.1\n1,1.0,NaN,\n2,1.5,4.25,0.2\n";
    std::fs::write(path("good.csv"), good).unwrap();
    std::fs::write(path("bad.csv"), "step,loss\n0,1\n0.5,2\n").unwrap();
    let output = said(&workspace, &["import", "csv", &path("bad.csv"), &path("good.csv")]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("bad.csv:3:1: `0.5` is no step"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("hint: count steps in whole numbers"));
    let id = text(&output.stdout);
    assert_eq!(id.len(), 36, "{id}");

    let output = said(&workspace, &["export", &id, "--format", "csv", "--out", &path("out.csv")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(path("out.csv")).unwrap(), good);

    let output = said(&workspace, &["events", &id, "--json"]);
    let event: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&event["kind"], &event["step"]), (&json!("nonfinite"), &json!(1)));
}

#[test]
fn followed_events_are_those_that_are_there_and_those_that_come() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    let file = folder.path().join("run.csv");
    std::fs::write(&file, "step,loss\n0,4.5\n1,NaN\n2,4.25\n").unwrap();
    let output = said(&workspace, &["import", "csv", &file.display().to_string()]);
    let id = text(&output.stdout);

    let mut follower =
        vitals(&workspace, &["events", &id, "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["kind"], "nonfinite");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(workspace.join("vitals.db"), Role::Writer).await.unwrap();
        let event = Event {
            step: 2,
            end_step: None,
            layer: None,
            injected: false,
            at: None,
            what: Happening::parse("stalled", json!({})),
        };
        store.add_events(id.parse().unwrap(), 1, &[event]).await.unwrap();
        store.close().await;
    });
    let came = next();
    assert_eq!((&came["kind"], &came["step"]), (&json!("stalled"), &json!(2)));

    let pid = follower.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(follower.wait().unwrap().code(), Some(130));
}
