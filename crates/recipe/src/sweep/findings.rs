//! What reading a sweep file finds wrong, and the small reads that every part of it shares: a table, a text, a count, a
//! parameter's value.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::definition::Placed;
use super::diagnostic::Diagnostic;
use super::mistake::Mistake;
use super::place::LineIndex;
use crate::described::{Expected, Found, Part, found};
use crate::hint::Hint;
use crate::parameters::{Parameter, ValueError, nearest};
use crate::sentence::Told;
use crate::table::parameter;

/// Findings while reading, and what they refused.
pub(crate) struct Findings {
    pub(crate) lines: LineIndex,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) refused: BTreeSet<&'static str>,
}

impl Findings {
    pub(crate) fn error(&mut self, span: Range<usize>, said: impl Into<Told>) -> &mut Diagnostic {
        let diagnostic = self.lines.error(span, said);
        self.keep(diagnostic)
    }

    pub(crate) fn warning(&mut self, span: Range<usize>, said: impl Into<Told>) -> &mut Diagnostic {
        let diagnostic = self.lines.warning(span, said);
        self.keep(diagnostic)
    }

    fn keep(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.found.push(diagnostic);
        self.found.last_mut().expect("a finding was kept just now")
    }

    /// A JSON value of the TOML one; an error where TOML has what no parameter takes.
    pub(crate) fn json(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match json_of(value.get_ref()) {
            Ok(json) => Some(json),
            Err(found) => {
                self.error(value.span(), Mistake::Unusable { found: found.into() });
                None
            }
        }
    }

    /// The value of a parameter, checked; an error at the value where it does not fit.
    pub(crate) fn parameter_value(
        &mut self,
        parameter: &'static Parameter,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Placed<Value>> {
        let checked = self.json(value).and_then(|json| match parameter.check(&json) {
            Ok(value) => Some(value),
            Err(error) => {
                self.value_error(value.span(), parameter.name, error);
                None
            }
        });
        if checked.is_none() {
            self.refused.insert(parameter.name);
        }
        checked.map(|checked| Placed { value: checked, span: value.span() })
    }

    pub(crate) fn value_error(&mut self, span: Range<usize>, name: &str, error: ValueError) {
        let fix = error.meant().and_then(|word| self.lines.respell(&span, &word));
        let hint = error.hint();
        let diagnostic = self.error(span, error).about(name).mended_by(fix);
        if let Some(hint) = hint {
            diagnostic.hint(hint);
        }
    }

    /// The parameter of that name; an error with the nearest name where there is none.
    pub(crate) fn parameter_named(&mut self, name: &str, span: Range<usize>) -> Option<&'static Parameter> {
        let found = parameter(name);
        if found.is_none() {
            let error = ValueError::UnknownParameter { name: name.to_owned() };
            self.value_error(span, name, error);
        }
        found
    }

    pub(crate) fn unknown_key(&mut self, span: Range<usize>, key: &str, place: Part, known: &[&str]) {
        let place = Told::from(place);
        let near = nearest(key, known.iter().copied());
        let fix = near.and_then(|near| self.lines.respell(&span, near));
        let hint = match near {
            Some(near) => Hint::did_you_mean(near),
            None => Hint::Knows { place: place.clone(), names: known.iter().copied().collect() },
        };
        self.error(span, Mistake::UnknownKey { key: key.to_owned(), place }).hint(hint).mended_by(fix);
    }

    pub(crate) fn table<'v, 'i>(
        &mut self,
        value: &'v Spanned<DeValue<'i>>,
        what: Part,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, what, Expected::Table);
        }
        table
    }

    pub(crate) fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, what: Part, expected: Expected) {
        let found = json_of(value.get_ref()).map_or_else(|found| found, |json| found(&json));
        let (what, expected, found) = (what.into(), expected.into(), found.into());
        self.error(value.span(), Mistake::WrongType { what, expected, found });
    }

    pub(crate) fn text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(value, Part::key(key), Expected::Text);
        }
        text
    }

    pub(crate) fn count(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<u64> {
        let number = integer_of(value.get_ref()).and_then(|number| u64::try_from(number).ok());
        if number.is_none() {
            self.wrong_type(value, Part::key(key), Expected::WholeNumberFromZero);
        }
        number
    }
}

/// The whole number of a TOML integer, where it fits.
pub(crate) fn integer_of(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// The number of a TOML integer or float; none where it is not finite.
pub(crate) fn number_of(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        value => integer_of(value).map(|integer| integer as f64),
    };
    number.filter(|number: &f64| number.is_finite())
}

/// The JSON value; what it is instead, where JSON has no word for it.
pub(crate) fn json_of(value: &DeValue<'_>) -> Result<Value, Found> {
    match value {
        DeValue::String(text) => Ok(Value::from(text.as_ref())),
        DeValue::Integer(_) => integer_of(value).map(Value::from).ok_or(Found::LargeNumber),
        DeValue::Float(_) => number_of(value).map(Value::from).ok_or(Found::NotFinite),
        DeValue::Boolean(value) => Ok(Value::from(*value)),
        DeValue::Datetime(_) => Err(Found::Date),
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| Ok((key.get_ref().to_string(), json_of(value.get_ref())?)))
            .collect(),
    }
}
