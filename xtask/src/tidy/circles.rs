//! No circles between modules: of two that stand side by side, at most one knows of the other, directly or through
//! others. A module's own file and what lies below it are one here: a part may name what it is part of.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::code::{Word, imports, text, without_tests};
use super::tree::File;

type Path<'a> = Vec<&'a str>;

/// Which of the modules side by side names which, and where it first does.
type Edges<'a> = BTreeMap<&'a str, BTreeMap<&'a str, (&'a str, usize)>>;

/// A module as far as the rule looks.
#[derive(Debug, Default)]
struct Module<'a> {
    file: &'a str,
    words: Vec<Word<'a>>,
    /// Names that `use` brings, and their paths.
    known: BTreeMap<&'a str, Path<'a>>,
    named: Vec<(Path<'a>, usize)>,
}

/// Findings over all files of all rooms.
pub fn check(files: &[File<'_>]) -> Vec<Finding> {
    let rooms: BTreeSet<&str> = files.iter().map(|file| file.room).collect();
    rooms.into_iter().flat_map(|room| circles(files.iter().filter(|file| file.room == room))).collect()
}

fn circles<'a>(files: impl Iterator<Item = &'a File<'a>>) -> Vec<Finding> {
    let modules = modules(files);
    let mut groups: BTreeMap<Path<'_>, Edges<'_>> = BTreeMap::new();
    for (path, module) in &modules {
        for (named, line) in &module.named {
            let Some(target) = resolve(&modules, path, named, 0) else { continue };
            let shared = path.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (path.get(shared), target.get(shared)) {
                let edges = groups.entry(path[..shared].to_vec()).or_default();
                edges.entry(from).or_default().entry(to).or_insert((module.file, *line));
            }
        }
    }
    groups.values().flat_map(shortest_circles).collect()
}

fn modules<'a>(files: impl Iterator<Item = &'a File<'a>>) -> BTreeMap<Path<'a>, Module<'a>> {
    let (mut modules, mut tests) = (BTreeMap::new(), Vec::new());
    for file in files {
        let Some(path) = file.module() else { continue };
        let (words, for_tests) = without_tests(&file.words);
        tests.extend(for_tests.into_iter().map(|name| [path.as_slice(), &[name]].concat()));
        modules.insert(path, Module { file: file.path, words, ..Module::default() });
    }
    modules.retain(|path: &Path<'_>, _| !tests.iter().any(|test| path.starts_with(test)));
    let paths: BTreeSet<Path<'_>> = modules.keys().cloned().collect();
    for (path, module) in &mut modules {
        read(path, module, &paths);
    }
    modules
}

/// Finds what a module names: in `use`, and as a path that begins at the root, at a module around it, or at one inside it.
fn read<'a>(path: &Path<'a>, module: &mut Module<'a>, all: &BTreeSet<Path<'a>>) {
    let words = &module.words;
    let is_below = |name: &'a str| all.contains(&[path.as_slice(), &[name]].concat());
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let begins = at == 0 || text(words, at - 1) != "::";
        if word.text == "use" {
            let (found, end) = imports(words, at + 1);
            for one in found {
                module.named.push((one.path.clone(), one.line));
                module.known.insert(one.name, one.path);
            }
            at = end;
        } else if begins
            && text(words, at + 1) == "::"
            && (["crate", "super", "self"].contains(&word.text) || is_below(word.text))
        {
            let mut named = vec![word.text];
            at += 1;
            while text(words, at) == "::" && words.get(at + 1).is_some_and(Word::is_name) {
                named.push(words[at + 1].text);
                at += 2;
            }
            module.named.push((named, word.line));
        } else {
            at += 1;
        }
    }
}

