//! Probes from outside: a checkpoint judged by each kind, paused and resumed, kept from pruning, refused in words.

use serde_json::Value;

use crate::support::{Told, Workspace, add_grey, small_sweep, write_set};

/// A workspace with a finished pre-training run of 20 steps, and its id.
fn pretrained() -> (Workspace, String) {
    let workspace = Workspace::new();
    add_grey(&workspace);
    let recipe = "max_steps = 20\ncheckpoint_every = 10\nkeep_checkpoints = 2\nbase_learning_rate = 1e-2";
    let text = small_sweep(recipe, "").replace("fashion-mnist", "grey");
    let file = workspace.file("grey.toml", &text);
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file, "--wait"]);
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    (workspace, id)
}

const SMALL: [&str; 6] = ["--set", "batch_size=16", "--set", "loader_threads=1", "--set", "threads=1"];

fn probe(workspace: &Workspace, id: &str, rest: &[&str]) -> Told {
    let mut args = vec!["--json", "probe", id, "--dataset", "grey"];
    args.extend(rest);
    workspace.vitals(&args)
}

/// Runs a probe to its end.
fn finished(workspace: &Workspace, id: &str, rest: &[&str]) -> Value {
    let told = probe(workspace, id, &[rest, &["--wait"]].concat());
    assert_eq!(told.code, 0, "{rest:?}: {told:?}");
    let run = told.json();
    assert_eq!(run["state"], "finished", "{run}");
    run
}

