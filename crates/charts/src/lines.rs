//! The panel of lines: curves, bands, events on one axis of steps or numbers. What is drawn of it stands in `line_plot`.

use crate::trace::Trace;

/// A chart of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub x: XAxis,
    /// Values are multiplied by this before they are shown: 100 for a fraction in %.
    pub scale: f64,
    pub log_y: bool,
    /// Fixed ends of the axis, in shown values; what lies beyond is cut off, as where the window is zoomed.
    pub y_limits: Option<(f64, f64)>,
    /// Values that the axis must reach besides the panel's own, so that panels can share a scale.
    pub y_reach: Option<(f64, f64)>,
    pub lines: Vec<Line>,
    pub bands: Vec<Band>,
    pub events: Vec<Event>,
    /// As the comparison of runs has always been drawn: crowded values are pale, with their means over them.
    pub means: bool,
}

impl Lines {
    /// An empty chart with a linear axis.
    pub fn new(x: XAxis) -> Self {
        Self {
            x,
            scale: 1.0,
            log_y: false,
            y_limits: None,
            y_reach: None,
            lines: Vec::new(),
            bands: Vec::new(),
            events: Vec::new(),
            means: false,
        }
    }
}

/// The axis below. Neighbouring panels of equal axes share their range, and only the lowest shows its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct XAxis {
    /// Stands at the end of the axis: `step`, `스텝`.
    pub title: String,
    pub log: bool,
    /// Fixed ends; none: from what the lines hold.
    pub window: Option<(f64, f64)>,
    /// Whole numbers from edge to edge of the plot; else any, with room left and right of them.
    pub is_steps: bool,
    /// The axis is ruled at these values, as at the few rates that were tried; empty: at round ones.
    pub only: Vec<f64>,
}

impl XAxis {
    /// Whole numbers, from edge to edge of the plot.
    pub fn steps(title: impl Into<String>) -> Self {
        Self { title: title.into(), log: false, window: None, is_steps: true, only: Vec::new() }
    }

    /// Any numbers, with room left and right of them.
    pub fn numbers(title: impl Into<String>) -> Self {
        Self { is_steps: false, ..Self::steps(title) }
    }
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Lines of one label share one legend entry (the seeds of one recipe). Empty: none.
    pub label: String,
    /// 0 is the first categorical colour (frozen), 1 the second (learned); colours repeat after ten.
    pub color_index: usize,
    /// 0 is solid (frozen), 1 dashed (learned); patterns repeat after ten.
    pub dash_index: usize,
    /// 0 is a circle (frozen), 1 a square (learned), then diamond, pointing right, plus, hexagon, and again.
    pub shape_index: usize,
    /// Place on the depth scale, 0 (input) to 1 (output); replaces the categorical colour.
    pub depth: Option<f64>,
    /// Thin and pale, below the others: a superseded attempt, or the raw line under a smoothed one.
    pub ghost: bool,
    /// A mark at every value; else only where there are few.
    pub marks: bool,
    /// Values are joined by a line; false for a scatter plot.
    pub joined: bool,
    pub trace: Trace,
    /// Filled behind all lines, in the line's colour.
    pub intervals: Vec<Interval>,
}

impl Line {
    /// A line with colour n, dash n and shape n (screens §8).
    pub fn new(label: impl Into<String>, index: usize, trace: impl Into<Trace>) -> Self {
        Self {
            label: label.into(),
            color_index: index,
            dash_index: index,
            shape_index: index,
            depth: None,
            ghost: false,
            marks: false,
            joined: true,
            trace: trace.into(),
            intervals: Vec::new(),
        }
    }

    /// A solid line coloured by depth: a layer between input (0) and output (1).
    pub fn layer(label: impl Into<String>, depth: f64, trace: impl Into<Trace>) -> Self {
        Self { depth: Some(depth), ..Self::new(label, 0, trace) }
    }

    /// Marks of colour n and shape n that nothing joins.
    pub fn scatter(label: impl Into<String>, index: usize, points: &[(f64, f64)]) -> Self {
        Self { marks: true, joined: false, ..Self::new(label, index, Trace::points(points)) }
    }
}

/// Where a value is thought to lie, as the interval of a mean over seeds. One that is not finite interrupts the area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub x: f64,
    pub low: f64,
    pub high: f64,
}

/// Two levels that give a curve its meaning, as the loss's start and floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub low: f64,
    pub high: f64,
    pub low_label: String,
    pub high_label: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub kind: EventKind,
    pub at: f64,
    /// Where it ended; a dip is shaded until there.
    pub end: Option<f64>,
    pub label: String,
    /// Quieter: it was made on purpose.
    pub injected: bool,
}

impl Event {
    /// An event at one place, without a word.
    pub fn new(kind: EventKind, at: f64) -> Self {
        Self { kind, at, end: None, label: String::new(), injected: false }
    }
}

/// Each kind has its colour and shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Spike,
    Shock,
    Dip,
    Collapse,
    Nonfinite,
    Stalled,
    Other,
}
