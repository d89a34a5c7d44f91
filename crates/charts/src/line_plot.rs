//! Draws a panel of lines: shading, grid, band, events, lines, values that are not finite, in the order of screens §3.

use crate::axis::{Axis, with_room};
use crate::clip::Place;
use crate::color::Color;
use crate::curve::{Curve, Point, curve, curve_with_means, seen};
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::laid::Laid;
use crate::legend::color_of;
use crate::lines::{Band, Interval, Line, Lines, XAxis};
use crate::number::{setting, short};
use crate::page::Look;
use crate::{events, theme};

/// At most one grid line in so many pixels.
const GRID_Y: f64 = 34.0;
const GRID_Y_LOW_PANEL: f64 = 24.0;
const GRID_X: f64 = 92.0;
/// On paper there is less room than in a window.
const GRID_X_PAPER: f64 = 62.0;
/// A series with no more values than this shows each as a point; the comparison of runs does so for more.
pub(crate) const FEW: u64 = 12;
const FEW_WITH_MEANS: u64 = 64;
/// A line whose columns span more pixels than this covers an area: dashes would only tear holes into it.
const AREA: f64 = 6.0;
/// Two areas over each other can still be told apart.
pub(crate) const INTERVAL_OPACITY: f64 = 0.16;
pub(crate) const GHOST_OPACITY: f64 = 0.35;

/// The range of the axis: what is fixed, or the values and bands with some room.
pub(crate) fn range(lines: &Lines) -> (f64, f64) {
    let can_be = |(low, high): &(f64, f64)| {
        low < high && low.is_finite() && high.is_finite() && (!lines.log_y || *low > 0.0)
    };
    if let Some(limits) = lines.y_limits.filter(can_be) {
        return limits;
    }
    let columns = lines.lines.iter().flat_map(|line| &line.trace.columns).map(|column| column.values);
    let intervals = lines.lines.iter().flat_map(|line| &line.intervals);
    let all = columns
        .filter(|values| values.finite() > 0)
        .flat_map(|values| [values.min, values.max])
        .chain(intervals.flat_map(|interval| [interval.low, interval.high]))
        .chain(lines.bands.iter().flat_map(|band| [band.low, band.high]))
        .chain(lines.y_reach.iter().flat_map(|(low, high)| [*low, *high]))
        .map(|value| value * lines.scale);
    let (low, high) = all
        .filter(|value| value.is_finite() && (!lines.log_y || *value > 0.0))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return if lines.log_y { (0.1, 10.0) } else { (0.0, 1.0) };
    }
    with_room(low, high, lines.log_y)
}

/// Ticks of the axis at the left.
pub(crate) fn y_ticks(y: &Axis, unit: f64) -> Vec<(f64, String)> {
    let is_low = (y.start - y.end).abs() < 110.0 * unit;
    y.ticks(unit * if is_low { GRID_Y_LOW_PANEL } else { GRID_Y })
}

/// Ticks of the axis below; steps are whole.
pub(crate) fn x_ticks(axis: &XAxis, x: &Axis, look: &Look) -> Vec<(f64, String)> {
    if !axis.only.is_empty() {
        return only(axis, x, look);
    }
    let apart = match (axis.log, look.is_window) {
        (true, _) => 40.0,
        (false, true) => GRID_X,
        (false, false) => GRID_X_PAPER,
    };
    let ticks = x.ticks(apart * look.unit).into_iter();
    ticks.filter(|(value, _)| !axis.is_steps || value.fract() == 0.0).collect()
}

/// A rule at every value; numbers where they have room.
fn only(axis: &XAxis, x: &Axis, look: &Look) -> Vec<(f64, String)> {
    let mut free = f64::NEG_INFINITY;
    let tick = |&value: &f64| {
        let (at, label) = (x.at(value), setting(value));
        let half = 0.5 * fonts::width(&label, look.axis);
        let fits = at - half >= free;
        free = if fits { at + half + 6.0 * look.unit } else { free };
        (value, if fits { label } else { String::new() })
    };
    axis.only.iter().map(tick).collect()
}

/// Width of the widest number of the axis at the left.
pub(crate) fn label_width(lines: &Lines, place: Place, look: &Look) -> f64 {
    let (low, high) = range(lines);
    let y = Axis { low, high, start: place.bottom, end: place.top, log: lines.log_y };
    let widths = y_ticks(&y, look.unit).into_iter().map(|(_, label)| fonts::width(&label, look.axis));
    widths.fold(0.0, f64::max)
}

/// The axes of a panel of lines at its place.
pub(crate) fn axes(lines: &Lines, laid: &Laid) -> (Axis, Axis) {
    let Place { left, right, top, bottom } = laid.place;
    let (low, high) = range(lines);
    let x = Axis { low: laid.x.0, high: laid.x.1, start: left, end: right, log: lines.x.log };
    (x, Axis { low, high, start: bottom, end: top, log: lines.log_y })
}

