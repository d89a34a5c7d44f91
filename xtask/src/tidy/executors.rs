//! An executor is named in its own folder, where executors are constructed, and among the settings: what decides, watches
//! and settles knows none of them. Words for people that set one stand in the doors listed here.

use std::collections::BTreeSet;

use super::Finding;

/// The rooms of executors; the one of this machine needs no naming.
const ROOMS: &str = "crates/supervisor/src/executor/";
const HERE: &str = "local";

/// Where every executor may be named beside its own room: a file, or a folder with all that is below it.
const PLACES: &[&str] = &[
    // The constructor of executors, and the settings.
    "crates/supervisor/src/executor/mod.rs",
    "crates/supervisor/src/settings.rs",
    // How people set one: the form, its checks, and the command line.
    "crates/api/src/queue_settings.rs",
    "crates/api/src/queue_settings/",
    "crates/api/src/dto/queue_settings.rs",
    "crates/api/src/rpc.rs",
    "crates/api/src/rpc/forms.rs",
    "crates/cli/src/args.rs",
    "crates/cli/src/main.rs",
    "crates/cli/src/slurm.rs",
];

/// The executors that have a room, from the paths of all files.
pub fn names<'a>(files: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let rooms = files.filter_map(|path| path.strip_prefix(ROOMS)?.split_once('/').map(|(room, _)| room));
    rooms.filter(|room| *room != HERE).map(str::to_owned).collect()
}

/// Findings in one file; `path` is relative to the clone.
pub fn check(path: &str, text: &str, executors: &BTreeSet<String>) -> Vec<Finding> {
    let room = path.starts_with("crates/") || path.starts_with("src-tauri/");
    if !room || !path.contains("/src/") || !path.ends_with(".rs") {
        return Vec::new();
    }
    if PLACES.iter().any(|place| path == *place || place.ends_with('/') && path.starts_with(place)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for name in executors.iter().filter(|name| !path.starts_with(&format!("{ROOMS}{name}/"))) {
        for (number, line) in text.lines().enumerate() {
            if line.to_lowercase().contains(name.as_str()) {
                found.push(format!(
                    "{path}:{}: names the executor {name}; ask `trait Executor` instead (CONTRIBUTING.md)",
                    number + 1
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executor_is_named_at_home_only() {
        let text = "//! x\nif device == SLURM {}\n";
        let files = ["executor/local/mod.rs", "executor/mod.rs", "executor/slurm/job.rs", "turn.rs"];
        let files = files.map(|file| format!("crates/supervisor/src/{file}"));
        let executors = names(files.iter().map(String::as_str));
        assert_eq!(executors, BTreeSet::from(["slurm".to_owned()]));
        let check = |path: &str, text: &str| check(path, text, &executors);
        for there in ["executor/slurm/job.rs", "executor/mod.rs", "settings.rs"] {
            assert_eq!(check(&format!("crates/supervisor/src/{there}"), text), [""; 0]);
        }
        for stranger in
            ["supervisor/src/watch/settle.rs", "supervisor/src/executor/local/mod.rs", "run/src/ends.rs"]
        {
            let found = check(&format!("crates/{stranger}"), text);
            assert!(found.len() == 1 && found[0].contains(":2: names the executor slurm"), "{found:?}");
        }
        assert_eq!(check("crates/supervisor/tests/slurm/main.rs", text), [""; 0]);
        assert_eq!(check("docs/slurm.md", text), [""; 0]);
    }
}
