//! A point of a sweep: one resolved recipe with the seeds that it runs with. Its id is the hash of what is trained,
//! so that the same question asked twice is the same point.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::band::LossBand;
use crate::number::short_number;
use crate::parameters::{Kind, Since};
use crate::schedule::Schedule;
use crate::table::{PARAMETERS, Recipe, parameter};

/// One point of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// See [`point_id`].
    pub id: String,
    /// With the first of the seeds; see [`Point::recipe_with_seed`].
    pub recipe: Recipe,
    /// The values of the axes here.
    pub axes: BTreeMap<String, Value>,
    /// Short and readable, from the axes: `lr1.5e-4-frozen`.
    pub label: String,
    pub seeds: Vec<u64>,
    pub effective_learning_rate: f64,
    /// None where the size of the data set is not known.
    pub schedule: Option<Schedule>,
    pub loss_band: Option<LossBand>,
}

impl Point {
    /// The recipe of one run of this point.
    pub fn recipe_with_seed(&self, seed: u64) -> Recipe {
        Recipe { seed, ..self.recipe.clone() }
    }

    /// The label of one run of this point: `lr1.5e-4-frozen-s0`.
    pub fn run_label(&self, seed: u64) -> String {
        format!("{}-s{seed}", self.label)
    }
}

/// The point that a recipe belongs to: BLAKE3, in hex, over `name=value` lines in the order of the table, values as
/// JSON, of every parameter that is [hashed](crate::Parameter::hashed); those that came [later](Since::Later) only where they
/// differ from their default.
pub fn point_id(recipe: &Recipe) -> String {
    let mut hasher = blake3::Hasher::new();
    for (parameter, (name, value)) in PARAMETERS.iter().zip(recipe.values()) {
        let is_silent = parameter.since == Since::Later && parameter.default_value() == value;
        if parameter.hashed && !is_silent {
            hasher.update(format!("{name}={value}\n").as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// The label of a point that has another value of a parameter: in the place of the old one, or behind where the label does not
/// have it.
pub fn relabelled(label: &str, name: &str, old: &Value, new: &Value) -> String {
    let (old, new) = (label_part(name, old), label_part(name, new));
    // Values have dashes of their own: `lr1e-4`.
    let is_part = |at: &usize| {
        let (before, behind) = (&label[..*at], &label[at + old.len()..]);
        (before.is_empty() || before.ends_with('-')) && (behind.is_empty() || behind.starts_with('-'))
    };
    match label.match_indices(&old).map(|(at, _)| at).find(is_part) {
        Some(at) => format!("{}{new}{}", &label[..at], &label[at + old.len()..]),
        None => format!("{label}-{new}"),
    }
}

/// The label of axis values, in the order given; `run` where there are none.
pub(crate) fn label<'a>(axes: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let parts: Vec<String> = axes.map(|(name, value)| label_part(name, value)).collect();
    if parts.is_empty() { "run".to_owned() } else { parts.join("-") }
}

fn label_part(name: &str, value: &Value) -> String {
    let Some(parameter) = parameter(name) else { return value.to_string() };
    let short = parameter.short;
    let word = match value {
        Value::Bool(is_on) => {
            let (on, off) = match name {
                "frozen_patch_projection" => ("frozen", "learned".to_owned()),
                _ => (short, format!("no{short}")),
            };
            return if *is_on { on.to_owned() } else { off };
        }
        Value::Number(number) if parameter.kind == Kind::Number => {
            short_number(number.as_f64().unwrap_or(f64::NAN))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_plain = |character: char| character.is_alphanumeric() || "._+-".contains(character);
    format!("{short}{}", word.replace(|character| !is_plain(character), "_"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::relabelled;

    #[test]
    fn a_new_value_stands_where_the_old_one_stood() {
        let of = |label: &str, old: f64| relabelled(label, "base_learning_rate", &json!(old), &json!(3e-4));
        assert_eq!(of("b256-lr1.5e-4-frozen", 1.5e-4), "b256-lr3e-4-frozen");
        assert_eq!(of("lr0.1", 0.1), "lr3e-4");
        assert_eq!(of("minlr0.1-lr0.1", 0.1), "minlr0.1-lr3e-4", "the end of another part is none");
        assert_eq!(of("frozen", 1.5e-4), "frozen-lr3e-4");
    }
}
