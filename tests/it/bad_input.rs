//! Wrong input: exit code 2, a message that names the place and what to do, and nothing changed.

use crate::support::{Workspace, small_sweep};

/// A JPEG of 61 × 43 pixels.
const DRAWN: &[u8] = include_bytes!("../../crates/data/tests/samples/444.jpg");

/// Adds a sweep that must be refused, and looks for words in the message.
fn refused(text: &str, words: &[&str]) {
    let workspace = Workspace::new();
    let file = workspace.file("wrong.toml", text);
    for command in ["check", "add"] {
        let told = workspace.vitals(&["sweep", command, &file]);
        assert_eq!(told.code, 2, "{told:?}");
        for word in words {
            assert!(told.err.contains(word), "`{word}` in {}", told.err);
        }
    }
    assert_eq!(workspace.vitals_ok(&["--json", "sweep", "list"]).out, "", "nothing was stored");
    assert_eq!(workspace.runs().len(), 0);
}

fn with(line: &str) -> String {
    small_sweep(&format!("max_steps = 5\n{line}"), "")
}

#[test]
fn a_misspelt_key_is_shown_at_its_line_with_the_nearest_name() {
    refused(&with("optimiser = \"adamw\""), &["wrong.toml:", "optimiser", "optimizer"]);
}

#[test]
fn a_wrong_type_is_shown() {
    refused(&with("epochs = \"many\""), &["wrong.toml:", "epochs"]);
}

#[test]
fn an_unknown_parameter_of_an_axis_is_shown() {
    let axis = "[[axis]]\nparameter = \"learning_rate\"\nvalues = [1e-3]\n";
    refused(&small_sweep("max_steps = 5", axis), &["learning_rate", "base_learning_rate"]);
}

#[test]
fn a_patch_that_does_not_divide_the_image_is_shown() {
    refused(&with("").replace("patch_size = 8", "patch_size = 7"), &["patch_size"]);
}

#[test]
fn a_width_that_heads_do_not_divide_is_shown() {
    refused(
        &with("").replace("num_heads = 2", "num_heads = 3"),
        &["num_heads", "not divisible by 3", "1, 2, 4, 8"],
    );
}

#[test]
fn a_batch_larger_than_the_data_is_shown() {
    refused(&with("").replace("batch_size = 32", "batch_size = 100000"), &["batch_size", "60000"]);
}

#[test]
fn a_range_under_the_wrong_name_is_one_mistake_with_what_to_write() {
    let axis = "[[axis]]\nparameter = \"weight_decay\"\nrange = { from = 1e-4, to = 1e-2, count = 3 }\n";
    let write = "write `log = { from = 1e-4, to = 1e-2, count = 3 }`";
    refused(&small_sweep("max_steps = 5", axis), &["has no `count`", write]);
    let workspace = Workspace::new();
    let file = workspace.file("wrong.toml", &small_sweep("max_steps = 5", axis));
    let told = workspace.vitals(&["--json", "sweep", "check", &file]);
    let errors = &told.json()["errors"];
    assert_eq!(errors.as_array().map(Vec::len), Some(1), "{errors}");
}

#[test]
fn a_text_that_is_not_toml_is_said_in_words_with_what_to_do() {
    refused(&with("optimizer = lamb"), &["`lamb` is a text and needs quotes", "write `\"lamb\"`"]);
}

#[test]
fn a_parameter_by_another_name_is_suggested() {
    let workspace = Workspace::new();
    let told = workspace.vitals(&["parameters", "lr"]);
    assert_eq!(told.code, 2, "{told:?}");
    for word in ["did you mean `base_learning_rate`?", "patch_lr_factor"] {
        assert!(told.err.contains(word), "`{word}` in {}", told.err);
    }
}

