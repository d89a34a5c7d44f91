//! Parallel coordinates: a line a run over axes of numbers or of categories. Whatever has no place along an axis goes to a stop below
//! it, so that no run is left out. Which runs lie in the brushes is said by whoever asks for the picture.

mod draw;
mod picture;
mod ruling;
mod runs;

pub(crate) use draw::{BRUSH, BRUSH_OPACITY, boxes, describe, draw, draw_scale, head, labels, names};
use ruling::ticks;
pub(crate) use runs::{Stroke, strokes};

use crate::clip::Place;
use crate::color_scale::ColorScale;
use crate::fonts;
use crate::page::Look;

/// From the foot of the axes to the first stop, and between stops; as `ui/src/screens/runs/explore/lines.ts` has them.
const STOP_GAP: f64 = 20.0;
const STOP_ROW: f64 = 16.0;
/// Of the way between two axes that a line bends at either end.
const BEND: f64 = 0.42;
/// How much of the place of a category, and of a stop in pixels, lines are spread over.
const SPREAD: f64 = 0.5;
const STOP_SPREAD: f64 = 6.0;
const GOLDEN: f64 = 0.618_033_988_749_895;
/// Above the axes: two lines for names, a second pair where neighbours would stand on each other.
const HEAD: f64 = 32.0;
const HEAD_ROW: f64 = 26.0;
const BELOW: f64 = 12.0;
/// Room right of the last axis for its numbers, and left of the first for its names.
const LEAST_RIGHT: f64 = 40.0;
/// Of the width.
const MOST_RIGHT: f64 = 0.25;
/// From an axis to its numbers, on both sides of them.
const BESIDE: f64 = 12.0;
const LEAST_LEFT: f64 = 44.0;
const LONGEST_NAME: f64 = 130.0;

/// Parallel coordinates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parallel {
    /// From left to right.
    pub axes: Vec<ParallelAxis>,
    /// In the order of the table, which spreads them.
    pub runs: Vec<ParallelRun>,
    /// Values at both ends of the colours, as they are written, and what they are of; none where categories colour the lines.
    pub colors: Option<(String, String, String)>,
}

/// An axis with what every run has on it.
#[derive(Debug, Clone, PartialEq)]
pub struct ParallelAxis {
    pub name: String,
    /// Below its name: along what it is even.
    pub note: String,
    /// It stands on its head.
    pub turned: bool,
    pub values: AxisValues,
    /// What is written at a stop that any run goes to, in the order of [`Stop::ALL`].
    pub stop_labels: [String; 3],
    pub brush: AxisBrush,
}

/// One a run.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValues {
    Numbers {
        spacing: Spacing,
        /// Numbers are shown times this.
        scale: f64,
        /// NaN is one that is not finite; none: the run has none.
        values: Vec<Option<f64>>,
    },
    Categories {
        /// From the foot to the head.
        categories: Vec<Category>,
        /// Places of categories.
        values: Vec<Option<usize>>,
    },
}

/// Along what an axis of numbers is even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    Linear,
    Log,
    /// By factors of the distance to 1.
    LogToOne,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    pub label: String,
    /// Colour and shape n of an arm, counted from 0.
    pub index: Option<usize>,
}

/// Where a run goes that has no place along an axis, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Beyond the end of a logarithmic axis.
    Beyond,
    NotFinite,
    Nothing,
}

impl Stop {
    pub const ALL: [Self; 3] = [Self::Beyond, Self::NotFinite, Self::Nothing];
}

/// What is brushed of an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisBrush {
    /// As recorded, both ends included.
    pub range: Option<(f64, f64)>,
    /// Places of categories.
    pub categories: Vec<usize>,
    pub stops: Vec<Stop>,
}

/// How the line of a run is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParallelRun {
    /// In all of the brushes: in colour, else a ghost.
    pub inside: bool,
    /// It failed, or its outcome is not finite: dashed, in the colour of what is not finite.
    pub broken: bool,
    /// Drawn once more over the others.
    pub marked: bool,
    pub tint: Tint,
    /// Lines of a higher one lie on top; NaN below all.
    pub rank: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tint {
    /// There is nothing to colour it by.
    Plain,
    /// Of the way between both ends of the colours.
    Share(f64),
    /// Colour n, counted from 0.
    Category(usize),
}

