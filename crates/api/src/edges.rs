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
    fn of(&mut self, side: Side) -> &mut BTreeMap<Key, u64> {
        match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        }
    }

    /// The furthest step behind the window.
    pub fn last(&self) -> Option<u64> {
        self.after.values().copied().max()
    }
}

/// Where the values beyond the edges lie, for each run. A series is looked for until a value in force is found; superseded ones
/// are taken where the same look meets them.
pub(crate) async fn find(
    context: &Context,
    runs: &[RunId],
    names: &[String],
    superseded: bool,
    grid: Grid,
) -> Result<Vec<Beyond>> {
    let extents = context.store().extents(runs, names, superseded).await?;
    let mut beyond: Vec<Beyond> = runs.iter().map(|_| Beyond::default()).collect();
    for side in [Side::Before, Side::After] {
        let mut looking: Vec<Looking> = extents
            .iter()
            .enumerate()
            .filter_map(|(place, extent)| {
                let edge = if side == Side::Before { grid.from } else { grid.end() };
                Some(Looking { place, extent: (*extent)?, open: names.to_vec(), edge, look: FIRST_LOOK })
            })
            .collect();
        loop {
            // All runs look at once, each as far as it has come.
            looking.retain(|one| one.stretch(side).is_some() && !one.open.is_empty());
            let query = |one: &Looking| {
                let (from, to) = one.stretch(side)?;
                let (names, from, to) = (one.open.clone(), Some(from), Some(to));
                Some((runs[one.place], SeriesQuery { names, from, to, superseded }))
            };
            let asked: Vec<(RunId, SeriesQuery)> = looking.iter().filter_map(query).collect();
            if asked.is_empty() {
                break;
            }
            let read = context.store().series_of_runs(&asked).await?;
            for (one, series) in looking.iter_mut().zip(read) {
                let found = beyond[one.place].of(side);
                for (attempt, part) in joined(series).into_iter().flat_map(branches) {
                    let nearest = if side == Side::Before { part.steps.last() } else { part.steps.first() };
                    if let Some(step) = nearest {
                        found.entry((part.name, attempt)).or_insert(*step);
                    }
                }
                one.open.retain(|name| !found.contains_key(&(name.clone(), None)));
                one.go_on(side);
            }
        }
    }
    Ok(beyond)
}

/// A run whose values beyond one edge are looked for.
struct Looking {
    place: usize,
    extent: Extent,
    /// Series that none was found of.
    open: Vec<String>,
    /// How far the last look went, and how far the next one goes.
    edge: u64,
    look: u64,
}

impl Looking {
    fn stretch(&self, side: Side) -> Option<(u64, u64)> {
        stretch(side, self.edge, self.look, self.extent)
    }

    fn go_on(&mut self, side: Side) {
        if let Some((from, to)) = self.stretch(side) {
            self.edge = if side == Side::Before { from } else { to + 1 };
        }
        self.look = self.look.saturating_mul(FURTHER);
    }
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
    runs: &[RunId],
    beyond: &[Beyond],
    relative: bool,
    superseded: bool,
) -> Result<Vec<BTreeMap<Key, Edges>>> {
    let mut views: Vec<(usize, Side, View)> = Vec::new();
    for (place, beyond) in beyond.iter().enumerate() {
        for (side, places) in [(Side::Before, &beyond.before), (Side::After, &beyond.after)] {
            // What shares a stream shares its steps, and is read in one go.
            let mut by_step: BTreeMap<u64, BTreeSet<&String>> = BTreeMap::new();
            for ((name, _), step) in places {
                by_step.entry(*step).or_default().insert(name);
            }
            for (step, names) in by_step {
                let (names, grid) = (names.into_iter().cloned().collect(), single(step));
                views.push((place, side, View { names, grid, relative, superseded }));
            }
        }
    }
    let asked: Vec<(RunId, &View)> = views.iter().map(|(place, _, view)| (runs[*place], view)).collect();
    let mut found: Vec<BTreeMap<Key, Edges>> = runs.iter().map(|_| BTreeMap::new()).collect();
    for (strips, (place, side, view)) in context.store().viewports(&asked).await?.into_iter().zip(&views) {
        let places = match side {
            Side::Before => &beyond[*place].before,
            Side::After => &beyond[*place].after,
        };
        for strip in strips {
            let key = (strip.name, strip.superseded_attempt);
            let piece = strip.columns.first().map(|one| if relative { one.relative } else { one.summary });
            let here = places.get(&key) == Some(&view.grid.from);
            let Some(value) = piece.filter(|one| one.count > 0 && here) else { continue };
            let edges = found[*place].entry(key).or_default();
            *(if *side == Side::Before { &mut edges.before } else { &mut edges.after }) = Some(value);
        }
    }
    Ok(found)
}

/// A grid of one step.
fn single(step: u64) -> Grid {
    Grid { from: step, stride: 1, columns: 1 }
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
