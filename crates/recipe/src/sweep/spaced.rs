//! Reads values that a rule spaces: `range`, `log` and `linear`. A table under the wrong name of the three is one mistake,
//! told with what was meant.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::change::Edit;
use super::definition::{AxisForm, MAX_RUNS, Placed};
use super::findings::{Findings, integer_of, number_of};
use super::mistake::Mistake;
use super::numbers::{linear_spaced, log_spaced, stepped};
use crate::described::{Expected, Part};
use crate::hint::Hint;
use crate::number::short_number;
use crate::parameters::{Kind, Parameter};

/// What spaced values are told by, all forms together.
pub(crate) const RANGE_KEYS: &[&str] = &["from", "to", "count", "step"];

/// From here on ends are further apart than even steps tell well.
const LOG_RATIO: f64 = 10.0;

/// Reads the values of a form other than a list.
pub(crate) fn read_spaced_form(
    parameter: &'static Parameter,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> (AxisForm, Vec<Placed<Value>>) {
    let form = match key.get_ref().as_ref() {
        "range" => AxisForm::Range,
        "log" => AxisForm::Log,
        _ => AxisForm::Linear,
    };
    if refuse_misnamed(parameter, form, key, value, findings) {
        return (form, Vec::new());
    }
    let values = match form {
        AxisForm::Range => read_range(parameter, value, findings),
        _ => read_spaced(parameter, value, form == AxisForm::Log, findings),
    };
    (form, values)
}

/// Ends and spacing as a table has them.
struct Ends<'t> {
    from: f64,
    to: f64,
    count: Option<&'t str>,
    step: Option<f64>,
    /// As they are spelt.
    spelt: [&'t str; 2],
    is_whole: bool,
}

impl<'t> Ends<'t> {
    fn of(table: &DeTable<'_>, text: &'t str) -> Option<Ends<'t>> {
        let number = |key: &str| number_of(table.get(key)?.get_ref());
        let spelling = |key: &str| text.get(table.get(key)?.span());
        let is_whole = ["from", "to", "step"]
            .iter()
            .filter_map(|key| table.get(*key))
            .all(|value| integer_of(value.get_ref()).is_some());
        Some(Ends {
            from: number("from")?,
            to: number("to")?,
            count: spelling("count"),
            step: number("step"),
            spelt: [spelling("from")?, spelling("to")?],
            is_whole,
        })
    }

    /// The axis that these ends can have been meant for.
    fn written(&self) -> Option<String> {
        let Ends { from, to, spelt: [first, last], .. } = *self;
        let spaced =
            |form: &str, count: &str| format!("{form} = {{ from = {first}, to = {last}, count = {count} }}");
        if let Some(count) = self.count {
            let is_far = from > 0.0 && to > 0.0 && (to / from).max(from / to) >= LOG_RATIO;
            return Some(spaced(if is_far { "log" } else { "linear" }, count));
        }
        let step = self.step.filter(|step| *step != 0.0)?;
        if self.is_whole {
            return Some(format!("range = {{ from = {first}, to = {last}, step = {} }}", short_number(step)));
        }
        let count = ((to - from) / step).round() + 1.0;
        (2.0..=MAX_RUNS as f64).contains(&count).then(|| spaced("linear", &short_number(count)))
    }
}

/// What ends that stand loose in an axis can have been meant for.
pub(crate) fn written_ends(table: &DeTable<'_>, text: &str) -> Option<String> {
    Ends::of(table, text)?.written()
}

/// Refuses a table that has the keys of another form; whether it did.
fn refuse_misnamed(
    parameter: &Parameter,
    form: AxisForm,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    findings: &mut Findings,
) -> bool {
    let Some(table) = value.get_ref().as_table() else { return false };
    let has = |key: &str| table.contains_key(key);
    let ends = Ends::of(table, &findings.lines.text);
    let said = match form {
        AxisForm::Range if has("count") && !has("step") => Mistake::CountedRange,
        AxisForm::Range
            if has("step") && ends.as_ref().is_some_and(|ends| ends.step.is_some() && !ends.is_whole) =>
        {
            Mistake::FractionalRange
        }
        AxisForm::Log | AxisForm::Linear if has("step") && !has("count") => {
            Mistake::SteppedSpacing { form: key.get_ref().to_string() }
        }
        _ => return false,
    };
    let meant = ends.and_then(|ends| ends.written());
    let place = key.span().start..value.span().end;
    let old = findings.lines.text.get(place.clone()).map(str::to_owned);
    let error = findings.error(value.span(), said).about(parameter.name);
    if let (Some(meant), Some(old), Ok(at)) = (meant, old, u32::try_from(place.start)) {
        error.hint(Hint::Write { text: meant.clone() }).mended_by(Edit::ReplaceText { at, old, new: meant });
    }
    true
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
        findings.error(value.span(), Mistake::StepsLeadAway { step, from, to }).about(parameter.name);
        return Vec::new();
    }
    let values = stepped(from, to, step, MAX_RUNS as usize);
    if let Some(&last) = values.last().filter(|last| **last != to && values.len() as u64 <= MAX_RUNS) {
        findings.warning(value.span(), Mistake::RangeEnds { last, step, to }).about(parameter.name);
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
        findings.error(value.span(), said).about(parameter.name).hint(Hint::WriteValues);
        return Vec::new();
    }
    let keys = ["from", "to", "count"];
    let Some([from, to, count]) = read_keys(form, value, keys, Expected::Number, number_of, findings) else {
        return Vec::new();
    };
    if count.fract() != 0.0 || !(2.0..=MAX_RUNS as f64).contains(&count) {
        let said = Mistake::WrongCount { most: MAX_RUNS, found: short_number(count) };
        findings.error(value.span(), said).about(parameter.name);
        return Vec::new();
    }
    if is_log && (from <= 0.0 || to <= 0.0) {
        let said = Mistake::LogThroughZero { from: short_number(from), to: short_number(to) };
        findings.error(value.span(), said).about(parameter.name).hint(Hint::LinearAxis);
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
