//! Files of other programs through the real binaries: CSV becomes runs of which nothing is told that their files do not
//! say, and checkpoints are read or named. Inputs lie in `tests/fixtures/trials`; each says here what is right.

use serde_json::Value;

use crate::support::{Told, Workspace, binary};

fn csv(name: &str) -> String {
    vitals_fixtures::path(&format!("trials/csv/{name}.csv")).display().to_string()
}

/// Imports a trial that can be read; its answer as JSON, and the values as exported again.
fn read(workspace: &Workspace, name: &str) -> (Value, String) {
    let answer = workspace.vitals_ok(&["--json", "import", "csv", &csv(name)]).json();
    let out = workspace.path(&format!("{name}.csv")).display().to_string();
    let run = answer["run"].as_str().unwrap().to_owned();
    workspace.vitals_ok(&["export", &run, "--format", "csv", "--out", &out]);
    (answer, std::fs::read_to_string(out).unwrap())
}

fn noticed(answer: &Value) -> Vec<&str> {
    answer["noticed"].as_array().unwrap().iter().map(|notice| notice["text"].as_str().unwrap()).collect()
}

#[test]
fn csv_of_other_programs_is_read_as_they_mean_it() {
    let workspace = Workspace::new();
    for (name, expected, said) in [
        ("carriage-returns", "step,loss\n0,4.5\n1,4.4\n", &[][..]),
        (
            "train-and-val-rows",
            "step,train_loss,val_loss\n49,4.5,\n99,4.4,4.41\n",
            &["joined with it: 1"][..],
        ),
        (
            "wandb",
            "step,loss\n0,4.5\n1,4.4\n",
            &["vit-s - loss__MIN, vit-s - loss__MAX", "the run is called `vit-s` there"],
        ),
        (
            "tensorboard",
            "step,elapsed_seconds,Value\n0,0.0,4.5\n1,54.90000009536743,4.41\n",
            &["`Wall time`", "joined with it: 1", "the last one counts: 1"],
        ),
        ("mlflow", "step,loss,acc\n0,4.5,0.1\n", &["`timestamp`"]),
        (
            "lightning",
            "step,epoch,train_loss,val_loss\n49,0.0,4.5,\n99,0.0,4.4,4.41\n",
            &["joined with it: 1"],
        ),
        ("pandas", "step,loss\n0,4.5\n1,4.4\n", &["the number of the row"]),
    ] {
        let (answer, text) = read(&workspace, name);
        assert_eq!(columns(&text), columns(expected), "{name}");
        let told = noticed(&answer);
        assert_eq!(told.len(), said.len(), "{name}: {told:?}");
        for (told, said) in told.iter().zip(said) {
            assert!(told.contains(said), "{name}: {told} says nothing of {said}");
        }
    }
}

/// The cells by column: columns that share their steps are told together.
fn columns(text: &str) -> Vec<Vec<String>> {
    let rows: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let mut columns: Vec<Vec<String>> =
        (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at].clone()).collect()).collect();
    columns.sort();
    columns
}

#[test]
fn csv_that_cannot_be_read_is_refused_at_its_place_and_adds_no_run() {
    let workspace = Workspace::new();
    let refused = |name: &str, words: &str| {
        let told = workspace.vitals(&["import", "csv", &csv(name)]);
        assert_eq!((told.code, told.err.contains(words)), (2, true), "{told:?}");
    };
    refused("largest-step", "largest-step.csv:3:1: step 18446744073709551615 is out of range");
    refused("no-rows", "the file has a header and no rows");
    assert_eq!(workspace.runs().len(), 0);
}

