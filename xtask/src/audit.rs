//! `cargo xtask audit`: what the dependencies bring along. `cargo deny` looks at licences, bans and sources by `deny.toml`, and at
//! known faults where their list can be fetched; the interface's packages are looked at by their lock file. It changes nothing, says what
//! it did not look at, and stands apart from `cargo xtask test`, as its tool takes minutes to build.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::place::Place;
use crate::{binaries, run};

const VERSION: &str = "0.20.2";

/// Licences that the interface's packages may have: those of `deny.toml`, and the fonts'.
const LICENCES: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "MPL-2.0",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "CC0-1.0",
    "Zlib",
    "OFL-1.1",
];

/// Packages that name none in their manifest, and what their repository says.
const UNNAMED: [(&str, &str); 1] = [("node_modules/svelte-toolbelt", "MIT")];

pub fn run(place: &Place) -> anyhow::Result<()> {
    let lock = place.ui().join("package-lock.json");
    let text = fs::read_to_string(&lock).with_context(|| format!("read {}", place.show(&lock)))?;
    let findings = packages(&text).with_context(|| format!("read {}", place.show(&lock)))?;
    for finding in &findings {
        println!("{}: {finding}", place.show(&lock));
    }
    if !findings.is_empty() {
        bail!("{} packages of the interface are not as they should be", findings.len());
    }
    println!("ok  licences and checksums of the interface's packages");
    install(place)?;
    let deny = |words: &[&str]| {
        let mut command = binaries::cargo(place, &["deny", "--all-features"]);
        command.args(words).env("PATH", path(place));
        command
    };
    run::check(&mut deny(&["check", "licenses", "bans", "sources"]))
        .context("licences, bans and sources of crates")?;
    println!("ok  licences, bans and sources of crates");
    // The list lies on another machine, which is not always there. What it names is a failure.
    if let Err(error) = run::read(&mut deny(&["fetch", "db"])) {
        println!("--  known faults of crates: not looked at, as their list cannot be fetched: {error:#}");
        return Ok(());
    }
    run::check(&mut deny(&["check", "advisories"])).context("known faults of crates")?;
    println!("ok  known faults of crates");
    Ok(())
}

/// The tool, built into the cache where it is not there.
fn install(place: &Place) -> anyhow::Result<()> {
    let tools = place.tools();
    let installed = fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    if installed.contains(&format!("\"cargo-deny {VERSION} ")) && tools.join("bin/cargo-deny").is_file() {
        return Ok(());
    }
    println!("…   building cargo-deny {VERSION}, which takes some minutes");
    let mut command = Command::new("cargo");
    command.current_dir(std::env::temp_dir());
    command.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--quiet", "--root"]);
    run::check(command.arg(&tools)).context("build cargo-deny")
}

/// Where cargo finds it as a subcommand.
fn path(place: &Place) -> std::ffi::OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(place.tools().join("bin")).chain(std::env::split_paths(&own));
    std::env::join_paths(all).unwrap_or(own)
}

#[derive(Deserialize)]
struct LockFile {
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    license: Option<String>,
    integrity: Option<String>,
}

/// What is wrong about the packages of a lock file. The first, without a name, is the interface itself.
fn packages(lock: &str) -> anyhow::Result<Vec<String>> {
    let lock: LockFile = serde_json::from_str(lock)?;
    let mut found = Vec::new();
    for (name, package) in lock.packages.iter().filter(|(name, _)| !name.is_empty()) {
        let unnamed = UNNAMED.iter().find(|(known, _)| known == name).map(|(_, licence)| *licence);
        let licence = package.license.as_deref().or(unnamed);
        if licence.is_none() {
            found.push(format!("{name} names no licence; look for it, and list it in xtask/src/audit.rs"));
        }
        found.extend(
            licence.filter(|one| !is_allowed(one)).map(|one| format!("{name} has the licence {one}")),
        );
        if package.integrity.is_none() {
            found.push(format!("{name} has no checksum"));
        }
    }
    Ok(found)
}

/// One of several, or each of several, as SPDX writes them.
fn is_allowed(licence: &str) -> bool {
    let bare = licence.trim_matches(['(', ')']);
    if bare.contains(" OR ") {
        return bare.split(" OR ").any(is_allowed);
    }
    bare.split(" AND ").all(|one| LICENCES.contains(&one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_a_licence_that_goes_with_ours_and_a_checksum() {
        let lock = r#"{ "packages": {
            "": { "license": "nobody asks" },
            "node_modules/a": { "license": "MIT", "integrity": "sha512-x" },
            "node_modules/b": { "license": "(MIT OR GPL-3.0-or-later)", "integrity": "sha512-x" },
            "node_modules/c": { "license": "(MIT AND GPL-3.0-or-later)", "integrity": "sha512-x" },
            "node_modules/d": { "integrity": "sha512-x" },
            "node_modules/svelte-toolbelt": { "integrity": "sha512-x" },
            "node_modules/e": { "license": "ISC" }
        } }"#;
        assert_eq!(
            packages(lock).unwrap(),
            [
                "node_modules/c has the licence (MIT AND GPL-3.0-or-later)",
                "node_modules/d names no licence; look for it, and list it in xtask/src/audit.rs",
                "node_modules/e has no checksum",
            ]
        );
    }

    #[test]
    fn the_interface_s_packages_are_as_they_should_be() {
        let lock = Place::find().unwrap().ui().join("package-lock.json");
        assert_eq!(packages(&fs::read_to_string(lock).unwrap()).unwrap(), [""; 0]);
    }
}
