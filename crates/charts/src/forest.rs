//! The forest plot: every arm against the baseline on one scale, with its verdict and its numbers as words.

use crate::axis::Axis;
use crate::clip::Place;
use crate::effect::{self, Effect, SIGN, Verdict};
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::number::short;
use crate::page::Look;

/// Height of a row.
pub(crate) const ROW: f64 = 20.0;
/// Room for the title of the scale, below its numbers.
pub(crate) const TITLE_ROOM: f64 = 12.0;
/// From the scale to the words at its right.
const GAP: f64 = 10.0;
const LONGEST_NAME: f64 = 170.0;

/// A forest plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// Stands at the end of the scale: the difference and its unit.
    pub x_title: String,
    /// The smallest difference that matters, in shown values.
    pub delta: Option<f64>,
    /// From top to bottom.
    pub rows: Vec<ForestRow>,
}

/// An arm.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    pub label: String,
    /// Colour and shape n of the arm, counted from 0.
    pub index: usize,
    pub effect: Effect,
    /// Behind the scale: difference, p, n, as the reader's language writes them.
    pub note: String,
}

/// The scale of a forest plot at its place.
pub(crate) fn scale(forest: &Forest, place: Place, look: &Look) -> Axis {
    let notes = forest.rows.iter().map(|row| fonts::width(&row.note, look.axis)).fold(0.0, f64::max);
    // Where words are too long for the place, the scale keeps a third of it.
    let right = (place.right - notes - (SIGN + 2.0 * GAP) * look.unit).max(place.left + place.width() / 3.0);
    let delta = forest.delta.iter().flat_map(|delta| [-1.1 * delta, 1.1 * delta]);
    let values = forest.rows.iter().flat_map(|row| row.effect.values());
    let (low, high) = effect::span(values.chain(delta).chain([0.0]));
    Axis { low, high, start: place.left, end: right, log: false }
}

/// Room for mark and name of an arm.
pub(crate) fn names_width(forest: &Forest, look: &Look) -> f64 {
    let widths = forest.rows.iter().map(|row| fonts::width(&row.label, look.axis));
    widths.fold(0.0, f64::max).min(LONGEST_NAME * look.unit) + 28.0 * look.unit
}

pub(crate) fn draw(ink: &mut Ink<'_>, forest: &Forest, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let Look { unit, axis: size, theme, .. } = look;
    let x = scale(forest, place, &look);
    let ends = (place.top, place.bottom);
    effect::zone(ink, &x, forest.delta, ends)?;
    effect::rules(ink, &x, ends, true)?;
    let each = place.height() / forest.rows.len().max(1) as f64;
    for (number, row) in forest.rows.iter().enumerate() {
        let y = place.top + (number as f64 + 0.5) * each;
        let baseline = y + 0.36 * size;
        if number > 0 {
            let top = place.top + number as f64 * each;
            ink.stroke(&[(place.left, top), (place.right, top)], theme.grid, unit, 1.0)?;
        }
        let name = fonts::fit(&row.label, size, LONGEST_NAME * unit);
        ink.text(&name, (place.left - 10.0 * unit, baseline), size, theme.text, (Align::End, false))?;
        let mark_x = place.left - 18.0 * unit - fonts::width(&name, size);
        ink.mark(row.index, (mark_x, y), 3.4 * unit, theme.category(row.index), false)?;
        if row.effect.verdict == Verdict::NotComparable {
            effect::hatch(ink, &x, y)?;
        } else {
            effect::effect(ink, &x, y, &row.effect)?;
        }
        effect::sign(ink, row.effect.verdict, x.end + GAP * unit, y)?;
        let note_x = x.end + (SIGN + 1.5 * GAP) * unit;
        let note = fonts::fit(&row.note, size, place.right - note_x + unit);
        ink.text(&note, (note_x, baseline), size, theme.quiet, (Align::Start, false))?;
    }
    let title = fonts::fit(&forest.x_title, size, place.width());
    let title_at = (place.right, place.bottom + (15.0 + TITLE_ROOM) * unit);
    ink.text(&title, title_at, size, theme.axis, (Align::End, false))
}

/// Of each arm its verdict's sign, mean and interval.
pub(crate) fn describe(forest: &Forest) -> String {
    let row = |row: &ForestRow| {
        let mean = row.effect.mean.map_or_else(String::new, |mean| format!(" mean {}", short(mean)));
        let own = row
            .effect
            .own
            .map_or_else(String::new, |(low, high)| format!(", 95 % {} to {}", short(low), short(high)));
        format!(" {} {}:{mean}{own};", row.effect.verdict.sign(), row.label)
    };
    forest.rows.iter().map(row).collect()
}
