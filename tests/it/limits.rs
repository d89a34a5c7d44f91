//! Limits that a system sets for programs, and names that it allows and a database does not: each is said in words, nothing hangs,
//! and nothing is made.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::support::{Told, Workspace, binary};

/// The user `nobody`, whom limits hold that root passes by.
const NOBODY: u32 = 65534;

/// `vitals` under a limit that `prlimit` sets; `None` where there is no such program.
fn limited(limit: &str) -> Option<Command> {
    let is_there = Command::new("prlimit").arg("--version").output().is_ok();
    if !is_there {
        vitals_fixtures::not_run("there is no prlimit");
        return None;
    }
    let mut command = Command::new("prlimit");
    command.arg(limit).stdin(Stdio::null());
    Some(command)
}

#[test]
fn a_file_at_its_limit_is_an_error_and_no_signal() {
    let workspace = Workspace::new();
    let Some(mut command) = limited("--fsize=10000") else { return };
    command.arg(binary("vitals")).arg("--workspace").arg(workspace.path("ws")).arg("runs");
    let told = Told::of(command.output().expect("prlimit starts"));
    assert!(told.code > 0, "it ended by a signal: {told:?}");
    assert!(told.err.starts_with("vitals: "), "{told:?}");
    // Without the limit nothing is in the way.
    assert_eq!(workspace.runs().len(), 0);
}

#[test]
fn without_threads_it_ends_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("vitals");
    std::fs::copy(binary("vitals"), &program).expect("the program can be copied");
    for path in [folder.path(), &program] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    let Some(mut command) = limited("--nproc=2") else { return };
    command.arg(&program).arg("--workspace").arg(folder.path().join("ws")).arg("runs");
    if std::fs::metadata(&program).expect("it was copied").uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    // A test that hangs is ended by its runner; this is about whether it does.
    let told = Told::of(command.output().expect("prlimit starts"));
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.starts_with("vitals: failed to start: "), "{told:?}");
    assert!(!told.err.contains("panicked"), "{told:?}");
}

#[test]
fn a_path_by_which_no_database_can_be_opened_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = folder.path().join(["x".repeat(200).as_str(); 18].join("/"));
    let no_text = folder.path().join(OsStr::from_bytes(b"\xff\xfe"));
    for (root, words) in [(long, "bytes long"), (no_text, "is no text in UTF-8")] {
        for words_of_command in [["runs"].as_slice(), &["queue", "pause"], &["supervise", "--until-idle"]] {
            let mut command = Command::new(binary("vitals"));
            command.arg("--workspace").arg(&root).args(words_of_command).stdin(Stdio::null());
            let told = Told::of(command.output().expect("vitals starts"));
            assert_eq!(told.code, 2, "{told:?}");
            assert!(told.err.contains(words) && told.err.contains("--workspace"), "{told:?}");
            assert!(told.err.len() < 400, "{told:?}");
        }
    }
    let made: Vec<_> = std::fs::read_dir(folder.path()).expect("it is there").collect();
    assert!(made.is_empty(), "{made:?}");
}

#[test]
fn a_file_that_is_too_large_to_be_a_sweep_is_not_read() {
    let workspace = Workspace::new();
    let path = workspace.path("large.toml");
    let file = std::fs::File::create(&path).expect("the file can be made");
    // Of holes: read in full it would take minutes.
    file.set_len(300 << 20).expect("it can be extended");
    let path = path.display().to_string();
    for command in ["check", "add", "run"] {
        let told = workspace.vitals(&["sweep", command, &path]);
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains("large.toml is larger than 4.0 MiB"), "{told:?}");
    }
}