pub(crate) fn draw(ink: &mut Ink<'_>, lines: &Lines, laid: &Laid) -> Result<(), ChartError> {
    let place = laid.place;
    let (x, y) = axes(lines, laid);
    events::shade(ink, &lines.events, place, &x)?;
    draw_y_axis(ink, place, &y)?;
    draw_x_axis(ink, &lines.x, laid, &x)?;
    ink.stroke(
        &[(place.left, place.bottom), (place.right, place.bottom)],
        ink.look.theme.frame,
        ink.look.unit,
        1.0,
    )?;
    for band in &lines.bands {
        draw_band(ink, band, lines, place, &y)?;
    }
    for line in &lines.lines {
        draw_intervals(ink, line, lines.scale, place, (&x, &y))?;
    }
    events::draw(ink, &lines.events, place, &x, lines.means)?;
    // The window draws the first line over the others, the comparison of runs the last.
    let ghosts = lines.lines.iter().filter(|line| line.ghost);
    let others: Vec<&Line> = lines.lines.iter().filter(|line| !line.ghost).collect();
    let in_order: Vec<&Line> =
        if lines.means { others } else { ghosts.rev().chain(others.into_iter().rev()).collect() };
    for line in in_order {
        let row = lines.lines.iter().position(|other| std::ptr::eq(other, line)).unwrap_or_default();
        let gap_y = place.bottom - (5.0 + 8.0 * row as f64) * ink.look.unit;
        draw_line(ink, line, lines, (place, &x, &y), gap_y.max(place.top + 5.0 * ink.look.unit))?;
    }
    Ok(())
}

fn draw_y_axis(ink: &mut Ink<'_>, place: Place, y: &Axis) -> Result<(), ChartError> {
    let Look { unit, axis, theme, .. } = ink.look;
    for (value, label) in y_ticks(y, unit) {
        let at = y.at(value);
        ink.stroke(&[(place.left, at), (place.right, at)], theme.grid, unit, 1.0)?;
        let style = (Align::End, false);
        ink.text(&label, (place.left - 7.0 * unit, at + 0.36 * axis), axis, theme.axis, style)?;
    }
    Ok(())
}

/// The grid of the axis below, and its numbers and title where it is the lowest of its kind.
pub(crate) fn draw_x_axis(ink: &mut Ink<'_>, axis: &XAxis, laid: &Laid, x: &Axis) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    let place = laid.place;
    let label_y = place.bottom + 15.0 * unit;
    let title = if laid.shows_x { axis.title.as_str() } else { "" };
    let room = place.right - fonts::width(title, size) - 8.0 * unit;
    for (value, label) in x_ticks(axis, x, &ink.look) {
        let at = x.at(value);
        ink.stroke(&[(at, place.top), (at, place.bottom)], theme.grid, unit, 1.0)?;
        if laid.shows_x && at + 0.5 * fonts::width(&label, size) < room {
            ink.text(&label, (at, label_y), size, theme.axis, (Align::Middle, false))?;
        }
    }
    if laid.shows_x {
        ink.text(title, (place.right, label_y), size, theme.axis, (Align::End, false))?;
    }
    Ok(())
}

fn draw_band(
    ink: &mut Ink<'_>,
    band: &Band,
    lines: &Lines,
    place: Place,
    y: &Axis,
) -> Result<(), ChartError> {
    let Look { unit, label: size, theme, .. } = ink.look;
    let (low, high) = (y.at(band.low * lines.scale), y.at(band.high * lines.scale));
    let (left, right) = (place.left, place.right);
    let area = place.area(&[(left, high), (right, high), (right, low), (left, low)]);
    if let [(from_x, from_y), _, (to_x, to_y), _] = area[..] {
        let (top, bottom) = (from_y.min(to_y), from_y.max(to_y));
        ink.rect((from_x.min(to_x), top), (from_x.max(to_x), bottom), theme.band, 0.045)?;
    }
    for (at, label, dy) in [(high, &band.high_label, 11.0), (low, &band.low_label, -4.5)] {
        if !place.holds((left, at)) {
            continue;
        }
        ink.dashed(&[(left, at), (right, at)], &[3.0, 3.0], theme.band, unit, 0.6)?;
        let text_at = (right - 6.0 * unit, at + dy * unit);
        ink.text(label, text_at, size, theme.band, (Align::End, false))?;
    }
    Ok(())
}

/// Areas between the finite intervals that follow each other.
fn draw_intervals(
    ink: &mut Ink<'_>,
    line: &Line,
    scale: f64,
    place: Place,
    (x, y): (&Axis, &Axis),
) -> Result<(), ChartError> {
    let color = color_of(line, &ink.look);
    for part in finite_parts(&line.intervals) {
        let at = |interval: &Interval, value: f64| (x.at(interval.x), y.at(value * scale));
        let upper = part.iter().map(|interval| at(interval, interval.high));
        let lower = part.iter().rev().map(|interval| at(interval, interval.low));
        let corners: Vec<Point> = upper.chain(lower).collect();
        ink.area(&place.area(&corners), color, INTERVAL_OPACITY)?;
    }
    Ok(())
}

