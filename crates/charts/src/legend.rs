//! Legends: a stroke with its dash or a mark of its shape, and a word. Lines of one label have one entry.

use crate::curve::dashed;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::model::{Line, Panel};
use crate::theme::{self, Color};

const SIZE: f64 = 11.0;
const SAMPLE: f64 = 22.0;
const GAP: f64 = 14.0;
/// Longer labels are cut.
const LONGEST: f64 = 420.0;

/// One entry; two entries are the same when they look the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub label: String,
    pub color: Color,
    pub dash: &'static [f64],
}

pub(crate) fn color_of(line: &Line) -> Color {
    line.depth.map_or_else(|| theme::category(line.color_index), theme::depth)
}

/// The entries of a panel, in order of its lines.
pub(crate) fn entries(panel: &Panel) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in &panel.lines {
        let label = fonts::fit(&line.label, SIZE, LONGEST);
        let entry = Entry { label, color: color_of(line), dash: theme::dash(line.dash_index) };
        if !entry.label.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

fn width(entry: &Entry) -> f64 {
    SAMPLE + 5.0 + fonts::width(&entry.label, SIZE)
}

/// Width of all entries in one row.
pub(crate) fn row_width(entries: &[Entry]) -> f64 {
    entries.iter().map(|entry| width(entry) + GAP).sum::<f64>() - GAP
}

/// How many rows the entries take in this width.
pub(crate) fn rows(entries: &[Entry], available: f64) -> usize {
    let (mut rows, mut used) = (1, 0.0);
    for entry in entries {
        if used > 0.0 && used + width(entry) > available {
            rows += 1;
            used = 0.0;
        }
        used += width(entry) + GAP;
    }
    rows
}

/// Draws the entries from `left` on, the first baseline at `y`; goes on below where `available` ends.
pub(crate) fn draw(
    ink: &mut Ink<'_>,
    entries: &[Entry],
    (left, y): (f64, f64),
    available: f64,
) -> Result<(), ChartError> {
    let (mut x, mut y) = (left, y);
    for entry in entries {
        if x > left && x + width(entry) > left + available {
            (x, y) = (left, y + ROW);
        }
        let middle = y - 0.36 * SIZE;
        for dash in dashed(&[(x, middle), (x + SAMPLE, middle)], entry.dash) {
            ink.stroke(&dash, entry.color, 1.8, 1.0)?;
        }
        ink.text(&entry.label, (x + SAMPLE + 5.0, y), SIZE, theme::TEXT_QUIET, (Align::Start, false))?;
        x += width(entry) + GAP;
    }
    Ok(())
}

/// Height of one row.
pub(crate) const ROW: f64 = 17.0;
