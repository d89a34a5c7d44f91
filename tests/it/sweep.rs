//! From a file to recorded runs: expansion, training, series, comparison, export, hashes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Told, Workspace, kill, small_sweep, supervisor_pid};

const FROZEN: &str = "[[axis]]\nparameter = \"frozen_patch_projection\"\nvalues = [true, false]\n";

#[test]
fn a_sweep_trains_to_its_end_and_everything_of_it_can_be_read() {
    let workspace = Workspace::new();
    let file = workspace.file("small.toml", &small_sweep("max_steps = 30\nknn_fixed_every = 30", FROZEN));

    let checked = workspace.vitals_ok(&["--json", "sweep", "check", &file]).json();
    assert_eq!((checked["runs"].as_u64(), checked["points"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!(workspace.runs().len(), 0, "checking changes nothing");

    let done = workspace.vitals_ok(&["--json", "sweep", "run", &file, "--wait"]).json();
    assert_eq!(done["runs"].as_array().map(Vec::len), Some(2), "{done}");
    let runs = workspace.runs();
    for run in &runs {
        let id = run["id"].as_str().expect("an id");
        assert_eq!(
            (run["state"].as_str(), run["evidence"].as_str()),
            (Some("finished"), Some("exit 0")),
            "{run}"
        );
        let (steps, losses) = workspace.series(id, "loss");
        assert_eq!(steps, (0..30).collect::<Vec<u64>>());
        assert!(losses.iter().all(|loss| loss.as_f64().is_some_and(f64::is_finite)));
        let (steps, accuracies) = workspace.series(id, "knn_top1");
        assert_eq!(steps, [10, 20, 30]);
        assert!(accuracies.iter().all(|top1| top1.as_f64().is_some_and(|top1| (0.0..=1.0).contains(&top1))));
        let (steps, _) = workspace.series(id, "knn_top1_fixed");
        assert_eq!(steps, [0, 30], "before training and after it");
        let (steps, norms) = workspace.series(id, "grad_norm/patch_embed");
        assert_eq!(steps.len(), 30);
        assert!(
            norms.iter().all(|norm| norm.as_f64() > Some(0.0)),
            "a frozen projection reports its gradient too"
        );

        let journal = workspace.run_folder(id);
        let checked =
            workspace.vitals_ok(&["--json", "journal", "check", &journal.display().to_string()]).json();
        let stored = workspace.vitals_ok(&["--json", "run", "hash", id]).json();
        assert_eq!(checked["sha256"], stored["sha256"], "every value that was written is in the store");
        assert_eq!((checked["torn_bytes"].as_u64(), checked["corrupt_records"].as_u64()), (Some(0), Some(0)));
    }

    let ids: Vec<&str> = runs.iter().filter_map(|run| run["id"].as_str()).collect();
    let origin = &workspace.vitals_ok(&["--json", "run", "show", ids[0]]).json()["origin"];
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a machine has a name");
    assert_eq!(origin["host"].as_str(), Some(host.trim()), "{origin}");
    assert!(origin["versions"]["vitals"].is_string() && origin["folder_exists"] == true, "{origin}");
    // The file that makes one run again holds that run alone.
    let again = workspace.file("again.toml", origin["again"].as_str().expect("a sweep file"));
    let checked = workspace.vitals_ok(&["--json", "sweep", "check", &again]).json();
    assert_eq!(checked["points"][0]["id"], runs[0]["point"], "{checked}");
    assert_eq!(checked["runs"].as_u64(), Some(1));

    let table = workspace.vitals_ok(&["compare", ids[0], ids[1]]);
    let rows: Vec<String> = table.out.lines().map(str::to_owned).collect();
    let place = |name: &str| rows.iter().position(|row| row.starts_with(&format!("{name} ")));
    assert!(place("loss") < place("knn_top1") && place("loss").is_some(), "{rows:?}");
    assert!(place("step_seconds").is_none() && place("images_per_second").is_none(), "{rows:?}");
    assert!(workspace.vitals_ok(&["compare", "--all", ids[0], ids[1]]).out.contains("step_seconds"));
    let far =
        workspace.vitals(&["export", ids[0], "--format", "csv", "--out", "/vitals-no-such-folder/a.csv"]);
    assert_eq!(far.code, 2, "nothing is made at the root of the file system");
    assert!(!std::path::Path::new("/vitals-no-such-folder").exists());

    let compared = workspace.vitals_ok(&["--json", "compare", ids[0], ids[1]]).json();
    let differing: Vec<&String> = compared["parameters"].as_object().expect("parameters").keys().collect();
    assert_eq!(differing, ["frozen_patch_projection"]);

    let by = "frozen_patch_projection";
    let refusals: [(&[&str], &str); 6] = [
        (&[], "one common seed says nothing"),
        (&["--smallest-effect", "0"], "must be larger than 0"),
        (&["--smallest-effect", "-0.5"], "must be larger than 0"),
        (&["--metric", "no_such.last"], "no_such"),
        (&["--baseline", "maybe"], "no run has the value maybe"),
        (&["--where", "state = failed"], "no run matches"),
    ];
    for (more, sentence) in refusals {
        let refused = workspace.vitals(&[&["compare", "--by", by], more].concat());
        assert!(refused.code == 2 && refused.err.contains(sentence), "{more:?}: {refused:?}");
    }

    for (format, magic) in [("png", b"\x89PNG".as_slice()), ("svg", b"<svg"), ("csv", b"step")] {
        let path = workspace.path(&format!("picture.{format}"));
        let (shown, chosen) =
            (path.display().to_string(), if format == "csv" { &ids[..1] } else { &ids[..] });
        let mut args = vec!["export"];
        args.extend(chosen);
        args.extend(["--format", format, "--out", &shown]);
        workspace.vitals_ok(&args);
        let bytes = std::fs::read(&path).expect("the file was written");
        assert!(bytes.windows(magic.len()).take(64).any(|window| window == magic), "{format}");
    }

    let again = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json();
    assert_eq!(
        (again["queued"].as_u64(), again["existing"].as_u64()),
        (Some(0), Some(2)),
        "filling gaps twice adds nothing"
    );
}

#[test]
fn runs_are_filtered_and_sorted_by_what_they_are_and_did() {
    let workspace = Workspace::new();
    let axis = "[[axis]]\nparameter = \"base_learning_rate\"\nvalues = [1e-4, 1e-3]\n";
    let file = workspace.file("rates.toml", &small_sweep("max_steps = 4\ncheckpoint_every = 0", axis));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file, "--wait"]);
    let labels = |filter: &str| -> Vec<f64> {
        let told =
            workspace.vitals_ok(&["--json", "runs", "--where", filter, "--sort", "base_learning_rate"]);
        told.lines()
            .iter()
            .filter_map(|run: &Value| run["parameters"]["base_learning_rate"].as_f64())
            .collect()
    };
    assert_eq!(labels("state = finished"), [1e-4, 1e-3]);
    assert_eq!(labels("base_learning_rate > 5e-4 and loss.last > 0"), [1e-3]);
    assert_eq!(labels("not (base_learning_rate > 5e-4) or optimizer = lamb"), [1e-4]);
}

/// Whenever `sweep run` is ended, its sweep has all its runs or none.
#[test]
fn a_sweep_run_that_is_ended_at_any_moment_has_all_its_runs_or_none() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["queue", "pause"]);
    let values: Vec<String> = (1..=20).map(|n| format!("{n}e-5")).collect();
    let axis = format!("[[axis]]\nparameter = \"base_learning_rate\"\nvalues = [{}]\n", values.join(", "));
    let signals = [Signal::INT, Signal::KILL, Signal::HUP, Signal::TERM];
    for (number, signal) in signals.into_iter().cycle().take(24).enumerate() {
        let text = small_sweep("max_steps = 5", &axis).replace("Small", &format!("Moment {number}"));
        let file = workspace.file(&format!("{number}.toml"), &text);
        let mut command = workspace.command(&["sweep", "run", &file]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("vitals starts");
        // The instant of the signal.
        std::thread::sleep(Duration::from_millis(10 * number as u64));
        kill(i32::try_from(child.id()).expect("a process id"), signal);
        child.wait().expect("it ends");
    }
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    for run in workspace.runs() {
        *runs.entry(run["sweep_name"].to_string()).or_default() += 1;
    }
    assert!(runs.values().all(|count| *count == 20), "{runs:?}");
}