/// The stretches of intervals without one that is not finite.
pub(crate) fn finite_parts(intervals: &[Interval]) -> impl Iterator<Item = &[Interval]> {
    intervals
        .split(|interval| !(interval.low.is_finite() && interval.high.is_finite()))
        .filter(|part| !part.is_empty())
}

fn draw_line(
    ink: &mut Ink<'_>,
    line: &Line,
    lines: &Lines,
    (place, x, y): (Place, &Axis, &Axis),
    gap_y: f64,
) -> Result<(), ChartError> {
    let color = color_of(line, &ink.look);
    let dash = theme::dash(line.dash_index);
    let unit = ink.look.unit;
    // Layers are many and lie close: thinner, but for the first, which is the one to watch.
    let slim = if line.depth.is_some_and(|depth| depth > 0.0) { 0.75 } else { 1.0 };
    let few = match (line.marks, lines.means) {
        (true, _) => u64::MAX,
        (false, true) => FEW_WITH_MEANS,
        (false, false) => FEW,
    };
    let make = if lines.means { curve_with_means } else { curve };
    let curve = make(&line.trace, lines.scale, x, y, few);
    let within = |stroke: &Vec<Point>| place.strokes(&seen(stroke));
    let (width, opacity) = if line.ghost { (unit, GHOST_OPACITY) } else { (1.4 * slim * unit, 1.0) };
    if !line.joined {
    } else if curve.means.is_empty() {
        let dash = if covers_area(&curve) { &[] } else { dash };
        for stroke in curve.strokes.iter().flat_map(within) {
            ink.dashed(&stroke, dash, color, width, opacity)?;
        }
    } else {
        for stroke in curve.strokes.iter().flat_map(within) {
            ink.stroke(&stroke, color, 0.8 * unit, 0.42)?;
        }
        for stroke in curve.means.iter().flat_map(within) {
            ink.dashed(&stroke, dash, color, 1.6 * slim * unit, 1.0)?;
        }
    }
    // A square of the radius of a circle looks larger.
    let radius = if line.shape_index % 6 == 1 { 2.3 / 0.85 } else { 2.6 };
    for &(at, hollow) in curve.points.iter().filter(|(at, _)| !line.ghost && place.holds(*at)) {
        ink.mark(line.shape_index, at, radius * unit, color, hollow)?;
    }
    let color = if lines.means { color } else { ink.look.theme.nan };
    draw_gaps(ink, &curve, (place, gap_y), color)
}

/// A ✕ for values that are not finite, each as far from the last as it is wide.
fn draw_gaps(
    ink: &mut Ink<'_>,
    curve: &Curve,
    (place, y): (Place, f64),
    color: Color,
) -> Result<(), ChartError> {
    let unit = ink.look.unit;
    let reach = 2.5 * unit;
    let mut last = f64::NEG_INFINITY;
    for &at in curve.gaps.iter().filter(|at| (place.left..=place.right).contains(at)) {
        if at - last >= 7.0 * unit {
            ink.stroke(&[(at - reach, y - reach), (at + reach, y + reach)], color, 1.3 * unit, 1.0)?;
            ink.stroke(&[(at - reach, y + reach), (at + reach, y - reach)], color, 1.3 * unit, 1.0)?;
            last = at;
        }
    }
    Ok(())
}

/// Whether a stroke goes up and down more than along.
pub(crate) fn covers_area(curve: &Curve) -> bool {
    let pairs = || curve.strokes.iter().flat_map(|stroke| stroke.windows(2));
    let upright = pairs().filter(|pair| pair[0].0 == pair[1].0);
    let (count, sum) =
        upright.fold((0, 0.0), |(count, sum), pair| (count + 1, sum + (pair[0].1 - pair[1].1).abs()));
    count * 3 > pairs().count() && sum > AREA * f64::from(count as u32)
}

/// Of each line its last value and its extremes.
pub(crate) fn describe(lines: &Lines) -> String {
    let mut text = String::new();
    for line in &lines.lines {
        let columns = &line.trace.columns;
        let last = columns.iter().rev().find(|column| column.values.count > 0);
        let nonfinite: u64 = columns.iter().map(|column| column.values.nonfinite).sum();
        text += &match (last, line.trace.extent()) {
            (Some(last), Some((min, max))) => {
                let [last, min, max] = [last.values.last, min, max].map(|value| short(value * lines.scale));
                format!(" {}: last {last}, smallest {min}, largest {max};", line.label)
            }
            _ => format!(" {}: no finite value;", line.label),
        };
        if nonfinite > 0 {
            text += &format!(" {nonfinite} non-finite;");
        }
    }
    text
}
