//! Node: its version, and the packages of a folder, installed from the lock file when that has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::{Found, Step};
use crate::place::Place;
use crate::run;

const OLDEST: (u32, u32, u32) = (20, 20, 2);

/// Node cannot be installed for the user: Debian 12's own is older than what the build needs.
pub fn version(_place: &Place) -> Step<'static> {
    Step {
        name: "Node",
        look: Box::new(|| {
            let text = run::read(Command::new("node").arg("--version")).unwrap_or_default();
            Ok(match parse(&text) {
                Some(version) if version >= OLDEST => Found::Present(format!("Node {}", text.trim())),
                Some(_) => Found::Missing(format!("{} is too old", text.trim())),
                None => Found::Missing("`node` is not in PATH".into()),
            })
        }),
        make: Box::new(|| {
            let (major, minor, patch) = OLDEST;
            bail!(
                "Node {major}.{minor}.{patch} or newer is needed (Debian 12's own is older): install it from its \
                 makers or with a version manager, then run this again"
            )
        }),
    }
}

fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The packages of one folder. A copy of the lock file inside `node_modules` says what was installed.
pub fn packages(name: &'static str, folder: PathBuf) -> Step<'static> {
    let look_in = folder.clone();
    Step {
        name,
        look: Box::new(move || Ok(look(name, &look_in))),
        make: Box::new(move || {
            println!("…   npm ci in {}", folder.display());
            run::check(run::command("npm", &folder).args(["ci", "--no-audit", "--no-fund"])).with_context(
                || {
                    format!(
                        "install {name}; by hand: npm ci in {} where npm reaches its registry",
                        folder.display()
                    )
                },
            )?;
            fs::copy(folder.join("package-lock.json"), stamp(&folder)).context("note what npm installed")?;
            Ok(())
        }),
    }
}

fn stamp(folder: &Path) -> PathBuf {
    folder.join("node_modules/.vitals-installed-lock.json")
}

fn look(name: &str, folder: &Path) -> Found {
    let Ok(lock) = fs::read(folder.join("package-lock.json")) else {
        return Found::Missing(format!("no package-lock.json in {}", folder.display()));
    };
    match fs::read(stamp(folder)) {
        Ok(installed) if installed == lock => Found::Present(name.into()),
        Ok(_) => Found::Missing("package-lock.json has changed".into()),
        Err(_) => Found::Missing("not installed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(parse("v20.20.2\n"), Some((20, 20, 2)));
        assert!(parse("v20.9.0") < Some(OLDEST) && parse("v22.1.0") > Some(OLDEST));
        assert_eq!(parse("nonsense"), None);
    }
}
