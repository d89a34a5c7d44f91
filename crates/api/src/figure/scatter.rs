//! The metric against the stability score, asked anew by the function that answers the map. Judges nothing itself.

use serde_json::Value;
use vitals_charts::{Scatter, ScatterGroup, ScatterMean, ScatterRun};

use super::map::{place_of, same, text};
use super::slots::{QUIET, index_of};
use crate::Context;
use crate::digits::filled;
use crate::dto::{ColumnHolds, FigureScatter, MapCell, Number};
use crate::error::Result;
use crate::stability_map;

/// The picture, and how many runs it is of. Who has no place on the map has none here either.
pub(super) async fn drawn(context: &Context, asked: &FigureScatter) -> Result<(Scatter, String)> {
    let map = stability_map::map(context, &asked.of).await?;
    let axes = [place_of(&map, &asked.axes.0)?, place_of(&map, &asked.axes.1)?];
    let facet = asked.facet.as_deref().map(|name| place_of(&map, name)).transpose()?;
    let is_placed = |cell: &MapCell| axes.iter().all(|at| cell.key[*at].is_some());
    let value_of = |cell: &MapCell| facet.and_then(|at| cell.key[at].clone()).unwrap_or(Value::Null);
    let mut groups: Vec<(Value, ScatterGroup)> = Vec::new();
    let empty =
        |label: String, index: usize| ScatterGroup { label, index, runs: Vec::new(), means: Vec::new() };
    for one in &asked.groups {
        let index = index_of(one.slot).unwrap_or(QUIET);
        groups.push((one.value.clone(), empty(one.label.clone(), index)));
    }
    let mut place_of_cell = Vec::with_capacity(map.cells.len());
    for cell in &map.cells {
        if !is_placed(cell) {
            place_of_cell.push(None);
            continue;
        }
        let value = value_of(cell);
        let known = groups.iter().position(|(one, _)| same(one, &value));
        let at = known.unwrap_or_else(|| {
            let (label, index) = if facet.is_none() { (String::new(), 0) } else { (text(&value), QUIET) };
            groups.push((value, empty(label, index)));
            groups.len() - 1
        });
        // One run is its own mean.
        if let Some((y, x)) = cell.metric.zip(cell.score).filter(|(y, x)| y.n > 1 && x.n > 1) {
            groups[at].1.means.push(ScatterMean {
                x: x.mean,
                y: y.mean,
                x_interval: x.interval,
                y_interval: y.interval,
            });
        }
        place_of_cell.push(Some(at));
    }
    let (mut shown, mut waiting) = (0, 0);
    for run in &map.runs {
        let Some(at) = place_of_cell.get(run.cell as usize).copied().flatten() else { continue };
        let y = run.metric.as_ref().map(Number::value);
        let placed = match y {
            _ if run.failed => ScatterRun { x: run.score, y: None },
            Some(y) if !y.is_finite() => ScatterRun { x: run.score, y: None },
            Some(y) => ScatterRun { x: run.score, y: Some(y) },
            None => {
                waiting += 1;
                continue;
            }
        };
        shown += 1;
        groups[at].1.runs.push(placed);
    }
    let made = Scatter {
        x_title: asked.x_title.clone(),
        x_ends: (0.0, 1.0),
        scale: if map.holds == ColumnHolds::Share { 100.0 } else { 1.0 },
        groups: groups.into_iter().map(|(_, group)| group).filter(|group| !group.runs.is_empty()).collect(),
        foot: String::new(),
        side: String::new(),
    };
    let means = made.groups.iter().map(|group| group.means.len() as u64).sum();
    let foot = filled(&asked.broken, &[("n", made.at_foot() as u64)]);
    let side = filled(&asked.unscored, &[("n", made.at_side() as u64)]);
    let count = filled(&asked.count, &[("n", shown), ("means", means), ("waiting", waiting)]);
    Ok((Scatter { foot, side, ..made }, count))
}