/// The module in which a path ends; none outside the room.
fn resolve<'a>(
    modules: &BTreeMap<Path<'a>, Module<'a>>,
    from: &Path<'a>,
    named: &[&'a str],
    depth: usize,
) -> Option<Path<'a>> {
    let supers = named.iter().take_while(|name| **name == "super").count();
    let (mut here, mut rest) = match named.first()? {
        &"crate" => (Vec::new(), &named[1..]),
        &"self" => (from.clone(), &named[1..]),
        &"super" => (from[..from.len().checked_sub(supers)?].to_vec(), &named[supers..]),
        name if modules.contains_key(&[from.as_slice(), &[*name]].concat()) => (from.clone(), named),
        _ => return None,
    };
    while let Some((name, others)) = rest.split_first() {
        let below = [here.as_slice(), &[*name]].concat();
        if modules.contains_key(&below) {
            (here, rest) = (below, others);
            continue;
        }
        // Names that a module only hands on lead to where they come from.
        let handed_on = modules.get(&here).and_then(|module| module.known.get(name));
        return match handed_on {
            Some(path) if depth < 8 => {
                resolve(modules, &here, &[path.as_slice(), others].concat(), depth + 1).or(Some(here))
            }
            _ => Some(here),
        };
    }
    Some(here)
}

/// One circle for each set of modules that all reach one another: the shortest through the first of them.
fn shortest_circles(edges: &Edges<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys() {
        if told.contains(start) {
            continue;
        }
        let Some(circle) = way_back(edges, start) else { continue };
        told.extend(
            edges.keys().filter(|other| reaches(edges, start, other) && reaches(edges, other, start)),
        );
        let places: Vec<String> = circle
            .windows(2)
            .filter_map(|pair| edges.get(pair[0])?.get(pair[1]))
            .map(|(file, line)| format!("{file}:{line}"))
            .collect();
        found.push(format!(
            "a circle of modules: {} ({}); what both need belongs into a module of its own",
            circle.join(" → "),
            places.join(", ")
        ));
    }
    found
}

fn reaches(edges: &Edges<'_>, from: &str, to: &str) -> bool {
    way(edges, from, to).is_some()
}

fn way_back<'a>(edges: &Edges<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    way(edges, start, start)
}

/// The shortest way of at least one step.
fn way<'a>(edges: &Edges<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(here) = waiting.pop_front() {
        for &next in edges.get(here).into_iter().flat_map(BTreeMap::keys) {
            if before.contains_key(next) {
                continue;
            }
            before.insert(next, here);
            if next == to {
                let mut path = vec![next];
                let mut at = next;
                while let Some(&earlier) = before.get(at) {
                    path.push(earlier);
                    at = earlier;
                    if at == from {
                        break;
                    }
                }
                path.reverse();
                return Some(path);
            }
            waiting.push_back(next);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Finding> {
        let files: Vec<(String, &str)> =
            files.iter().map(|(name, text)| (format!("crates/x/src/{name}"), *text)).collect();
        let files: Vec<File<'_>> =
            files.iter().map(|(path, text)| File::new(path, text, "crates/x")).collect();
        check(&files)
    }

    #[test]
    fn modules_that_know_each_other_are_found_with_their_places() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "//! x\nfn f() { crate::c::g(); }"),
            ("c.rs", "use super::a::{self, A};"),
        ];
        let expected = "a circle of modules: a → b → c → a (crates/x/src/a.rs:1, crates/x/src/b.rs:2, \
                        crates/x/src/c.rs:1); what both need belongs into a module of its own";
        assert_eq!(found(&files), [expected]);
    }

    #[test]
    fn names_that_the_root_hands_on_lead_to_their_module() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a/mod.rs", "use crate::b;"),
            ("b.rs", "use crate::A;"),
        ];
        assert_eq!(found(&files).len(), 1);
    }

    #[test]
    fn parts_of_a_module_are_looked_at_among_themselves() {
        let files = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; mod c; use b::B;"),
            ("a/b.rs", "use super::c::C;"),
            ("a/c.rs", "use crate::a::b::B;"),
        ];
        assert!(found(&files)[0].contains("b → c → b"));
    }

    #[test]
    fn a_part_may_know_its_whole_and_a_test_whatever_it_likes() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod part; use crate::b::B; use part::P;"),
            ("a/part.rs", "use super::A;"),
            ("b.rs", "#[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }
}
