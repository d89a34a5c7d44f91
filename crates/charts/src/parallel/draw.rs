//! Draws parallel coordinates: ghosts, lines in colour, then axes with their numbers, stops and brushes over them.

use std::fmt::Write;

use super::picture::picture;
use super::runs::count;
use super::{BEND, Frame, Parallel, ParallelAxis, Stop, Stroke, color_scale, name, strokes, ticks};
use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::number::short;
use crate::page::{Ground, Look};

/// More pieces of lines than this are a picture: a PDF of them would be larger than 200 kB.
const MOST_PIECES: usize = 6_000;
/// How many colours the scale's picture has.
const SCALE: usize = 64;
const TICK: f64 = 4.0;
/// Two names are no nearer.
const LABEL: f64 = 12.0;
pub(crate) const BRUSH: f64 = 14.0;
pub(crate) const BRUSH_OPACITY: f64 = 0.24;

/// Draws the scale of colours so that it ends at a place, on its baseline.
pub(crate) fn draw_scale(ink: &mut Ink<'_>, parallel: &Parallel, end: (f64, f64)) -> Result<(), ChartError> {
    let Some(scale) = color_scale(parallel) else { return Ok(()) };
    let colors = (0..SCALE).map(|at| ink.look.theme.tide(at as f64 / (SCALE - 1) as f64));
    scale.draw(ink, colors.collect(), end)
}

pub(crate) fn draw(ink: &mut Ink<'_>, parallel: &Parallel, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let frame = Frame::of(parallel, place, &look);
    draw_lines(ink, parallel, &frame)?;
    for (at, axis) in parallel.axes.iter().enumerate() {
        draw_head(ink, axis, at, &frame, place)?;
        draw_axis(ink, axis, at, &frame)?;
        for (from, to) in boxes(axis, at, &frame) {
            draw_box(ink, frame.xs[at], (from, to))?;
        }
    }
    Ok(())
}

/// As paths; where they are too many for a file, ghosts as a picture, and beyond that all lines but the marked ones.
fn draw_lines(ink: &mut Ink<'_>, parallel: &Parallel, frame: &Frame) -> Result<(), ChartError> {
    let drawn = strokes(parallel, &ink.look);
    let each = parallel.axes.len().saturating_sub(1);
    let (ghosts, inside) = (count(&drawn.ghosts) * each, count(&drawn.inside) * each);
    let in_picture: Vec<&Stroke> = match () {
        () if inside > MOST_PIECES => drawn.ghosts.iter().chain(&drawn.inside).collect(),
        () if ghosts + inside > MOST_PIECES => drawn.ghosts.iter().collect(),
        () => Vec::new(),
    };
    if let Some((left, right)) = frame.xs.first().zip(frame.xs.last()).filter(|_| !in_picture.is_empty()) {
        let below = frame.stops.iter().flatten().map(|(_, y)| y + 4.0 * frame.unit);
        let bottom = below.fold(frame.bottom + frame.unit, f64::max);
        let over = Place { left: *left, right: *right, top: frame.top - frame.unit, bottom };
        let ground = match ink.look.ground {
            Ground::Transparent => None,
            Ground::White | Ground::Light | Ground::Dark => Some(ink.look.behind()),
        };
        let bytes = picture(&in_picture, frame, over, ground)?;
        ink.smooth_picture(&bytes, over)?;
    }
    let ghosts = drawn.ghosts.iter().take(if in_picture.is_empty() { drawn.ghosts.len() } else { 0 });
    let inside = drawn.inside.iter().take(if inside > MOST_PIECES { 0 } else { drawn.inside.len() });
    for stroke in ghosts.chain(inside).chain(&drawn.marked) {
        let path = path(ink, stroke, frame);
        ink.path(&path, stroke.dash, stroke.color, stroke.width * frame.unit, stroke.opacity)?;
    }
    Ok(())
}

/// The lines of a stroke, each with horizontal ends at every axis.
fn path(ink: &Ink<'_>, stroke: &Stroke, frame: &Frame) -> String {
    let mut path = String::new();
    for &run in &stroke.runs {
        for (at, (&to, ys)) in frame.xs.iter().zip(&frame.ys).enumerate() {
            let (x, y) = ink.fine((to, ys[run]));
            // Writing to a string does not fail.
            let _ = match at.checked_sub(1) {
                None => write!(path, "M{x} {y}"),
                Some(before) => {
                    let bend = (to - frame.xs[before]) * BEND;
                    let (one, start) = ink.fine((frame.xs[before] + bend, frame.ys[before][run]));
                    let (other, _) = ink.fine((to - bend, 0.0));
                    write!(path, "C{one} {start} {other} {y} {x} {y}")
                }
            };
        }
    }
    path
}

