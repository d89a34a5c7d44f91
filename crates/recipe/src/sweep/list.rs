//! Rewrites a list of values in a sweep file: values that stay keep their spelling and the comment beside them, new ones
//! join them in the same layout.

use serde_json::Value as Json;
use toml_edit::{Array, InlineTable, RawString, Value};

use super::edit_error::EditError;
use crate::number::short_number;

/// A list of these values; those that the old list has keep their spelling, spacing and comments.
pub(crate) fn list(old: Option<&Array>, values: &[Json]) -> Result<Array, EditError> {
    let (mut left, end) = old.map(entries).unwrap_or_default();
    let is_multiline = left.iter().any(|entry| entry.lead.contains('\n'));
    let gap = if is_multiline { indentation(&left) } else { String::new() };
    let mut new = Vec::new();
    for json in values {
        new.push(match left.iter().position(|entry| same(&entry.value, json)) {
            Some(at) => left.remove(at),
            None => Entry { lead: gap.clone(), value: toml_value(json)?, comment: String::new() },
        });
    }
    let mut array = Array::new();
    if !is_multiline && new.iter().all(|entry| entry.comment.is_empty()) {
        array.extend(new.into_iter().map(|entry| entry.value));
        array.fmt();
        return Ok(array);
    }
    let mut comment = String::new();
    for entry in new {
        let lead = if comment.is_empty() || entry.lead.contains('\n') {
            entry.lead
        } else {
            format!("\n{}", entry.lead)
        };
        array.push_formatted(entry.value.decorated(format!("{comment}{lead}"), ""));
        comment = entry.comment;
    }
    array.set_trailing_comma(is_multiline);
    let end = if comment.is_empty() || end.contains('\n') { end } else { format!("\n{end}") };
    array.set_trailing(format!("{comment}{end}"));
    Ok(array)
}

/// A value of a list as written.
struct Entry {
    /// Line breaks, indentation and comment lines before it.
    lead: String,
    value: Value,
    /// The comment after it on its line.
    comment: String,
}

/// The entries of a list, and what stands between the last and the closing bracket. The document hangs a comment
/// after a comma on the value that follows; here it goes back to the value that it is about.
fn entries(array: &Array) -> (Vec<Entry>, String) {
    let mut entries: Vec<Entry> = Vec::new();
    let give_back = |entries: &mut Vec<Entry>, text: &str| -> String {
        let (line, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
        match entries.last_mut() {
            Some(last) if line.contains('#') => {
                last.comment.push_str(line);
                rest.to_owned()
            }
            _ => text.to_owned(),
        }
    };
    let mut before = String::new();
    for value in array {
        let part = |raw: Option<&RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
        let prefix = before + &part(value.decor().prefix());
        let lead = give_back(&mut entries, &prefix);
        before = part(value.decor().suffix());
        entries.push(Entry { lead, value: value.clone(), comment: String::new() });
    }
    let end = before + array.trailing().as_str().unwrap_or_default();
    let end = give_back(&mut entries, &end);
    (entries, end)
}

/// How the values of a list over several lines are set in.
fn indentation(entries: &[Entry]) -> String {
    let lead =
        entries.iter().map(|entry| entry.lead.as_str()).find(|lead| lead.contains('\n')).unwrap_or("\n  ");
    lead[lead.rfind('\n').unwrap_or(0)..].to_owned()
}

fn same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Boolean(value), Json::Bool(other)) => value.value() == other,
        (Value::String(value), Json::String(other)) => value.value() == other,
        (Value::Integer(value), Json::Number(other)) => other.as_f64() == Some(*value.value() as f64),
        (Value::Float(value), Json::Number(other)) => other.as_f64() == Some(*value.value()),
        _ => false,
    }
}

/// A value in the spelling that a person would choose.
pub(crate) fn toml_value(json: &Json) -> Result<Value, EditError> {
    let unwritable = || EditError::Unwritable { value: json.to_string() };
    match json {
        Json::Bool(value) => Ok(Value::from(*value)),
        Json::String(text) => Ok(Value::from(text.as_str())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(Value::from(integer)),
            // Parsed from its short spelling, which the document keeps: 1.5e-4, not 0.00015.
            (None, Some(float)) => short_number(float).parse().map_err(|_| unwritable()),
            (None, None) => Err(unwritable()),
        },
        Json::Array(values) => Ok(Value::Array(list(None, values)?)),
        Json::Object(entries) => {
            let mut table = InlineTable::new();
            for (key, value) in entries {
                table.insert(key, toml_value(value)?);
            }
            Ok(Value::InlineTable(table))
        }
        Json::Null => Err(unwritable()),
    }
}
