//! Runs over two measures, and large the means of those that differ in nothing but their seeds, with their intervals. Who has no place
//! on an axis stands at a stop beside it: none is left out.

use crate::axis::{Axis, with_room};
use crate::clip::Place;
use crate::curve::Point;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::legend::{Entry, cut};
use crate::page::Look;

/// Room of a stop.
const STOP: f64 = 22.0;
/// Farther apart than this, marks at the foot would look like values.
const FOOT_GAP: f64 = 9.0;
pub(crate) const RUN: f64 = 2.2;
pub(crate) const MEAN: f64 = 4.2;
/// Of the ground around a mean.
pub(crate) const HALO: f64 = 1.2;
pub(crate) const BARS: f64 = 0.6;
pub(crate) const STOP_DASH: &[f64] = &[3.0, 3.0];
/// From number to number.
const APART_X: f64 = 62.0;
const APART_Y: f64 = 34.0;
/// Height that the picture likes to have.
pub(crate) const NATURAL: f64 = 240.0;

/// Accuracy against stability, or the like.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// At the end of the axis below.
    pub x_title: String,
    /// Ends of that axis, so that pictures can be compared by eye.
    pub x_ends: (f64, f64),
    /// Upright values are multiplied by this before they are shown.
    pub scale: f64,
    pub groups: Vec<ScatterGroup>,
    /// At the stop below: what stands there, and how many.
    pub foot: String,
    /// At the stop at the left.
    pub side: String,
}

/// What has one colour and shape.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterGroup {
    /// In the legend; empty for none.
    pub label: String,
    /// Colour and shape n, counted from 0.
    pub index: usize,
    pub runs: Vec<ScatterRun>,
    pub means: Vec<ScatterMean>,
}

/// Without `y` a run stands at the foot, else without `x` at the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterRun {
    pub x: Option<f64>,
    pub y: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterMean {
    pub x: f64,
    pub y: f64,
    pub x_interval: Option<(f64, f64)>,
    /// Without one the mean is hollow.
    pub y_interval: Option<(f64, f64)>,
}

impl Scatter {
    fn runs(&self) -> impl Iterator<Item = &ScatterRun> {
        self.groups.iter().flat_map(|group| &group.runs)
    }

    /// How many stand at the foot.
    pub fn at_foot(&self) -> usize {
        self.runs().filter(|run| run.y.is_none()).count()
    }

    /// How many stand at the left.
    pub fn at_side(&self) -> usize {
        self.runs().filter(|run| run.y.is_some() && run.x.is_none()).count()
    }

    /// Ends of the upright axis, as shown.
    fn y_ends(&self) -> (f64, f64) {
        let means = self.groups.iter().flat_map(|group| &group.means);
        let intervals = means.flat_map(|mean| {
            [Some(mean.y), mean.y_interval.map(|one| one.0), mean.y_interval.map(|one| one.1)]
        });
        let all = self.runs().map(|run| run.y).chain(intervals).flatten();
        let (low, high) = all
            .map(|value| value * self.scale)
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high { (0.0, 1.0) } else { with_room(low, high, false) }
    }
}

/// Where everything stands, in pixels.
pub(crate) struct Frame {
    /// The plane itself.
    pub plane: Place,
    pub x: Axis,
    pub y: Axis,
    /// Height of the stop below, and place of that at the left.
    pub foot: Option<f64>,
    pub side: Option<f64>,
    gap: f64,
}

impl Frame {
    pub fn of(scatter: &Scatter, place: Place, look: &Look) -> Self {
        let (below, beside) = (scatter.at_foot(), scatter.at_side());
        let room = |count: usize| if count == 0 { 0.0 } else { STOP * look.unit };
        let plane = Place { left: place.left + room(beside), bottom: place.bottom - room(below), ..place };
        // Marks at an end are whole.
        let air = (MEAN + HALO) * look.unit;
        let (low, high) = scatter.y_ends();
        let x = Axis {
            low: scatter.x_ends.0,
            high: scatter.x_ends.1,
            start: plane.left + air,
            end: plane.right - air,
            log: false,
        };
        let y = Axis { low, high, start: plane.bottom, end: plane.top, log: false };
        let foot = (below > 0).then(|| place.bottom - 0.5 * room(below));
        let side = (beside > 0).then(|| place.left + 0.5 * room(beside));
        // Words stand at the right end of the stop.
        let free = plane.width() - fonts::width(&scatter.foot, look.axis) - 8.0 * look.unit;
        let gap = (FOOT_GAP * look.unit).min(free.max(look.unit) / below.max(1) as f64);
        Self { plane, x, y, foot, side, gap }
    }

    /// Places of the runs of each group, in their order; at the foot one beside the other.
    pub fn places(&self, scatter: &Scatter) -> Vec<Vec<Point>> {
        let mut below = 0.0;
        let mut place = |run: &ScatterRun| match (run.x, run.y) {
            (_, None) => {
                below += 1.0;
                (self.plane.left + self.gap * (below - 0.5), self.foot.unwrap_or(self.plane.bottom))
            }
            (x, Some(y)) => {
                let x = x.map_or(self.side.unwrap_or(self.plane.left), |x| self.x.at(x));
                (x, self.y.at(y * scatter.scale))
            }
        };
        scatter.groups.iter().map(|group| group.runs.iter().map(&mut place).collect()).collect()
    }

    pub fn x_ticks(&self, unit: f64) -> Vec<(f64, String)> {
        self.x.ticks(APART_X * unit)
    }

    pub fn y_ticks(&self, unit: f64) -> Vec<(f64, String)> {
        self.y.ticks(APART_Y * unit)
    }
}

