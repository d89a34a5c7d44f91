//! The queue on two cards, which are a counterfeit (`tests/counterfeit`): each run sees one of them alone, by its UUID, and both work.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Told, Workspace, add_grey, small_sweep};

/// A command that, with all it starts, finds the counterfeit where libtorch's CUDA and the driver would be.
fn on_cards(workspace: &Workspace, args: &[&str]) -> Told {
    let mut command = workspace.command(args);
    let counts = workspace.path("counts").display().to_string();
    command.env("VITALS_COUNTERFEIT", format!("counts={counts},card={}", workspace.path("card").display()));
    command.env("LD_LIBRARY_PATH", vitals_counterfeit::libraries()).env_remove("CUDA_VISIBLE_DEVICES");
    let told = Told::of(command.output().expect("vitals starts"));
    assert_eq!(told.code, 0, "vitals {args:?}: {told:?}");
    told
}

/// The UUIDs of the cards that each worker which trained saw.
fn seen(workspace: &Workspace) -> Vec<Vec<String>> {
    let lines = std::fs::read_to_string(workspace.path("counts")).expect("somebody counted");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
    let trained = lines.filter(|line| line["uploads"].as_u64() > Some(0));
    let uuids = |line: Value| {
        let devices = line["devices"].as_array().expect("devices").clone();
        devices.iter().map(|device| device["uuid"].as_str().expect("a UUID").to_owned()).collect()
    };
    trained.map(uuids).collect()
}

fn sweep(workspace: &Workspace, device: &str, seeds: &str) -> String {
    let recipe = format!("max_steps = 20\ndevice = \"{device}\"");
    let text = small_sweep(&recipe, "").replace("fashion-mnist", "grey");
    workspace.file(&format!("{seeds}.toml"), &text.replace("seeds = [0]", &format!("seeds = [{seeds}]")))
}

#[test]
fn each_run_sees_its_own_card_and_both_work() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let uuid = |card: u32| format!("GPU-c0de0000-0000-4000-8000-00000000000{card}");

    let file = sweep(&workspace, "cuda:1", "0, 1");
    on_cards(&workspace, &["--quiet", "sweep", "run", &file, "--wait"]);
    assert_eq!(seen(&workspace), [[uuid(1)], [uuid(1)]]);

    let file = sweep(&workspace, "auto", "2, 3, 4, 5");
    on_cards(&workspace, &["--quiet", "sweep", "run", &file, "--wait"]);
    let runs = workspace.runs();
    assert!(runs.iter().all(|run| run["state"] == "finished"), "{runs:?}");
    let devices: Vec<&str> = runs[2..].iter().filter_map(|run| run["device"].as_str()).collect();
    assert_eq!(BTreeSet::from_iter(devices), BTreeSet::from(["cuda:0", "cuda:1"]));
    let seen = seen(&workspace);
    assert!(seen.iter().all(|cards| cards.len() == 1), "{seen:?}");
    assert_eq!(BTreeSet::from_iter(seen.into_iter().flatten()), BTreeSet::from([uuid(0), uuid(1)]));
}
