//! Debian packages: what the window's libraries, the tests and the demo need. Looks with `dpkg-query`, installs with
//! `apt-get`, through `sudo` only when not root.

use std::process::Command;

use anyhow::{Context, bail};

use super::{Found, Step, Wanted, python};
use crate::{display, run};

/// What the machine has that Debian packages need not bring.
#[derive(Debug, Clone, Copy)]
struct Machine {
    pip: bool,
    display: bool,
}

fn packages(wanted: Wanted, machine: Machine) -> Vec<&'static str> {
    let mut names = vec!["build-essential", "pkg-config", "dataset-fashion-mnist"];
    if wanted.build && !machine.pip {
        names.push("python3-pip");
    }
    if wanted.window {
        names.extend(["libwebkit2gtk-4.1-dev", "librsvg2-dev"]);
        if !machine.display {
            names.extend(["xvfb", "xauth"]);
        }
    }
    if wanted.tests {
        names.extend(["xvfb", "xauth", "webkit2gtk-driver"]);
        // A session bus of the tests' own, on which they hear notifications.
        names.extend(["dbus-daemon", "dbus-bin"]);
        // A Slurm of one node, which its test starts itself.
        names.extend(["slurmctld", "slurmd", "slurm-client", "munge"]);
    }
    names.sort_unstable();
    names.dedup();
    names
}

pub fn step(wanted: Wanted) -> Step<'static> {
    let names = move || packages(wanted, Machine { pip: python::has_pip(), display: display::present() });
    Step {
        name: "Debian packages",
        look: Box::new(move || look(&names())),
        make: Box::new(move || install(&missing(&names())?)),
    }
}

fn look(names: &[&str]) -> anyhow::Result<Found> {
    let missing = missing(names)?;
    Ok(if missing.is_empty() {
        Found::Present(format!("Debian packages ({})", names.len()))
    } else {
        Found::Missing(missing.join(" "))
    })
}

fn missing<'a>(names: &[&'a str]) -> anyhow::Result<Vec<&'a str>> {
    if run::on_path("dpkg-query").is_none() {
        bail!(
            "this is not a Debian system: install by hand what these Debian packages hold, then build with cargo: {}",
            names.join(" ")
        );
    }
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .output()
        .context("start `dpkg-query`")?;
    Ok(absent(names, &String::from_utf8_lossy(&output.stdout)))
}

/// Names without an `installed` line in dpkg's answer; an unknown name has no line at all.
fn absent<'a>(names: &[&'a str], answer: &str) -> Vec<&'a str> {
    let installed: Vec<&str> =
        answer.lines().filter_map(|line| line.strip_suffix(" installed")).map(str::trim).collect();
    names.iter().copied().filter(|name| !installed.contains(name)).collect()
}

fn install(names: &[&str]) -> anyhow::Result<()> {
    let root = run::read(Command::new("id").arg("-u"))?.trim() == "0";
    let prefix: &[&str] = if root { &[] } else { &["sudo"] };
    if !root && run::on_path("sudo").is_none() {
        bail!(
            "Debian packages are missing and there is no sudo; as root: apt-get install {}",
            names.join(" ")
        );
    }
    println!("…   installing with {}apt-get: {}", if root { "" } else { "sudo " }, names.join(" "));
    let known = run::read(Command::new("apt-cache").arg("policy").args(names)).unwrap_or_default();
    if candidates(&known) < names.len() {
        apt(prefix, &["update"], names)?;
    }
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(names);
    // Old lists name package files that are gone: one more try with fresh ones.
    if apt(prefix, &arguments, names).is_err() {
        apt(prefix, &["update"], names)?;
        apt(prefix, &arguments, names)?;
    }
    Ok(())
}

/// How many packages apt could install from the lists that it has.
fn candidates(policy: &str) -> usize {
    policy
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Candidate:"))
        .filter(|version| version.trim() != "(none)")
        .count()
}

fn apt(prefix: &[&str], arguments: &[&str], names: &[&str]) -> anyhow::Result<()> {
    let mut words = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]);
    words.extend(arguments);
    run::check(Command::new(words[0]).args(&words[1..])).with_context(|| {
        format!(
            "install Debian packages; by hand, as root: apt-get update && apt-get install {}",
            names.join(" ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_and_an_unknown_package_are_missing() {
        let answer = "xvfb installed\nxauth config-files\n";
        assert_eq!(absent(&["xvfb", "xauth", "webkit2gtk-driver"], answer), ["xauth", "webkit2gtk-driver"]);
    }

    #[test]
    fn empty_lists_offer_no_candidate() {
        let policy = "xvfb:\n  Installed: (none)\n  Candidate: (none)\nxauth:\n  Candidate: 1:1.1.2-1\n";
        assert_eq!(candidates(policy), 1);
    }

    #[test]
    fn a_test_machine_needs_the_driver_and_a_builder_does_not() {
        let build = Wanted { build: true, window: true, tests: false, cuda: false };
        let machine = Machine { pip: true, display: true };
        assert!(!packages(build, machine).contains(&"webkit2gtk-driver"));
        let tests = packages(Wanted { tests: true, ..build }, machine);
        assert!(tests.contains(&"webkit2gtk-driver") && tests.contains(&"slurmctld"), "{tests:?}");
        assert!(!packages(build, machine).contains(&"munge"));
    }

    #[test]
    fn without_a_display_the_window_needs_xvfb() {
        let build = Wanted { build: true, window: true, tests: false, cuda: false };
        let names = packages(build, Machine { pip: false, display: false });
        assert!(names.contains(&"xvfb") && names.contains(&"python3-pip"), "{names:?}");
    }
}
