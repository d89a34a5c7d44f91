//! One panel: grid, band, markers, lines, in the order of screens §3.

use crate::axis::{Axis, with_room};
use crate::curve::{curve, dashed};
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::legend::color_of;
use crate::model::{Band, Line, Panel};
use crate::theme;

const AXIS_SIZE: f64 = 10.5;
/// At most one grid line in so many pixels.
const GRID_Y: f64 = 34.0;
const GRID_Y_LOW_PANEL: f64 = 24.0;
const GRID_X: f64 = 92.0;

/// Where a panel's plot lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// The range of a panel's values and bands, with some room.
pub(crate) fn range(panel: &Panel) -> (f64, f64) {
    let positive = |value: &f64| value.is_finite() && (!panel.log_y || *value > 0.0);
    let columns =
        panel.lines.iter().flat_map(|line| &line.frame.columns).filter(|column| column.finite() > 0);
    let bands = panel.bands.iter().flat_map(|band| [band.low, band.high]);
    let reach = panel.y_reach.iter().flat_map(|(low, high)| [*low, *high]);
    let all = columns
        .flat_map(|column| [column.min, column.max])
        .chain(bands)
        .chain(reach)
        .map(|value| value * panel.scale);
    let (low, high) = all
        .filter(positive)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return if panel.log_y { (0.1, 10.0) } else { (0.0, 1.0) };
    }
    with_room(low, high, panel.log_y)
}

/// Draws the plot; `x_label` where it is the lowest.
pub(crate) fn draw(
    ink: &mut Ink<'_>,
    panel: &Panel,
    place: Place,
    steps: (u64, u64),
    x_label: Option<&str>,
) -> Result<(), ChartError> {
    let (low, high) = range(panel);
    let x =
        Axis { low: steps.0 as f64, high: steps.1 as f64, start: place.left, end: place.right, log: false };
    let y = Axis { low, high, start: place.bottom, end: place.top, log: panel.log_y };
    let apart = if place.bottom - place.top < 110.0 { GRID_Y_LOW_PANEL } else { GRID_Y };
    for (value, label) in y.ticks(apart) {
        let at = y.at(value);
        ink.stroke(&[(place.left, at), (place.right, at)], theme::GRID, 1.0, 1.0)?;
        let style = (Align::End, false);
        ink.text(&label, (place.left - 7.0, at + 0.36 * AXIS_SIZE), AXIS_SIZE, theme::AXIS, style)?;
    }
    for (value, label) in x.ticks(GRID_X).into_iter().filter(|(value, _)| value.fract() == 0.0) {
        let at = x.at(value);
        ink.stroke(&[(at, place.top), (at, place.bottom)], theme::GRID, 1.0, 1.0)?;
        let room = place.right - fonts::width(x_label.unwrap_or_default(), AXIS_SIZE) - 8.0;
        if x_label.is_some() && at + 0.5 * fonts::width(&label, AXIS_SIZE) < room {
            ink.text(&label, (at, place.bottom + 15.0), AXIS_SIZE, theme::AXIS, (Align::Middle, false))?;
        }
    }
    if let Some(label) = x_label {
        ink.text(label, (place.right, place.bottom + 15.0), AXIS_SIZE, theme::AXIS, (Align::End, false))?;
    }
    ink.stroke(&[(place.left, place.bottom), (place.right, place.bottom)], theme::FRAME, 1.0, 1.0)?;
    for band in &panel.bands {
        draw_band(ink, band, panel.scale, place, &y)?;
    }
    draw_markers(ink, panel, place, &x)?;
    for (row, line) in panel.lines.iter().enumerate() {
        draw_line(ink, line, panel.scale, (&x, &y), place.bottom - 5.0 - 8.0 * row as f64)?;
    }
    Ok(())
}

fn draw_band(ink: &mut Ink<'_>, band: &Band, scale: f64, place: Place, y: &Axis) -> Result<(), ChartError> {
    let (low, high) = (y.at(band.low * scale), y.at(band.high * scale));
    ink.rect((place.left, high), (place.right, low), theme::BAND, 0.045)?;
    for (at, label, dy) in [(high, &band.high_label, 11.0), (low, &band.low_label, -4.5)] {
        for dash in dashed(&[(place.left, at), (place.right, at)], &[3.0, 3.0]) {
            ink.stroke(&dash, theme::BAND, 1.0, 0.6)?;
        }
        ink.text(label, (place.right - 6.0, at + dy), 10.0, theme::BAND, (Align::End, false))?;
    }
    Ok(())
}

fn draw_markers(ink: &mut Ink<'_>, panel: &Panel, place: Place, x: &Axis) -> Result<(), ChartError> {
    for marker in &panel.markers {
        let at = x.at(marker.step as f64);
        if !(place.left..=place.right).contains(&at) {
            continue;
        }
        for dash in dashed(&[(at, place.top), (at, place.bottom)], &[2.0, 2.0]) {
            ink.stroke(&dash, theme::EVENT, 1.0, 0.9)?;
        }
        let fits = at + 5.0 + fonts::width(&marker.label, 10.0) < place.right;
        let (dx, align) = if fits { (5.0, Align::Start) } else { (-5.0, Align::End) };
        ink.text(&marker.label, (at + dx, place.top + 10.0), 10.0, theme::EVENT, (align, false))?;
    }
    Ok(())
}

fn draw_line(
    ink: &mut Ink<'_>,
    line: &Line,
    scale: f64,
    (x, y): (&Axis, &Axis),
    gap_y: f64,
) -> Result<(), ChartError> {
    let color = color_of(line);
    let dash = theme::dash(line.dash_index);
    let curve = curve(&line.frame, scale, x, y);
    // Layers are many and lie close: thinner, but for the first, which is the one to watch.
    let slim = if line.depth.is_some_and(|depth| depth > 0.0) { 0.75 } else { 1.0 };
    if curve.means.is_empty() {
        for stroke in curve.strokes.iter().flat_map(|stroke| dashed(stroke, dash)) {
            ink.stroke(&stroke, color, 1.4 * slim, 1.0)?;
        }
    } else {
        for stroke in &curve.strokes {
            ink.stroke(stroke, color, 0.8, 0.42)?;
        }
        for stroke in curve.means.iter().flat_map(|stroke| dashed(stroke, dash)) {
            ink.stroke(&stroke, color, 1.6 * slim, 1.0)?;
        }
    }
    for &(at_x, at_y) in &curve.points {
        if line.dash_index.is_multiple_of(2) {
            ink.disc((at_x, at_y), 2.6, color)?;
        } else {
            ink.rect((at_x - 2.3, at_y - 2.3), (at_x + 2.3, at_y + 2.3), color, 1.0)?;
        }
    }
    let mut last = f64::NEG_INFINITY;
    for at in curve.gaps {
        if at - last >= 7.0 {
            ink.stroke(&[(at - 2.5, gap_y - 2.5), (at + 2.5, gap_y + 2.5)], color, 1.3, 1.0)?;
            ink.stroke(&[(at - 2.5, gap_y + 2.5), (at + 2.5, gap_y - 2.5)], color, 1.3, 1.0)?;
            last = at;
        }
    }
    Ok(())
}
