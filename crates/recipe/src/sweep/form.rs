//! A sweep file as a form shows it: what is written, wrong values included, so that a form can show the mistake where
//! it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::de::{DeTable, DeValue};
use ts_rs::TS;

use super::axis::in_file_order;
use super::definition::{AxisForm, MAX_RUNS};
use super::edit_error::EditError;
use super::findings::{integer_of, json_of, number_of};
use super::numbers::{linear_spaced, log_spaced, stepped};
use crate::parameters::Kind;
use crate::table::parameter;

/// The content of a sweep file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SweepForm {
    pub name: String,
    pub description: String,
    pub preset: String,
    /// Overrides of the preset, as written.
    pub recipe: BTreeMap<String, Value>,
    pub axes: Vec<FormAxis>,
    pub seeds: Vec<u64>,
    pub exclusions: Vec<BTreeMap<String, Value>>,
}

/// An axis: its parameters and the values of each row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FormAxis {
    /// One name, or several that move together.
    pub parameters: Vec<String>,
    /// Row by row, one value a parameter.
    pub values: Vec<Vec<Value>>,
    pub form: AxisForm,
}

/// Reads a text as a form. Errors: the text is not TOML.
pub fn model(text: &str) -> Result<SweepForm, EditError> {
    let document =
        DeTable::parse(text).map_err(|error| EditError::not_toml(text, error.message(), error.span()))?;
    let root = document.get_ref();
    let text_of =
        |key: &str| root.get(key).and_then(|value| value.get_ref().as_str()).unwrap_or_default().to_owned();
    let tables = |key: &str| root.get(key).and_then(|value| value.get_ref().as_array()).into_iter().flatten();
    let mut recipe =
        root.get("recipe").and_then(|value| value.get_ref().as_table()).map(json_map).unwrap_or_default();
    let preset = recipe.remove("preset").and_then(|value| Some(value.as_str()?.to_owned()));
    Ok(SweepForm {
        name: text_of("name"),
        description: text_of("description"),
        preset: preset.unwrap_or_default(),
        seeds: seeds(root, &mut recipe),
        recipe,
        axes: tables("axis").filter_map(|item| item.get_ref().as_table()).map(form_axis).collect(),
        exclusions: tables("exclude").filter_map(|item| item.get_ref().as_table()).map(json_map).collect(),
    })
}

fn json_map(table: &DeTable<'_>) -> BTreeMap<String, Value> {
    let json = |value: &DeValue<'_>| json_of(value).unwrap_or(Value::Null);
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

fn seeds(root: &DeTable<'_>, recipe: &mut BTreeMap<String, Value>) -> Vec<u64> {
    let single = recipe.remove("seed").and_then(|value| value.as_u64());
    let unsigned = |value: &DeValue<'_>| u64::try_from(integer_of(value)?).ok();
    match root.get("seeds").map(|value| value.get_ref()) {
        Some(DeValue::Array(items)) => items.iter().filter_map(|item| unsigned(item.get_ref())).collect(),
        Some(value) => (0..unsigned(value).unwrap_or(0).min(MAX_RUNS)).collect(),
        None => vec![single.unwrap_or(0)],
    }
}

fn form_axis(table: &DeTable<'_>) -> FormAxis {
    let part = |key: &str| table.get(key).map(|value| value.get_ref());
    let name = part("parameter").and_then(|value| value.as_str()).unwrap_or_default();
    if let Some(zip) = part("zip").and_then(|value| value.as_table()) {
        return zip_axis(zip);
    }
    let (form, values) = if let Some(keys) = part("range").and_then(|value| value.as_table()) {
        (AxisForm::Range, range(keys))
    } else if let Some(keys) = part("log").and_then(|value| value.as_table()) {
        (AxisForm::Log, spaced(name, keys, log_spaced))
    } else if let Some(keys) = part("linear").and_then(|value| value.as_table()) {
        (AxisForm::Linear, spaced(name, keys, linear_spaced))
    } else {
        let items = part("values").and_then(|value| value.as_array()).into_iter().flatten();
        (AxisForm::Values, items.map(|item| json_of(item.get_ref()).unwrap_or(Value::Null)).collect())
    };
    FormAxis {
        parameters: vec![name.to_owned()],
        values: values.into_iter().map(|value| vec![value]).collect(),
        form,
    }
}

fn zip_axis(zip: &DeTable<'_>) -> FormAxis {
    let entries = in_file_order(zip);
    let columns: Vec<Vec<Value>> = entries
        .iter()
        .map(|(_, value)| value.get_ref().as_array().into_iter().flatten())
        .map(|items| items.map(|item| json_of(item.get_ref()).unwrap_or(Value::Null)).collect())
        .collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: &Vec<Value>, row: usize| column.get(row).cloned().unwrap_or(Value::Null);
    FormAxis {
        parameters: entries.iter().map(|(key, _)| key.get_ref().to_string()).collect(),
        values: (0..rows).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect(),
        form: AxisForm::Zip,
    }
}

fn range(keys: &DeTable<'_>) -> Vec<Value> {
    let key = |name: &str| keys.get(name).and_then(|value| integer_of(value.get_ref()));
    let (Some(from), Some(to), Some(step)) = (key("from"), key("to"), key("step")) else { return Vec::new() };
    stepped(from, to, step, MAX_RUNS as usize).into_iter().map(Value::from).collect()
}

fn spaced(name: &str, keys: &DeTable<'_>, values: fn(f64, f64, usize) -> Vec<f64>) -> Vec<Value> {
    let key = |name: &str| keys.get(name).and_then(|value| number_of(value.get_ref()));
    let (Some(from), Some(to), Some(count)) = (key("from"), key("to"), key("count")) else {
        return Vec::new();
    };
    let is_integer = parameter(name).is_some_and(|parameter| parameter.kind == Kind::Integer);
    let value =
        |number: f64| if is_integer { Value::from(number.round() as i64) } else { Value::from(number) };
    values(from, to, count.clamp(0.0, MAX_RUNS as f64) as usize).into_iter().map(value).collect()
}
