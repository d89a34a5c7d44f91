//! `cargo xtask dist`: what a person installs. Builds the three programs optimised and hands them with libtorch to Tauri's
//! bundler: a `.deb`, and an AppImage where its tools are at hand. Signs nothing, publishes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, run};

/// Tauri's bundler, as its authors publish it on npm.
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";
/// Programs beside the window's own.
const BESIDE: [&str; 2] = ["vitals", "vitals-worker"];
/// What the worker links, and what those link.
const LIBRARIES: [&str; 5] =
    ["libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"];
/// Where the worker's run path looks when it lies in `/usr/bin` (crates/worker/build.rs).
const INSTALLED_LIBRARIES: &str = "/usr/lib/vitals/libtorch";

pub fn run(place: &Place) -> anyhow::Result<()> {
    setup::run(place, Wanted { build: true, window: true, tests: false, cuda: false }, false)?;
    binaries::interface(place)?;
    println!("…   building the programs, optimised");
    let mut build = binaries::cargo(place, &["build", "--release", "--package", "vitals"]);
    run::check(build.args(["--package", "vitals-worker"])).context("build the programs")?;
    let staged = stage(place)?;
    let config = staged.join("tauri.json");
    let text = serde_json::to_string_pretty(&bundle(&staged)).context("write the bundle's configuration")?;
    fs::write(&config, text).with_context(|| format!("write {}", place.show(&config)))?;
    bundled(place, &config, "deb")?;
    let tools = place.cache.with_file_name("tauri");
    if tools.join("linuxdeploy-x86_64.AppImage").exists() {
        bundled(place, &config, "appimage")?;
    } else {
        println!(
            "--  AppImage: Tauri's bundler needs linuxdeploy, which no package registry has; put \
             linuxdeploy-x86_64.AppImage and AppRun-x86_64 into {} and run this again",
            tools.display()
        );
    }
    packages(place)
}

/// Lays programs and libraries out as the bundler wants them: programs under their target's name, libraries as files, not
/// links.
fn stage(place: &Place) -> anyhow::Result<PathBuf> {
    let staged = place.target.join("dist");
    if staged.exists() {
        fs::remove_dir_all(&staged).with_context(|| format!("empty {}", place.show(&staged)))?;
    }
    let libraries = staged.join("libtorch");
    fs::create_dir_all(&libraries).with_context(|| format!("create {}", place.show(&libraries)))?;
    for name in LIBRARIES {
        copy(place, &place.libtorch_link().join("lib").join(name), &libraries.join(name))?;
    }
    let target = target(place)?;
    for name in BESIDE {
        let program = place.target.join("release").join(name);
        copy(place, &program, &staged.join(format!("{name}-{target}")))?;
    }
    Ok(staged)
}

fn copy(place: &Place, from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("copy {} to {}", place.show(from), place.show(to)))?;
    Ok(())
}

/// The target that the compiler builds for, as it names it itself.
fn target(place: &Place) -> anyhow::Result<String> {
    let told = run::read(run::command("rustc", &place.root).arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not name its host")
}

/// What the bundler adds to `src-tauri/tauri.conf.json`.
fn bundle(staged: &Path) -> serde_json::Value {
    let files = json!({ INSTALLED_LIBRARIES: staged.join("libtorch") });
    json!({"bundle": {
        "externalBin": BESIDE.map(|name| staged.join(name)),
        "linux": {
            "deb": {"files": files, "recommends": ["dataset-fashion-mnist"]},
            "appimage": {"files": files},
        },
    }})
}

fn bundled(place: &Place, config: &Path, kind: &str) -> anyhow::Result<()> {
    println!("…   bundling: {kind}");
    let mut bundler = run::command("npx", &place.root.join("src-tauri"));
    bundler.args(["--yes", BUNDLER, "build", "--bundles", kind, "--config"]).arg(config);
    run::check(&mut bundler).with_context(|| format!("bundle the {kind}"))
}

/// Names what was made.
fn packages(place: &Place) -> anyhow::Result<()> {
    let folder = place.target.join("release/bundle");
    let mut made = Vec::new();
    for kind in ["deb", "appimage"] {
        let entries = fs::read_dir(folder.join(kind)).into_iter().flatten().flatten();
        made.extend(
            entries.map(|entry| entry.path()).filter(|path| {
                path.extension().is_some_and(|ending| ending == "deb" || ending == "AppImage")
            }),
        );
    }
    if made.is_empty() {
        bail!("the bundler made no package in {}", place.show(&folder));
    }
    for path in made {
        let bytes = fs::metadata(&path).with_context(|| format!("look at {}", place.show(&path)))?.len();
        println!("ok  {} ({} MiB)", place.show(&path), bytes >> 20);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_worker_finds_the_installed_libraries() {
        let build = include_str!("../../crates/worker/build.rs");
        let beside_bin = INSTALLED_LIBRARIES.strip_prefix("/usr").unwrap();
        assert!(build.contains(&format!("$ORIGIN/..{beside_bin}")), "{build}");
        let files = &bundle(Path::new("staged"))["bundle"]["linux"]["deb"]["files"];
        assert_eq!(files[INSTALLED_LIBRARIES], "staged/libtorch");
    }
}
