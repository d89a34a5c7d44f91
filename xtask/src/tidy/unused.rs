//! Nothing is open to nobody: what a module opens is named outside it, and what a room opens is named in another room, a
//! test or an example. By names alone: one that two things share counts as used where either is.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::code::{Import, Word, behind, imports, text, without_tests};
use super::tree::File;

/// What *Decide* will compare runs with; until then only its tests call it.
const AWAITED: &[&str] =
    &["crates/series/src/paired.rs", "crates/series/src/seeds.rs", "crates/series/src/student.rs"];

/// What a file opens, and what it names.
#[derive(Debug, Default)]
struct Seen<'a> {
    items: Vec<Item<'a>>,
    /// Names, without those of its items and of what it hands on.
    named: BTreeSet<&'a str>,
    /// Names in its macros that begin at their room.
    named_anywhere: BTreeSet<&'a str>,
    /// Names in the signatures and fields of what it opens: a type there has to be as open.
    signed: BTreeSet<&'a str>,
    handed_on: Vec<Import<'a>>,
    open_modules: Vec<&'a str>,
}

#[derive(Debug)]
struct Item<'a> {
    name: &'a str,
    /// The type that it belongs to.
    of: Option<&'a str>,
    is_type: bool,
    /// Not only to its own room.
    is_public: bool,
    line: usize,
}

/// Findings over all files of all rooms.
pub fn check(files: &[File<'_>]) -> Vec<Finding> {
    let seen: Vec<(&File<'_>, Seen<'_>)> = files.iter().map(|file| (file, read_file(file))).collect();
    let rooms: BTreeSet<&str> = files.iter().map(|file| file.room).collect();
    rooms.into_iter().flat_map(|room| check_room(room, &seen)).collect()
}

fn check_room(room: &str, seen: &[(&File<'_>, Seen<'_>)]) -> Vec<Finding> {
    let mut outside: BTreeSet<&str> = BTreeSet::new();
    let mut own = Vec::new();
    for (file, seen) in seen {
        outside.extend(&seen.named_anywhere);
        match file.module().filter(|_| file.room == room) {
            Some(module) => own.push((file, module, seen)),
            None => {
                outside.extend(&seen.named);
                outside.extend(seen.handed_on.iter().flat_map(|one| &one.path));
            }
        }
    }
    let signed: BTreeSet<&str> = own.iter().flat_map(|(.., seen)| &seen.signed).copied().collect();
    let open = Open::of(&own);
    // A name that one file alone speaks is no use of what that file opens.
    let mut speakers: BTreeMap<&str, Vec<&[&str]>> = BTreeMap::new();
    for (_, module, seen) in &own {
        for name in &seen.named {
            speakers.entry(name).or_default().push(module);
        }
    }
    let mut found = Vec::new();
    for (file, module, seen) in &own {
        if AWAITED.contains(&file.path) {
            continue;
        }
        for item in &seen.items {
            let needed = item.is_type && signed.contains(item.name);
            if needed || outside.contains(item.name) {
                continue;
            }
            let spoken = speakers.get(item.name).is_some_and(|modules| {
                modules.iter().any(|other| module.is_empty() || !other.starts_with(module))
            });
            let place = format!("{}:{}: {}", file.path, item.line, item.name);
            if !spoken && !module.is_empty() {
                found.push(format!("{place} is open, and nobody outside its module names it"));
            } else if item.is_public && open.holds(module, item) {
                found.push(format!("{place} is public, and nobody outside {room} names it"));
            }
        }
    }
    found
}

/// What others can reach of a library.
#[derive(Debug, Default)]
struct Open<'a> {
    modules: BTreeSet<Vec<&'a str>>,
    names: BTreeSet<&'a str>,
}

