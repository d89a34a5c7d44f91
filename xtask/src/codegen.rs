//! Generated files: the window's types from the API's, the parameter page from the parameter table. The generator is
//! a binary behind a feature, so that xtask itself builds without the rooms that it reads.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, bail};

use crate::binaries;
use crate::place::Place;
use crate::run;

pub fn run(place: &Place, check: bool) -> anyhow::Result<()> {
    // The whole workspace is named, so that features resolve as in the other builds and nothing is compiled twice.
    let build = ["build", "--quiet", "--workspace", "--features", "xtask/codegen", "--bin", "codegen"];
    run::check(&mut binaries::cargo(place, &build))?;
    let answer = run::read(&mut Command::new(place.target.join("debug/codegen")))?;
    let files: BTreeMap<String, String> =
        serde_json::from_str(&answer).context("read the generator's answer")?;
    let mut differing = Vec::new();
    for (name, text) in &files {
        let path = place.root.join(name);
        if fs::read_to_string(&path).is_ok_and(|present| present == *text) {
            println!("ok  {name}");
        } else if check {
            differing.push(name.as_str());
        } else {
            println!("…   writing {name}");
            fs::write(&path, text).with_context(|| format!("write {name}"))?;
        }
    }
    if !differing.is_empty() {
        bail!(
            "generated files differ from what their sources say: {}; run `cargo xtask codegen`",
            differing.join(", ")
        );
    }
    Ok(())
}
