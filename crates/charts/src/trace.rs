//! Values along an axis: a frame of steps, the same frame along epochs or hours, or single points. Columns keep their extremes.

use vitals_series::{Frame, Summary};

/// What one line is drawn from; places never fall.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The window on the axis.
    pub from: f64,
    pub to: f64,
    pub columns: Vec<Column>,
}

/// Neighbouring values, with the places of the first and the last of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    pub first_x: f64,
    pub last_x: f64,
    pub values: Summary,
    /// Weaker evidence, as of too few seeds: its mark is an outline.
    pub hollow: bool,
}

impl Column {
    pub(crate) fn middle(&self) -> f64 {
        f64::midpoint(self.first_x, self.last_x)
    }
}

impl Trace {
    /// A frame along an axis that never falls with the steps, as epochs or hours.
    pub fn along(frame: &Frame, at: impl Fn(u64) -> f64) -> Self {
        let columns = frame.columns.iter().filter(|column| column.count > 0).map(|column| Column {
            first_x: at(column.first_step),
            last_x: at(column.last_step),
            values: *column,
            hollow: false,
        });
        Self { from: at(frame.from), to: at(frame.to), columns: columns.collect() }
    }

    /// Single points `(x, y)`, in the order in which a line joins them.
    pub fn points(points: &[(f64, f64)]) -> Self {
        let column = |(place, &(x, y)): (usize, &(f64, f64))| Column {
            first_x: x,
            last_x: x,
            values: Summary::of(&[place as u64], &[y]),
            hollow: false,
        };
        let places = || points.iter().map(|point| point.0);
        Self {
            from: places().fold(f64::INFINITY, f64::min),
            to: places().fold(f64::NEG_INFINITY, f64::max),
            columns: points.iter().enumerate().map(column).collect(),
        }
    }

    /// Smallest and largest finite value.
    pub(crate) fn extent(&self) -> Option<(f64, f64)> {
        let finite = self.columns.iter().map(|column| &column.values).filter(|values| values.finite() > 0);
        finite.fold(None, |extent, values| {
            let (low, high) = extent.unwrap_or((values.min, values.max));
            Some((values.min.min(low), values.max.max(high)))
        })
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> u64 {
        self.columns.iter().map(|column| column.values.count).sum()
    }
}

impl From<Frame> for Trace {
    fn from(frame: Frame) -> Self {
        Self::along(&frame, |step| step as f64)
    }
}