/// Trial 18: a run states no parameter that it never had.
#[test]
fn an_imported_run_states_nothing_that_its_file_does_not_say() {
    let workspace = Workspace::new();
    let text: String = (0..20).map(|step| format!("{step},{}\n", 4.5 - f64::from(step) / 10.0)).collect();
    let file = workspace.file("theirs.csv", &format!("step,loss\n{text}"));
    let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();

    let shown = workspace.vitals_ok(&["run", "show", &run]).out;
    for word in ["effective lr", "starts near", "floor", "batch_size", "seed"] {
        assert!(!shown.contains(word), "`{word}` in {shown}");
    }
    assert!(shown.contains("imported    csv from "), "{shown}");
    let json = workspace.vitals_ok(&["--json", "run", "show", &run]).json();
    assert_eq!(json["parameters"], serde_json::json!({}));
    assert_eq!(json["config"], serde_json::json!({}));
    assert_eq!(json["source"]["kind"], "csv");
    for field in
        ["seed", "point", "effective_learning_rate", "loss_start", "loss_floor", "original_id", "twin"]
    {
        assert_eq!(json[field], Value::Null, "{field}");
    }
    assert_eq!(json["progress"]["eta_seconds"], Value::Null);

    let found = |filter: &str| workspace.vitals_ok(&["--json", "runs", "--where", filter]).lines().len();
    for filter in ["batch_size = 256", "batch_size != 256", "optimizer = adamw", "frozen_patch_projection"] {
        assert_eq!(found(filter), 0, "{filter}");
    }
    assert_eq!(found("effective_learning_rate > 0"), 0);
    assert_eq!(found("loss.last < 4"), 1);
    for command in ["retry", "pause", "resume", "cancel", "checkpoint"] {
        let told = workspace.vitals(&["run", command, &run]);
        assert!(told.code != 0 && told.err.contains("was imported"), "{command}: {told:?}");
    }
    let told = workspace.vitals(&["probe", &run, "--kind", "linear", "--dataset", "fashion-mnist"]);
    assert_ne!(told.code, 0, "{told:?}");
}

