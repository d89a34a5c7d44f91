//! Members of a tar shard as samples in the WebDataset naming: those that share their path up to the base name's first dot
//! belong together, such as `0001.jpg` and `0001.cls`. Links are followed within the shard. Decides nothing about splits and classes.

use std::collections::HashMap;
use std::ffi::OsStr;

use super::tar_format::{Kind, Member};
use super::tree::{is_image_name, is_of_other_programs};
use crate::findings::{Findings, Why};

/// An image and its label as its shard states them.
#[derive(Default)]
pub(super) struct Sample {
    pub shard: usize,
    pub name: String,
    pub start: u64,
    pub bytes: u64,
    /// Content of the `.cls` member, or `label` of the `.json` one.
    pub label: Option<String>,
}

/// The path up to the first dot of the base name, and the rest.
fn key_and_extension(name: &str) -> (&str, &str) {
    let base = name.rfind('/').map_or(0, |slash| slash + 1);
    name[base..].find('.').map_or((name, ""), |dot| (&name[..base + dot], &name[base + dot + 1..]))
}

/// True for members that hold a label.
pub(super) fn holds_label(name: &str) -> bool {
    matches!(key_and_extension(name).1, "cls" | "json")
}

/// A label as text: all of a `.cls` member; `label` or `cls` of a `.json` one.
fn label_of(extension: &str, content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let label = if extension == "json" {
        let value: serde_json::Value = serde_json::from_str(&without_nan(&text)).ok()?;
        match value.get("label").or_else(|| value.get("cls"))? {
            serde_json::Value::String(name) => name.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(value) => u8::from(*value).to_string(),
            _ => return None,
        }
    } else {
        text.into_owned()
    };
    Some(label.trim().to_owned()).filter(|label| !label.is_empty())
}

/// JSON as Python writes it, with `null` for the numbers that JSON does not have.
fn without_nan(json: &str) -> String {
    const NONE: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    let (mut out, mut rest, mut in_text) = (String::with_capacity(json.len()), json, false);
    while let Some(first) = rest.chars().next() {
        let number = NONE.into_iter().find(|number| !in_text && rest.starts_with(number));
        let taken = match (first, number) {
            (_, Some(number)) => {
                out.push_str("null");
                rest = &rest[number.len()..];
                continue;
            }
            // What is escaped ends no text.
            ('\\', None) => first.len_utf8() + rest[1..].chars().next().map_or(0, char::len_utf8),
            (_, None) => first.len_utf8(),
        };
        in_text ^= first == '"';
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// The members with each link replaced by what it leads to; links that lead to no file of the archive are left out.
fn resolved(members: Vec<Member>, findings: &mut Findings, place: &dyn Fn(&str) -> String) -> Vec<Member> {
    let is_link = |member: &&Member| matches!(member.kind, Kind::HardLink(_) | Kind::SymbolicLink(_));
    if members.iter().all(|member| !is_link(&member)) {
        return members;
    }
    let by_path: HashMap<String, Member> =
        members.iter().map(|member| (normal(&member.name), member.clone())).collect();
    let mut out = Vec::with_capacity(members.len());
    for member in &members {
        match target(member, &by_path) {
            Some(file) => out.push(Member { name: member.name.clone(), ..file.clone() }),
            None if is_image_name(&member.name) || holds_label(&member.name) => {
                findings.leave(Why::Links, place(&member.name));
            }
            None => {}
        }
    }
    out
}

/// The file that a member is or leads to.
fn target<'a>(member: &'a Member, by_path: &'a HashMap<String, Member>) -> Option<&'a Member> {
    /// A chain longer than this is a circle.
    const LONGEST: usize = 8;
    let mut at = member;
    for _ in 0..LONGEST {
        let path = match &at.kind {
            Kind::HardLink(path) => normal(path),
            Kind::SymbolicLink(path) => {
                let folder = at.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                normal(&format!("{folder}/{path}"))
            }
            Kind::File | Kind::Sparse => return Some(at),
        };
        at = by_path.get(&path)?;
    }
    None
}

/// A path within the archive without `.`, `..` and a slash in front.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Why a member is left out, if it is.
fn left_out(member: &Member) -> Option<Why> {
    let is_image = is_image_name(&member.name);
    let path = normal(&member.name);
    if path.split('/').any(|part| part.starts_with('.')) {
        // macOS puts a `._` shadow beside each file; hidden files are no images anywhere else either.
        Some(Why::Hidden)
    } else if path.split('/').any(|part| is_of_other_programs(OsStr::new(part))) {
        Some(Why::OtherPrograms)
    } else if !is_image && !holds_label(&member.name) {
        Some(Why::NotImages)
    } else if member.kind == Kind::Sparse {
        Some(Why::Sparse)
    } else if is_image && member.bytes == 0 {
        Some(Why::EmptyMembers)
    } else {
        None
    }
}

/// Members of one shard as samples. Labels may stand anywhere in it, before or behind their image.
pub(super) fn group(
    members: Vec<Member>,
    shard: usize,
    findings: &mut Findings,
    place: &dyn Fn(&str) -> String,
) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut last_of: HashMap<String, usize> = HashMap::new();
    let mut waiting: HashMap<String, String> = HashMap::new();
    let mut key_before = None;
    for member in resolved(members, findings, place) {
        if let Some(why) = left_out(&member) {
            findings.leave(why, place(&member.name));
            continue;
        }
        let (key, extension) = key_and_extension(&member.name);
        let key = key.to_owned();
        let known = last_of.get(&key).copied();
        if is_image_name(&member.name) {
            // The same key again, elsewhere, is another sample: shards may be pasted together.
            if known.is_some() && key_before.as_ref() == Some(&key) {
                findings.leave(Why::SecondImages, place(&member.name));
                continue;
            }
            last_of.insert(key.clone(), samples.len());
            let Member { name, start, bytes, .. } = member;
            samples.push(Sample { shard, name, start, bytes, label: waiting.remove(&key) });
        } else if let Some(label) = member.content.as_deref().and_then(|text| label_of(extension, text)) {
            match known.and_then(|place| samples.get_mut(place)).filter(|sample| sample.label.is_none()) {
                Some(sample) => sample.label = Some(label),
                None => {
                    waiting.entry(key.clone()).or_insert(label);
                }
            }
        }
        key_before = Some(key);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_as_python_writes_it_is_read() {
        let label = |json: &str| label_of("json", json.as_bytes());
        assert_eq!(label(r#"{"score": NaN, "label": 3}"#).as_deref(), Some("3"));
        assert_eq!(
            label(r#"{"a": [-Infinity, Infinity], "cls": "NaN \" NaN"}"#).as_deref(),
            Some("NaN \" NaN")
        );
        assert_eq!(label(r#"{"label": NaN}"#), None);
        assert_eq!(label(r#"{"label": true}"#).as_deref(), Some("1"));
        assert_eq!(label("{"), None);
    }

    #[test]
    fn paths_are_made_normal() {
        for (path, expected) in [("./a/1.png", "a/1.png"), ("a/../b//c", "b/c"), ("/a", "a"), ("../x", "x")] {
            assert_eq!(normal(path), expected);
        }
    }
}