/// Where the name of an axis stands, and how much room it has.
pub(crate) fn head(
    axis: &ParallelAxis,
    at: usize,
    frame: &Frame,
    (place, look): (Place, &Look),
) -> ((f64, f64), f64) {
    let unit = look.unit;
    let room = frame.gap * if frame.staggered { 1.9 } else { 1.0 } - 6.0 * unit;
    let wide =
        fonts::width(&axis.name, look.axis * fonts::BOLD).max(fonts::width(&axis.note, look.axis)).min(room);
    let x =
        frame.xs[at].clamp(look.right + 0.5 * wide, (place.right - 0.5 * wide).max(look.right + 0.5 * wide));
    let up = if frame.staggered && at.is_multiple_of(2) { 46.0 } else { 20.0 };
    ((x, frame.top - up * unit), room)
}

fn draw_head(
    ink: &mut Ink<'_>,
    axis: &ParallelAxis,
    at: usize,
    frame: &Frame,
    place: Place,
) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    let ((x, y), room) = head(axis, at, frame, (place, &ink.look));
    let name = fonts::fit(&axis.name, size * fonts::BOLD, room);
    ink.text(&name, (x, y), size, theme.text, (Align::Middle, true))?;
    let note = fonts::fit(&axis.note, size, room);
    ink.text(&note, (x, y + 11.0 * unit), size, theme.faint, (Align::Middle, false))
}

/// Labels right of an axis with their heights, as many as there is room for; colours by what they say.
pub(crate) fn labels(
    axis: &ParallelAxis,
    at: usize,
    frame: &Frame,
    look: &Look,
) -> Vec<(f64, String, Color)> {
    let theme = look.theme;
    let tall = frame.bottom - frame.top;
    let mut found: Vec<(f64, String, Color)> = ticks(axis, tall, look.unit)
        .into_iter()
        .map(|(share, text)| (frame.y(axis, share), text, theme.quiet))
        .collect();
    let categories = axis.categories();
    let count = categories.len().max(1) as f64;
    let of_category = categories.iter().enumerate().filter(|_| at > 0);
    found.extend(of_category.map(|(place, one)| {
        // A name may be cut and is still one; a number that is cut is another one.
        let is_last = at + 1 == frame.xs.len();
        let room = if is_last { frame.right } else { frame.gap - (TICK + 8.0) * look.unit };
        let label = fonts::fit(&one.label, look.axis, room);
        (frame.y(axis, (place as f64 + 0.5) / count), label, theme.quiet)
    }));
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut free = f64::INFINITY;
    found.retain(|(y, ..)| {
        let fits = free - y >= LABEL * look.unit;
        free = if fits { *y } else { free };
        fits
    });
    let stop = |(stop, y): &(Stop, f64)| {
        let color = if *stop == Stop::NotFinite { theme.nan } else { theme.faint };
        (*y, stop_label(axis, *stop).to_owned(), color)
    };
    found.extend(frame.stops[at].iter().map(stop));
    found
}

fn stop_label(axis: &ParallelAxis, stop: Stop) -> &str {
    let place = Stop::ALL.iter().position(|one| *one == stop).unwrap_or_default();
    &axis.stop_labels[place]
}

/// Names of the first axis that have room, with their heights.
pub(crate) fn names<'a>(axis: &'a ParallelAxis, at: usize, frame: &Frame) -> Vec<(f64, &'a super::Category)> {
    let categories = axis.categories();
    let each = (frame.bottom - frame.top) / categories.len().max(1) as f64;
    let every = (LABEL * frame.unit / each).ceil().max(1.0) as usize;
    let count = categories.len().max(1) as f64;
    let named = categories.iter().enumerate().filter(|(place, _)| at == 0 && place % every == 0);
    named.map(|(place, one)| (frame.y(axis, (place as f64 + 0.5) / count), one)).collect()
}

