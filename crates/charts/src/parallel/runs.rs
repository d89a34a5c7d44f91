//! Lines as strokes: those of one look that few enough share. As the window draws them, so that what many share is as strong there.

use super::{Parallel, ParallelRun, Tint};
use crate::color::Color;
use crate::page::Look;

/// Runs that one stroke takes; within it nothing adds up.
const BATCH: usize = 40;
/// Colours of the scale.
const SHADES: f64 = 32.0;
/// So many lines are drawn as strongly as one; more of them weaker.
const CLEAR: f64 = 70.0;
const DASH: &[f64] = &[4.0, 3.0];

/// Runs that are drawn with one pen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    pub runs: Vec<usize>,
    pub color: Color,
    /// In the window's pixels.
    pub width: f64,
    pub opacity: f64,
    pub dash: &'static [f64],
}

/// Those of ghosts, of what lies in the brushes, and of what is marked; each from below to the top.
pub(crate) struct Strokes {
    pub ghosts: Vec<Stroke>,
    pub inside: Vec<Stroke>,
    pub marked: Vec<Stroke>,
}

fn opacity(count: usize, most: f64, least: f64) -> f64 {
    (most * (CLEAR / count.max(1) as f64).sqrt().min(1.0)).max(least)
}

fn batches(runs: &[usize], look: &Stroke) -> Vec<Stroke> {
    runs.chunks(BATCH).map(|runs| Stroke { runs: runs.to_vec(), ..look.clone() }).collect()
}

fn color(run: &ParallelRun, look: &Look) -> Color {
    match run.tint {
        Tint::Plain => look.theme.faint,
        Tint::Share(share) => look.theme.tide((share * SHADES).round() / SHADES),
        Tint::Category(index) => look.theme.category(index),
    }
}

/// Every run as a line, all of them.
pub(crate) fn strokes(parallel: &Parallel, look: &Look) -> Strokes {
    let runs = &parallel.runs;
    let of = |keep: &dyn Fn(&ParallelRun) -> bool| -> Vec<usize> {
        (0..runs.len()).filter(|&run| keep(&runs[run])).collect()
    };
    let pen = |color, width, opacity, dash| Stroke { runs: Vec::new(), color, width, opacity, dash };
    let pale = opacity(runs.len(), 0.3, 0.05);
    let mut ghosts = batches(&of(&|run| !run.inside && !run.broken), &pen(look.theme.line, 0.8, pale, &[]));
    ghosts.extend(batches(&of(&|run| !run.inside && run.broken), &pen(look.theme.nan, 0.8, pale, &[])));

    let mut order = of(&|run| run.inside);
    let strong = opacity(order.len(), 0.85, 0.16);
    let width = if order.len() as f64 > CLEAR { 1.0 } else { 1.3 };
    let rank = |run: usize| if runs[run].rank.is_nan() { f64::NEG_INFINITY } else { runs[run].rank };
    order.sort_by(|&a, &b| rank(a).total_cmp(&rank(b)));
    let (broken, whole): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&run| runs[run].broken);
    let mut inside = batches(&broken, &pen(look.theme.nan, width, strong.max(0.4), DASH));
    // Runs of one shade are neighbours in the order: a few strokes do for all of them.
    for same in whole.chunk_by(|&a, &b| color(&runs[a], look) == color(&runs[b], look)) {
        inside.extend(batches(same, &pen(color(&runs[same[0]], look), width, strong, &[])));
    }
    let chosen = of(&|run| run.marked);
    let dark = if chosen.len() as f64 > CLEAR { 0.4 } else { 0.9 };
    Strokes { ghosts, inside, marked: batches(&chosen, &pen(look.theme.text, 1.6, dark, &[])) }
}

/// How many lines they are.
pub(crate) fn count(strokes: &[Stroke]) -> usize {
    strokes.iter().map(|stroke| stroke.runs.len()).sum()
}
