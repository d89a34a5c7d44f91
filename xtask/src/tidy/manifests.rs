//! The manifests: every outside dependency is declared once, with the reason for it, and whoever declares one uses it.

use std::collections::BTreeSet;

use super::Finding;
use super::rooms::{Dependency, Package};
use super::tree::File;

/// Findings over the text of the root `Cargo.toml`.
pub fn reasons(manifest: &str) -> Vec<Finding> {
    let reasonless = |(number, line): &(usize, &str)| {
        let (name, rest) = line.split_once('=')?;
        let reason = rest.split_once('#').is_some_and(|(_, reason)| !reason.trim().is_empty());
        let is_outside = !rest.contains("path =");
        (is_outside && !reason)
            .then(|| format!("Cargo.toml:{number}: {} is declared without its reason", name.trim()))
    };
    section(manifest, "workspace.dependencies").iter().filter_map(reasonless).collect()
}

/// Names that the root declares and no package depends on.
pub fn unused_declarations(manifest: &str, packages: &[Package]) -> Vec<Finding> {
    let used: BTreeSet<&str> =
        packages.iter().flat_map(|package| &package.dependencies).map(|one| one.name.as_str()).collect();
    section(manifest, "workspace.dependencies")
        .into_iter()
        .filter_map(|(number, line)| Some((number, line.split_once('=')?.0.trim())))
        .filter(|(_, name)| !used.contains(name))
        .map(|(number, name)| format!("Cargo.toml:{number}: no package depends on {name}"))
        .collect()
}

/// Dependencies of a package that its sources do not name, by the part that may use them.
pub fn unused_dependencies(package: &Package, files: &[File<'_>]) -> Vec<Finding> {
    let room = package.folder();
    let own: Vec<&File<'_>> = files.iter().filter(|file| file.room == room).collect();
    let unused = |dependency: &&Dependency| {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
        let mut serving =
            own.iter().filter(|file| serves(dependency.kind.as_deref(), &file.path[room.len()..]));
        !serving.any(|file| file.words.iter().any(|word| word.text == name))
    };
    let say = |dependency: &Dependency| {
        let kind = dependency.kind.as_ref().map_or(String::new(), |kind| format!("{kind}-"));
        format!("{room}/Cargo.toml: nothing uses the {kind}dependency {}", dependency.name)
    };
    package.dependencies.iter().filter(unused).map(say).collect()
}

/// Whether a dependency of that kind can be used in a file, whose place is given within the package.
fn serves(kind: Option<&str>, place: &str) -> bool {
    let is_build = place == "/build.rs";
    let is_test = ["/tests/", "/examples/", "/benches/"].iter().any(|folder| place.starts_with(folder));
    match kind {
        Some("build") => is_build,
        Some(_) => !is_build,
        None => !is_build && !is_test,
    }
}

/// Lines of a section that say something, with their numbers.
fn section<'a>(manifest: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let head = format!("[{name}]");
    let lines = (1..).zip(manifest.lines()).skip_while(|(_, line)| *line != head).skip(1);
    let lines = lines.take_while(|(_, line)| !line.starts_with('['));
    lines.filter(|(_, line)| line.contains('=') && !line.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace.dependencies]\nours = { path = \"x\" }\na-b = \"1\" # why\n\nc = \"1\"\n[profile.dev]\nd = 1\n";

    fn package() -> Package {
        let dependency = |name: &str, kind: Option<&str>| Dependency {
            name: name.into(),
            kind: kind.map(Into::into),
            rename: None,
        };
        let mut package = Package::new("x", "crates/x");
        package.dependencies = vec![dependency("a-b", None), dependency("ours", Some("dev"))];
        package
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        assert_eq!(reasons(MANIFEST), ["Cargo.toml:5: c is declared without its reason"]);
    }

    #[test]
    fn a_declaration_that_nobody_takes_is_found() {
        assert_eq!(unused_declarations(MANIFEST, &[package()]), ["Cargo.toml:5: no package depends on c"]);
    }

    #[test]
    fn a_dependency_that_only_a_comment_or_a_test_names_is_found() {
        let found = |code, test| {
            let files = [
                File::new("crates/x/src/lib.rs", code, "crates/x"),
                File::new("crates/x/tests/it.rs", test, "crates/x"),
            ];
            unused_dependencies(&package(), &files)
        };
        assert_eq!(found("use a_b::C;", "use ours::D;"), [""; 0]);
        assert_eq!(
            found("// a_b", "use ours::D; use a_b::C;"),
            ["crates/x/Cargo.toml: nothing uses the dependency a-b"]
        );
        assert_eq!(found("use a_b::C;", ""), ["crates/x/Cargo.toml: nothing uses the dev-dependency ours"]);
    }
}
