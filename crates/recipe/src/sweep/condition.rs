//! What an exclusion asks of one parameter: a value, one of several, none of several, or the side of a bound.

use serde_json::Value;

/// The words of a condition's table, in the order in which they are listed.
pub(crate) const WORDS: &[&str] = &["from", "above", "to", "below", "not"];

/// One condition on the value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    OneOf(Vec<Value>),
    NoneOf(Vec<Value>),
    /// At least.
    From(f64),
    Above(f64),
    /// At most.
    To(f64),
    Below(f64),
}

impl Condition {
    /// The condition on numbers that a word of [`WORDS`] stands for.
    pub(crate) fn of_bound(word: &str, bound: f64) -> Option<Condition> {
        match word {
            "from" => Some(Condition::From(bound)),
            "above" => Some(Condition::Above(bound)),
            "to" => Some(Condition::To(bound)),
            "below" => Some(Condition::Below(bound)),
            _ => None,
        }
    }

    pub(crate) fn holds(&self, value: &Value) -> bool {
        let number = |is_so: fn(&f64, &f64) -> bool, bound: &f64| {
            value.as_f64().is_some_and(|number| is_so(&number, bound))
        };
        match self {
            Condition::OneOf(values) => values.contains(value),
            Condition::NoneOf(values) => !values.contains(value),
            Condition::From(bound) => number(f64::ge, bound),
            Condition::Above(bound) => number(f64::gt, bound),
            Condition::To(bound) => number(f64::le, bound),
            Condition::Below(bound) => number(f64::lt, bound),
        }
    }
}
