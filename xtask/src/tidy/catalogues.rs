//! The message catalogues: every language has the same files, keys and placeholders, and the tone of the house.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::Finding;

const LANGUAGES: [&str; 2] = ["en", "ko"];

/// Words that no message uses: it says what is so, then what to do.
const BANNED: &[&str] = &["please", "oops", "sorry", "simply", "successfully", "!"];

/// Messages by `file.key.key`.
type Messages = BTreeMap<String, String>;

/// Findings over a folder with one file or folder of JSON a language.
pub fn check(folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let [english, korean] = LANGUAGES.map(|language| read(folder, language));
    Ok(compare(&english?, &korean?))
}

fn read(folder: &Path, language: &str) -> anyhow::Result<Messages> {
    let mut messages = Messages::new();
    let mut add = |prefix: &str, path: &Path| -> anyhow::Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        let value = serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))?;
        flatten(prefix, &value, &mut messages);
        Ok(())
    };
    let single = folder.join(format!("{language}.json"));
    if single.is_file() {
        add("", &single)?;
    }
    for entry in fs::read_dir(folder.join(language)).into_iter().flatten() {
        let path = entry.context("read the catalogues")?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            add(&path.file_stem().unwrap_or_default().to_string_lossy(), &path)?;
        }
    }
    anyhow::ensure!(!messages.is_empty(), "no messages of {language:?} in {}", folder.display());
    Ok(messages)
}

fn flatten(key: &str, value: &Value, into: &mut Messages) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(&key, value, into);
            }
        }
        Value::String(text) => {
            into.insert(key.to_owned(), text.clone());
        }
        other => {
            into.insert(key.to_owned(), other.to_string());
        }
    }
}

fn compare(english: &Messages, korean: &Messages) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in english {
        match korean.get(key) {
            None => found.push(format!("message {key} is missing in ko")),
            Some(other) if placeholders(text) != placeholders(other) => {
                found.push(format!("message {key}: ko has other placeholders than en"));
            }
            Some(_) => {}
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|letter: char| letter.is_whitespace() || ".,;:()".contains(letter)).collect();
        let banned = BANNED
            .iter()
            .find(|word| if **word == "!" { lower.ends_with('!') } else { words.contains(word) });
        found.extend(
            banned.map(|word| format!("message {key} says {word:?}: say what is so, then what to do")),
        );
    }
    found.extend(
        korean
            .keys()
            .filter(|key| !english.contains_key(*key))
            .map(|key| format!("message {key} is missing in en")),
    );
    found.extend(
        english
            .iter()
            .chain(korean)
            .filter(|(_, text)| text.trim().is_empty())
            .map(|(key, _)| format!("message {key} is empty")),
    );
    found
}

/// Names in braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split(['}', ',']).next()).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(pairs: &[(&str, &str)]) -> Messages {
        pairs.iter().map(|&(key, text)| (key.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn equal_catalogues_pass() {
        let english = messages(&[("live.left", "{count} left"), ("live.step", "no step for {time}")]);
        let korean = messages(&[("live.left", "{count}개 남음"), ("live.step", "{time} 동안 스텝 없음")]);
        assert_eq!(compare(&english, &korean), [""; 0]);
    }

    #[test]
    fn each_difference_is_found() {
        let found = compare(
            &messages(&[("a", "{n} runs"), ("b", "Please wait"), ("c", "x"), ("d", " "), ("e", "Done!")]),
            &messages(&[("a", "실행"), ("b", "기다림"), ("d", "x"), ("e", "완료"), ("f", "x")]),
        );
        assert_eq!(
            found,
            [
                "message a: ko has other placeholders than en",
                "message b says \"please\": say what is so, then what to do",
                "message c is missing in ko",
                "message e says \"!\": say what is so, then what to do",
                "message f is missing in en",
                "message d is empty",
            ]
        );
    }

    #[test]
    fn nested_keys_are_joined() {
        let mut found = Messages::new();
        flatten("live", &serde_json::json!({"state": {"queued": "Queued"}}), &mut found);
        assert_eq!(found.into_iter().next().unwrap(), ("live.state.queued".to_owned(), "Queued".to_owned()));
    }
}
