//! Which room may know which (ARCHITECTURE.md), over `cargo metadata`. The table below is the rule; to move a wall,
//! change it here and there.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Finding;

/// `cargo metadata --no-deps`, as far as the rules look.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub workspace_root: String,
    workspace_default_members: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Package {
    id: String,
    name: String,
    manifest_path: String,
    description: Option<String>,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `dev` or `build`, where it is one.
    pub kind: Option<String>,
    /// What the sources call it, where that is another name.
    pub rename: Option<String>,
}

impl Metadata {
    /// Takes the clone's own place from the places of its packages.
    pub fn within_the_clone(mut self) -> Self {
        for package in &mut self.packages {
            let inside = package.manifest_path.strip_prefix(&self.workspace_root).unwrap_or_default();
            package.manifest_path = inside.trim_start_matches('/').to_owned();
        }
        self
    }
}

impl Package {
    #[cfg(test)]
    pub fn new(name: &str, folder: &str) -> Self {
        Self {
            id: name.to_owned(),
            name: name.to_owned(),
            manifest_path: format!("{folder}/Cargo.toml"),
            description: Some("x".to_owned()),
            dependencies: Vec::new(),
        }
    }

    /// Its folder within the clone.
    pub fn folder(&self) -> &str {
        self.manifest_path.strip_suffix("/Cargo.toml").unwrap_or(&self.manifest_path)
    }
}

/// Our crates that a room may depend on; a test may use more (`dev-dependencies` are free).
const ROOMS: &[(&str, &[&str])] = &[
    ("vitals-recipe", &[]),
    ("vitals-files", &[]),
    ("vitals-run", &["vitals-recipe", "vitals-files"]),
    ("vitals-series", &[]),
    ("vitals-journal", &["vitals-recipe", "vitals-files"]),
    ("vitals-store", &["vitals-recipe", "vitals-run", "vitals-series", "vitals-journal", "vitals-files"]),
    ("vitals-data", &["vitals-recipe", "vitals-files"]),
    ("vitals-engine", &["vitals-recipe", "vitals-data", "vitals-files"]),
    ("vitals-worker", &["vitals-engine", "vitals-journal", "vitals-recipe", "vitals-run", "vitals-data"]),
    (
        "vitals-supervisor",
        &["vitals-recipe", "vitals-run", "vitals-journal", "vitals-store", "vitals-series", "vitals-files"],
    ),
    ("vitals-charts", &["vitals-series"]),
    (
        "vitals-api",
        &[
            "vitals-supervisor",
            "vitals-store",
            "vitals-charts",
            "vitals-recipe",
            "vitals-run",
            "vitals-series",
            "vitals-journal",
            "vitals-data",
            "vitals-files",
        ],
    ),
    ("vitals", &["vitals-api"]),
    ("vitals-desktop", &["vitals-api"]),
    ("vitals-tests", &[]),
    // For tests: nobody may have it but as a dev-dependency.
    ("vitals-fixtures", &[]),
    ("vitals-counterfeit", &[]),
    // Only its generator, behind a feature.
    ("xtask", &["vitals-api", "vitals-recipe"]),
];

/// Outside crates that are fenced in: a name or its start, and the rooms that may name it.
const FENCES: &[(&str, &[&str])] = &[
    ("sqlx", &["vitals-store"]),
    ("tch", &["vitals-engine", "vitals-worker"]),
    ("torch-sys", &["vitals-engine", "vitals-worker"]),
    ("tauri*", &["vitals-desktop"]),
    ("plotters*", &["vitals-charts"]),
    ("parquet", &["vitals-data"]),
    ("arrow*", &["vitals-data"]),
];

/// Who may name a fenced crate as a dev-dependency: what a benchmark measures against.
const RIVALS: &[(&str, &str)] = &[("vitals-api", "sqlx")];

/// Rooms without async.
const PURE: &[&str] = &["vitals-recipe", "vitals-run", "vitals-series", "vitals-journal"];

/// What plain `cargo test` leaves out: it needs neither libtorch nor WebKit.
const HEAVY: &[&str] =
    &["vitals-engine", "vitals-worker", "vitals-desktop", "vitals-tests", "vitals-counterfeit"];

pub fn check(metadata: &Metadata) -> Vec<Finding> {
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        if package.description.as_deref().unwrap_or("").is_empty() {
            found.push(format!("{name}: the manifest has no description"));
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == name) else {
            found.push(format!(
                "{name}: a room that xtask/src/tidy/rooms.rs does not know; write its doors there"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            let test_only = dependency.kind.as_deref() == Some("dev");
            if ours.contains(other) && !test_only && !allowed.contains(&other) {
                found.push(format!("{name} depends on {other}: no such door (ARCHITECTURE.md, rooms)"));
            }
            for (fenced, rooms) in FENCES {
                let rival = test_only && RIVALS.contains(&(name, other));
                if names(fenced, other) && !rooms.contains(&name) && !rival {
                    found.push(format!("{name} names {other}: only {} may", rooms.join(" and ")));
                }
            }
            if PURE.contains(&name) && other.starts_with("tokio") {
                found.push(format!("{name} names {other}: it must stay free of async"));
            }
        }
        let by_default = metadata.workspace_default_members.contains(&package.id);
        if HEAVY.contains(&name) == by_default {
            let word = if by_default { "must not" } else { "must" };
            found.push(format!("{name} {word} be a default member of the workspace"));
        }
    }
    found
}

fn names(fenced: &str, name: &str) -> bool {
    fenced.strip_suffix('*').map_or(fenced == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<Finding> {
        let package = |name: &str| Package::new(name, &format!("crates/{name}"));
        let mut subject = package(name);
        let own = |&(name, kind): &(&str, Option<&str>)| Dependency {
            name: name.into(),
            kind: kind.map(Into::into),
            rename: None,
        };
        subject.dependencies = dependencies.iter().map(own).collect();
        let packages = vec![subject, package("vitals-store"), package("vitals-engine")];
        let workspace_default_members = vec![name.into(), "vitals-store".into()];
        check(&Metadata { packages, workspace_root: String::new(), workspace_default_members })
    }

    #[test]
    fn each_wall_stands() {
        assert_eq!(findings("vitals-api", &[("vitals-store", None), ("tokio", None)]), [""; 0]);
        assert_eq!(findings("vitals-recipe", &[("vitals-store", Some("dev"))]), [""; 0]);
        assert_eq!(findings("vitals-api", &[("sqlx", Some("dev"))]), [""; 0]);
        assert_eq!(findings("vitals-supervisor", &[("sqlx", Some("dev"))]).len(), 1);
        for (room, dependency) in [
            ("vitals-recipe", "vitals-store"),
            ("vitals-recipe", "tokio"),
            ("vitals-journal", "tokio-util"),
            ("vitals-api", "tauri"),
            ("vitals-api", "sqlx"),
            ("vitals-api", "vitals-engine"),
            ("vitals", "plotters"),
            ("vitals-supervisor", "tch"),
            ("vitals-charts", "parquet"),
            ("vitals-series", "arrow-array"),
        ] {
            let found = findings(room, &[(dependency, None)]);
            assert_eq!(found.len(), 1, "{room} → {dependency}: {found:?}");
            assert!(found[0].contains(dependency), "{found:?}");
        }
    }

    #[test]
    fn a_new_room_and_a_heavy_default_member_are_found() {
        assert!(findings("vitals-new", &[])[0].contains("does not know"));
        assert!(findings("vitals-worker", &[])[0].contains("must not be a default member"));
    }
}
