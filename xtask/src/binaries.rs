//! What is built, for demo, app and test alike: the interface, then the workspace, one package set in one profile, so
//! that nothing is compiled twice.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Context;

use crate::place::Place;
use crate::run;

/// The interface and all binaries.
pub fn build(place: &Place) -> anyhow::Result<()> {
    interface(place)?;
    rust(place)
}

/// `ui/dist`, when a source is newer than it. Speaks on stderr: a benchmark's stdout holds its lines and nothing else.
pub fn interface(place: &Place) -> anyhow::Result<()> {
    let ui = place.ui();
    let built = modified(&ui.join("dist/index.html"));
    if built.is_some_and(|built| newest(&ui).is_none_or(|source| source <= built)) {
        eprintln!("ok  interface (ui/dist is newer than its sources)");
        return Ok(());
    }
    eprintln!("…   building the interface");
    run::check(run::command("npm", &ui).args(["run", "build"]).stdout(std::io::stderr()))
        .context("build the interface")
}

/// Every binary of the workspace.
pub fn rust(place: &Place) -> anyhow::Result<()> {
    println!("…   building the binaries");
    run::check(&mut cargo(place, &["build", "--workspace"])).context("build the binaries")
}

/// Cargo in the clone. The outer cargo's own variables would make every build script run again.
pub fn cargo(place: &Place, arguments: &[&str]) -> Command {
    let mut command = run::command("cargo", &place.root);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The time of the newest source of the interface: everything but what is made from it.
fn newest(folder: &Path) -> Option<SystemTime> {
    let made = |name: &str| matches!(name, "dist" | "node_modules" | ".svelte-kit");
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| !made(&entry.file_name().to_string_lossy()))
        .filter_map(
            |entry| if entry.path().is_dir() { newest(&entry.path()) } else { modified(&entry.path()) },
        )
        .max()
}
