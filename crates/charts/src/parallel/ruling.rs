//! Numbers beside an axis: at its values where they are few, else at round ones.

use super::{AxisValues, ParallelAxis, Spacing};
use crate::axis::Axis;
use crate::number::{setting, tick};

/// An axis with so few values is ruled at them.
const FEW: usize = 8;
/// At most one number in so many pixels.
const APART: f64 = 30.0;

/// A share of the axis and what stands there.
pub(crate) type Tick = (f64, String);

/// Of an axis of numbers this high, in pixels; none of one of categories.
pub(crate) fn ticks(axis: &ParallelAxis, tall: f64, unit: f64) -> Vec<Tick> {
    let AxisValues::Numbers { spacing, scale, values } = &axis.values else { return Vec::new() };
    let Some((low, high)) = axis.ends() else { return Vec::new() };
    let mut only: Vec<f64> =
        values.iter().flatten().copied().filter(|value| spacing.through(*value).is_some()).collect();
    only.sort_by(f64::total_cmp);
    only.dedup();
    if only.len() <= FEW {
        return only.iter().map(|&value| (axis.share(value), setting(value * scale))).collect();
    }
    let ruler = |low: f64, high: f64, log: bool| Axis { low, high, start: 0.0, end: tall, log };
    let found = match spacing {
        Spacing::Linear => ruler(low * scale, high * scale, false).ticks(APART * unit),
        Spacing::Log => ruler(low * scale, high * scale, true).ticks(APART * unit),
        Spacing::LogToOne => {
            let rests = ruler(1.0 - high, 1.0 - low, true).ticks(APART * unit);
            // 1 − 10ᵏ has as many decimals as 10ᵏ.
            rests.into_iter().map(|(rest, _)| (1.0 - rest, tick(1.0 - rest, rest))).collect()
        }
    };
    let within = |value: &f64| (low..=high).contains(value);
    let back =
        |(value, label): Tick| (value / if *spacing == Spacing::LogToOne { 1.0 } else { *scale }, label);
    found
        .into_iter()
        .map(back)
        .filter(|(value, _)| within(value))
        .map(|(value, label)| (axis.share(value), label))
        .collect()
}