impl<'a> Open<'a> {
    fn of(own: &[(&&File<'a>, Vec<&'a str>, &Seen<'a>)]) -> Self {
        let mut open = Self::default();
        if !own.iter().any(|(file, ..)| file.path.ends_with("/src/lib.rs")) {
            return open;
        }
        let mut waiting = vec![Vec::new()];
        while let Some(path) = waiting.pop() {
            for (.., seen) in own.iter().filter(|(_, module, _)| *module == path) {
                open.names.extend(seen.handed_on.iter().filter_map(|one| one.path.last()));
                waiting.extend(seen.open_modules.iter().map(|name| [path.as_slice(), &[*name]].concat()));
            }
            open.modules.insert(path);
        }
        open
    }

    fn holds(&self, module: &[&str], item: &Item<'_>) -> bool {
        self.modules.contains(module) || self.names.contains(item.of.unwrap_or(item.name))
    }
}

/// What a file names, and what it opens outside its tests.
fn read_file<'a>(file: &File<'a>) -> Seen<'a> {
    let (without_tests, _) = without_tests(&file.words);
    let mut seen = read(&file.words);
    seen.items = read(&without_tests).items;
    seen
}

fn read<'a>(words: &[Word<'a>]) -> Seen<'a> {
    let mut seen = Seen::default();
    // The type whose methods are being read, and where they end.
    let mut inside: Option<(&str, usize)> = None;
    let mut at = 0;
    while at < words.len() {
        inside = inside.filter(|(_, end)| at < *end);
        match words[at].text {
            "impl" if inside.is_none() && starts_an_item(words, at) => {
                let (subject, body) = subject_of(words, at);
                inside = Some((subject, behind(words, body)));
            }
            "pub" => {
                at = read_open(words, at, inside.map(|(subject, _)| subject), &mut seen);
                continue;
            }
            // A macro names it wherever the macro is used.
            "$" if text(words, at + 1) == "crate" => {
                let path = words[at + 2..].chunks(2).map_while(|pair| match pair {
                    [mark, name] if mark.text == "::" && name.is_name() => Some(name.text),
                    _ => None,
                });
                seen.named_anywhere.extend(path);
            }
            name if words[at].is_name() => {
                seen.named.insert(name);
            }
            _ => {}
        }
        at += 1;
    }
    seen
}

/// `impl` begins an item, and is no type of an argument or of a result.
fn starts_an_item(words: &[Word<'_>], at: usize) -> bool {
    at == 0 || ["}", ";", "]", "{", "unsafe"].contains(&text(words, at - 1))
}

/// The type that an `impl` is about, and where its body begins.
fn subject_of<'a>(words: &[Word<'a>], at: usize) -> (&'a str, usize) {
    let (mut depth, mut subject, mut at) = (0_usize, "", at + 1);
    while at < words.len() && text(words, at) != "{" {
        match text(words, at) {
            "<" => depth += 1,
            ">" if text(words, at - 1) != "-" => depth = depth.saturating_sub(1),
            "for" if depth == 0 => subject = "",
            "where" => break,
            name if depth == 0 && subject.is_empty() && words[at].is_name() && name != "dyn" => {
                subject = name;
            }
            _ => {}
        }
        at += 1;
    }
    while at < words.len() && text(words, at) != "{" {
        at += 1;
    }
    (subject, at)
}

