//! Reads the `[[axis]]` tables: lists, ranges, spaced numbers, and parameters that move together.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::definition::{Axis, AxisForm, MAX_RUNS, Placed};
use super::findings::{Findings, integer_of, number_of};
use super::mistake::Mistake;
use super::numbers::{linear_spaced, log_spaced, stepped};
use crate::described::{Expected, Part};
use crate::hint::Hint;
use crate::number::short_number;
use crate::parameters::{Kind, Parameter};
use crate::table::parameter;

const AXIS_KEYS: &[&str] = &["parameter", "values", "range", "log", "linear", "zip"];

/// Reads every axis; those with errors are left out.
pub(crate) fn read_axes(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Vec<Axis> {
    let Some(tables) = value.get_ref().as_array() else {
        findings.wrong_type(value, Part::key("axis"), Expected::tables("axis"));
        return Vec::new();
    };
    let mut axes: Vec<Axis> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for item in tables {
        let Some(table) = findings.table(item, Part::Axis) else { continue };
        refuse_repeated(table, &mut seen, findings);
        let found = findings.found.len();
        let axis = read_axis(table, item.span(), findings);
        let is_sound = !findings.found[found..].iter().any(|diagnostic| diagnostic.is_error());
        match axis {
            Some(axis) if is_sound => axes.push(axis),
            Some(axis) => findings.refused.extend(axis.parameters),
            None => {
                let known = names_of(table).filter_map(|(name, _)| Some(parameter(&name)?.name));
                findings.refused.extend(known);
            }
        }
    }
    axes
}

/// The parameters that an axis names, known or not, with their places.
fn names_of(table: &DeTable<'_>) -> impl Iterator<Item = (String, Range<usize>)> {
    let single =
        table.get("parameter").and_then(|value| Some((value.get_ref().as_str()?.to_owned(), value.span())));
    let zipped = table.get("zip").and_then(|value| value.get_ref().as_table());
    single
        .into_iter()
        .chain(zipped.into_iter().flatten().map(|(key, _)| (key.get_ref().to_string(), key.span())))
}

/// Refuses a parameter that an earlier axis has already.
fn refuse_repeated(table: &DeTable<'_>, seen: &mut Vec<String>, findings: &mut Findings) {
    for (name, span) in names_of(table) {
        if seen.contains(&name) {
            findings.error(span, Mistake::RepeatedAxis { name: name.clone() }).hint(Hint::ValuesThere);
        }
        seen.push(name);
    }
}

fn read_axis(table: &DeTable<'_>, span: Range<usize>, findings: &mut Findings) -> Option<Axis> {
    for (key, _) in table.iter().filter(|(key, _)| !AXIS_KEYS.contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), Part::section("[[axis]]"), AXIS_KEYS);
    }
    let forms: Vec<_> =
        table.iter().filter(|(key, _)| AXIS_KEYS[1..].contains(&key.get_ref().as_ref())).collect();
    let [(form, value)] = forms.as_slice() else {
        let said = if forms.is_empty() { Mistake::NoValues } else { Mistake::SeveralForms };
        findings
            .error(span, said)
            .hint(Hint::OneFormOfAxis { forms: AXIS_KEYS[1..].iter().copied().collect() });
        return None;
    };
    if form.get_ref() == "zip" {
        return read_zip(value, span, findings);
    }
    let Some(name) = table.get("parameter") else {
        findings.error(span, Mistake::NoParameter);
        return None;
    };
    let Some(text) = name.get_ref().as_str() else {
        findings.wrong_type(name, Part::key("parameter"), Expected::ParameterName);
        return None;
    };
    let parameter = findings.parameter_named(text, name.span())?;
    refuse_unfit(parameter, name.span(), findings);
    let (form, column) = match form.get_ref().as_ref() {
        "values" => (AxisForm::Values, read_list(parameter, value, findings)),
        "range" => (AxisForm::Range, read_range(parameter, value, findings)),
        "log" => (AxisForm::Log, read_spaced(parameter, value, true, findings)),
        _ => (AxisForm::Linear, read_spaced(parameter, value, false, findings)),
    };
    let rows: Vec<Vec<Placed<Value>>> = column.into_iter().map(|placed| vec![placed]).collect();
    refuse_empty_or_repeated(&rows, value.span(), findings);
    Some(Axis { parameters: vec![parameter.name], rows, form, span })
}

/// Refuses parameters over which an axis makes no sense.
fn refuse_unfit(parameter: &Parameter, span: Range<usize>, findings: &mut Findings) {
    if parameter.name == "seed" {
        findings.error(span, Mistake::SeedAxis).hint(Hint::SeedsAtTheTop);
    } else if !parameter.hashed {
        let said = Mistake::IdleAxis { name: parameter.name.to_owned() };
        findings.error(span, said).hint(Hint::SetUnderRecipe);
    }
}

