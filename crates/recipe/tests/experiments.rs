//! Every file of `experiments/` expands without a finding, and its README states what it expands to.

use std::fs;
use std::path::{Path, PathBuf};

use vitals_recipe::{DatasetFacts, sweep};

fn experiments() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

/// The sweep files, by name.
fn files() -> Vec<(String, String)> {
    let entries = fs::read_dir(experiments()).expect("the repository has the folder");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut files: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("the file is text"))
        })
        .collect();
    files.sort();
    files
}

fn nothing(_: &str) -> Option<DatasetFacts> {
    None
}

#[test]
fn every_experiment_expands_without_a_finding() {
    let mut output = String::new();
    for (name, text) in files() {
        let expansion = sweep::check(&text, &format!("{name}.toml"), &nothing);
        let findings: Vec<_> = expansion.errors.iter().chain(&expansion.warnings).cloned().collect();
        assert_eq!(findings, [], "{}", sweep::render(&findings, &text, &name, false));
        output += &format!("{name}: {} runs\n", expansion.runs);
        for point in &expansion.points {
            let steps = point.schedule.map(|schedule| (schedule.steps_per_epoch, schedule.total_steps));
            let (per_epoch, total) = steps.expect("its data set is known");
            let rate = point.effective_learning_rate;
            output += &format!(
                "  {}: effective rate {rate:.3e}, {per_epoch} steps an epoch, {total} in all\n",
                point.label
            );
        }
    }
    insta::assert_snapshot!(output);
}

#[test]
fn the_readme_states_every_file_and_its_number_of_runs() {
    let readme = fs::read_to_string(experiments().join("README.md")).expect("the folder has a README");
    for (name, text) in files() {
        let runs = sweep::check(&text, &name, &nothing).runs;
        let row = readme.lines().find(|line| line.contains(&format!("({name}.toml)"))).unwrap_or_default();
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.get(3), Some(&runs.to_string().as_str()), "{name}: {row}");
    }
}

#[test]
fn files_read_as_forms_and_survive_an_empty_edit() {
    for (name, text) in files() {
        let form = sweep::edit::model(&text).expect("it is TOML");
        assert!(!form.preset.is_empty() && !form.axes.is_empty(), "{name}");
        assert_eq!(sweep::edit::apply(&text, &[]).as_deref(), Ok(text.as_str()), "{name}");
    }
}
