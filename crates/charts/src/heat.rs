//! The heat map: rows over steps, coloured by the ember scale. Few cells are rectangles, many one picture; a value that is not finite
//! is never one of them, but a stripe in its own colour.

use crate::axis::Axis;
use crate::clip::Place;
use crate::color::Color;
use crate::color_scale::ColorScale;
use crate::error::ChartError;
use crate::ink::{Align, Ink};
use crate::laid::Laid;
use crate::line_plot::draw_x_axis;
use crate::lines::{Event, XAxis};
use crate::number::short;
use crate::page::Look;
use crate::{events, fonts, png};

/// Colours of the scale: more could not be told apart, and fewer would show as steps.
const SHADES: usize = 256;
/// More cells than this are one picture.
const MOST_RECTANGLES: usize = 2000;
/// Longer names of rows are cut.
const LONGEST_NAME: f64 = 130.0;

/// A heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    pub x: XAxis,
    /// The steps from the left edge to the right.
    pub from: f64,
    pub to: f64,
    /// Input at the top, output at the bottom; all equally long.
    pub rows: Vec<HeatRow>,
    /// Values at both ends of the colour scale, which is logarithmic; positive.
    pub low: f64,
    pub high: f64,
    /// What the colours say, behind the scale.
    pub scale_label: String,
    pub events: Vec<Event>,
}

/// A row: the largest value of each of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatRow {
    pub name: String,
    /// NaN where nothing was recorded.
    pub values: Vec<f64>,
    /// Columns that hold a value which is not finite.
    pub nonfinite: Vec<usize>,
    /// Framed by dashes: computed for the picture and not applied.
    pub frozen: bool,
}

impl Heat {
    /// An empty map of relative norms, 1 to 100 times the running median.
    pub fn new(x: XAxis, from: f64, to: f64) -> Self {
        let (rows, events) = (Vec::new(), Vec::new());
        Self { x, from, to, rows, low: 1.0, high: 100.0, scale_label: String::new(), events }
    }

    pub(crate) fn color_scale(&self) -> ColorScale {
        let [low, high] = [self.low, self.high].map(short_end);
        ColorScale { low, high, label: self.scale_label.clone() }
    }

    /// Columns of the longest row.
    pub(crate) fn columns(&self) -> usize {
        self.rows.iter().map(|row| row.values.len()).max().unwrap_or_default()
    }

    /// The shade of a value, from 0; none where there is none.
    pub(crate) fn shade(&self, value: f64) -> Option<usize> {
        if value.is_nan() {
            return None;
        }
        let span = (self.high / self.low).log10();
        let share = if span > 0.0 { (value.max(f64::MIN_POSITIVE) / self.low).log10() / span } else { 1.0 };
        Some((share.clamp(0.0, 1.0) * (SHADES - 1) as f64).round() as usize)
    }

    /// Neighbouring columns of one shade in a row: first, the one after the last, shade.
    pub(crate) fn runs(&self, row: &HeatRow) -> Vec<(usize, usize, usize)> {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (column, &value) in row.values.iter().enumerate() {
            let Some(shade) = self.shade(value) else { continue };
            match runs.last_mut() {
                Some((_, end, last)) if *end == column && *last == shade => *end = column + 1,
                _ => runs.push((column, column + 1, shade)),
            }
        }
        runs
    }
}

/// Room for the names of the rows.
pub(crate) fn names_width(heat: &Heat, look: &Look) -> f64 {
    let widths = heat.rows.iter().map(|row| fonts::width(&row.name, look.axis));
    widths.fold(0.0, f64::max).min(LONGEST_NAME * look.unit) + 14.0 * look.unit
}

/// An end of the scale, without zeros behind the point.
fn short_end(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 { format!("{value}") } else { short(value) }
}

/// Draws the colour scale so that it ends at a place, on its baseline.
pub(crate) fn draw_scale(ink: &mut Ink<'_>, heat: &Heat, end: (f64, f64)) -> Result<(), ChartError> {
    let colors = ink.look.theme.embers(SHADES);
    heat.color_scale().draw(ink, colors, end)
}

