//! tauri-driver: the bridge between WebDriver and the window. Only tests need it; it lives in the cache.

use std::process::Command;

use anyhow::Context;

use super::{Found, Step};
use crate::place::Place;
use crate::run;

const VERSION: &str = "2.1.0";

pub fn step(place: &Place) -> Step<'_> {
    let tools = place.tools();
    Step {
        name: "tauri-driver",
        look: Box::new(move || {
            let installed = std::fs::read_to_string(place.tools().join(".crates.toml")).unwrap_or_default();
            let there = installed.contains(&format!("\"tauri-driver {VERSION} "))
                && place.tools().join("bin/tauri-driver").is_file();
            Ok(if there {
                Found::Present(format!("tauri-driver {VERSION}"))
            } else {
                Found::Missing(format!("no tauri-driver {VERSION} in {}", place.tools().display()))
            })
        }),
        make: Box::new(move || {
            println!("…   building tauri-driver {VERSION}");
            run::check(
                Command::new("cargo")
                    .current_dir(std::env::temp_dir())
                    .args([
                        "install",
                        "tauri-driver",
                        "--version",
                        VERSION,
                        "--locked",
                        "--debug",
                        "--quiet",
                        "--root",
                    ])
                    .arg(&tools),
            )
            .with_context(|| {
                format!(
                    "build tauri-driver; by hand: cargo install tauri-driver --version {VERSION} --root {}",
                    tools.display()
                )
            })
        }),
    }
}
