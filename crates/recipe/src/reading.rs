//! Which value of a series stands for a run: how it is written, and how it is taken from the values in force. Knows no metric.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One number of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Reading {
    /// The value at the largest step.
    Last,
    /// The largest where more is better, else the smallest.
    Best,
    Min,
    Max,
    /// The mean of so many last values, or of all where there are fewer.
    Mean(u32),
}

/// What stands where nothing else is asked for: one evaluation alone is noise of 1.2 to 1.8 points at a thousand queries.
pub const USUAL: Reading = Reading::Mean(10);

impl Reading {
    /// The number, of values in the order of their steps; NaN of none, and wherever a value that it rests on is not finite.
    pub fn of(self, values: &[f64], higher_is_better: bool) -> f64 {
        let fold = |better: fn(f64, f64) -> f64| {
            // A value that is not finite is never the best, and never hidden by others.
            values
                .iter()
                .copied()
                .reduce(|a, b| if a.is_finite() && b.is_finite() { better(a, b) } else { f64::NAN })
        };
        let found = match self {
            Self::Last => values.last().copied(),
            Self::Best if higher_is_better => fold(f64::max),
            Self::Best => fold(f64::min),
            Self::Min => fold(f64::min),
            Self::Max => fold(f64::max),
            Self::Mean(count) => {
                let last = &values[values.len().saturating_sub(count as usize)..];
                (!last.is_empty()).then(|| last.iter().map(|value| value / last.len() as f64).sum())
            }
        };
        found.unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Best => f.write_str("best"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
            Self::Mean(count) => write!(f, "mean{count}"),
        }
    }
}

/// It is no such word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of last, best, min, max, mean10")]
pub struct NoReading(pub String);

impl FromStr for Reading {
    type Err = NoReading;

    fn from_str(text: &str) -> Result<Self, NoReading> {
        match text {
            "last" => Ok(Self::Last),
            "best" => Ok(Self::Best),
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            _ => {
                let count = text.strip_prefix("mean").and_then(|count| count.parse().ok());
                // `mean07` and `mean0` are no way to write a number of values.
                count
                    .filter(|count| *count > 0 && Self::Mean(*count).to_string() == text)
                    .map(Self::Mean)
                    .ok_or_else(|| NoReading(text.to_owned()))
            }
        }
    }
}

impl From<Reading> for String {
    fn from(reading: Reading) -> Self {
        reading.to_string()
    }
}

impl TryFrom<String> for Reading {
    type Error = NoReading;

    fn try_from(text: String) -> Result<Self, NoReading> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for reading in
            [Reading::Last, Reading::Best, Reading::Min, Reading::Max, Reading::Mean(1), Reading::Mean(10)]
        {
            assert_eq!(reading.to_string().parse(), Ok(reading));
        }
        for wrong in ["", "mean", "mean0", "mean07", "mean-1", "mean99999999999", "average", "Last"] {
            assert_eq!(wrong.parse::<Reading>(), Err(NoReading(wrong.to_owned())));
        }
    }

    #[test]
    fn values_of_a_run() {
        let values = [0.2, 0.5, 0.4, 0.3];
        let of = |reading: Reading| reading.of(&values, true);
        assert_eq!(
            [of(Reading::Last), of(Reading::Best), of(Reading::Min), of(Reading::Max)],
            [0.3, 0.5, 0.2, 0.5]
        );
        assert!((of(Reading::Mean(2)) - 0.35).abs() < 1e-15 && (of(Reading::Mean(9)) - 0.35).abs() < 1e-15);
        assert_eq!(Reading::Best.of(&values, false), 0.2);
    }

    #[test]
    fn what_is_not_finite_shows() {
        let broken = [0.2, f64::NAN, 0.4];
        let of = |reading: Reading| reading.of(&broken, true);
        assert!(
            [of(Reading::Best), of(Reading::Min), of(Reading::Mean(2)), Reading::Last.of(&[], true)]
                .iter()
                .all(|v| v.is_nan())
        );
        assert_eq!((of(Reading::Last), of(Reading::Mean(1))), (0.4, 0.4));
    }
}
