//! `cargo xtask demo`: the frozen-against-learned sweep on Fashion-MNIST, from a clone to curves that move. It calls the
//! command line as a person would, and prints the commands.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, display, run};

/// The experiments that a laptop can run; the first is what the demo trains.
const EXPERIMENTS: [&str; 3] =
    ["fashion-mnist-frozen-patch.toml", "adam-spikes.toml", "fashion-mnist-shock.toml"];

pub fn run(place: &Place, headless: bool) -> anyhow::Result<()> {
    setup::run(place, Wanted { build: true, window: true, tests: false, cuda: false }, false)?;
    binaries::build(place)?;
    let workspace = workspace(place);
    fs::create_dir_all(&workspace).with_context(|| format!("create {}", place.show(&workspace)))?;
    lay_out(place)?;
    if headless { train(place) } else { watch(place) }
}

/// The experiments of laptop scale become sweep files of the workspace, where the window shows them. One that is there
/// stays as it is: it may have been edited.
fn lay_out(place: &Place) -> anyhow::Result<()> {
    let folder = workspace(place).join("experiments");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", place.show(&folder)))?;
    for name in EXPERIMENTS {
        let (from, to) = (place.root.join("experiments").join(name), folder.join(name));
        if !to.exists() {
            fs::copy(&from, &to)
                .with_context(|| format!("copy {} to {}", place.show(&from), place.show(&to)))?;
        }
    }
    Ok(())
}

/// The demo's sweep as a file of the workspace.
fn sweep(place: &Place) -> String {
    workspace(place).join("experiments").join(EXPERIMENTS[0]).display().to_string()
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
    shown(vitals(place, &["sweep", "run", &sweep(place)]))?;
    let mut window = display::command(&place.binary("vitals-desktop"), &place.root);
    window.arg("--workspace").arg(workspace(place));
    println!("$ {}", run::line(&window));
    run::check(&mut window).context("show the window")?;
    println!(
        "The runs go on without the window. To see them: cargo xtask demo; to stop them: vitals run cancel ID"
    );
    Ok(())
}

/// Trains the sweep to its end; the command line prints what came out. Then draws the runs in one picture.
fn train(place: &Place) -> anyhow::Result<()> {
    shown(vitals(place, &["sweep", "run", &sweep(place), "--wait"]))?;
    let picture = workspace(place).join("comparison.png");
    let mut export = vitals(place, &["export"]);
    export.args(finished(place)?).args(["--format", "png", "--out"]).arg(&picture);
    println!();
    shown(export)?;
    println!("\nThe runs compared: {}", place.show(&picture));
    println!("To look around in the window: cargo xtask demo");
    Ok(())
}

/// Ids of the sweep's finished runs, oldest first.
fn finished(place: &Place) -> anyhow::Result<Vec<String>> {
    let which = "state = finished and sweep_name ~ \"Frozen or learned\"";
    let answer =
        run::read(&mut vitals(place, &["--json", "runs", "--where", which, "--sort", "created_at"]))?;
    let ids = ids(&answer)?;
    if ids.is_empty() {
        bail!("no run of the demo's sweep has finished");
    }
    Ok(ids)
}

/// The ids in a list of runs, one JSON object a line.
fn ids(list: &str) -> anyhow::Result<Vec<String>> {
    let lines = list.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let run: Value = serde_json::from_str(line).context("read the list of runs")?;
            run["id"].as_str().map(str::to_owned).context("a run in the list has no id")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_their_order() {
        assert_eq!(ids("{\"id\":\"b\"}\n{\"id\":\"a\"}\n\n").unwrap(), ["b", "a"]);
        assert!(ids("{\"name\":\"x\"}").is_err());
    }
}
