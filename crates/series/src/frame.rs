//! A frame: what one chart draws of one series.
//!
//! Contract. The window is the steps `from..to` (without `to`), cut into `n` pixel columns of equal width; step `s`
//! belongs to column `(s − from) · n / (to − from)`, rounded down. Every value whose step lies in the window is counted
//! in exactly one column, and no other value is. So every extreme and every non-finite value of the window shows at every
//! width. Frames are for figures and for words, made of raw values; [`crate::Grid`] is for what a window draws.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::summary::Summary;

/// One summary per pixel column; `count` is 0 where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub from: u64,
    /// First step after the window.
    pub to: u64,
    pub columns: Vec<Summary>,
}

impl Frame {
    /// Values in the window.
    pub fn count(&self) -> u64 {
        self.columns.iter().map(|column| column.count).sum()
    }

    /// Smallest and largest finite value of the window.
    pub fn extent(&self) -> Option<(f64, f64)> {
        let all = self.columns.iter().fold(Summary::EMPTY, |mut all, column| {
            all.merge(column);
            all
        });
        (all.finite() > 0).then_some((all.min, all.max))
    }

    /// The steps of one column.
    pub fn steps_of(&self, column: usize) -> Range<u64> {
        let (span, n) = (u128::from(self.to.saturating_sub(self.from)), self.columns.len().max(1) as u128);
        let edge = |place: usize| self.from + (place as u128 * span).div_ceil(n) as u64;
        edge(column)..edge(column + 1)
    }
}

/// The frame of raw values: `steps` (never falling) and `values`, equally long.
pub fn frame(steps: &[u64], values: &[f64], from: u64, to: u64, columns: usize) -> Frame {
    let columns = if to > from { columns } else { 0 };
    let mut frame = Frame { from, to, columns: vec![Summary::EMPTY; columns] };
    let first = steps.partition_point(|&step| step < from);
    let last = steps.partition_point(|&step| step < to).max(first);
    for (&step, &value) in steps[first..last].iter().zip(&values[first..last]) {
        // Wide enough for any step.
        let column = u128::from(step - from) * columns as u128 / u128::from(to - from);
        if let Some(column) = frame.columns.get_mut(column as usize) {
            column.push(step, value);
        }
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_frame_as_text() {
        let steps = [0, 1, 2, 3, 7, 8, 9];
        let values = [5.0, f64::NAN, 1.0, 2.0, f64::INFINITY, -3.0, 4.0];
        let frame = frame(&steps, &values, 0, 10, 4);
        let text: Vec<String> = frame
            .columns
            .iter()
            .enumerate()
            .map(|(place, c)| {
                let steps = frame.steps_of(place);
                let (min, max, mean, first, last) = (c.min, c.max, c.mean(), c.first, c.last);
                format!("{steps:?}: {} {} {min} {max} {mean} {first} {last}", c.count, c.nonfinite)
            })
            .collect();
        assert_eq!(
            text,
            [
                "0..3: 3 1 1 5 3 5 1",
                "3..5: 1 0 2 2 2 2 2",
                "5..8: 1 1 inf -inf NaN inf inf",
                "8..10: 2 0 -3 4 0.5 -3 4"
            ]
        );
        assert_eq!(frame.extent(), Some((-3.0, 5.0)));
        assert_eq!(frame.count(), 7);
    }

    #[test]
    fn windows_without_steps_or_pixels() {
        assert_eq!(frame(&[1, 2], &[0.0, 0.0], 5, 5, 10).columns, []);
        assert_eq!(frame(&[1, 2], &[0.0, 0.0], 5, 3, 10).columns, []);
        assert_eq!(frame(&[1, 2], &[0.0, 0.0], 0, 3, 0).columns, []);
        assert_eq!(frame(&[], &[], 0, 3, 2).count(), 0);
        let whole = frame(&[0, u64::MAX - 1], &[1.0, 2.0], 0, u64::MAX, 3);
        assert_eq!((whole.columns[0].last, whole.columns[2].last), (1.0, 2.0));
    }
}
