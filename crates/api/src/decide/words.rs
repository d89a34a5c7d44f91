//! Numbers of a decision in sentences.

use serde_json::Value;
use vitals_recipe::Names;
use vitals_series::{Answer, ENOUGH_PAIRS, Reason};

use crate::said::Why;

/// A value of a parameter as one writes it; of several, `name=value` with commas.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            map.iter().map(|(name, one)| format!("{name}={}", self::value(one))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// To three significant digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    // Multiplied or divided by a whole power, so that what is left has no digits of its own.
    if digits >= 0 {
        (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits)
    } else {
        (value / 10_f64.powi(-digits)).round() * 10_f64.powi(-digits)
    }
}

/// The sentence of an answer.
pub fn why(answer: &Answer, smallest: Option<f64>) -> Why {
    let n = answer.difference.map_or(0, |found| found.n as u64);
    let between = |level: f64| {
        let (low, high) = answer.difference.map_or((f64::NAN, f64::NAN), |found| found.interval(level));
        (rounded(low), rounded(high))
    };
    let smallest = smallest.map_or(0.0, rounded);
    let p = rounded(answer.p);
    let failures = &answer.failures;
    let (arm, baseline, pairs) = (failures.arm as u64, failures.baseline as u64, failures.pairs as u64);
    match answer.reason {
        Reason::Tests => {
            let (low, high) = between(0.05);
            Why::Clear { n, low, high, p }
        }
        Reason::TestsWithinSmallest => {
            let (low, high) = between(0.05);
            Why::ClearButSmall { n, low, high, p, smallest }
        }
        Reason::Equivalent => {
            let (low, high) = between(0.1);
            Why::Equivalent { n, low, high, smallest }
        }
        Reason::FewPairs => Why::FewPairs { n, least: ENOUGH_PAIRS as u64 },
        Reason::Open => {
            let (low, high) = between(0.05);
            Why::Open { n, low, high }
        }
        Reason::FailuresContradict => Why::FailuresContradict { arm, baseline, pairs },
        Reason::FailuresDiffer => Why::FailuresDiffer { arm, baseline, pairs, smallest },
    }
}

pub fn other_settings(names: &[String]) -> Why {
    Why::OtherSettings { names: names.iter().map(String::as_str).collect::<Names>() }
}
