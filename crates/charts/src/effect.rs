//! What a decision says, on a scale: the zone of what does not matter, intervals, single differences, the sign of a verdict.

use crate::axis::Axis;
use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::ink::{Align, Ink};
use crate::marks::DIAMOND;
use crate::page::Look;
use crate::theme::Theme;

/// At most one number in so many pixels.
const APART: f64 = 34.0;

/// What is claimed of an arm against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Helps,
    Hurts,
    /// No difference larger than δ.
    NoDifference,
    /// Not enough seeds.
    Undecided,
    NotComparable,
}

impl Verdict {
    /// The sign that stands before its word everywhere.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Helps => "+",
            Self::Hurts => "−",
            Self::NoDifference => "≈",
            Self::Undecided => "…",
            Self::NotComparable => "≠",
        }
    }

    pub(crate) fn color(self, theme: &Theme) -> Color {
        match self {
            Self::Helps => theme.ok,
            Self::Hurts => theme.error,
            Self::NoDifference => theme.info,
            Self::Undecided => theme.warn,
            Self::NotComparable => theme.line,
        }
    }

    fn ground(self, theme: &Theme) -> Color {
        match self {
            Self::Helps => theme.ok_quiet,
            Self::Hurts => theme.error_quiet,
            Self::NoDifference => theme.info_quiet,
            Self::Undecided => theme.warn_quiet,
            Self::NotComparable => theme.inset,
        }
    }
}

/// A difference with what is known of it, in shown values.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    pub mean: Option<f64>,
    /// The 95 % interval: thick.
    pub own: Option<(f64, f64)>,
    /// The interval corrected for several arms: thin.
    pub corrected: Option<(f64, f64)>,
    /// Each difference; drawn where there is no interval.
    pub singles: Vec<f64>,
    pub verdict: Verdict,
}

impl Effect {
    /// All values that a scale should hold.
    pub(crate) fn values(&self) -> Vec<f64> {
        let intervals = [self.own, self.corrected].into_iter().flatten();
        let singles = if self.own.is_none() { self.singles.as_slice() } else { &[] };
        intervals
            .flat_map(|(low, high)| [low, high])
            .chain(self.mean)
            .chain(singles.iter().copied())
            .collect()
    }
}

/// The ends of a scale for these values.
pub(crate) fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high { (0.0, 1.0) } else { crate::axis::with_room(low, high, false) }
}

/// Numbers of a scale; `signs` puts a plus before what is above zero.
pub(crate) fn ticks(x: &Axis, unit: f64, signs: bool) -> Vec<(f64, String)> {
    let ticks = x.ticks(APART * unit).into_iter();
    ticks
        .map(
            |(value, label)| if signs && value > 0.0 { (value, format!("+{label}")) } else { (value, label) },
        )
        .collect()
}

fn held(x: &Axis, value: f64) -> f64 {
    x.at(value).clamp(x.start, x.end)
}

/// Upright rules with their numbers below; zero is the stronger one on a scale of differences.
pub(crate) fn rules(
    ink: &mut Ink<'_>,
    x: &Axis,
    (top, bottom): (f64, f64),
    differences: bool,
) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    for (value, label) in ticks(x, unit, differences) {
        let at = x.at(value);
        let color = if differences && value == 0.0 { theme.line } else { theme.grid };
        ink.stroke(&[(at, top), (at, bottom)], color, unit, 1.0)?;
        ink.text(&label, (at, bottom + 15.0 * unit), size, theme.axis, (Align::Middle, false))?;
    }
    Ok(())
}

/// From −δ to +δ.
pub(crate) fn zone(
    ink: &mut Ink<'_>,
    x: &Axis,
    delta: Option<f64>,
    (top, bottom): (f64, f64),
) -> Result<(), ChartError> {
    let Some(delta) = delta else { return Ok(()) };
    let color = ink.look.theme.info_quiet;
    ink.rect((held(x, -delta), top), (held(x, delta), bottom), color, 0.75)
}

/// Corrected interval thin, 95 % thick, the mean as a diamond; without an interval each difference as a dot.
pub(crate) fn effect(ink: &mut Ink<'_>, x: &Axis, y: f64, effect: &Effect) -> Result<(), ChartError> {
    let Look { unit, theme, .. } = ink.look;
    if effect.own.is_none() {
        return effect
            .singles
            .iter()
            .try_for_each(|&value| ink.mark(0, (held(x, value), y), 3.0 * unit, theme.quiet, false));
    }
    let color = effect.verdict.color(theme);
    for (interval, width) in [(effect.corrected, 1.3), (effect.own, 4.0)] {
        let Some((low, high)) = interval else { continue };
        ink.stroke(&[(held(x, low), y), (held(x, high), y)], color, width * unit, 1.0)?;
    }
    let Some(mean) = effect.mean else { return Ok(()) };
    let hollow = effect.verdict == Verdict::Undecided;
    ink.mark(DIAMOND, (held(x, mean), y), 4.0 * unit, color, hollow)
}

/// Strokes where nothing can be told.
pub(crate) fn hatch(ink: &mut Ink<'_>, x: &Axis, y: f64) -> Result<(), ChartError> {
    let Look { unit, theme, .. } = ink.look;
    let place = Place { left: x.start, right: x.end, top: y - 6.0 * unit, bottom: y + 6.0 * unit };
    let count = (place.width() / (7.0 * unit)) as usize + 3;
    for number in 0..count {
        let at = place.left + (number as f64 * 7.0 - 13.0) * unit;
        for part in place.strokes(&[(at, place.bottom), (at + 13.0 * unit, place.top)]) {
            ink.stroke(&part, theme.frame, unit, 1.0)?;
        }
    }
    Ok(())
}

/// Width of a verdict's square.
pub(crate) const SIGN: f64 = 13.0;

/// The sign of a verdict in its square, from `left` on, around the height `y`.
pub(crate) fn sign(ink: &mut Ink<'_>, verdict: Verdict, left: f64, y: f64) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    let half = 0.5 * SIGN * unit;
    let (from, to) = ((left, y - half), (left + 2.0 * half, y + half));
    ink.rect(from, to, verdict.ground(theme), 1.0)?;
    let is_none = verdict == Verdict::NotComparable;
    if is_none {
        let corners = [from, (to.0, from.1), to, (from.0, to.1), from];
        ink.stroke(&corners, theme.frame, unit, 1.0)?;
    }
    let color = if is_none { theme.quiet } else { verdict.color(theme) };
    // The dots of … lie on the baseline, the other signs in the middle.
    let baseline = if verdict == Verdict::Undecided { 0.1 } else { 0.36 };
    ink.text(verdict.sign(), (left + half, y + baseline * size), size, color, (Align::Middle, true))
}
