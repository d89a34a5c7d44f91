//! What is known about one parameter: name, type, unit, default, range, choices, help. Files, command line, form and
//! docs all read it from here; nothing about a parameter is written anywhere else.

use serde::Serialize;
use serde_json::Value;

use crate::described::{Expected, found};
use crate::number::short_number;
use crate::sentence::{Names, Told};

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

/// Along what a parameter's values are even: what an axis of them follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Linear,
    /// By factors: 1e-4, 3e-4, 1e-3.
    Log,
    /// By factors of the distance to 1: 0.9, 0.99, 0.999.
    LogToOne,
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

/// Checks the form of a text; the error says what it must be.
pub(crate) type Syntax = fn(&str) -> Result<(), Expected>;

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
    pub scale: Scale,
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

crate::sentences! {
    /// Why a value does not fit a parameter.
    pub enum ValueError in "value" {
        /// The value has another type than the parameter.
        WrongType { name: String, expected: Told, found: Told } = "`{name}` must be {expected}, not {found}";
        /// The value lies outside the range.
        OutOfRange { name: String, found: String, min: String, max: String } =
            "`{name}` is {found}; it must lie between {min} and {max}";
        /// The word is none of the choices.
        UnknownChoice { name: String, found: String, choices: Names } =
            "`{found}` is not a value of `{name}`; it must be one of {choices}";
        /// The text does not follow the parameter's form.
        Syntax { name: String, found: String, rule: Told } = "`{name}` is `{found}`; it must be {rule}";
        /// No parameter has this name.
        UnknownParameter { name: String } = "there is no parameter `{name}`";
    }
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
                        name: self.name.to_owned(),
                        found: text.to_owned(),
                        rule: rule.into(),
                    })?;
                }
                Ok(value.clone())
            }
            Kind::Choice => {
                let word = value.as_str().ok_or_else(|| self.wrong_type(value))?;
                if self.choices.contains(&word) {
                    return Ok(value.clone());
                }
                Err(ValueError::UnknownChoice {
                    name: self.name.to_owned(),
                    found: word.to_owned(),
                    choices: self.choices(),
                })
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
            name: self.name.to_owned(),
            found: display(value),
            min: short_number(min),
            max: short_number(max),
        }
    }

    fn wrong_type(&self, value: &Value) -> ValueError {
        let expected = match self.kind {
            Kind::Bool => Expected::Boolean,
            Kind::Integer => Expected::WholeNumber,
            Kind::Number => Expected::Number,
            Kind::Text => Expected::Text,
            Kind::Choice => Expected::OneOf { choices: self.choices() },
        };
        let name = self.name.to_owned();
        ValueError::WrongType { name, expected: expected.into(), found: found(value).into() }
    }

    fn choices(&self) -> Names {
        self.choices.iter().copied().collect()
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

/// A parameter's value as a person writes it: `1.5e-4`, `adamw`, `true`.
pub fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => short_number(number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}
