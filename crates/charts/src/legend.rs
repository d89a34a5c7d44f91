//! Legends: a stroke with its dash or a mark of its shape, and a word. Lines of one label have one entry.

use crate::color::Color;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::lines::{Line, Lines};
use crate::page::Look;
use crate::theme;

/// Length of a stroke.
pub(crate) const SAMPLE: f64 = 22.0;
const GAP: f64 = 14.0;
/// Longer labels are cut.
const LONGEST: f64 = 420.0;
/// Height of one row.
pub(crate) const ROW: f64 = 17.0;

/// One entry; two entries are the same when they look the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub label: String,
    pub color: Color,
    /// None: no line, only marks.
    pub dash: Option<&'static [f64]>,
    pub shape: Option<usize>,
}

pub(crate) fn color_of(line: &Line, look: &Look) -> Color {
    line.depth.map_or_else(|| look.theme.category(line.color_index), |depth| look.theme.depth(depth))
}

/// The entries of a panel, in order of its lines.
pub(crate) fn entries(lines: &Lines, look: &Look, available: f64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in lines.lines.iter().map(|line| entry(line, look, available)) {
        if !entry.label.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

/// The entry of a line, its label cut to what a row of this width holds.
pub(crate) fn entry(line: &Line, look: &Look, available: f64) -> Entry {
    Entry {
        label: cut(&line.label, look, available),
        color: color_of(line, look),
        dash: line.joined.then(|| theme::dash(line.dash_index)),
        shape: line.marks.then_some(line.shape_index),
    }
}

/// A label as long as an entry of this width may have.
pub(crate) fn cut(label: &str, look: &Look, available: f64) -> String {
    let room = if look.is_window { LONGEST } else { available - (SAMPLE + 6.0) * look.unit };
    fonts::fit(label, look.legend, room.min(LONGEST * look.unit))
}

fn width(entry: &Entry, look: &Look) -> f64 {
    (SAMPLE + 5.0) * look.unit + fonts::width(&entry.label, look.legend)
}

/// Width of all entries in one row.
pub(crate) fn row_width(entries: &[Entry], look: &Look) -> f64 {
    entries.iter().map(|entry| width(entry, look) + GAP * look.unit).sum::<f64>() - GAP * look.unit
}

/// How many rows the entries take in this width.
pub(crate) fn rows(entries: &[Entry], available: f64, look: &Look) -> usize {
    let (mut rows, mut used) = (1, 0.0);
    for entry in entries {
        if used > 0.0 && used + width(entry, look) > available {
            rows += 1;
            used = 0.0;
        }
        used += width(entry, look) + GAP * look.unit;
    }
    rows
}

/// Where each entry begins, and its baseline: from `left` on, the first baseline at `y`; goes on below where `available` ends.
pub(crate) fn places(
    entries: &[Entry],
    (left, y): (f64, f64),
    available: f64,
    look: &Look,
) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (left, y);
    let place = |entry: &Entry| {
        if x > left && x + width(entry, look) > left + available {
            (x, y) = (left, y + ROW * look.unit);
        }
        let at = (x, y);
        x += width(entry, look) + GAP * look.unit;
        at
    };
    entries.iter().map(place).collect()
}

/// Draws the entries at their places.
pub(crate) fn draw(
    ink: &mut Ink<'_>,
    entries: &[Entry],
    begin: (f64, f64),
    available: f64,
) -> Result<(), ChartError> {
    let look = ink.look;
    let unit = look.unit;
    for (entry, (x, y)) in entries.iter().zip(places(entries, begin, available, &look)) {
        let middle = y - 0.36 * look.legend;
        if let Some(dash) = entry.dash {
            let ends = [(x, middle), (x + SAMPLE * unit, middle)];
            ink.dashed(&ends, dash, entry.color, 1.8 * unit, 1.0)?;
        }
        if let Some(shape) = entry.shape {
            ink.mark(shape, (x + 0.5 * SAMPLE * unit, middle), 3.0 * unit, entry.color, false)?;
        }
        let text_x = x + (SAMPLE + 5.0) * unit;
        ink.text(&entry.label, (text_x, y), look.legend, look.theme.quiet, (Align::Start, false))?;
    }
    Ok(())
}