#[test]
fn a_configuration_comes_along_and_is_asked_for_as_parameters_are() {
    let workspace = Workspace::new();
    let file = |name: &str, last: &str| workspace.file(name, &format!("step,loss\n0,4.5\n1,{last}\n"));
    let (a, b) = (file("a.csv", "4.4"), file("b.csv", "4.3"));
    let import = |file: &str, config: &str| {
        let config = workspace.file("config.json", config);
        workspace.vitals_ok(&["import", "csv", "--config", &config, file]).out.trim().to_owned()
    };
    let a = import(&a, r#"{"lr": 0.1, "optim": {"name": "lars", "betas": [0.9, 0.95]}, "frozen": true}"#);
    let b = import(&b, r#"{"lr": 0.3, "optim": {"name": "lars"}, "frozen": true, "note": null}"#);
    let found = |filter: &str, sort: &str| -> Vec<String> {
        let lines = workspace.vitals_ok(&["--json", "runs", "--where", filter, "--sort", sort]).lines();
        lines.iter().map(|run| run["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("config.lr > 0.2", ""), ["b"]);
    assert_eq!(found("config.optim.name = lars and config.frozen", "config.lr"), ["a", "b"]);
    assert_eq!(found("", "-config.lr"), ["b", "a"]);
    assert_eq!(found("config.momentum != 0.9", ""), [""; 0]);
    assert!(workspace.vitals_ok(&["run", "show", &a]).out.contains("optim.betas"));

    let compared = workspace.vitals_ok(&["--json", "compare", &a, &b]).json();
    assert_eq!(
        compared["parameters"],
        serde_json::json!({"config.lr": [0.1, 0.3], "config.optim.betas": ["[0.9,0.95]", null]})
    );
    assert_eq!((&compared["equal_parameters"], &compared["unshared_parameters"]), (&2.into(), &0.into()));

    for (config, words) in [
        ("[1]", "a configuration is a table"),
        ("{\"a\": NaN}", "config.json:1:"),
        ("{\"a\": {\"b\": 1}, \"a.b\": 2}", "is there twice"),
    ] {
        let config = workspace.file("config.json", config);
        let told = workspace.vitals(&["import", "csv", "--config", &config, &csv("pandas")]);
        assert_eq!((told.code, told.err.contains(words)), (2, true), "{told:?}");
    }
    assert_eq!(workspace.runs().len(), 2);
}

#[test]
fn an_imported_run_comes_back_from_its_folder_as_it_was() {
    let workspace = Workspace::new();
    let config = workspace.file("config.json", r#"{"lr": 0.1}"#);
    let run =
        workspace.vitals_ok(&["import", "csv", "--config", &config, &csv("wandb")]).out.trim().to_owned();
    let show = || workspace.vitals_ok(&["--json", "run", "show", &run]).json();
    let before = show();
    assert_eq!((&before["original_id"], &before["source"]["tool"]), (&"vit-s".into(), &"wandb".into()));
    for file in ["vitals.db", "vitals.db-wal", "vitals.db-shm"] {
        let _ = std::fs::remove_file(workspace.path("ws").join(file));
    }
    workspace.vitals_ok(&["ingest", before["folder"].as_str().unwrap()]);
    let after = show();
    for field in ["source", "original_id", "config", "parameters", "label", "seed", "progress", "metrics"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[test]
fn a_folder_that_an_earlier_version_imported_has_no_parameters_either() {
    let workspace = Workspace::new();
    let run = workspace.vitals_ok(&["import", "csv", &csv("pandas")]).out.trim().to_owned();
    let folder =
        workspace.vitals_ok(&["--json", "run", "show", &run]).json()["folder"].as_str().unwrap().to_owned();
    // As versions before wrote it: a job with the recipe of a preset, without device, images and versions.
    let recipe = vitals_recipe::Recipe::preset("mocov3_vit_micro").unwrap().to_json();
    let job = serde_json::json!({
        "format": 2, "run": run, "attempt": 1, "first_step": 0, "resume_from": null, "recipe": recipe, "device": "",
        "dataset": {"name": "fashion-mnist", "path": "", "fingerprint": "", "facts":
            {"name": "fashion-mnist", "images": 2, "classes": 0, "labelled": false, "image_size": null}},
        "acknowledged_control": 0, "versions": {}, "label": "pandas", "axes": {}, "sweep": null,
    });
    let folder = std::path::Path::new(&folder);
    std::fs::remove_file(folder.join("import.json")).unwrap();
    std::fs::write(folder.join("job.json"), job.to_string()).unwrap();
    for file in ["vitals.db", "vitals.db-wal", "vitals.db-shm"] {
        let _ = std::fs::remove_file(workspace.path("ws").join(file));
    }
    workspace.vitals_ok(&["ingest", &folder.display().to_string()]);
    let shown = workspace.vitals_ok(&["--json", "run", "show", &run]).json();
    assert_eq!((&shown["parameters"], &shown["label"]), (&serde_json::json!({}), &"pandas".into()));
    assert_eq!((&shown["source"]["kind"], &shown["progress"]["step"]), (&"csv".into(), &2.into()));
}

fn worker(args: &[&str]) -> Told {
    Told::of(std::process::Command::new(binary("vitals-worker")).args(args).output().unwrap())
}

#[test]
fn checkpoints_are_inspected_or_named() {
    let file = |name: &str| {
        vitals_fixtures::path(&format!("trials/checkpoint/{name}.pth.tar")).display().to_string()
    };
    for name in ["plain", "numpy-scalar", "namespace", "size-and-device", "compiled"] {
        let told = worker(&["inspect", &file(name)]);
        assert_eq!(told.code, 0, "{told:?}");
        let found = told.json();
        assert_eq!(
            (&found["kind"], &found["tensors"], &found["read_from"]),
            (&"encoder pair".into(), &2.into(), &"state_dict".into()),
            "{name}"
        );
    }
    for (name, words) in
        [("lfs-pointer", "`git lfs pull`"), ("web-page", "it is a web page; download it again")]
    {
        let told = worker(&["inspect", &file(name)]);
        assert!(told.code != 0 && told.err.contains(words), "{told:?}");
    }
}

/// C13: an import that was killed reads as what it is.
#[test]
fn an_import_that_was_cut_off_is_no_run_that_is_done() {
    let workspace = Workspace::new();
    let rows: String = (0..400_000).map(|step| format!("{step},{}\n", f64::from(step).sin())).collect();
    let file = workspace.file("large.csv", &format!("step,loss\n{rows}"));
    let mut import = workspace.command(&["import", "csv", &file]).spawn().unwrap();
    let listed = || workspace.vitals(&["--json", "runs"]).lines().first().cloned();
    let run = workspace.wait_for("its run to be there", || listed().ok_or_else(|| "none".to_owned()));
    import.kill().unwrap();
    import.wait().unwrap();
    let id = run["id"].as_str().unwrap().to_owned();
    let run = workspace.run(&id);
    assert_eq!(run["state"], "lost", "{run}");
    let evidence = run["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("import interrupted"), "{evidence}");
    // Its folder says no more than it has, in a database that knows nothing of it either.
    let folder = workspace.run_folder(&id);
    if folder.join("import.json").exists() {
        std::fs::remove_file(workspace.path("ws/vitals.db")).unwrap();
        let _ = std::fs::remove_file(workspace.path("ws/vitals.db-wal"));
        workspace.vitals_ok(&["ingest", &folder.display().to_string()]);
        let evidence = workspace.run(&id)["evidence"].as_str().unwrap().to_owned();
        assert!(evidence.starts_with("import interrupted"), "{evidence}");
    }
    let again = workspace.file("small.csv", "step,loss\n0,1\n1,0.5\n");
    let whole = workspace.vitals_ok(&["import", "csv", &again]).out.trim().to_owned();
    assert_eq!(workspace.run(&whole)["state"], "finished");
}
