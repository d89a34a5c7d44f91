//! House rules that no compiler knows: which room may know which, sizes and headers of files, words. Each rule is a
//! function from what it reads to findings; `cargo xtask tidy` and a test print them.

mod catalogues;
mod circles;
mod code;
mod executors;
mod manifests;
mod names;
mod rooms;
mod sources;
mod tree;
mod unused;

use std::fs;

use anyhow::{Context, bail};

use crate::binaries;
use crate::place::Place;
use crate::run;

/// A broken rule: where, and what to do.
pub type Finding = String;

pub fn run(place: &Place) -> anyhow::Result<()> {
    let findings = findings(place)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("ok  house rules");
            Ok(())
        }
        count => bail!("{count} house rules are broken"),
    }
}

fn findings(place: &Place) -> anyhow::Result<Vec<Finding>> {
    let metadata =
        run::read(&mut binaries::cargo(place, &["metadata", "--format-version=1", "--no-deps", "--offline"]))
            .context("read the workspace's metadata")?;
    let metadata: rooms::Metadata =
        serde_json::from_str(&metadata).context("read the workspace's metadata")?;
    let metadata = metadata.within_the_clone();
    let mut found = rooms::check(&metadata);
    let table =
        |path: &str| fs::read_to_string(place.root.join(path)).with_context(|| format!("read {path}"));
    let names =
        names::Names::read(&table(names::METRICS)?, &table(names::LAYERS)?, &table(names::PARAMETERS)?);
    let files = tracked(place)?;
    let executors = executors::names(files.iter().map(String::as_str));
    let mut texts = Vec::new();
    for file in files {
        // What is not text, or deleted but still in the index, has no words to check.
        if let Ok(text) = fs::read_to_string(place.root.join(&file)) {
            found.extend(sources::check(&file, &text));
            found.extend(executors::check(&file, &text, &executors));
            found.extend(names.check(&file, &text));
            texts.push((file, text));
        }
    }
    let manifest = fs::read_to_string(place.root.join("Cargo.toml")).context("read Cargo.toml")?;
    found.extend(manifests::reasons(&manifest));
    found.extend(manifests::unused_declarations(&manifest, &metadata.packages));
    let files = rust_files(&texts, &metadata.packages);
    found.extend(metadata.packages.iter().flat_map(|one| manifests::unused_dependencies(one, &files)));
    found.extend(circles::check(&files));
    found.extend(unused::check(&files));
    found.extend(catalogues::check(&place.ui().join("src/lib/i18n"))?);
    Ok(found)
}

/// The files of Rust that belong to a package, which is the innermost that holds them.
fn rust_files<'a>(texts: &'a [(String, String)], packages: &'a [rooms::Package]) -> Vec<tree::File<'a>> {
    let room = |path: &str| {
        let around = packages
            .iter()
            .map(rooms::Package::folder)
            .filter(|folder| path.strip_prefix(*folder).is_some_and(|inside| inside.starts_with('/')));
        around.max_by_key(|folder| folder.len())
    };
    let rust = texts.iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.filter_map(|(path, text)| Some(tree::File::new(path, text, room(path)?))).collect()
}

/// Files under version control and new ones that git does not ignore.
fn tracked(place: &Place) -> anyhow::Result<Vec<String>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let list =
        run::read(run::command("git", &place.root).args(arguments)).context("list the files of the clone")?;
    Ok(list.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_rules_hold() {
        let findings = findings(&Place::find().unwrap()).unwrap();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
