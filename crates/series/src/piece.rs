//! What is kept of a stretch of a layer's values for curves and heat maps alike: the summary of the values, the summary
//! of the same values over their own running median, and the largest value over the patch projection's. Pieces merge in
//! any order.

use crate::smooth::RunningMedian;
use crate::summary::Summary;

/// Finite values up to and with a value whose median it is divided by.
pub const MEDIAN_WINDOW: usize = 100;

/// A stretch of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    pub summary: Summary,
    /// Of the values over their running median; empty where that was not asked for. A non-finite value stays one, a
    /// value over a median of 0 is infinite unless it is 0 itself.
    pub relative: Summary,
    /// Largest finite value over the patch projection's of the same row; −inf where there is none.
    pub ratio: f64,
}

impl Piece {
    /// Of no value.
    pub const EMPTY: Self =
        Self { summary: Summary::EMPTY, relative: Summary::EMPTY, ratio: f64::NEG_INFINITY };

    /// Adds the piece of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.summary.merge_any(&other.summary);
        self.relative.merge_any(&other.relative);
        self.ratio = self.ratio.max(other.ratio);
    }
}

/// One column of rows in order of step, with the patch projection's column where a ratio to it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub steps: &'a [u64],
    pub values: &'a [f64],
    pub reference: Option<&'a [f64]>,
    /// Whether to divide by the running median: so for one of many layers.
    pub of_layer: bool,
}

/// Cuts rows into pieces by `bucket`, which never falls with the step. `history` are values before the rows: they only
/// fill the running median.
pub fn pieces(history: &[f64], rows: Rows<'_>, bucket: impl Fn(u64) -> u64) -> Vec<(u64, Piece)> {
    let mut found: Vec<(u64, Piece)> = Vec::new();
    let mut median = RunningMedian::new(MEDIAN_WINDOW);
    if rows.of_layer {
        history.iter().for_each(|&value| median.push(value));
    }
    for (row, (&step, &value)) in rows.steps.iter().zip(rows.values).enumerate() {
        let at = bucket(step);
        if found.last().is_none_or(|(known, _)| *known != at) {
            found.push((at, Piece::EMPTY));
        }
        let Some((_, piece)) = found.last_mut() else { continue };
        piece.summary.push(step, value);
        if rows.of_layer {
            median.push(value);
            piece.relative.push(step, median.relative(value));
            // Without a reference the ratio is NaN, which is passed over below.
            let reference = rows.reference.map_or(f64::NAN, |reference| reference[row]);
            let ratio = value / reference;
            if ratio.is_finite() {
                piece.ratio = piece.ratio.max(ratio);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smooth::relative_to_running_median;

    #[test]
    fn pieces_are_the_summaries_of_values_and_of_what_they_are_relative_to() {
        let steps: Vec<u64> = (0..500).map(|row| row * 3).collect();
        let values: Vec<f64> = (0..500)
            .map(|row| if row % 97 == 0 { f64::NAN } else { 1.0 + f64::from((row * 7919) % 101) })
            .collect();
        let reference = vec![2.0; 500];
        let relative = relative_to_running_median(&values, MEDIAN_WINDOW);
        let rows = Rows {
            steps: &steps[200..],
            values: &values[200..],
            reference: Some(&reference[200..]),
            of_layer: true,
        };
        let found = pieces(&values[..200], rows, |step| step / 100);
        assert_eq!(found.len(), 9);
        for (bucket, piece) in found {
            let inside: Vec<usize> = (200..500).filter(|&row| steps[row] / 100 == bucket).collect();
            let of = |values: &[f64]| {
                let mut all = Summary::EMPTY;
                inside.iter().for_each(|&row| all.push(steps[row], values[row]));
                all
            };
            assert_eq!(format!("{:?}", piece.summary), format!("{:?}", of(&values)));
            assert_eq!(format!("{:?}", piece.relative), format!("{:?}", of(&relative)));
            assert_eq!(piece.ratio, of(&values).max / 2.0);
        }
    }
}