fn refuse_empty_or_repeated(rows: &[Vec<Placed<Value>>], span: Range<usize>, findings: &mut Findings) {
    if rows.is_empty() && !findings.found.iter().any(|diagnostic| span.contains(&diagnostic.span.start)) {
        findings.error(span, Mistake::EmptyAxis).hint(Hint::FillAxis);
        return;
    }
    let values = |row: &[Placed<Value>]| {
        row.iter().map(|placed| placed.value.to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        if !seen.insert(values(row)) {
            let span = row.first().map_or(0..0, |placed| placed.span.clone());
            findings.error(span, Mistake::RepeatedValue { value: values(row) });
        }
    }
}

fn read_list(
    parameter: &'static Parameter,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> Vec<Placed<Value>> {
    let Some(items) = value.get_ref().as_array() else {
        findings.wrong_type(value, Part::key("values"), Expected::List);
        return Vec::new();
    };
    items.iter().filter_map(|item| findings.parameter_value(parameter, item)).collect()
}

/// The entries of a table as written; the parser keeps them by name.
pub(crate) fn in_file_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn read_zip(value: &Spanned<DeValue<'_>>, span: Range<usize>, findings: &mut Findings) -> Option<Axis> {
    let table = findings.table(value, Part::key("zip"))?;
    let mut parameters = Vec::new();
    let mut columns = Vec::new();
    let mut lengths = Vec::new();
    for (key, value) in in_file_order(table) {
        let name = key.get_ref().as_ref();
        let Some(parameter) = findings.parameter_named(name, key.span()) else { continue };
        refuse_unfit(parameter, key.span(), findings);
        lengths.push((
            name.to_owned(),
            value.get_ref().as_array().map_or(0, |items| items.len()),
            value.span(),
        ));
        columns.push(read_list(parameter, value, findings));
        parameters.push(parameter.name);
    }
    let first = lengths.first().map_or(0, |(_, length, _)| *length);
    if let Some((_, _, span)) = lengths.iter().find(|(_, length, _)| *length != first) {
        let said = Mistake::UnequalZip {
            lengths: lengths.iter().map(|(name, length, _)| format!("{name} {length}")).collect(),
        };
        findings.error(span.clone(), said);
    }
    let count = columns.iter().map(Vec::len).min().unwrap_or(0);
    let rows: Vec<Vec<_>> = (0..count)
        .map(|index| columns.iter().map(|column: &Vec<Placed<Value>>| column[index].clone()).collect())
        .collect();
    refuse_empty_or_repeated(&rows, value.span(), findings);
    Some(Axis { parameters, rows, form: AxisForm::Zip, span })
}

/// The named numbers of a table with exactly these keys.
fn read_keys<T>(
    form: &str,
    value: &Spanned<DeValue<'_>>,
    keys: [&str; 3],
    expected: Expected,
    read: impl Fn(&DeValue<'_>) -> Option<T>,
    findings: &mut Findings,
) -> Option<[T; 3]> {
    let table = findings.table(value, Part::key(form))?;
    for (key, _) in table.iter().filter(|(key, _)| !keys.contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), Part::key(form), &keys);
    }
    let numbers = keys.map(|key| match table.get(key) {
        None => {
            findings.error(value.span(), Mistake::Needs { form: form.to_owned(), key: key.to_owned() });
            None
        }
        Some(value) => {
            let number = read(value.get_ref());
            if number.is_none() {
                findings.wrong_type(value, Part::key(key), expected.clone());
            }
            number
        }
    });
    match numbers {
        [Some(a), Some(b), Some(c)] => Some([a, b, c]),
        _ => None,
    }
}

fn read_range(
    parameter: &'static Parameter,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> Vec<Placed<Value>> {
    let keys = ["from", "to", "step"];
    let Some([from, to, step]) = read_keys("range", value, keys, Expected::WholeNumber, integer_of, findings)
    else {
        return Vec::new();
    };
    if step == 0 || (to > from) != (step > 0) && to != from {
        findings.error(value.span(), Mistake::StepsLeadAway { step, from, to });
        return Vec::new();
    }
    let values = stepped(from, to, step, MAX_RUNS as usize);
    if let Some(&last) = values.last().filter(|last| **last != to && values.len() as u64 <= MAX_RUNS) {
        findings.warning(value.span(), Mistake::RangeEnds { last, step, to });
    }
    place(parameter, values.into_iter().map(Value::from), value.span(), findings)
}

fn read_spaced(
    parameter: &'static Parameter,
    value: &Spanned<DeValue<'_>>,
    is_log: bool,
    findings: &mut Findings,
) -> Vec<Placed<Value>> {
    let form = if is_log { "log" } else { "linear" };
    if !matches!(parameter.kind, Kind::Integer | Kind::Number) {
        let said = Mistake::NeedsNumbers {
            form: form.to_owned(),
            name: parameter.name.to_owned(),
            found: parameter.kind.as_str().to_owned(),
        };
        findings.error(value.span(), said).hint(Hint::WriteValues);
        return Vec::new();
    }
    let keys = ["from", "to", "count"];
    let Some([from, to, count]) = read_keys(form, value, keys, Expected::Number, number_of, findings) else {
        return Vec::new();
    };
    if count.fract() != 0.0 || !(2.0..=MAX_RUNS as f64).contains(&count) {
        findings.error(value.span(), Mistake::WrongCount { most: MAX_RUNS, found: short_number(count) });
        return Vec::new();
    }
    if is_log && (from <= 0.0 || to <= 0.0) {
        let said = Mistake::LogThroughZero { from: short_number(from), to: short_number(to) };
        findings.error(value.span(), said).hint(Hint::LinearAxis);
        return Vec::new();
    }
    let numbers =
        if is_log { log_spaced(from, to, count as usize) } else { linear_spaced(from, to, count as usize) };
    let values = numbers.into_iter().map(|number| match parameter.kind {
        Kind::Integer => Value::from(number.round() as i64),
        _ => Value::from(number),
    });
    place(parameter, values, value.span(), findings)
}

/// Computed values, checked like written ones; one error is enough where many are wrong the same way.
fn place(
    parameter: &'static Parameter,
    values: impl Iterator<Item = Value>,
    span: Range<usize>,
    findings: &mut Findings,
) -> Vec<Placed<Value>> {
    let mut placed = Vec::new();
    for value in values {
        match parameter.check(&value) {
            Ok(value) => placed.push(Placed { value, span: span.clone() }),
            Err(error) => {
                findings.value_error(span, parameter.name, error);
                findings.refused.insert(parameter.name);
                return Vec::new();
            }
        }
    }
    placed
}