/// Reads what the `pub` at a place opens; returns where to go on.
fn read_open<'a>(words: &[Word<'a>], at: usize, of: Option<&'a str>, seen: &mut Seen<'a>) -> usize {
    let is_restricted =
        text(words, at + 1) == "(" && ["crate", "super", "self", "in"].contains(&text(words, at + 2));
    let mut at = if is_restricted { behind(words, at + 1) } else { at + 1 };
    while ["async", "unsafe", "extern", "\""].contains(&text(words, at))
        || (text(words, at) == "const" && ["fn", "unsafe", "async"].contains(&text(words, at + 1)))
    {
        at += 1;
    }
    let kind = text(words, at);
    match kind {
        "use" => {
            let (found, end) = imports(words, at + 1);
            // Under another name it is named here.
            let renamed = found.iter().filter(|one| one.path.last() != Some(&one.name));
            seen.named.extend(renamed.filter_map(|one| one.path.last()));
            if !is_restricted {
                seen.handed_on.extend(found);
            }
            end
        }
        "mod" => {
            if !is_restricted {
                seen.open_modules.push(text(words, at + 1));
            }
            at + 2
        }
        "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" => {
            let is_type = ["struct", "enum", "trait", "type"].contains(&kind);
            // `$name` of a macro is no name.
            if words.get(at + 1).is_some_and(Word::is_name) {
                let (name, line) = (words[at + 1].text, words[at + 1].line);
                seen.items.push(Item { name, of, is_type, is_public: !is_restricted, line });
            }
            let mut end = at + 2;
            while end < words.len() && !["{", ";", "="].contains(&text(words, end)) {
                end += 1;
            }
            if ["enum", "trait"].contains(&kind) {
                end = behind(words, end);
            } else if kind == "type" {
                while end < words.len() && text(words, end) != ";" {
                    end += 1;
                }
            }
            let signature = &words[at + 2..end.min(words.len())];
            seen.signed.extend(signature.iter().filter(|word| word.is_name()).map(|word| word.text));
            at + 2
        }
        _ => {
            // A field: its type goes to the comma or bracket behind it.
            let mut end = at;
            let mut depth = 0_usize;
            while end < words.len() {
                match text(words, end) {
                    "<" | "(" | "[" => depth += 1,
                    ">" if text(words, end - 1) == "-" => {}
                    ">" | ")" | "]" if depth > 0 => depth -= 1,
                    "," | "}" | ")" | ";" if depth == 0 => break,
                    _ => {}
                }
                end += 1;
            }
            let field = words[at.min(end)..end].iter().filter(|word| word.is_name());
            seen.signed.extend(field.map(|word| word.text));
            at
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Finding> {
        let files: Vec<File<'_>> = files
            .iter()
            .map(|&(path, text)| {
                let room = if path.starts_with("y/") { "y" } else { "x" };
                File::new(path, text, room)
            })
            .collect();
        check(&files)
    }

    #[test]
    fn what_only_its_own_module_names_is_open_to_nobody() {
        let files = [
            ("x/src/main.rs", "mod a; use a::used;"),
            ("x/src/a/mod.rs", "mod b; pub fn used() {}\npub(crate) fn unused() { unused(); }"),
            ("x/src/a/b.rs", "use super::unused;"),
        ];
        let expected = "x/src/a/mod.rs:2: unused is open, and nobody outside its module names it";
        assert_eq!(found(&files), [expected]);
    }

    #[test]
    fn what_no_other_room_names_is_not_public() {
        let library = "mod a; pub use a::{f, g, T}; mod c;";
        let module =
            "pub fn f() {}\npub fn g() {}\npub struct T;\nimpl T { pub fn m(&self) {} pub fn n(&self) {} }";
        let files = [
            ("x/src/lib.rs", library),
            ("x/src/a.rs", module),
            ("x/src/c.rs", "use crate::{g, T}; fn h(t: T) { g(); t.m(); t.n() }"),
            ("x/tests/it.rs", "use x::{f, T}; t.n();"),
        ];
        assert_eq!(
            found(&files),
            [
                "x/src/a.rs:2: g is public, and nobody outside x names it",
                "x/src/a.rs:4: m is public, and nobody outside x names it",
            ]
        );
    }

    #[test]
    fn a_type_is_as_open_as_what_gives_it() {
        let files = [
            ("x/src/lib.rs", "mod a; pub use a::f;"),
            (
                "x/src/a.rs",
                "pub struct T { pub u: Vec<U>, v: V }\npub struct U;\npub struct V;\npub fn f() -> T {}",
            ),
            ("y/src/main.rs", "fn main() { x::f(); }"),
        ];
        assert_eq!(found(&files), ["x/src/a.rs:3: V is open, and nobody outside its module names it"]);
    }
}
