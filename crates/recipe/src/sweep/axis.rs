//! Reads the `[[axis]]` tables: lists, ranges, spaced numbers, and parameters that move together.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::definition::{Axis, AxisForm, Placed};
use super::findings::Findings;
use super::mistake::Mistake;
use super::spaced::{RANGE_KEYS, read_spaced_form, written_ends};
use crate::described::{Expected, Part};
use crate::hint::Hint;
use crate::parameters::Parameter;
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
    let forms: Vec<_> =
        table.iter().filter(|(key, _)| AXIS_KEYS[1..].contains(&key.get_ref().as_ref())).collect();
    if forms.is_empty() && refuse_loose_range(table, findings) {
        return None;
    }
    let unknown = table.iter().filter(|(key, _)| !AXIS_KEYS.contains(&key.get_ref().as_ref()));
    let mut is_misspelt = false;
    for (key, _) in unknown {
        findings.unknown_key(key.span(), key.get_ref(), Part::section("[[axis]]"), AXIS_KEYS);
        is_misspelt = true;
    }
    let [(form_key, value)] = forms.as_slice() else {
        // The values most likely stand under the misspelt key.
        if forms.is_empty() && is_misspelt {
            return None;
        }
        let said = if forms.is_empty() { Mistake::NoValues } else { Mistake::SeveralForms };
        findings
            .error(span, said)
            .hint(Hint::OneFormOfAxis { forms: AXIS_KEYS[1..].iter().copied().collect() });
        return None;
    };
    if form_key.get_ref() == "zip" {
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
    let (form, column) = match form_key.get_ref().as_ref() {
        "values" => (AxisForm::Values, read_list(parameter, value, findings)),
        _ => read_spaced_form(parameter, form_key, value, findings),
    };
    let rows: Vec<Vec<Placed<Value>>> = column.into_iter().map(|placed| vec![placed]).collect();
    refuse_empty_or_repeated(&rows, value.span(), findings);
    Some(Axis { parameters: vec![parameter.name], rows, form, span })
}

/// Refuses ends that stand in the axis itself instead of in a table of theirs; whether there were any.
fn refuse_loose_range(table: &DeTable<'_>, findings: &mut Findings) -> bool {
    let loose = table.iter().filter(|(key, _)| RANGE_KEYS.contains(&key.get_ref().as_ref()));
    let Some(span) = loose.map(|(key, _)| key.span()).min_by_key(|span| span.start) else { return false };
    let hint = match written_ends(table, &findings.lines.text) {
        Some(text) => Hint::Write { text },
        None => Hint::range_is_written(),
    };
    findings.error(span, Mistake::LooseRange).hint(hint);
    true
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
        let is_range =
            value.get_ref().is_table() || value.get_ref().as_str().is_some_and(|text| text.contains(".."));
        if let Some(finding) = findings.found.last_mut().filter(|_| is_range) {
            finding.hint(Hint::range_is_written());
        }
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
