//! The boundary over the cells of a map, in cells from the top left corner, as the screen draws it
//! (`ui/src/screens/map/boundary.ts`). Between two rates of the axis places are even by factors.

use serde_json::Value;
use vitals_charts::Boundary;

use super::placed::{Panel, Placed, same};
use crate::boundary::{BATCH, RATE};
use crate::dto::Boundaries;

/// Rates further out than this many cells have no place: the line stops at the edge.
const BEYOND: f64 = 0.5;
/// Numbers of runs stand beside what cells say.
const ASIDE: f64 = 0.1;

/// Cells from the beginning of the axis to a rate; a cell's middle is its own rate.
fn place_of(rates: &[f64], rate: f64) -> f64 {
    let logs: Vec<f64> = rates.iter().map(|rate| rate.ln()).collect();
    let at = rate.ln();
    let (first, last) = (logs.first().copied().unwrap_or(at), logs.last().copied().unwrap_or(at));
    // A single rate says which side, and not how far.
    if logs.len() < 2 {
        let side = if at > first {
            1.0
        } else if at < first {
            -1.0
        } else {
            0.0
        };
        return 0.5 + BEYOND * side;
    }
    let reaches = |pair: &[f64]| if last < first { at >= pair[1] } else { at <= pair[1] };
    let from = logs.windows(2).position(reaches).unwrap_or(logs.len() - 2);
    let (a, b) = (logs[from], logs[from + 1]);
    (from as f64 + 0.5 + (at - a) / (b - a)).clamp(0.5 - BEYOND, logs.len() as f64 - 0.5 + BEYOND)
}

/// Of a column or row of cells, with places along the rates.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    at: usize,
    middle: f64,
    low: f64,
    high: f64,
}

/// What is drawn over a map; none without a boundary.
pub(super) fn over(placed: &Placed<'_>, panel: &Panel<'_>, found: &Boundaries) -> Option<Boundary> {
    let is_own = |of: &std::collections::BTreeMap<String, Value>| {
        let null = Value::Null;
        (placed.others.iter().zip(&panel.values))
            .all(|(name, value)| same(of.get(name).unwrap_or(&null), value))
    };
    let group = found.groups.iter().find(|group| is_own(&group.of)).filter(|group| !group.line.is_empty())?;
    let up = placed.y.name == RATE;
    let (values, rates) = if up { (&placed.x, &placed.y) } else { (&placed.y, &placed.x) };
    let rates: Vec<f64> = rates.values.iter().filter_map(|(value, _)| value.as_f64()).collect();
    // Rates rise upwards and to the right: what is open on the low side is open towards the foot or the left.
    let (least, most) = if up { (rates.len() as f64, 0.0) } else { (0.0, rates.len() as f64) };
    let stretch = |one: &crate::dto::BoundaryAt| {
        let at = values.place(&one.at)?;
        let low = one.low.map_or(least, |rate| place_of(&rates, rate));
        let high = one.high.map_or(most, |rate| place_of(&rates, rate));
        Some(Stretch { at, middle: place_of(&rates, one.rate), low: low.min(high), high: low.max(high) })
    };
    let mut stretches: Vec<Stretch> = group.line.iter().filter_map(stretch).collect();
    stretches.sort_by_key(|stretch| stretch.at);
    // Over batch sizes the boundary is one curve.
    let joined = values.name == BATCH;
    let parts: Vec<&[Stretch]> = stretches.chunk_by(|one, next| joined && one.at + 1 == next.at).collect();
    let point = |(at, along): (f64, f64)| if up { (at, along) } else { (along, at) };
    let lines = parts.iter().map(|part| edge(part, |one| one.middle).into_iter().map(point).collect());
    let bands = parts.iter().map(|part| {
        let (low, high) = (edge(part, |one| one.low), edge(part, |one| one.high));
        low.into_iter().chain(high.into_iter().rev()).map(point).collect()
    });
    let next = (1..).zip(&found.next).filter(|(_, run)| is_own(&run.of)).filter_map(|(number, run)| {
        let at = values.place(&run.at)?;
        Some((number, point((at as f64 + ASIDE, place_of(&rates, run.rate)))))
    });
    Some(Boundary { lines: lines.collect(), bands: bands.collect(), next: next.collect() })
}

/// Along one edge of the band or the middle, over the whole width of the first and the last cell.
fn edge(part: &[Stretch], of: impl Fn(&Stretch) -> f64) -> Vec<(f64, f64)> {
    let inner = part.iter().map(|stretch| (stretch.at as f64 + 0.5, of(stretch)));
    let first = part.first().map(|stretch| (stretch.at as f64, of(stretch)));
    let last = part.last().map(|stretch| (stretch.at as f64 + 1.0, of(stretch)));
    first.into_iter().chain(inner).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_even_by_factors_and_stop_at_the_edge() {
        let rises = [1e-4, 2e-4, 8e-4];
        let near = |rate: f64, expected: f64| {
            let found = place_of(&rises, rate);
            assert!((found - expected).abs() < 1e-9, "{rate}: {found}");
        };
        near(1e-4, 0.5);
        near(2e-4, 1.5);
        near(4e-4, 2.0);
        near(2e-4_f64.sqrt() * 1e-2, 1.0);
        near(1e-9, 0.0);
        near(1.0, 3.0);
        let falls = [8e-4, 2e-4, 1e-4];
        for rate in [1e-9, 1e-4, 1.7e-4, 4e-4, 1.0] {
            let sum = place_of(&rises, rate) + place_of(&falls, rate);
            assert!((sum - 3.0).abs() < 1e-9, "an axis upside down: {rate}");
        }
        assert_eq!([1e-5, 1e-4, 1e-3].map(|rate| place_of(&[1e-4], rate)), [0.0, 0.5, 1.0]);
    }
}
