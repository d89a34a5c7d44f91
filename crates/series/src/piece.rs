//! What is kept of a stretch of a layer's values for curves and heat maps alike: the summary, and the largest value over
//! the layer's own running median and over the patch projection. Pieces merge in any order.

use crate::smooth::RunningMedian;
use crate::summary::Summary;

/// Finite values behind a value whose median it is divided by.
pub const MEDIAN_WINDOW: usize = 100;

/// A stretch of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    pub summary: Summary,
    /// Largest finite value over the running median; −inf where there is none.
    pub relative: f32,
    /// Largest finite value over the patch projection's of the same step; −inf where there is none.
    pub ratio: f32,
}

impl Piece {
    /// Of no value.
    pub const EMPTY: Self =
        Self { summary: Summary::EMPTY, relative: f32::NEG_INFINITY, ratio: f32::NEG_INFINITY };

    /// Adds the piece of other steps.
    pub fn merge(&mut self, other: &Self) {
        self.summary.merge_any(&other.summary);
        self.relative = self.relative.max(other.relative);
        self.ratio = self.ratio.max(other.ratio);
    }
}

/// One column of rows in order of step, with the patch projection's column where a ratio to it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub steps: &'a [u64],
    pub values: &'a [f64],
    pub reference: Option<&'a [f64]>,
    /// Whether it is one of many layers, of which heat maps are drawn.
    pub of_layer: bool,
}

/// Cuts the rows of the steps `from..to` into pieces by `bucket`, which never falls with the step. Rows before `from` only
/// fill the running median.
pub fn pieces(rows: Rows<'_>, from: u64, to: u64, bucket: impl Fn(u64) -> u64) -> Vec<(u64, Piece)> {
    let mut found: Vec<(u64, Piece)> = Vec::new();
    let mut median = RunningMedian::new(MEDIAN_WINDOW);
    for (row, (&step, &value)) in rows.steps.iter().zip(rows.values).enumerate() {
        if step >= to {
            break;
        }
        if rows.of_layer {
            median.push(value);
        }
        if step < from {
            continue;
        }
        let at = bucket(step);
        if found.last().is_none_or(|(known, _)| *known != at) {
            found.push((at, Piece::EMPTY));
        }
        let Some((_, piece)) = found.last_mut() else { continue };
        piece.summary.push(step, value);
        if rows.of_layer && value.is_finite() {
            let relative = match median.median() {
                Some(median) if value == median => 1.0,
                Some(median) => value / median,
                None => f64::NAN,
            };
            piece.relative = largest(piece.relative, relative);
            let reference = rows.reference.map_or(f64::NAN, |reference| reference[row]);
            piece.ratio = largest(piece.ratio, value / reference);
        }
    }
    found
}

fn largest(known: f32, value: f64) -> f32 {
    if value.is_finite() { known.max(value as f32) } else { known }
}
