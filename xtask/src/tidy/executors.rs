//! An executor is named in its own folder, where executors are constructed, and among the settings: what decides, watches
//! and settles knows none of them. Words for people that set one stand in the doors listed here.

use super::Finding;

/// An executor's name, and where it may stand: a file, or a folder with all that is below it.
const NAMES: &[(&str, &[&str])] = &[(
    "slurm",
    &[
        "crates/supervisor/src/executor/slurm/",
        // The constructor of executors, and the settings.
        "crates/supervisor/src/executor/mod.rs",
        "crates/supervisor/src/settings.rs",
        // How people set it: the form, its checks, and `vitals slurm`.
        "crates/api/src/queue_settings.rs",
        "crates/api/src/queue_settings/",
        "crates/api/src/dto/queue_settings.rs",
        "crates/api/src/rpc.rs",
        "crates/cli/src/args.rs",
        "crates/cli/src/main.rs",
        "crates/cli/src/slurm.rs",
    ],
)];

/// Findings in one file; `path` is relative to the clone.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let room = path.starts_with("crates/") || path.starts_with("src-tauri/");
    if !room || !path.contains("/src/") || !path.ends_with(".rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, places) in NAMES {
        if places.iter().any(|place| path == *place || place.ends_with('/') && path.starts_with(place)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if line.to_lowercase().contains(name) {
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
