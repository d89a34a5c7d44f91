//! `cargo xtask demo`: the frozen-against-learned sweep on Fashion-MNIST, from a clone to curves that move. It calls the
//! command line as a person would, and prints the commands.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, display, run, table};

/// The sweep that the demo trains.
const SWEEP: &str = "experiments/fashion-mnist-frozen-patch.toml";

pub fn run(place: &Place, headless: bool) -> anyhow::Result<()> {
    setup::run(place, Wanted { build: true, window: true, tests: false, cuda: false }, false)?;
    binaries::build(place)?;
    let workspace = workspace(place);
    fs::create_dir_all(&workspace).with_context(|| format!("create {}", place.show(&workspace)))?;
    if headless { train(place) } else { watch(place) }
}

fn workspace(place: &Place) -> PathBuf {
    place.target.join("demo-workspace")
}

/// `vitals` on the demo's workspace.
fn vitals(place: &Place, arguments: &[&str]) -> Command {
    let mut command = run::command(place.binary("vitals"), &place.root);
    command.arg("--workspace").arg(workspace(place)).args(arguments);
    command
}

fn shown(mut command: Command) -> anyhow::Result<()> {
    println!("$ {}", run::line(&command));
    run::check(&mut command)
}

/// Queues the sweep and opens the window on it.
fn watch(place: &Place) -> anyhow::Result<()> {
    shown(vitals(place, &["sweep", "run", SWEEP]))?;
    let mut window = display::command(&place.binary("vitals-desktop"), &place.root);
    window.arg("--workspace").arg(workspace(place));
    println!("$ {}", run::line(&window));
    run::check(&mut window).context("show the window")?;
    println!(
        "The runs go on without the window. To see them: cargo xtask demo; to stop them: vitals run cancel ID"
    );
    Ok(())
}

/// Trains the sweep to its end, then says what came out.
fn train(place: &Place) -> anyhow::Result<()> {
    shown(vitals(place, &["sweep", "run", SWEEP, "--wait"]))?;
    let runs = finished(place)?;
    println!();
    print!("{}", summary(&runs));
    let picture = workspace(place).join("comparison.png");
    let mut export = vitals(place, &["export"]);
    export
        .args(runs.iter().filter_map(|run| run["id"].as_str()))
        .args(["--format", "png", "--out"])
        .arg(&picture);
    println!();
    shown(export)?;
    println!("\nThe runs compared: {}", place.show(&picture));
    println!("To look around in the window: cargo xtask demo");
    Ok(())
}

fn finished(place: &Place) -> anyhow::Result<Vec<Value>> {
    let answer = run::read(&mut vitals(
        place,
        &["--json", "runs", "--where", "state = finished", "--sort", "created_at"],
    ))?;
    let runs: Vec<Value> = answer
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("read the list of runs")?;
    if runs.is_empty() {
        bail!("no run of the demo's sweep has finished");
    }
    Ok(runs)
}

/// One line a run: what it was, and what it came to.
fn summary(runs: &[Value]) -> String {
    let metric = |run: &Value, name: &str, which: &str| run["metrics"][name][which].as_f64();
    let percent =
        |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{:.1} %", 100.0 * value));
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            let frozen = run["parameters"]["frozen_patch_projection"].as_bool() == Some(true);
            vec![
                run["id"].as_str().unwrap_or("–").chars().take(13).collect(),
                if frozen { "frozen" } else { "learned" }.into(),
                table::number(run["parameters"]["base_learning_rate"].as_f64()),
                run["seed"].to_string(),
                run["progress"]["step"].to_string(),
                table::number(metric(run, "loss", "last")),
                percent(metric(run, "knn_top1", "last")),
                table::number(metric(run, "grad_norm/patch_embed", "max")),
                table::number(metric(run, "images_per_second", "last")),
            ]
        })
        .collect();
    let head = [
        "run",
        "patch projection",
        "base lr",
        "seed",
        "step",
        "loss",
        "kNN",
        "patch gradient, max",
        "images/s",
    ];
    table::render(&head, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_knn_has_a_dash() {
        let run = serde_json::json!({
            "id": "0193-aaaa-bbbb-cccc", "seed": 1, "parameters": {"frozen_patch_projection": true, "base_learning_rate": 1.5e-4},
            "progress": {"step": 600}, "metrics": {"loss": {"last": 3.21}}
        });
        let text = summary(&[run]);
        assert!(text.contains("frozen") && text.contains("3.21") && text.contains('–'), "{text}");
    }
}
