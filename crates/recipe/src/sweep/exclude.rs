//! Reads the `[[exclude]]` tables: which points are left out, by conditions on their parameters that must all hold.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::condition::{Condition, WORDS};
use super::definition::Exclusion;
use super::findings::{Findings, number_of};
use super::mistake::Mistake;
use crate::described::{Expected, Part};
use crate::hint::Hint;
use crate::parameters::{Kind, Parameter, display};

/// Reads every exclusion; those with errors are left out, and each finding knows which exclusion it is about.
pub(crate) fn read_exclusions(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Vec<Exclusion> {
    let Some(tables) = value.get_ref().as_array() else {
        findings.wrong_type(value, Part::key("exclude"), Expected::tables("exclude"));
        return Vec::new();
    };
    let mut exclusions = Vec::new();
    for (index, item) in (0..).zip(tables) {
        let before = findings.found.len();
        exclusions.extend(read_exclusion(item, index, findings));
        findings.found[before..].iter_mut().for_each(|finding| finding.exclusion = Some(index));
    }
    exclusions
}

fn read_exclusion(item: &Spanned<DeValue<'_>>, index: u32, findings: &mut Findings) -> Option<Exclusion> {
    let table = findings.table(item, Part::Exclusion)?;
    if table.is_empty() {
        findings.error(item.span(), Mistake::EmptyExclusion);
        return None;
    }
    let mut conditions = Vec::new();
    let mut is_complete = true;
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if name == "seed" || name == "seeds" {
            findings.error(key.span(), Mistake::ExcludedSeed).about(name).hint(Hint::ExclusionsChoose);
            is_complete = false;
            continue;
        }
        let parameter = findings.parameter_named(name, key.span());
        let read = parameter.and_then(|one| Some((one.name, read_conditions(one, value, findings)?)));
        match read {
            Some((name, read)) => conditions.extend(read.into_iter().map(|condition| (name, condition))),
            None => is_complete = false,
        }
    }
    is_complete.then(|| Exclusion { conditions, index, span: item.span() })
}

/// A value, a list of values, or a table of conditions.
fn read_conditions(
    parameter: &'static Parameter,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> Option<Vec<Condition>> {
    let Some(table) = value.get_ref().as_table() else {
        return Some(vec![Condition::OneOf(read_values(parameter, value, findings)?)]);
    };
    if table.is_empty() {
        let said = Mistake::NoCondition { name: parameter.name.to_owned() };
        findings.error(value.span(), said).about(parameter.name).hint(conditions_are(parameter));
        return None;
    }
    read_table(parameter, table, findings)
}

fn read_table(
    parameter: &'static Parameter,
    table: &DeTable<'_>,
    findings: &mut Findings,
) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    let mut is_complete = true;
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        let condition = if word == "not" {
            read_values(parameter, value, findings).map(Condition::NoneOf)
        } else if !WORDS.contains(&word) {
            findings.unknown_key(key.span(), word, Part::key(parameter.name), WORDS);
            None
        } else if !matches!(parameter.kind, Kind::Integer | Kind::Number) {
            let said = Mistake::NoOrder { name: parameter.name.to_owned(), word: word.to_owned() };
            findings.error(key.span(), said).about(parameter.name).hint(conditions_are(parameter));
            None
        } else {
            let bound = number_of(value.get_ref());
            if bound.is_none() {
                findings.wrong_type(value, Part::key(word), Expected::Number);
            }
            bound.and_then(|bound| Condition::of_bound(word, bound))
        };
        is_complete &= condition.is_some();
        conditions.extend(condition);
    }
    is_complete.then_some(conditions)
}

fn read_values(
    parameter: &'static Parameter,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> Option<Vec<serde_json::Value>> {
    let placed: Option<Vec<_>> = match value.get_ref().as_array() {
        Some(items) => items.iter().map(|item| findings.parameter_value(parameter, item)).collect(),
        None => findings.parameter_value(parameter, value).map(|placed| vec![placed]),
    };
    Some(placed?.into_iter().map(|placed| placed.value).collect())
}

fn conditions_are(parameter: &Parameter) -> Hint {
    let (name, default) = (parameter.name, parameter.default_value());
    Hint::example(&match parameter.kind {
        Kind::Integer | Kind::Number => format!("{name} = {{ from = {} }}", display(&default)),
        _ => format!("{name} = {{ not = {default} }}"),
    })
}