pub(crate) fn draw(ink: &mut Ink<'_>, heat: &Heat, laid: &Laid) -> Result<(), ChartError> {
    let Look { unit, theme, axis: size, .. } = ink.look;
    let place = laid.place;
    let x = Axis { low: laid.x.0, high: laid.x.1, start: place.left, end: place.right, log: heat.x.log };
    draw_x_axis(ink, &heat.x, laid, &x)?;
    ink.rect((place.left, place.top), (place.right, place.bottom), theme.inset, 1.0)?;
    draw_cells(ink, heat, place, &x)?;
    let each = place.height() / heat.rows.len().max(1) as f64;
    let skip = (1.05 * size / each).ceil().max(1.0) as usize;
    let at_column = |column: usize| heat.column(column, &x).clamp(place.left, place.right);
    for (number, row) in heat.rows.iter().enumerate() {
        let top = place.top + number as f64 * each;
        for &column in &row.nonfinite {
            let (left, right) = (at_column(column), at_column(column + 1));
            ink.rect((left, top), (right.max(left + 1.5 * unit), top + each), theme.nan, 1.0)?;
        }
        if number > 0 && each >= 4.0 * unit {
            ink.stroke(&[(place.left, top), (place.right, top)], theme.panel, unit, 0.55)?;
        }
        if row.frozen {
            let (left, right) = (place.left + 0.5 * unit, place.right - 0.5 * unit);
            let (low, high) = (top + each - 0.5 * unit, top + 0.5 * unit);
            let corners = [(left, high), (right, high), (right, low), (left, low), (left, high)];
            ink.dashed(&corners, &[4.0, 3.0], theme.faint, unit, 1.0)?;
        }
        if number % skip == 0 {
            let name = fonts::fit(&row.name, size, LONGEST_NAME * unit);
            let at = (place.left - 7.0 * unit, top + 0.5 * each + 0.36 * size);
            ink.text(&name, at, size, theme.axis, (Align::End, false))?;
        }
    }
    events::draw(ink, &heat.events, place, &x, false)
}

impl Heat {
    /// Where a column begins.
    fn column(&self, column: usize, x: &Axis) -> f64 {
        let share = column as f64 / self.columns().max(1) as f64;
        x.at(self.from + share * (self.to - self.from))
    }
}

fn draw_cells(ink: &mut Ink<'_>, heat: &Heat, place: Place, x: &Axis) -> Result<(), ChartError> {
    let colors = ink.look.theme.embers(SHADES);
    let each = place.height() / heat.rows.len().max(1) as f64;
    let runs: Vec<_> = heat.rows.iter().map(|row| heat.runs(row)).collect();
    // A picture is stretched evenly and cannot be cut.
    let (left, right) = (heat.column(0, x), heat.column(heat.columns(), x));
    let is_even = !heat.x.log && place.holds((left, place.top)) && place.holds((right, place.top));
    if is_even && runs.iter().map(Vec::len).sum::<usize>() > MOST_RECTANGLES {
        let columns = heat.columns();
        let row = |row: &HeatRow| -> Vec<Option<Color>> {
            let value = |column| row.values.get(column).copied().unwrap_or(f64::NAN);
            (0..columns).map(|column| heat.shade(value(column)).map(|shade| colors[shade])).collect()
        };
        let picture = png::of_colors(&heat.rows.iter().map(row).collect::<Vec<_>>())?;
        return ink.picture(&picture, Place { left, right, ..place });
    }
    for (number, runs) in runs.into_iter().enumerate() {
        let top = place.top + number as f64 * each;
        for (from, to, shade) in runs {
            let (left, right) = (heat.column(from, x).max(place.left), heat.column(to, x).min(place.right));
            if left < right {
                ink.rect((left, top), (right, top + each), colors[shade], 1.0)?;
            }
        }
    }
    Ok(())
}

/// Of each row its largest value.
pub(crate) fn describe(heat: &Heat) -> String {
    let row = |row: &HeatRow| {
        let most = row.values.iter().copied().fold(f64::NAN, f64::max);
        let broken = row.nonfinite.len();
        let broken = if broken > 0 { format!(", {broken} columns non-finite") } else { String::new() };
        format!(" {}: largest {}{broken};", row.name, short(most))
    };
    heat.rows.iter().map(row).collect()
}