/// Width of the widest number of the upright axis.
pub(crate) fn label_width(scatter: &Scatter, place: Place, look: &Look) -> f64 {
    let ticks = Frame::of(scatter, place, look).y_ticks(look.unit);
    ticks.into_iter().map(|(_, label)| fonts::width(&label, look.axis)).fold(0.0, f64::max)
}

pub(crate) fn entries(scatter: &Scatter, look: &Look, available: f64) -> Vec<Entry> {
    let entry = |group: &ScatterGroup| Entry {
        label: cut(&group.label, look, available),
        color: look.theme.category(group.index),
        dash: None,
        shape: Some(group.index),
    };
    scatter.groups.iter().filter(|group| !group.label.is_empty()).map(entry).collect()
}

pub(crate) fn draw(ink: &mut Ink<'_>, scatter: &Scatter, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let Look { unit, theme, .. } = look;
    let frame = Frame::of(scatter, place, &look);
    axes(ink, scatter, &frame, place)?;
    let places = frame.places(scatter);
    for (group, places) in scatter.groups.iter().zip(&places) {
        let color = theme.category(group.index);
        for (run, &at) in group.runs.iter().zip(places) {
            ink.mark(group.index, at, RUN * unit, color, false)?;
            // What is not a number is crossed out: its place says nothing.
            if run.y.is_none() {
                cross(ink, at)?;
            }
        }
    }
    for group in &scatter.groups {
        for mean in &group.means {
            draw_mean(ink, scatter, (group.index, mean), &frame)?;
        }
    }
    Ok(())
}

fn cross(ink: &mut Ink<'_>, (x, y): Point) -> Result<(), ChartError> {
    let reach = 2.8 * ink.look.unit;
    for (dx, dy) in [(reach, reach), (reach, -reach)] {
        ink.stroke(&[(x - dx, y - dy), (x + dx, y + dy)], ink.look.theme.nan, 1.1 * ink.look.unit, 1.0)?;
    }
    Ok(())
}

/// Both bars of a mean, cut at the edges of the plane.
pub(crate) fn bars(scatter: &Scatter, mean: &ScatterMean, frame: &Frame) -> Vec<Vec<Point>> {
    let (x, y) = (frame.x.at(mean.x), frame.y.at(mean.y * scatter.scale));
    let upright =
        mean.y_interval.map(|(low, high)| [low, high].map(|end| (x, frame.y.at(end * scatter.scale))));
    let along = mean.x_interval.map(|(low, high)| [low, high].map(|end| (frame.x.at(end), y)));
    [upright, along].into_iter().flatten().flat_map(|ends| frame.plane.strokes(&ends)).collect()
}

fn draw_mean(
    ink: &mut Ink<'_>,
    scatter: &Scatter,
    (index, mean): (usize, &ScatterMean),
    frame: &Frame,
) -> Result<(), ChartError> {
    let look = ink.look;
    let color = look.theme.category(index);
    for bar in bars(scatter, mean, frame) {
        ink.stroke(&bar, color, look.unit, BARS)?;
    }
    let at = (frame.x.at(mean.x), frame.y.at(mean.y * scatter.scale));
    ink.mark(index, at, (MEAN + HALO) * look.unit, look.behind(), false)?;
    ink.mark(index, at, MEAN * look.unit, color, mean.y_interval.is_none())
}

fn axes(ink: &mut Ink<'_>, scatter: &Scatter, frame: &Frame, place: Place) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    let Place { left, right, top, bottom } = frame.plane;
    for (value, label) in frame.y_ticks(unit) {
        let y = frame.y.at(value);
        ink.stroke(&[(left, y), (right, y)], theme.grid, unit, 1.0)?;
        ink.text(&label, (place.left - 7.0 * unit, y + 0.36 * size), size, theme.axis, (Align::End, false))?;
    }
    let label_y = place.bottom + 15.0 * unit;
    let room = right - fonts::width(&scatter.x_title, size) - 8.0 * unit;
    for (value, label) in frame.x_ticks(unit) {
        let x = frame.x.at(value);
        ink.stroke(&[(x, top), (x, bottom)], theme.grid, unit, 1.0)?;
        if x + 0.5 * fonts::width(&label, size) < room {
            ink.text(&label, (x, label_y), size, theme.axis, (Align::Middle, false))?;
        }
    }
    ink.text(&scatter.x_title, (right, label_y), size, theme.axis, (Align::End, false))?;
    if let Some(foot) = frame.foot {
        ink.dashed(&[(left, bottom), (right, bottom)], STOP_DASH, theme.line, unit, 1.0)?;
        ink.text(&scatter.foot, (right, foot + 0.36 * size), size, theme.nan, (Align::End, false))?;
    } else {
        ink.stroke(&[(left, bottom), (right, bottom)], theme.frame, unit, 1.0)?;
    }
    if frame.side.is_some() {
        ink.dashed(&[(left, top), (left, bottom)], STOP_DASH, theme.line, unit, 1.0)?;
        // A line below the numbers, where nothing else stands.
        ink.text(
            &scatter.side,
            (place.left, label_y + 12.0 * unit),
            size,
            theme.faint,
            (Align::Start, false),
        )?;
    }
    Ok(())
}

/// Room below the numbers for the words of the stop at the left.
pub(crate) fn below(scatter: &Scatter, unit: f64) -> f64 {
    if scatter.at_side() > 0 { 12.0 * unit } else { 0.0 }
}

/// Of each group how many runs it has.
pub(crate) fn describe(scatter: &Scatter) -> String {
    let group = |group: &ScatterGroup| {
        format!(" {}: n = {}, {} means;", group.label, group.runs.len(), group.means.len())
    };
    let stops = [(scatter.at_foot(), &scatter.foot), (scatter.at_side(), &scatter.side)];
    let stops = stops.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| format!(" {words};"));
    scatter.groups.iter().map(group).chain(stops).collect()
}
