//! What arms of a report are called and how they look, and how values of its metric are read: as on the screen of Decide, so that
//! a report and a screenshot go together.

use serde_json::Value;
use vitals_recipe::{Reads, metric};

use crate::decide::{ENOUGH_FOR_INTERVAL, written};
use crate::digits::{digits_for, fixed, setting, signed};
use crate::dto::{Arm, ArmComparison, Decision, Language};

const FROZEN: &str = "frozen_patch_projection";
/// Colours and shapes that can be told apart.
const MOST_SLOTS: u32 = 9;

/// An arm as people see it.
#[derive(Debug, Clone)]
pub struct Named {
    pub written: String,
    pub name: String,
    /// 1 …: colour, dash and shape; 0: without a category.
    pub slot: u32,
}

impl Named {
    /// Colour and shape, counted from 0; the grey of the palette without a category.
    pub fn index(&self) -> usize {
        self.slot.checked_sub(1).map_or(MOST_SLOTS as usize, |slot| slot as usize)
    }
}

/// The arms, in the order of the decision.
pub fn named(decision: &Decision, language: Language) -> Vec<Named> {
    let order = order(&decision.arms);
    let slot = |at: usize| {
        if decision.by == [FROZEN] {
            return if decision.arms[at].value == Value::Bool(true) { 1 } else { 2 };
        }
        let place = order.iter().position(|one| *one == at).and_then(|place| u32::try_from(place).ok());
        place.map(|place| place + 1).filter(|slot| *slot <= MOST_SLOTS).unwrap_or(0)
    };
    let name = |arm: &Arm| arm_name(decision, arm, language);
    let arms = decision.arms.iter().enumerate();
    arms.map(|(at, arm)| Named { written: arm.written.clone(), name: name(arm), slot: slot(at) }).collect()
}

/// Places of arms by their values.
fn order(arms: &[Arm]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..arms.len()).collect();
    places.sort_by(|a, b| match (arms[*a].value.as_f64(), arms[*b].value.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => arms[*a].written.cmp(&arms[*b].written),
    });
    places
}

/// Of several parameters those in which it is not the baseline; the baseline itself has all of them.
fn arm_name(decision: &Decision, arm: &Arm, language: Language) -> String {
    let settings = |value: &Value| -> Vec<(String, Value)> {
        match value {
            Value::Object(map) if decision.by.len() > 1 => {
                map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            one => vec![(decision.by.first().cloned().unwrap_or_default(), one.clone())],
        }
    };
    let (own, base) = (settings(&arm.value), settings(&decision.baseline));
    let told = own.iter().filter(|one| own == base || !base.contains(one));
    told.map(|(name, value)| setting_name(name, value, language)).collect::<Vec<_>>().join(" · ")
}

fn setting_name(name: &str, value: &Value, language: Language) -> String {
    let label = language.known_word(&format!("parameter.{name}")).unwrap_or_else(|| name.to_owned());
    match value {
        Value::Bool(is_on) if name == FROZEN => {
            language.word(if *is_on { "decide.frozen" } else { "decide.learned" })
        }
        Value::Bool(is_on) => {
            format!("{label}: {}", language.word(if *is_on { "value.true" } else { "value.false" }))
        }
        value => format!("{label} {}", value_text(value)),
    }
}

/// The value of a parameter as text.
pub fn value_text(value: &Value) -> String {
    match value.as_f64() {
        Some(number) => setting(number),
        None if value.is_null() => "–".to_owned(),
        None => written(value),
    }
}

/// What values are shown times, their unit, and that of their differences.
#[derive(Debug, Clone)]
pub struct Unit {
    pub scale: f64,
    pub value: String,
    pub difference: String,
}

impl Unit {
    pub fn of(name: &str, language: Language) -> Self {
        let row = metric(name, None).map(|known| known.row());
        if row.is_some_and(|row| row.reads == Reads::Percent) {
            return Self { scale: 100.0, value: "%".to_owned(), difference: language.word("decide.points") };
        }
        let unit = row.map_or("", |row| row.unit).to_owned();
        Self { scale: 1.0, value: unit.clone(), difference: unit }
    }

    fn with(unit: &str, text: String) -> String {
        if unit.is_empty() { text } else { format!("{text} {unit}") }
    }

    /// Decimals of one arm, as Decide and the forest plot have them.
    pub fn digits(&self, one: &ArmComparison) -> usize {
        let width =
            one.interval.filter(|_| one.pairs >= ENOUGH_FOR_INTERVAL as u64).map(|(low, high)| high - low);
        let spread = width.filter(|width| *width > 0.0).or(one.difference).unwrap_or(0.0) * self.scale;
        digits_for(spread, usize::from(self.scale == 100.0))
    }

    /// +1.7 pt.
    pub fn difference(&self, value: f64, digits: usize) -> String {
        Self::with(&self.difference, signed(value * self.scale, digits))
    }

    /// 1.2 to 2.2.
    pub fn interval(&self, (low, high): (f64, f64), digits: usize, language: Language) -> String {
        let [low, high] = [low, high].map(|end| fixed(end * self.scale, digits));
        language.words("decide.interval", &[("low", &low), ("high", &high)])
    }

    /// δ with no more digits than it has: 0.5 pt.
    pub fn delta(&self, delta: f64) -> String {
        // 0.07 · 100 has digits of its own.
        let shown = (delta * self.scale * 1e9).round() / 1e9;
        Self::with(&self.difference, setting(shown))
    }
}

/// Which value of the metric stands for a run: "kNN accuracy, mean of the last 10".
pub fn outcome(decision: &Decision, language: Language) -> String {
    reading(&decision.metric, &decision.value, language)
}

pub fn reading(metric: &str, value: &str, language: Language) -> String {
    let value = match value.strip_prefix("mean") {
        Some(count) => language.words("decide.value.mean", &[("n", count)]),
        None => language.word(&format!("decide.value.{value}")),
    };
    let metric = language.metric(metric);
    language.words("decide.outcome", &[("metric", &metric), ("value", &value)])
}

/// As it stands within a sentence: "loss", but "kNN accuracy".
pub fn inside(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

/// As it stands at the beginning of one; the letter of a number, as p, stays small.
pub fn beginning(text: &str) -> String {
    let mut letters = text.chars();
    if letters.clone().nth(1).is_none_or(|second| !second.is_alphabetic()) {
        return text.to_owned();
    }
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
