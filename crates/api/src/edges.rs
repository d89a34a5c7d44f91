//! The value before a window and the one behind it, of each series: with them a line runs to both edges of its chart,
//! however far its values lie apart. Looks outwards in growing strides, so that what is recorded at every step costs a
//! glance, and what is recorded seldom is found as well. Reads nothing of the window itself.

use std::collections::{BTreeMap, BTreeSet};

use vitals_series::{Grid, Summary};
use vitals_store::{Extent, RunId, SeriesQuery, View};

use crate::Context;
use crate::branches::{branches, joined};
use crate::error::Result;

/// Steps of the first look beyond an edge, and how many times further the next one goes.
const FIRST_LOOK: u64 = 16;
const FURTHER: u64 = 16;

/// A series, and the attempt whose superseded values are meant; none: the values in force.
pub(crate) type Key = (String, Option<u32>);

/// The nearest recorded steps outside of a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Beyond {
    before: BTreeMap<Key, u64>,
    after: BTreeMap<Key, u64>,
}

/// One value beyond each edge; none where nothing was recorded there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Edges {
    pub before: Option<Summary>,
    pub after: Option<Summary>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Beyond {
    /// The furthest step behind the window.
    pub fn last(&self) -> Option<u64> {
        self.after.values().copied().max()
    }
}

/// Where the values beyond the edges lie. A series is looked for until a value in force is found; superseded ones are taken
/// where the same look meets them.
pub(crate) async fn find(
    context: &Context,
    run: RunId,
    names: &[String],
    superseded: bool,
    grid: Grid,
) -> Result<Beyond> {
    let Some(extent) = context.store().extent(run, names, superseded).await? else {
        return Ok(Beyond::default());
    };
    let mut beyond = Beyond::default();
    for (side, found) in [(Side::Before, &mut beyond.before), (Side::After, &mut beyond.after)] {
        let mut open = names.to_vec();
        let mut edge = if side == Side::Before { grid.from } else { grid.end() };
        let mut look = FIRST_LOOK;
        while let Some((from, to)) = stretch(side, edge, look, extent).filter(|_| !open.is_empty()) {
            let query = SeriesQuery { names: open.clone(), from: Some(from), to: Some(to), superseded };
            for series in joined(context.store().series(run, &query).await?) {
                for (attempt, part) in branches(series) {
                    let nearest = if side == Side::Before { part.steps.last() } else { part.steps.first() };
                    if let Some(step) = nearest {
                        found.entry((part.name, attempt)).or_insert(*step);
                    }
                }
            }
            open.retain(|name| !found.contains_key(&(name.clone(), None)));
            edge = if side == Side::Before { from } else { to + 1 };
            look = look.saturating_mul(FURTHER);
        }
    }
    Ok(beyond)
}

/// The steps of the next look, both inclusive; none where nothing is recorded further out.
fn stretch(side: Side, edge: u64, look: u64, extent: Extent) -> Option<(u64, u64)> {
    match side {
        Side::Before => {
            (edge > extent.first_step).then(|| (edge.saturating_sub(look).max(extent.first_step), edge - 1))
        }
        Side::After => {
            (edge <= extent.last_step).then(|| (edge, edge.saturating_add(look - 1).min(extent.last_step)))
        }
    }
}

/// The values themselves, by the pyramids that know them relative to their medians as well.
pub(crate) async fn read(
    context: &Context,
    run: RunId,
    beyond: &Beyond,
    relative: bool,
    superseded: bool,
) -> Result<BTreeMap<Key, Edges>> {
    let mut found: BTreeMap<Key, Edges> = BTreeMap::new();
    for (side, places) in [(Side::Before, &beyond.before), (Side::After, &beyond.after)] {
        // What shares a stream shares its steps, and is read in one go.
        let steps: BTreeSet<u64> = places.values().copied().collect();
        for step in steps {
            let here = |key: &Key| places.get(key) == Some(&step);
            let names: BTreeSet<&String> =
                places.keys().filter(|key| here(key)).map(|(name, _)| name).collect();
            let grid = Grid { from: step, stride: 1, columns: 1 };
            let view = View { names: names.into_iter().cloned().collect(), grid, relative, superseded };
            for strip in context.store().viewport(run, &view).await? {
                let key = (strip.name, strip.superseded_attempt);
                let piece =
                    strip.columns.first().map(|one| if relative { one.relative } else { one.summary });
                let Some(value) = piece.filter(|one| one.count > 0 && here(&key)) else { continue };
                let edges = found.entry(key).or_default();
                *(if side == Side::Before { &mut edges.before } else { &mut edges.after }) = Some(value);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_reach_outwards_to_the_ends_of_what_is_recorded_and_no_further() {
        let extent = Extent { first_step: 10, last_step: 500 };
        let looks = |side, edge| [16, 256].map(|look| stretch(side, edge, look, extent));
        assert_eq!(looks(Side::Before, 100), [Some((84, 99)), Some((10, 99))]);
        assert_eq!(looks(Side::After, 400), [Some((400, 415)), Some((400, 500))]);
        assert_eq!(looks(Side::Before, 10), [None, None]);
        assert_eq!(looks(Side::After, 501), [None, None]);
    }
}