#[test]
fn a_missing_file_and_an_unknown_run_are_said() {
    let workspace = Workspace::new();
    let told = workspace.vitals(&["sweep", "check", "/nowhere/at-all.toml"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("/nowhere/at-all.toml"));
    let told = workspace.vitals(&["run", "show", "abc"]);
    assert_eq!(told.code, 2, "{told:?}");
    let told = workspace.vitals(&["--json", "runs", "--where", "loss.last >"]);
    assert_eq!(told.code, 2, "{told:?}");
    let error: serde_json::Value = serde_json::from_str(told.err.trim()).expect("an error is JSON too");
    assert_eq!(error["error"]["code"], "invalid_input");
}

#[test]
fn an_empty_folder_is_no_data_set() {
    let workspace = Workspace::new();
    let folder = workspace.path("empty");
    std::fs::create_dir(&folder).expect("a folder");
    let told = workspace.vitals(&["dataset", "add", "nothing", &folder.display().to_string()]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("empty"), "{}", told.err);
    assert!(!workspace.vitals_ok(&["--json", "dataset", "list"]).out.contains("nothing"));
}

#[test]
fn a_broken_image_is_named_when_a_data_set_is_added_and_when_it_breaks_later() {
    let workspace = Workspace::new();
    let folder = workspace.path("broken");
    for (class, name) in [("a", "one"), ("b", "two")] {
        std::fs::create_dir_all(folder.join(class)).expect("a folder");
        for copy in 0..20 {
            let to = folder.join(class).join(format!("{name}-{copy}.jpg"));
            std::fs::write(to, DRAWN).expect("a file");
        }
    }
    let place = folder.display().to_string();
    let broken = folder.join("a/one-7.jpg");
    let image = std::fs::read(&broken).expect("an image");
    std::fs::write(&broken, b"this is no image").expect("a file");
    let told = workspace.vitals(&["dataset", "add", "broken", &place]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("one-7.jpg"), "{}", told.err);
    assert!(
        !workspace.vitals_ok(&["--json", "dataset", "list"]).out.contains("broken"),
        "nothing was stored"
    );

    std::fs::write(&broken, &image).expect("a file");
    workspace.vitals_ok(&["dataset", "add", "broken", &place]);
    // As long as before: the fingerprint samples contents, and this set is small enough to be sampled whole.
    std::fs::write(&broken, vec![0; image.len()]).expect("a file");
    let text = small_sweep("max_steps = 5", "")
        .replace("fashion-mnist", "broken")
        .replace("batch_size = 32", "batch_size = 16");
    let file = workspace.file("broken.toml", &text);
    let told = workspace.vitals(&["--quiet", "sweep", "run", &file, "--wait"]);
    assert_eq!(told.code, 1, "{told:?}");
    let run = &workspace.runs()[0];
    assert_eq!(run["state"], "failed");
    let evidence = run["evidence"].as_str().expect("evidence");
    assert!(evidence.starts_with("exit 6") && evidence.contains("broken"), "{evidence}");
}

#[test]
fn a_workspace_of_a_newer_version_is_refused_untouched() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["runs"]);
    let database = workspace.path("ws/vitals.db");
    let python = format!(
        "import sqlite3; c = sqlite3.connect({:?}); c.execute(\"insert into _sqlx_migrations (version, description, \
         success, checksum, execution_time) values (9999, 'future', 1, x'00', 0)\"); c.commit()",
        database.display().to_string()
    );
    let made =
        std::process::Command::new("python3").args(["-c", &python]).status().expect("python3 is there");
    assert!(made.success());
    let told = workspace.vitals(&["runs"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("9999"), "{}", told.err);
}

#[test]
fn a_workspace_that_cannot_be_made_is_refused() {
    let workspace = Workspace::new();
    // A file where the folder would be: no permission can help, not even root's.
    std::fs::write(workspace.path("ws"), b"").expect("a file");
    let told = workspace.vitals(&["runs"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("ws"), "{}", told.err);
    std::fs::remove_file(workspace.path("ws")).expect("it was a file");
}

#[test]
fn a_text_that_was_made_to_take_for_ever_is_refused_at_its_place() {
    for (text, words) in [
        (with(&format!("epochs = {}", "[".repeat(200_000))), "wrong.toml:"),
        (with(&format!("epochs = {}{}", "[".repeat(50_000), "]".repeat(50_000))), "wrong.toml:"),
        (with(&(0..20_000).map(|n| format!("[t{n}.u.v]\n")).collect::<String>()), "wrong.toml:"),
        (with("base_learning_rate = 1e999999"), "wrong.toml:"),
        (with("base_learning_rate = inf"), "base_learning_rate"),
        (with(&format!("batch_size = {}", "9".repeat(5000))), "wrong.toml:"),
    ] {
        refused(&text, &[words]);
    }
}

#[test]
fn a_report_that_cannot_be_made_is_refused_and_leaves_no_file() {
    let workspace = Workspace::new();
    let file = workspace.file("sweep.toml", &small_sweep("max_steps = 5", ""));
    let sweep = workspace.vitals_ok(&["sweep", "add", &file]).out.trim().to_owned();
    let path = workspace.file("report.html", "");
    std::fs::remove_file(&path).unwrap();
    let pdf = path.replace(".html", ".pdf");
    for (arguments, word) in [
        (&["report", &sweep, "--out", &path][..], "no run matches"),
        (&["report", &sweep, "--out", &pdf], ".html or .md"),
        (&["report", "--out", &path], "SWEEP"),
        (&["report", &sweep, "--language", "de", "--out", &path], "en, ko"),
    ] {
        let told = workspace.vitals(arguments);
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains(word), "`{word}` in {}", told.err);
        assert!(!std::path::Path::new(&path).exists());
    }
}
