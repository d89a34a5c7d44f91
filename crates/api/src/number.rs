//! Numbers on their way to JSON, which has no word for NaN and the infinities, and to the window, whose integers are smaller.

use crate::dto::Number;

/// A count of runs or rows, of which there are never so many that it matters.
pub(crate) fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Number::Finite(value)
        } else if value.is_nan() {
            Number::NonFinite("NaN".to_owned())
        } else if value > 0.0 {
            Number::NonFinite("Infinity".to_owned())
        } else {
            Number::NonFinite("-Infinity".to_owned())
        }
    }
}

impl Number {
    /// Back to a float; a text that is none of the three words is NaN.
    pub fn value(&self) -> f64 {
        match self {
            Number::Finite(value) => *value,
            Number::NonFinite(word) => match word.as_str() {
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => f64::NAN,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_number_survives_json() {
        for value in [0.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let text = serde_json::to_string(&Number::from(value)).unwrap();
            let back: Number = serde_json::from_str(&text).unwrap();
            assert_eq!(back.value().total_cmp(&value), std::cmp::Ordering::Equal, "{text}");
        }
    }
}
