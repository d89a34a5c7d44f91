//! What hours of samples come to: a median of the first and of the last quarter behind the warm-up, and the slope of the
//! straight line through all of them. Pure.

use serde_json::{Value, json};

use crate::process::Taken;

/// A look at one part of what runs: the supervisor, the window, the page's processes.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub second: f64,
    pub taken: Taken,
}

/// How one number went from the end of the warm-up to the end.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// Median of the first quarter.
    pub first: f64,
    /// Median of the last.
    pub last: f64,
    pub minimum: f64,
    pub maximum: f64,
    pub per_hour: f64,
}

impl Course {
    /// Of what was seen behind the warm-up; `None` where that is fewer than four looks.
    pub fn of(samples: &[Sample], number: impl Fn(&Taken) -> u64) -> Option<Self> {
        let points: Vec<(f64, f64)> =
            samples.iter().map(|sample| (sample.second, number(&sample.taken) as f64)).collect();
        let quarter = points.len() / 4;
        if quarter == 0 {
            return None;
        }
        let values = |part: &[(f64, f64)]| part.iter().map(|(_, value)| *value).collect::<Vec<f64>>();
        let all = values(&points);
        Some(Self {
            first: median(values(&points[..quarter])),
            last: median(values(&points[points.len() - quarter..])),
            minimum: all.iter().copied().fold(f64::INFINITY, f64::min),
            maximum: all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            per_hour: slope(&points) * 3600.0,
        })
    }

    /// The share by which the last quarter is above the first.
    pub fn growth(&self) -> f64 {
        if self.first == 0.0 { 0.0 } else { self.last / self.first - 1.0 }
    }

    pub fn json(&self) -> Value {
        json!({
            "first_quarter": self.first, "last_quarter": self.last, "minimum": self.minimum,
            "maximum": self.maximum, "per_hour": self.per_hour.round(),
            "growth": (self.growth() * 1e4).round() / 1e4,
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// Of the line of least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if below == 0.0 { 0.0 } else { above / below }
}
