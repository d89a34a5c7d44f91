//! Decides whether a run meets a condition. A value that the run does not have meets no comparison, not even `!=`.

use std::cmp::Ordering;

use serde_json::Value;

use super::field::Name;
use super::{Comparison, Expr, Literal};

/// Something with named values: a run.
pub trait Row {
    /// The value under a name; none where this row has none.
    fn lookup(&self, name: &Name) -> Option<Scalar>;
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Number(f64),
    /// Texts, states, and moments in RFC 3339.
    Text(String),
    /// Several texts, as tags: a comparison holds where it holds for one of them.
    List(Vec<String>),
}

impl Scalar {
    /// The scalar of a parameter's value; none for null and tables.
    pub fn from_json(value: &Value) -> Option<Scalar> {
        match value {
            Value::Bool(value) => Some(Scalar::Bool(*value)),
            Value::Number(number) => number.as_f64().map(Scalar::Number),
            Value::String(text) => Some(Scalar::Text(text.clone())),
            Value::Array(items) => {
                Some(Scalar::List(items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()))
            }
            Value::Null | Value::Object(_) => None,
        }
    }
}

impl Expr {
    /// The names that it asks for, as often as they stand in it.
    pub fn names(&self) -> Vec<&Name> {
        match self {
            Expr::All => Vec::new(),
            Expr::And(parts) | Expr::Or(parts) => parts.iter().flat_map(Self::names).collect(),
            Expr::Not(inner) => inner.names(),
            Expr::Compare { name, .. } | Expr::In { name, .. } | Expr::IsTrue { name } => vec![name],
        }
    }

    /// Whether the row meets the condition.
    pub fn matches(&self, row: &dyn Row) -> bool {
        match self {
            Expr::All => true,
            Expr::And(parts) => parts.iter().all(|part| part.matches(row)),
            Expr::Or(parts) => parts.iter().any(|part| part.matches(row)),
            Expr::Not(inner) => !inner.matches(row),
            Expr::Compare { name, comparison, literal } => {
                row.lookup(name).is_some_and(|value| name.holds(&value, *comparison, literal))
            }
            Expr::In { name, literals } => row.lookup(name).is_some_and(|value| {
                literals.iter().any(|literal| name.holds(&value, Comparison::Equal, literal))
            }),
            Expr::IsTrue { name } => match row.lookup(name) {
                Some(Scalar::Bool(value)) => value,
                Some(Scalar::Number(number)) => number != 0.0,
                Some(Scalar::Text(text)) => !text.is_empty(),
                Some(Scalar::List(items)) => !items.is_empty(),
                None => false,
            },
        }
    }
}

/// Fewest characters of a shortened id; fewer would name several runs.
const SHORT_ID: usize = 4;

impl Name {
    fn holds(&self, value: &Scalar, comparison: Comparison, literal: &Literal) -> bool {
        match (self, value) {
            // Tables print the end of an id.
            (Name::Field(field), Scalar::Text(id)) if field.is_id() && literal.text.len() >= SHORT_ID => {
                let is_meant = id.ends_with(&literal.text) || id.starts_with(&literal.text);
                match comparison {
                    Comparison::Equal => is_meant,
                    Comparison::NotEqual => !is_meant,
                    _ => holds(value, comparison, literal),
                }
            }
            _ => holds(value, comparison, literal),
        }
    }
}

fn holds(value: &Scalar, comparison: Comparison, literal: &Literal) -> bool {
    match value {
        Scalar::Bool(value) => holds_for_text(if *value { "true" } else { "false" }, comparison, literal),
        Scalar::Number(number) => match literal.number() {
            Some(other) => holds_for_number(*number, comparison, other),
            None => comparison == Comparison::NotEqual,
        },
        Scalar::Text(text) => holds_for_text(text, comparison, literal),
        Scalar::List(items) if comparison == Comparison::NotEqual => {
            items.iter().all(|item| holds_for_text(item, comparison, literal))
        }
        Scalar::List(items) => items.iter().any(|item| holds_for_text(item, comparison, literal)),
    }
}

/// Not a number equals not a number here, so that `loss.last = nan` finds the runs that broke.
fn holds_for_number(number: f64, comparison: Comparison, other: f64) -> bool {
    let is_equal = number == other || (number.is_nan() && other.is_nan());
    match comparison {
        Comparison::Equal => is_equal,
        Comparison::NotEqual => !is_equal,
        Comparison::Less => number < other,
        Comparison::LessOrEqual => number <= other,
        Comparison::Greater => number > other,
        Comparison::GreaterOrEqual => number >= other,
        Comparison::Contains => number.to_string().contains(&other.to_string()),
    }
}

fn holds_for_text(text: &str, comparison: Comparison, literal: &Literal) -> bool {
    // A day stands for all its moments: `created_at = 2026-11-24` finds what was made on it.
    let text = if is_day(&literal.text) && is_moment(text) { &text[..10] } else { text };
    let order = text.cmp(literal.text.as_str());
    match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::Contains => text.to_lowercase().contains(&literal.text.to_lowercase()),
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

fn is_moment(text: &str) -> bool {
    text.get(..10).is_some_and(is_day)
}