impl Spacing {
    /// Where a value is even; none where it has no place along such an axis.
    pub(crate) fn through(self, value: f64) -> Option<f64> {
        match self {
            _ if !value.is_finite() => None,
            Self::Linear => Some(value),
            Self::Log => (value > 0.0).then(|| value.ln()),
            Self::LogToOne => (value < 1.0).then(|| -(1.0 - value).ln()),
        }
    }
}

impl ParallelAxis {
    /// The stop of a run; none where it has a place.
    pub fn stop(&self, run: usize) -> Option<Stop> {
        match &self.values {
            AxisValues::Numbers { spacing, values, .. } => match values.get(run).copied().flatten() {
                None => Some(Stop::Nothing),
                Some(value) if !value.is_finite() => Some(Stop::NotFinite),
                Some(value) => spacing.through(value).is_none().then_some(Stop::Beyond),
            },
            AxisValues::Categories { values, .. } => {
                values.get(run).copied().flatten().is_none().then_some(Stop::Nothing)
            }
        }
    }

    /// Stops with how many of so many runs go to each, those that none goes to left out.
    pub fn stops(&self, runs: usize) -> Vec<(Stop, usize)> {
        let count = |stop| (0..runs).filter(|&run| self.stop(run) == Some(stop)).count();
        Stop::ALL.into_iter().map(|stop| (stop, count(stop))).filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn categories(&self) -> &[Category] {
        match &self.values {
            AxisValues::Categories { categories, .. } => categories,
            AxisValues::Numbers { .. } => &[],
        }
    }

    /// Smallest and largest value with a place.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        let AxisValues::Numbers { spacing, values, .. } = &self.values else { return None };
        let placed = values.iter().flatten().filter(|value| spacing.through(**value).is_some());
        placed.fold(None, |ends, &value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((value.min(low), value.max(high)))
        })
    }

    /// 0 at the foot to 1 at the head, before it is turned over; the middle where all values are one.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let AxisValues::Numbers { spacing, .. } = &self.values else { return 0.5 };
        let (low, high) = self.ends().unwrap_or((0.0, 1.0));
        let even = |value| spacing.through(value).unwrap_or_default();
        let (from, to) = (even(low), even(high));
        if to > from { (even(value) - from) / (to - from) } else { 0.5 }
    }

    /// The value of a run as a number: of a category its place, counted from 1.
    pub(crate) fn number(&self, run: usize) -> f64 {
        match &self.values {
            AxisValues::Numbers { values, .. } => values.get(run).copied().flatten().unwrap_or(f64::NAN),
            AxisValues::Categories { values, .. } => {
                values.get(run).copied().flatten().map_or(f64::NAN, |place| (place + 1) as f64)
            }
        }
    }
}

/// Where everything stands, in pixels.
pub(crate) struct Frame {
    pub xs: Vec<f64>,
    /// Head and foot of the axes.
    pub top: f64,
    pub bottom: f64,
    /// Of each axis, one a run.
    pub ys: Vec<Vec<f64>>,
    /// The stops of each axis with their heights.
    pub stops: Vec<Vec<(Stop, f64)>>,
    /// From axis to axis.
    pub gap: f64,
    /// Room for words right of the last axis.
    pub right: f64,
    /// Whether the names of neighbours stand in two rows.
    pub staggered: bool,
    pub unit: f64,
}

/// In −0.5…0.5, the same each time, and far from that of its neighbours.
fn apart(run: usize) -> f64 {
    (run as f64 * GOLDEN).fract() - 0.5
}

