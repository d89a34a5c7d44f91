//! Finds libtorch at run time beside the clone, or where the package installs it: link arguments of a library do not
//! reach a binary. Tells the program which commit it is built of, so that every run can say what trained it.

use std::path::Path;
use std::process::Command;

/// What a worker is made of, beside this folder.
const ROOMS: [&str; 6] = ["data", "engine", "journal", "recipe", "run", "worker"];

fn main() {
    println!(
        "cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../../.libtorch/lib:$ORIGIN/../../../.libtorch/lib:\
         $ORIGIN/../lib/vitals/libtorch"
    );
    println!("cargo:rerun-if-env-changed=VITALS_COMMIT");
    println!("cargo:rerun-if-changed=build.rs");
    for room in ROOMS {
        println!("cargo:rerun-if-changed=../{room}/src");
    }
    // A package is built of files without a repository: whoever makes it says the commit.
    let commit = std::env::var("VITALS_COMMIT").ok().or_else(commit).unwrap_or_default();
    println!("cargo:rustc-env=VITALS_COMMIT={commit}");
}

/// The commit, and whether what a worker is made of differs from it.
fn commit() -> Option<String> {
    let head = git(&["rev-parse", "HEAD"])?;
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    let rooms = ROOMS.map(|room| format!("../{room}"));
    let status: Vec<&str> =
        ["status", "--porcelain", "--"].into_iter().chain(rooms.iter().map(String::as_str)).collect();
    let modified = if git(&status)?.is_empty() { "" } else { "-modified" };
    Some(format!("{head}{modified}"))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
