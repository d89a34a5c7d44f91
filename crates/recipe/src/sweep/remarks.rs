//! What only the points together tell: parameters that none of them reads, lengths that differ where steps are fixed.

use std::ops::Range;

use super::change::Edit;
use super::definition::{AxisForm, Sweep};
use super::diagnostic::Diagnostic;
use super::mistake::Mistake;
use crate::hint::Hint;
use crate::number::short_number;
use crate::point::Point;
use crate::sentence::Names;
use crate::uses::Readers;

/// Warnings and notes about a sweep with these points.
pub(crate) fn remarks(sweep: &Sweep, points: &[Point]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, placed) in &sweep.recipe {
        // An axis over the parameter sets other values, and is told of itself.
        if sweep.axes.iter().all(|axis| !axis.parameters.contains(name)) {
            let fix = Edit::set(name, serde_json::Value::Null);
            let unread = unread(sweep, points, name, placed.span.clone(), false);
            found.extend(unread.map(|mut finding| finding.mended_by(fix).clone()));
        }
    }
    for axis in &sweep.axes {
        let alone = axis.form != AxisForm::Zip;
        found.extend(
            axis.parameters.iter().filter_map(|name| unread(sweep, points, name, axis.span.clone(), alone)),
        );
    }
    found.extend(unequal_epochs(sweep, points));
    found
}

/// A parameter that no point reads; with `or_some`, one too that only some read: those that do not differ by it alone.
fn unread(
    sweep: &Sweep,
    points: &[Point],
    name: &str,
    span: Range<usize>,
    or_some: bool,
) -> Option<Diagnostic> {
    let readers = Readers::of(name)?;
    if sweep.refused.contains(readers.by) || sweep.refused.iter().any(|refused| *refused == name) {
        return None;
    }
    let others: Vec<String> = points.iter().filter_map(|point| readers.other(&point.recipe)).collect();
    let (name, by, choices) = (name.to_owned(), readers.by.to_owned(), readers.choices());
    let mut finding = if others.is_empty() {
        return None;
    } else if others.len() == points.len() {
        let mut others = others;
        others.sort_unstable();
        others.dedup();
        let others: Names = others.into_iter().collect();
        sweep.lines.warning(span, Mistake::Unread { name: name.clone(), by, choices, others })
    } else if or_some {
        let (points, all) = (others.len() as u64, points.len() as u64);
        sweep.lines.warning(span, Mistake::SometimesUnread { name: name.clone(), by, choices, points, all })
    } else {
        return None;
    };
    finding.about(&name).hint(Hint::RemoveIdle);
    Some(finding)
}

/// Batch sizes over a fixed number of steps: the larger the batch, the more often training sees the images.
fn unequal_epochs(sweep: &Sweep, points: &[Point]) -> Option<Diagnostic> {
    let axis = sweep.axes.iter().find(|axis| axis.parameters.contains(&"batch_size"))?;
    let is_fixed = points.iter().all(|point| point.recipe.max_steps > 0)
        && sweep.axes.iter().all(|axis| !axis.parameters.contains(&"max_steps"));
    let epochs: Option<Vec<f64>> = points
        .iter()
        .map(|point| {
            let schedule = point.schedule.filter(|schedule| schedule.steps_per_epoch > 0)?;
            Some(schedule.total_steps as f64 / schedule.steps_per_epoch as f64)
        })
        .collect();
    let epochs = epochs.filter(|_| is_fixed)?;
    let (least, most) = (epochs.iter().copied().reduce(f64::min)?, epochs.iter().copied().reduce(f64::max)?);
    let steps = points.first()?.recipe.max_steps;
    let said = Mistake::UnequalEpochs { steps, least: three_digits(least), most: three_digits(most) };
    // Whole batches alone count, so that equal lengths differ by a hair.
    (most > least * 1.01).then(|| {
        let mut note = sweep.lines.note(axis.span.clone(), said);
        note.about("batch_size").hint(Hint::FixEpochs);
        note
    })
}

fn three_digits(number: f64) -> String {
    short_number(format!("{number:.2e}").parse().unwrap_or(number))
}
