//! Pairs by seed: the two values of each pair, joined, and in the same row their difference; last their means and the interval.

use crate::axis::Axis;
use crate::clip::Place;
use crate::effect::{self, Effect};
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::legend::{Entry, cut};
use crate::number::short;
use crate::page::Look;

/// Height of a row.
pub(crate) const ROW: f64 = 17.0;
/// Share of the place that the values take.
const VALUES: f64 = 0.52;
const GAP: f64 = 14.0;

/// Pairs of one arm and the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// Name, colour and shape n of both sides, counted from 0.
    pub arm: (String, usize),
    pub base: (String, usize),
    pub rows: Vec<PairRow>,
    /// Name of the last row.
    pub mean_label: String,
    pub effect: Effect,
    /// What the last row says of the difference.
    pub effect_note: String,
    /// The smallest difference that matters, in shown values.
    pub delta: Option<f64>,
}

/// One seed, in shown values.
#[derive(Debug, Clone, PartialEq)]
pub struct PairRow {
    pub label: String,
    /// None: the run is missing or failed.
    pub arm: Option<f64>,
    pub base: Option<f64>,
    /// The difference, or why there is none, as the reader's language writes it.
    pub note: String,
}

impl PairRow {
    pub(crate) fn difference(&self) -> Option<f64> {
        self.arm.zip(self.base).map(|(arm, base)| arm - base)
    }
}

/// The scales of values and of differences.
pub(crate) fn scales(pairs: &Pairs, place: Place, look: &Look) -> (Axis, Axis) {
    let notes = pairs.rows.iter().map(|row| &row.note).chain([&pairs.effect_note]);
    let notes = notes.map(|note| fonts::width(note, look.axis)).fold(0.0, f64::max);
    let free = (place.width() - notes - 2.0 * GAP * look.unit).max(place.width() / 2.0);
    let middle = place.left + free * VALUES;
    let (low, high) = effect::span(pairs.rows.iter().flat_map(|row| [row.arm, row.base]).flatten());
    let values = Axis { low, high, start: place.left, end: middle, log: false };
    let delta = pairs.delta.iter().flat_map(|delta| [-1.1 * delta, 1.1 * delta]);
    let all = pairs.rows.iter().filter_map(PairRow::difference).chain(pairs.effect.values());
    let (low, high) = effect::span(all.chain(delta).chain([0.0]));
    let start = middle + GAP * look.unit;
    (values, Axis { low, high, start, end: place.left + free + GAP * look.unit, log: false })
}

/// Mean of the values of one side, of the pairs that are whole.
fn mean(pairs: &Pairs, side: impl Fn(&PairRow) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> =
        pairs.rows.iter().filter(|row| row.difference().is_some()).filter_map(side).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The means of the whole pairs: arm, baseline.
pub(crate) fn means(pairs: &Pairs) -> (Option<f64>, Option<f64>) {
    (mean(pairs, |row| row.arm), mean(pairs, |row| row.base))
}

/// Room for the names of the rows.
pub(crate) fn names_width(pairs: &Pairs, look: &Look) -> f64 {
    let names = pairs.rows.iter().map(|row| &row.label).chain([&pairs.mean_label]);
    names.map(|name| fonts::width(name, look.axis)).fold(0.0, f64::max) + 14.0 * look.unit
}

/// The legend: both sides with their marks.
pub(crate) fn entries(pairs: &Pairs, look: &Look, available: f64) -> Vec<Entry> {
    let entry = |(name, index): &(String, usize)| Entry {
        label: cut(name, look, available),
        color: look.theme.category(*index),
        dash: None,
        shape: Some(*index),
    };
    vec![entry(&pairs.arm), entry(&pairs.base)]
}

pub(crate) fn draw(ink: &mut Ink<'_>, pairs: &Pairs, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let Look { unit, axis: size, theme, .. } = look;
    let (values, differences) = scales(pairs, place, &look);
    let ends = (place.top, place.bottom);
    effect::zone(ink, &differences, pairs.delta, ends)?;
    effect::rules(ink, &values, ends, false)?;
    effect::rules(ink, &differences, ends, true)?;
    let each = place.height() / (pairs.rows.len() + 1) as f64;
    let y = |row: usize| place.top + (row as f64 + 0.5) * each;
    let words = |ink: &mut Ink<'_>, row: usize, name: &str, note: &str, color| {
        let baseline = y(row) + 0.36 * size;
        ink.text(name, (place.left - 7.0 * unit, baseline), size, color, (Align::End, false))?;
        ink.text(note, (place.right, baseline), size, color, (Align::End, false))
    };
    for (number, row) in pairs.rows.iter().enumerate() {
        let at = y(number);
        if let Some((arm, base)) = row.arm.zip(row.base) {
            ink.stroke(&[(values.at(base), at), (values.at(arm), at)], theme.line, 1.4 * unit, 1.0)?;
        }
        sides(ink, pairs, (row.arm, row.base), &values, (at, 3.4 * unit))?;
        if let Some(difference) = row.difference() {
            ink.mark(0, (differences.at(difference), at), 3.0 * unit, theme.quiet, false)?;
        }
        words(ink, number, &row.label, &row.note, theme.quiet)?;
    }
    let last = pairs.rows.len();
    let rule = place.top + last as f64 * each;
    ink.stroke(&[(place.left, rule), (place.right, rule)], theme.frame, unit, 1.0)?;
    sides(ink, pairs, means(pairs), &values, (y(last), 4.2 * unit))?;
    // Each single difference stands in its own row.
    let effect = Effect { singles: Vec::new(), ..pairs.effect.clone() };
    effect::effect(ink, &differences, y(last), &effect)?;
    words(ink, last, &pairs.mean_label, &pairs.effect_note, theme.text)
}

fn sides(
    ink: &mut Ink<'_>,
    pairs: &Pairs,
    (arm, base): (Option<f64>, Option<f64>),
    x: &Axis,
    (y, radius): (f64, f64),
) -> Result<(), ChartError> {
    for (value, index) in [(base, pairs.base.1), (arm, pairs.arm.1)] {
        if let Some(value) = value {
            let color = ink.look.theme.category(index);
            ink.mark(index, (x.at(value), y), radius, color, false)?;
        }
    }
    Ok(())
}

/// Of each seed both values.
pub(crate) fn describe(pairs: &Pairs) -> String {
    let side = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), short);
    let row = |row: &PairRow| {
        let (arm, base) = (side(row.arm), side(row.base));
        format!(" {}: {} {arm}, {} {base};", row.label, pairs.arm.0, pairs.base.0)
    };
    pairs.rows.iter().map(row).collect()
}
