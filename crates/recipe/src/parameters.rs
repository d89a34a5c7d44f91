//! What is known about one parameter: name, type, unit, default, range, choices, help. Files, command line, form and
//! docs all read it from here; nothing about a parameter is written anywhere else.

use serde::Serialize;
use serde_json::Value;

use crate::number::short_number;

/// The type of a parameter's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Bool,
    Integer,
    Number,
    Text,
    Choice,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Text => "text",
            Kind::Choice => "choice",
        }
    }
}

/// When a parameter came into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// With the first points that were stored: their ids hash it whatever its value.
    First,
    /// Afterwards: hashed only where it differs from its default, which keeps the behaviour from before it was there, so
    /// that stored points keep their ids.
    Later,
}

/// What of a parameter a probe can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InProbes {
    /// Every kind of probe takes it.
    Any,
    /// The kinds that train on labels: a linear classifier and fine-tuning.
    Trained,
    /// Fine-tuning alone.
    Finetune,
    /// Votes of the nearest features alone.
    Knn,
    /// It changes nothing in a probe.
    Nowhere,
    /// The judged checkpoint fixes it.
    Checkpoint,
    /// `vitals probe` has a word of its own for it.
    OwnWord,
}

/// Checks the form of a text; the error completes "it must be …".
pub(crate) type Syntax = fn(&str) -> Result<(), &'static str>;

/// One row of the parameter table.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    /// data, backbone, method, optimization, numerics, monitoring, disturbance, checkpoints.
    pub group: &'static str,
    pub kind: Kind,
    pub unit: Option<&'static str>,
    /// The default before other parameters are looked at; see `depends`.
    pub default: fn() -> Value,
    /// How the default follows other parameters, in words, where it does.
    pub depends: Option<&'static str>,
    /// Smallest and largest value allowed, both included.
    pub range: Option<(f64, f64)>,
    pub choices: &'static [&'static str],
    /// What it does, in English, one or two sentences.
    pub help: &'static str,
    /// What stands for it in the short label of a run; empty where values are names that say enough.
    pub short: &'static str,
    pub(crate) syntax: Option<Syntax>,
    pub since: Since,
    /// Whether it decides what is trained, and so which point a run belongs to.
    pub hashed: bool,
    pub in_probes: InProbes,
}

/// Why a value does not fit a parameter; completes "failed to …" no further than naming the value and the rule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// The value has another type than the parameter.
    #[error("`{name}` must be {expected}, not {found}")]
    WrongType { name: &'static str, expected: String, found: String },
    /// The value lies outside the range.
    #[error("`{name}` is {found}; it must lie between {min} and {max}")]
    OutOfRange { name: &'static str, found: String, min: String, max: String },
    /// The word is none of the choices.
    #[error("`{name}` knows no `{found}`; it must be one of {}", choices.join(", "))]
    UnknownChoice { name: &'static str, found: String, choices: &'static [&'static str] },
    /// The text does not follow the parameter's form.
    #[error("`{name}` is `{found}`; it must be {rule}")]
    Syntax { name: &'static str, found: String, rule: &'static str },
    /// No parameter has this name.
    #[error("there is no parameter `{name}`")]
    UnknownParameter { name: String },
}

impl Parameter {
    /// The default before other parameters are looked at.
    pub fn default_value(&self) -> Value {
        (self.default)()
    }

    /// Checks type, range, choices and form, and returns the value in the parameter's own type: a whole number
    /// becomes a float where the parameter is one.
    pub fn check(&self, value: &Value) -> Result<Value, ValueError> {
        match self.kind {
            Kind::Bool => value.as_bool().map(Value::from).ok_or_else(|| self.wrong_type(value)),
            Kind::Integer => {
                let number = value.as_i64().ok_or_else(|| self.wrong_type(value))?;
                self.check_range(number as f64, value)?;
                u64::try_from(number).map(Value::from).map_err(|_| self.out_of_range(value))
            }
            Kind::Number => {
                let number = value.as_f64().ok_or_else(|| self.wrong_type(value))?;
                self.check_range(number, value)?;
                Ok(Value::from(number))
            }
            Kind::Text => {
                let text = value.as_str().ok_or_else(|| self.wrong_type(value))?;
                if let Some(syntax) = self.syntax {
                    syntax(text).map_err(|rule| ValueError::Syntax {
                        name: self.name,
                        found: text.into(),
                        rule,
                    })?;
                }
                Ok(value.clone())
            }
            Kind::Choice => {
                let word = value.as_str().ok_or_else(|| self.wrong_type(value))?;
                if self.choices.contains(&word) {
                    return Ok(value.clone());
                }
                Err(ValueError::UnknownChoice { name: self.name, found: word.into(), choices: self.choices })
            }
        }
    }

    fn check_range(&self, number: f64, value: &Value) -> Result<(), ValueError> {
        match self.range {
            Some((min, max)) if !(min..=max).contains(&number) => Err(self.out_of_range(value)),
            _ => Ok(()),
        }
    }

    fn out_of_range(&self, value: &Value) -> ValueError {
        let (min, max) = self.range.unwrap_or((0.0, f64::MAX));
        ValueError::OutOfRange {
            name: self.name,
            found: display(value),
            min: short_number(min),
            max: short_number(max),
        }
    }

    fn wrong_type(&self, value: &Value) -> ValueError {
        let expected = match self.kind {
            Kind::Bool => "true or false".to_owned(),
            Kind::Integer => "a whole number".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Text => "a text in quotes".to_owned(),
            Kind::Choice => format!("one of {}", self.choices.join(", ")),
        };
        ValueError::WrongType { name: self.name, expected, found: describe_value(value) }
    }
}

/// The candidate that a mistyped word most likely meant; none where nothing is close.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| {
            // `learning_rate` means `base_learning_rate`: a name inside another is nearer than any misspelling.
            let inside = word.len() >= 4 && (candidate.contains(word) || word.contains(candidate));
            (if inside { 1.0 } else { strsim::jaro_winkler(word, candidate) }, candidate)
        })
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// A value as a person names it in a sentence.
pub(crate) fn describe_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) if number.is_f64() => format!("the fraction {number}"),
        Value::Number(number) => format!("the whole number {number}"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}

/// A parameter's value as a person writes it: `1.5e-4`, `adamw`, `true`.
pub fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => short_number(number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}