fn with(rest: &[&'static str]) -> Vec<&'static str> {
    [rest, &SMALL].concat()
}

#[test]
fn each_kind_judges_a_checkpoint_and_leaves_it_as_it_was() {
    let (workspace, id) = pretrained();
    let model = workspace.run_folder(&id).join("checkpoints/step-00000020/model.safetensors");
    let before = std::fs::read(&model).expect("a checkpoint");

    let linear = finished(
        &workspace,
        &id,
        &with(&["--kind", "linear", "--set", "epochs=4", "--set", "evaluate_every_epochs=2"]),
    );
    assert_eq!(linear["probed"]["run"].as_str(), Some(id.as_str()));
    assert_eq!(
        (linear["probed"]["step"].as_u64(), linear["progress"]["step"].as_u64()),
        (Some(20), Some(24))
    );
    let linear = linear["id"].as_str().expect("an id");
    let (steps, top1) = workspace.series(linear, "probe_top1");
    assert_eq!(steps, [12, 24], "every second epoch of six steps");
    let (steps, losses) = workspace.series(linear, "loss");
    assert_eq!(steps, (0..24).collect::<Vec<u64>>());
    assert!(losses.iter().all(|loss| loss.as_f64().is_some_and(f64::is_finite)));
    let checks = workspace.vitals_ok(&["--json", "events", linear, "--kind", "backbone_check"]).lines();
    assert_eq!((checks.len(), checks[0]["details"]["identical"].as_bool()), (1, Some(true)), "{checks:?}");
    let checked = workspace.run_folder(linear).display().to_string();
    let journal = workspace.vitals_ok(&["--json", "journal", "check", &checked]).json();
    assert_eq!(journal["sha256"], workspace.vitals_ok(&["--json", "run", "hash", linear]).json()["sha256"]);

    // Nothing augmented: features are computed once. Brightness is a line that a linear classifier finds.
    let stored = finished(
        &workspace,
        &id,
        &with(&[
            "--kind",
            "linear",
            "--set",
            "augmentation=none",
            "--set",
            "epochs=40",
            "--checkpoint",
            "10",
        ]),
    );
    let best = stored["metrics"]["probe_top1"]["max"].as_f64().expect("an accuracy");
    assert!(best > 0.6, "{stored}");
    assert!(stored["metrics"]["probe_top1"]["last"].as_f64() <= Some(best));

    let finetune = finished(
        &workspace,
        &id,
        &with(&["--kind", "finetune", "--set", "epochs=2", "--set", "layer_decay=0.8"]),
    );
    assert_eq!(finetune["metrics"]["probe_top1"]["nonfinite"].as_u64(), Some(0));

    for checkpoint in ["20", "random"] {
        let args = ["--kind", "knn", "--set", "knn_k=5", "--set", "threads=1", "--checkpoint", checkpoint];
        let knn = finished(&workspace, &id, &args);
        assert_eq!(
            knn["progress"],
            serde_json::json!({
                "step": 1, "total_steps": 1, "eta_seconds": null, "images_per_second": null
            })
        );
        assert_eq!(
            knn["metrics"]["probe_top5"]["last"].as_f64(),
            Some(1.0),
            "three classes are among the first five"
        );
        assert_eq!(knn["probed"]["step"].as_u64(), checkpoint.parse().ok());
    }

    assert_eq!(std::fs::read(&model).expect("a checkpoint"), before);
    let listed = workspace.vitals_ok(&["--json", "probe", &id]).lines();
    assert_eq!(listed.len(), 5);
    assert_eq!(workspace.run(&id)["probes"].as_array().map(Vec::len), Some(5));
    let table = workspace.vitals_ok(&["probe", &id]).out;
    assert!(
        table.contains("best top-1, %") && table.contains("random") && table.contains("linear"),
        "{table}"
    );
    assert!(top1.iter().all(|value| value.as_f64().is_some_and(|value| (0.0..=1.0).contains(&value))));

    // What was judged may go; what was found out stays.
    workspace.vitals_ok(&["run", "remove", &id]);
    workspace.wait_for("the judged run to be gone", || match workspace.vitals(&["run", "show", &id]).code {
        2 => Ok(()),
        code => Err(format!("exit {code}")),
    });
    assert_eq!(workspace.run(linear)["state"], "finished");
}

#[test]
fn a_paused_probe_goes_on_as_if_it_had_not_been() {
    let (workspace, id) = pretrained();
    // Long enough to be paused in the middle on any machine: 400 steps take half a second on a quiet one.
    let steps = 4_000;
    let args = with(&["--kind", "finetune", "--set", "max_steps=4000", "--set", "evaluate_every_epochs=100"]);
    let whole = finished(&workspace, &id, &args);
    let told = probe(&workspace, &id, &args);
    assert_eq!(told.code, 0, "{told:?}");
    let paused = told.json();
    let paused = paused["id"].as_str().expect("an id");
    workspace.wait_step(paused, 20);
    workspace.vitals_ok(&["run", "pause", paused]);
    let run = workspace.wait_state(paused, "paused");
    let at = run["progress"]["step"].as_u64().expect("a step");
    assert!(at < steps, "it was paused before its end: {at}");
    workspace.vitals_ok(&["run", "resume", paused]);
    let run = workspace.wait_state(paused, "finished");
    assert_eq!(run["attempt"], 2);
    let whole = whole["id"].as_str().expect("an id");
    for name in ["loss", "learning_rate", "probe_top1", "probe_loss"] {
        assert_eq!(workspace.series(paused, name), workspace.series(whole, name), "{name}");
    }
}

#[test]
fn wrong_requests_are_refused_in_words_and_queue_nothing() {
    let (workspace, id) = pretrained();
    let bare = workspace.path("bare");
    write_set(&bare, false);
    workspace.vitals_ok(&["dataset", "add", "bare", &bare.display().to_string()]);
    let runs = workspace.runs().len();
    let refused = |args: &[&str], words: &[&str]| {
        let told = workspace.vitals(&[&["probe"], args].concat());
        assert_eq!(told.code, 2, "{args:?}: {told:?}");
        for word in words {
            assert!(told.err.contains(word), "`{word}` in {}", told.err);
        }
    };
    let linear = ["--kind", "linear", "--dataset", "grey", "--set", "batch_size=16"];
    let id = id.as_str();
    refused(&[id, "--kind", "svm", "--dataset", "grey"], &["svm", "linear, finetune, knn"]);
    refused(&[id, "--kind", "linear", "--dataset", "nowhere"], &["nowhere"]);
    refused(&[id, "--kind", "linear", "--dataset", "bare"], &["bare", "labels"]);
    refused(&["abc", "--kind", "linear", "--dataset", "grey"], &["abc"]);
    let set = |setting: &'static str| [&[id], &linear[..], &["--set", setting]].concat();
    refused(&set("patch_size=4"), &["patch_size", "the checkpoint fixes it"]);
    refused(&set("mixup=0.5"), &["mixup", "linear"]);
    refused(&set("epohcs=3"), &["epohcs", "did you mean `epochs`?"]);
    refused(&set("epochs"), &["name=value"]);
    refused(&set("batch_size=97"), &["97", "96"]);
    refused(&[&[id], &linear[..], &["--checkpoint", "15"]].concat(), &["15", "10, 20"]);
    refused(&[&[id], &linear[..], &["--checkpoint", "last"]].concat(), &["last", "random"]);

    let state = workspace.run_folder(id).join("checkpoints/step-00000020/state.json");
    let text = std::fs::read_to_string(&state).expect("a checkpoint");
    std::fs::write(&state, text.replace("\"embed_dim\": 16", "\"embed_dim\": 32")).expect("a file");
    refused(&[&[id], &linear[..]].concat(), &["another geometry", "embed_dim"]);
    std::fs::write(&state, "{").expect("a file");
    refused(&[&[id], &linear[..]].concat(), &["damaged"]);
    std::fs::remove_dir_all(workspace.run_folder(id).join("checkpoints")).expect("checkpoints");
    refused(&[&[id], &linear[..]].concat(), &["no checkpoint", "--checkpoint random"]);
    assert_eq!(workspace.runs().len(), runs, "nothing was queued");
    let folders = std::fs::read_dir(workspace.path("ws/runs")).expect("runs").count();
    assert_eq!(folders, runs, "no folder is left behind");
}

#[test]
fn a_sweep_that_asks_for_a_probe_is_told_where_probes_begin() {
    let workspace = Workspace::new();
    let file = workspace.file("probe.toml", &small_sweep("max_steps = 5\ntask = \"linear\"", ""));
    let told = workspace.vitals(&["sweep", "check", &file]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("task") && told.err.contains("vitals probe"), "{}", told.err);
}
