//! Rules over the text of one file: length, header, words, and what must not leave a machine.

use super::Finding;

const LONGEST: usize = 450;

/// Names of package registries. In pieces, so that this file passes its own rule.
const REGISTRIES: &[&str] = &[
    concat!("crates", ".io"),
    concat!("registry.npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("deb.", "debian.org"),
];

/// Folders that exist on one machine only.
const MACHINES: &[&str] = &[concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Work that is not done.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Words that say nothing about a type; see CONTRIBUTING.md.
const EMPTY_WORDS: &[&str] = &["Manager", "Service", "Helper", "Util", "Utils"];

/// A suppressed lint or test: `expect` with a reason is the way.
const SILENCED: &[&str] = &[
    concat!("#[al", "low("),
    concat!("#![al", "low("),
    concat!("#[ig", "nore"),
    "@ts-ignore",
    "eslint-disable",
];

/// Findings in one file; `path` is relative to the clone.
pub fn check(path: &str, text: &str) -> Vec<Finding> {
    if path.ends_with("Cargo.lock")
        || path.ends_with("package-lock.json")
        || path == "xtask/src/tidy/sources.rs"
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    let generated = text.lines().next().is_some_and(|line| line.to_lowercase().contains("generated"));
    if let Some(opening) = header_of(path) {
        if !generated && text.lines().count() > LONGEST {
            found.push(format!("{path}: longer than {LONGEST} lines; split it by its ideas"));
        }
        if !opening.iter().any(|start| text.starts_with(start)) {
            found.push(format!(
                "{path}: no header; say in two or three sentences what it is and what it refuses to do"
            ));
        }
    }
    for (number, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", number + 1);
        for (list, rule) in [
            (REGISTRIES, "names a package registry"),
            (MACHINES, "names a folder of one machine"),
            (SILENCED, "silences a check; use #[expect(…, reason)]"),
        ] {
            found.extend(
                list.iter()
                    .filter(|&&word| line.contains(word))
                    .map(|word| format!("{place}: {word} {rule}")),
            );
        }
        let code = header_of(path).is_some();
        let unfinished = |word: &&&str| code && words(comment(line)).any(|found| found == **word);
        found.extend(
            UNFINISHED.iter().filter(unfinished).map(|word| format!("{place}: {word}: finish it or file it")),
        );
        if code && let Some(name) = declared(line) {
            let empty = EMPTY_WORDS.iter().find(|word| name.ends_with(*word));
            found.extend(empty.map(|word| format!("{place}: {name}: {word} says nothing; name what it is")));
        }
        if tauri_import(path, line) {
            found.push(format!("{place}: only ui/src/lib/backend may import the host"));
        }
    }
    found
}

/// How files of this kind open, where they must.
fn header_of(path: &str) -> Option<&'static [&'static str]> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "rs" => &["//!", "// Generated", "// @generated"],
        "ts" | "js" | "mjs" => &["//", "/*", "#!"],
        "svelte" => &["<!--"],
        "sql" => &["--"],
        "css" => &["/*"],
        "c" | "cc" | "cpp" | "h" => &["//", "/*"],
        _ => return None,
    })
}

/// What a line says after the mark of a comment; empty without one.
fn comment(line: &str) -> &str {
    let start = ["//", "/*", "<!--", "--", " * "].iter().filter_map(|mark| line.find(mark)).min();
    start.map_or("", |start| &line[start..])
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric())
}

/// The name that a line of Rust or TypeScript declares for a type.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("export ").trim_start_matches("pub ");
    let rest = ["struct ", "enum ", "trait ", "class ", "type ", "interface "]
        .iter()
        .find_map(|word| line.strip_prefix(word))?;
    rest.split(|letter: char| !letter.is_alphanumeric()).next()
}

fn tauri_import(path: &str, line: &str) -> bool {
    path.starts_with("ui/src/")
        && !path.starts_with("ui/src/lib/backend/")
        && line.contains(concat!("@tauri", "-apps/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_file_has_no_findings() {
        assert_eq!(check("crates/x/src/lib.rs", "//! What it is.\n\npub struct Writer;\n"), [""; 0]);
        assert_eq!(check("README.md", "no header needed\n"), [""; 0]);
        assert_eq!(
            check("ui/src/lib/backend/tauri.ts", "// Host.\nimport { x } from '@tauri-apps/api/core';\n"),
            [""; 0]
        );
    }

    #[test]
    fn each_rule_finds_its_fault() {
        let long = format!("//! x\n{}", "x\n".repeat(LONGEST));
        for (path, text, expected) in [
            ("a.rs", "fn main() {}\n", "no header"),
            ("a.svelte", "<script>\n", "no header"),
            ("a.rs", long.as_str(), "longer than"),
            ("a.md", concat!("see crates", ".io\n"), "registry"),
            ("a.toml", concat!("path = \"/ro", "ot/x\"\n"), "one machine"),
            ("a.rs", concat!("//! x\n// TO", "DO later\n"), "finish it"),
            ("a.rs", concat!("//! x\n#[al", "low(dead_code)]\n"), "silences"),
            ("a.rs", "//! x\npub struct RunManager {\n", "says nothing"),
            ("a.ts", "// x\nexport class DateUtils {\n", "says nothing"),
            ("ui/src/App.svelte", "<!-- x -->\nimport '@tauri-apps/api';\n", "may import the host"),
        ] {
            let found = check(path, text);
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{path}: wanted {expected:?}, found {found:?}"
            );
        }
    }

    #[test]
    fn a_generated_file_may_be_long() {
        let text = format!("// Generated by cargo xtask codegen.\n{}", "x\n".repeat(LONGEST));
        assert_eq!(check("a.ts", &text), [""; 0]);
    }
}