#[test]
fn further_seeds_are_queued_for_every_point_alike() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["queue", "pause"]);
    let file = workspace.file("small.toml", &small_sweep("max_steps = 5", FROZEN));
    let sweep = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json()["sweep"].clone();
    let sweep = sweep.as_str().expect("an id");
    let seeds = || {
        let runs = workspace.runs();
        let of = |run: &Value| (run["parameters"]["frozen_patch_projection"].clone(), run["seed"].clone());
        let mut found: Vec<String> = runs.iter().map(|run| format!("{:?}", of(run))).collect();
        found.sort();
        (found.len(), found)
    };
    let (before, _) = seeds();
    let dry = workspace.vitals_ok(&["--json", "sweep", "add-seeds", sweep, "2", "--dry-run"]).json();
    assert_eq!((dry["runs"].as_array().map(Vec::len), seeds().0), (Some(4), before), "{dry}");
    let queued = workspace.vitals_ok(&["--json", "sweep", "add-seeds", sweep, "2"]).json();
    assert_eq!(queued["runs"], dry["runs"]);
    let (after, found) = seeds();
    assert_eq!(after, before + 4, "{found:?}");
    let only = ["sweep", "add-seeds", sweep, "1", "--where", "frozen_patch_projection = true"];
    workspace.vitals_ok(&only);
    assert_eq!(seeds().0, after + 1);

    for wrong in [["sweep", "add-seeds", sweep, "0"], ["sweep", "add-seeds", "nowhere", "1"]] {
        let refused = workspace.vitals(&wrong);
        assert!(matches!(refused.code, 2 | 4) && refused.err.starts_with("vitals: "), "{refused:?}");
    }
}

/// B3: whoever waits starts no supervisor for ever that dies each time.
#[test]
fn waiting_ends_where_the_supervisor_dies_again_and_again() {
    let workspace = Workspace::new();
    let file = workspace.file("one.toml", &small_sweep("max_steps = 100000", ""));
    let mut command = workspace.command(&["sweep", "run", &file, "--wait"]);
    let mut waits = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut killed = std::collections::BTreeSet::new();
    workspace.wait_for("it to end", || {
        // One that has not come up is another matter, which ends the waiting at once.
        let is_up = |pid: &i32| workspace.vitals(&["doctor"]).out.contains(&format!("runs as process {pid}"));
        if let Some(pid) = supervisor_pid(&workspace.path("ws")).filter(is_up) {
            kill(pid, Signal::KILL);
            killed.insert(pid);
        }
        waits.try_wait().expect("it is ours").map(drop).ok_or_else(|| format!("{killed:?} were killed"))
    });
    let told = Told::of(waits.wait_with_output().expect("it is ours"));
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("times within 60 s and is not started again for now"), "{told:?}");
    assert!((3..=10).contains(&killed.len()), "{killed:?}");
}
