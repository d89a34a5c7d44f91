//! Shares of a whole as bars from zero, each with a whisker for its interval; grey where it cannot be told from chance, the dashed line.

use crate::axis::Axis;
use crate::clip::Place;
use crate::effect;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::number::short;
use crate::page::Look;

/// Height of a row.
pub(crate) const ROW: f64 = 17.0;
/// Room for the words of the line of chance, below the numbers of the scale.
pub(crate) const TITLE_ROOM: f64 = 12.0;
/// Of half a bar, and of half a whisker's end.
pub(crate) const BAR: f64 = 4.0;
pub(crate) const WHISKER: f64 = 2.8;
pub(crate) const CHANCE_DASH: &[f64] = &[4.0, 3.0];
/// From the scale to the words at its right.
pub(crate) const GAP: f64 = 8.0;
const LONGEST_NAME: f64 = 190.0;

/// Bars from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    pub rows: Vec<Share>,
    /// What chance gets, in shown values, and its words.
    pub chance: Option<(f64, String)>,
}

/// A bar, in shown values.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub label: String,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Its interval lies above what chance gets.
    pub is_clear: bool,
    /// Behind the scale: the number and its interval.
    pub note: String,
}

/// The scale at its place.
pub(crate) fn scale(shares: &Shares, place: Place, look: &Look) -> Axis {
    let notes = shares.rows.iter().map(|row| fonts::width(&row.note, look.axis)).fold(0.0, f64::max);
    // Where words are too long for the place, the scale keeps a third of it.
    let right = (place.right - notes - GAP * look.unit).max(place.left + place.width() / 3.0);
    let chance = shares.chance.iter().map(|chance| chance.0);
    let ends = shares.rows.iter().flat_map(|row| [row.mean, row.high]).chain(chance);
    let most = ends.filter(|end| end.is_finite()).fold(0.0, f64::max);
    let high = if most > 0.0 { 1.04 * most } else { 1.0 };
    Axis { low: 0.0, high, start: place.left, end: right, log: false }
}

/// Room for the names of bars.
pub(crate) fn names_width(shares: &Shares, look: &Look) -> f64 {
    let widths = shares.rows.iter().map(|row| fonts::width(&row.label, look.axis));
    widths.fold(0.0, f64::max).min(LONGEST_NAME * look.unit) + 16.0 * look.unit
}

/// A name as its room holds it.
pub(crate) fn name(row: &Share, look: &Look) -> String {
    fonts::fit(&row.label, look.axis, LONGEST_NAME * look.unit)
}

pub(crate) fn draw(ink: &mut Ink<'_>, shares: &Shares, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let Look { unit, axis: size, theme, .. } = look;
    let x = scale(shares, place, &look);
    effect::rules(ink, &x, (place.top, place.bottom), false)?;
    let each = place.height() / shares.rows.len().max(1) as f64;
    for (number, row) in shares.rows.iter().enumerate() {
        let y = place.top + (number as f64 + 0.5) * each;
        let (bar, words) = if row.is_clear { (theme.band, theme.text) } else { (theme.line, theme.faint) };
        ink.rect((x.start, y - BAR * unit), (x.at(row.mean), y + BAR * unit), bar, 1.0)?;
        let (low, high) = (x.at(row.low), x.at(row.high));
        ink.stroke(&[(low, y), (high, y)], theme.text, 1.1 * unit, 1.0)?;
        for end in [low, high] {
            ink.stroke(&[(end, y - WHISKER * unit), (end, y + WHISKER * unit)], theme.text, 1.1 * unit, 1.0)?;
        }
        let baseline = y + 0.36 * size;
        let at = (place.left - 7.0 * unit, baseline);
        ink.text(&name(row, &look), at, size, words, (Align::End, false))?;
        let note_x = x.end + GAP * unit;
        let note = fonts::fit(&row.note, size, place.right - note_x + unit);
        ink.text(&note, (note_x, baseline), size, words, (Align::Start, false))?;
    }
    let Some((chance, label)) = &shares.chance else { return Ok(()) };
    let at = x.at(*chance);
    ink.dashed(&[(at, place.top), (at, place.bottom)], CHANCE_DASH, theme.warn, 1.2 * unit, 1.0)?;
    let label_y = place.bottom + (15.0 + TITLE_ROOM) * unit;
    ink.text(label, (x.start, label_y), size, theme.warn, (Align::Start, false))
}

/// Of each bar its number and interval.
pub(crate) fn describe(shares: &Shares) -> String {
    let row = |row: &Share| {
        let [mean, low, high] = [row.mean, row.low, row.high].map(short);
        let grey = if row.is_clear { "" } else { ", not told from chance" };
        format!(" {}: {mean}, {low} to {high}{grey};", row.label)
    };
    shares.rows.iter().map(row).chain(shares.chance.iter().map(|chance| format!(" {};", chance.1))).collect()
}