fn draw_axis(ink: &mut Ink<'_>, axis: &ParallelAxis, at: usize, frame: &Frame) -> Result<(), ChartError> {
    let look = ink.look;
    let Look { unit, axis: size, theme, .. } = look;
    let x = frame.xs[at];
    ink.stroke(&[(x, frame.top - 4.0 * unit), (x, frame.bottom + 4.0 * unit)], theme.line, unit, 1.0)?;
    if let Some((_, last)) = frame.stops[at].last() {
        ink.dashed(&[(x, frame.bottom + 4.0 * unit), (x, *last)], &[2.0, 3.0], theme.line, unit, 1.0)?;
    }
    for (y, text, color) in labels(axis, at, frame, &look) {
        ink.stroke(&[(x - TICK * unit, y), (x + TICK * unit, y)], theme.line, unit, 1.0)?;
        let left = x + (TICK + 4.0) * unit;
        let wide = fonts::width(&text, size);
        let half = 0.66 * size;
        ink.rect((left - 2.0 * unit, y - half), (left + wide + 2.0 * unit, y + half), look.behind(), 0.86)?;
        ink.text(&text, (left, y + 0.36 * size), size, color, (Align::Start, false))?;
    }
    for (y, one) in names(axis, at, frame) {
        if let Some(index) = one.index {
            ink.mark(index, (x - 12.0 * unit, y), 3.4 * unit, theme.category(index), false)?;
        }
        let label = name(&one.label, &look);
        ink.text(&label, (x - 20.0 * unit, y + 0.36 * size), size, theme.text, (Align::End, false))?;
    }
    Ok(())
}

/// The boxes of a brush, from top to bottom: its range, each of its categories, each of its stops.
pub(crate) fn boxes(axis: &ParallelAxis, at: usize, frame: &Frame) -> Vec<(f64, f64)> {
    let span = |a: f64, b: f64| (a.min(b), a.max(b));
    let clip = |share: f64| share.clamp(-0.01, 1.01);
    let count = axis.categories().len().max(1) as f64;
    let unit = frame.unit;
    let range = axis.brush.range.filter(|_| axis.categories().is_empty()).map(|(low, high)| {
        let (top, bottom) = span(frame.y(axis, clip(axis.share(low))), frame.y(axis, clip(axis.share(high))));
        (top - 2.0 * unit, bottom + 2.0 * unit)
    });
    let categories = axis.brush.categories.iter().map(|&place| {
        let (top, bottom) =
            span(frame.y(axis, place as f64 / count), frame.y(axis, (place + 1) as f64 / count));
        (top + unit, bottom - unit)
    });
    let stops = frame.stops[at].iter().filter(|(stop, _)| axis.brush.stops.contains(stop));
    let stops = stops.map(|(_, y)| (y - 7.0 * unit, y + 7.0 * unit));
    range.into_iter().chain(categories).chain(stops).collect()
}

fn draw_box(ink: &mut Ink<'_>, x: f64, (top, bottom): (f64, f64)) -> Result<(), ChartError> {
    let Look { unit, theme, .. } = ink.look;
    let (left, right) = (x - 0.5 * BRUSH * unit, x + 0.5 * BRUSH * unit);
    ink.rect((left, top), (right, bottom), theme.band, BRUSH_OPACITY)?;
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    ink.stroke(&corners, theme.band, 1.5 * unit, 1.0)?;
    for y in [top, bottom] {
        let (from, to) = ((x - 5.0 * unit, y - 1.5 * unit), (x + 5.0 * unit, y + 1.5 * unit));
        ink.rect(from, to, theme.band, 1.0)?;
    }
    Ok(())
}

/// How many runs lie in the brushes; of each axis its ends or categories, and what stands at its stops.
pub(crate) fn describe(parallel: &Parallel) -> String {
    let inside = parallel.runs.iter().filter(|run| run.inside).count();
    let axis = |axis: &ParallelAxis| {
        let names: Vec<&str> = axis.categories().iter().map(|one| one.label.as_str()).collect();
        let holds = match axis.ends() {
            Some((low, high)) => format!("{} to {}", short(low), short(high)),
            None => names.join(", "),
        };
        let stops = axis.stops(parallel.runs.len()).into_iter();
        let stops: String = stops.map(|(stop, _)| format!(", {}", stop_label(axis, stop))).collect();
        format!(" {}: {holds}{stops};", axis.name)
    };
    let axes: String = parallel.axes.iter().map(axis).collect();
    format!(" n = {inside} of {};{axes}", parallel.runs.len())
}