impl Frame {
    pub fn of(parallel: &Parallel, place: Place, look: &Look) -> Self {
        let unit = look.unit;
        let runs = parallel.runs.len();
        let used: Vec<Vec<(Stop, usize)>> = parallel.axes.iter().map(|axis| axis.stops(runs)).collect();
        let most = used.iter().map(Vec::len).max().unwrap_or_default();
        let beside = right_of(parallel.axes.last(), look).min(MOST_RIGHT * place.width());
        let right = place.right - beside;
        let gap = (right - place.left) / (parallel.axes.len().max(2) - 1) as f64;
        let wide = |axis: &ParallelAxis| fonts::width(&axis.name, look.axis * fonts::BOLD) > gap - 6.0 * unit;
        let staggered = parallel.axes.iter().any(wide);
        let head = HEAD + if staggered { HEAD_ROW } else { 0.0 };
        let below = BELOW + if most == 0 { 0.0 } else { STOP_GAP + STOP_ROW * (most - 1) as f64 };
        let (top, bottom) = (place.top + head * unit, place.bottom - below * unit);
        let stop_y = |at: usize| bottom + (STOP_GAP + STOP_ROW * at as f64) * unit;
        let stops: Vec<Vec<(Stop, f64)>> = used
            .iter()
            .map(|used| used.iter().enumerate().map(|(at, (stop, _))| (*stop, stop_y(at))).collect())
            .collect();
        let mut frame = Self {
            xs: (0..parallel.axes.len()).map(|at| place.left + gap * at as f64).collect(),
            top,
            bottom,
            ys: Vec::new(),
            stops,
            gap,
            right: beside - BESIDE * unit,
            staggered,
            unit,
        };
        frame.ys = (0..parallel.axes.len()).map(|at| frame.crossings(&parallel.axes[at], at, runs)).collect();
        frame
    }

    /// The height of a share of an axis.
    pub fn y(&self, axis: &ParallelAxis, share: f64) -> f64 {
        self.bottom - if axis.turned { 1.0 - share } else { share } * (self.bottom - self.top)
    }

    /// Lines of numbers keep their places; those of a category are spread so that they can be told apart.
    fn crossings(&self, axis: &ParallelAxis, at: usize, runs: usize) -> Vec<f64> {
        let count = axis.categories().len().max(1) as f64;
        let each = SPREAD * (self.bottom - self.top) / count;
        // Ends are found once, not once a run.
        let ends = axis.ends();
        let share = |value: f64| {
            let AxisValues::Numbers { spacing, .. } = &axis.values else { return 0.5 };
            let even = |value| spacing.through(value).unwrap_or_default();
            let (from, to) = ends.map_or((0.0, 1.0), |(low, high)| (even(low), even(high)));
            if to > from { (even(value) - from) / (to - from) } else { 0.5 }
        };
        let y = |run: usize| {
            if let Some(stop) = axis.stop(run) {
                let own = self.stops[at].iter().find(|(one, _)| *one == stop).map(|(_, y)| *y);
                return own.unwrap_or(self.bottom) + apart(run) * STOP_SPREAD * self.unit;
            }
            match &axis.values {
                AxisValues::Numbers { values, .. } => self.y(axis, share(values[run].unwrap_or_default())),
                AxisValues::Categories { values, .. } => {
                    let place = values[run].unwrap_or_default() as f64;
                    self.y(axis, (place + 0.5) / count) + apart(run) * each
                }
            }
        };
        (0..runs).map(y).collect()
    }
}

/// Room left of the first axis: its names with their marks.
pub(crate) fn names_width(parallel: &Parallel, look: &Look) -> f64 {
    let names = parallel.axes.first().map_or(&[][..], ParallelAxis::categories).iter();
    let widest = names.map(|one| fonts::width(&one.label, look.axis)).fold(0.0, f64::max);
    (widest.min(LONGEST_NAME * look.unit) + 32.0 * look.unit).max(LEAST_LEFT * look.unit)
}

/// Room right of the last axis for its numbers, names and stops.
fn right_of(axis: Option<&ParallelAxis>, look: &Look) -> f64 {
    let Some(axis) = axis else { return LEAST_RIGHT * look.unit };
    let numbers = ticks(axis, NATURAL * look.unit, look.unit).into_iter().map(|tick| tick.1);
    let names = axis.categories().iter().map(|one| one.label.clone());
    let words = numbers.chain(names).chain(axis.stop_labels.iter().cloned());
    let widest = words.map(|word| fonts::width(&word, look.axis)).fold(0.0, f64::max);
    (widest + BESIDE * look.unit).max(LEAST_RIGHT * look.unit)
}

/// The name of a category as the room left of the first axis holds it.
pub(crate) fn name(label: &str, look: &Look) -> String {
    fonts::fit(label, look.axis, LONGEST_NAME * look.unit)
}

/// Height that the picture likes to have.
pub(crate) const NATURAL: f64 = 250.0;

pub(crate) fn color_scale(parallel: &Parallel) -> Option<ColorScale> {
    parallel.colors.clone().map(|(low, high, label)| ColorScale { low, high, label })
}

#[cfg(test)]
mod tests;
