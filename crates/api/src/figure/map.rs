//! The stability map, asked anew by the functions that answer the screen: cells with their numbers, the boundary over them and what
//! lines along the learning rate come to. Judges nothing itself.

mod edge;
mod placed;

use vitals_charts::{Cell, CellEnd, CellMap, CellMargin, CellScale, Cells};

use crate::Context;
use crate::boundary::{self, RATE};
use crate::decide::sensitivity;
use crate::digits::{decimals, filled, significant};
use crate::dto::{
    BoundariesBy, ColumnHolds, ErrorCode, FigureMap, FigureMapLines, FigureMeasure, MapCell, MapMean,
    RateSensitivity, SensitivityBy, SensitivityOfRates, StabilityMap,
};
use crate::error::Result;
use crate::stability_map;
use placed::{Placed, Spot};
pub(super) use placed::{place_of, same, text};

/// The picture, and how many runs it is of.
pub(super) async fn drawn(context: &Context, asked: &FigureMap) -> Result<(Cells, String)> {
    let map = stability_map::map(context, &asked.of).await?;
    let placed = Placed::of(&map, asked)?;
    let measured = |cell: &MapCell| measured(cell, asked.measure);
    let range = ends_of(map.cells.iter().filter_map(|cell| measured(cell).map(|found| found.value)));
    let written = |value: f64| number(&map, asked.measure, value);
    let cell = |spot: &Spot<'_>| {
        let cell = spot.cell;
        let found = measured(cell);
        let words = &asked.words;
        let lost = cell.failed == cell.runs;
        let value = match &found {
            Some(found) => written(found.value),
            None if lost => words.lost.clone(),
            None => words.without.clone(),
        };
        let spread = found.as_ref().map_or_else(String::new, |found| {
            let std =
                found.std.map_or_else(String::new, |std| format!("±{} ", spread(&map, asked.measure, std)));
            let most = if asked.measure == FigureMeasure::Lead { 0 } else { spot.most };
            let n =
                if found.n >= most { decimals(f64::from(found.n), 0) } else { format!("{}/{most}", found.n) };
            format!("{std}{}", words.n.replace("{n}", &n))
        });
        let failed = if cell.failed == 0 {
            String::new()
        } else {
            filled(&words.failed, &[("n", u64::from(cell.failed))])
        };
        let single = found.as_ref().is_some_and(|found| found.n < 2);
        Cell {
            share: found.zip(range).map(|(found, range)| share(found.value, range)),
            value,
            spread,
            failed,
            single,
            lost,
        }
    };

    let across = placed.across();
    let limits = match across.filter(|_| asked.boundary) {
        Some(across) => {
            let of = BoundariesBy { filter: asked.of.filter.clone(), across: across.to_owned() };
            Some(boundary::boundaries(context, &of).await?)
        }
        None => None,
    };
    let found = match asked.lines.as_ref().zip(across) {
        Some((lines, across)) => lines_of(context, asked, &map, across).await?.map(|found| (lines, found)),
        None => None,
    };
    let one = |panel: &placed::Panel<'_>| CellMap {
        title: panel.title.clone(),
        cells: panel.spots.iter().map(|spot| spot.as_ref().map(&cell)).collect(),
        ends: found.as_ref().map_or_else(Vec::new, |(lines, found)| ends(&placed, panel, lines, found)),
        boundary: limits.as_ref().and_then(|limits| edge::over(&placed, panel, limits)),
    };
    let maps: Vec<CellMap> = placed.panels.iter().map(one).collect();
    let margin = found.as_ref().map(|(lines, _)| {
        (if placed.x.name == RATE { CellMargin::Right } else { CellMargin::Above }, lines.title.clone())
    });
    let scale = if asked.measure == FigureMeasure::Spikes { CellScale::Ember } else { CellScale::Tide };
    let colors = range.map(|(low, high)| (written(low), written(high), asked.words.colour.clone()));
    let runs = placed.panels.iter().flat_map(|panel| panel.spots.iter().flatten());
    let (n, failed) = runs.fold((0, 0), |(n, failed), spot| {
        (n + u64::from(spot.cell.runs), failed + u64::from(spot.cell.failed))
    });
    let count = filled(&asked.words.count, &[("n", n), ("failed", failed)]);
    let cells = Cells {
        x_title: asked.x.title.clone(),
        y_title: asked.y.title.clone(),
        xs: placed.x.labels(),
        ys: placed.y.labels(),
        maps,
        scale,
        colors,
        margin,
        none: asked.words.none.clone(),
    };
    Ok((cells, count))
}

/// The number of a cell; of a lead n counts spikes.
struct Measured {
    value: f64,
    std: Option<f64>,
    n: u32,
}

fn measured(cell: &MapCell, measure: FigureMeasure) -> Option<Measured> {
    let of =
        |found: Option<MapMean>| found.map(|MapMean { mean, std, n, .. }| Measured { value: mean, std, n });
    match measure {
        FigureMeasure::Metric => of(cell.metric),
        FigureMeasure::Score => of(cell.score),
        FigureMeasure::Spikes => of(cell.spikes_per_1000_steps),
        FigureMeasure::Lead => {
            cell.lead.map(|lead| Measured { value: lead.median, std: None, n: lead.spikes })
        }
    }
}

/// As the screen writes it (`ui/src/screens/map/said.ts`).
fn number(map: &StabilityMap, measure: FigureMeasure, value: f64) -> String {
    match measure {
        FigureMeasure::Score | FigureMeasure::Spikes => decimals(value, 2),
        FigureMeasure::Lead => decimals(value, if value.fract() == 0.0 { 0 } else { 1 }),
        FigureMeasure::Metric if map.holds == ColumnHolds::Share => decimals(value * 100.0, 1),
        FigureMeasure::Metric => significant(value, 3),
    }
}

fn spread(map: &StabilityMap, measure: FigureMeasure, std: f64) -> String {
    match measure {
        FigureMeasure::Metric if map.holds != ColumnHolds::Share => significant(std, 2),
        _ => number(map, measure, std),
    }
}

/// On the scale of colours; the middle where all numbers are one.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

fn ends_of(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// One question for all maps, so that their numbers are over the same rates. None where it has no answer: the screen says why.
async fn lines_of(
    context: &Context,
    asked: &FigureMap,
    map: &StabilityMap,
    across: &str,
) -> Result<Option<SensitivityOfRates>> {
    let by = [across.to_owned()].into_iter().chain(asked.others.iter().cloned()).collect();
    let of = SensitivityBy { filter: asked.of.filter.clone(), by, metric: Some(map.metric.clone()) };
    match sensitivity(context, &of).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == ErrorCode::InvalidInput => Ok(None),
        Err(error) => Err(error),
    }
}

fn ends(
    placed: &Placed<'_>,
    panel: &placed::Panel<'_>,
    lines: &FigureMapLines,
    found: &SensitivityOfRates,
) -> Vec<Option<CellEnd>> {
    let axis = if placed.x.name == RATE { &placed.y } else { &placed.x };
    let range = ends_of(found.arms.iter().filter_map(|arm| arm.sensitivity));
    let loss = |value: f64| match lines.scale == 100.0 {
        true => decimals(value * lines.scale, 1),
        false => significant(value * lines.scale, 3),
    };
    let end = |value: &serde_json::Value| {
        let arm =
            found.arms.iter().find(|arm| has(found, arm, (axis.name.as_str(), value), placed, panel))?;
        let (mean, range) = arm.sensitivity.zip(range)?;
        let spread = arm.std.map_or_else(String::new, |std| format!("± {}", loss(std)));
        Some(CellEnd { share: share(mean, range), value: loss(mean), spread })
    };
    axis.values.iter().map(|(value, _)| end(value)).collect()
}

/// Whether an arm is the line of a map at a value of the axis.
fn has(
    found: &SensitivityOfRates,
    arm: &RateSensitivity,
    (name, value): (&str, &serde_json::Value),
    placed: &Placed<'_>,
    panel: &placed::Panel<'_>,
) -> bool {
    let none = serde_json::Value::Null;
    let own = |asked: &str| {
        if asked == name {
            return value;
        }
        let at = placed.others.iter().position(|other| other == asked);
        at.and_then(|at| panel.values.get(at)).unwrap_or(&none)
    };
    found.by.iter().all(|name| {
        let of_arm = if found.by.len() > 1 { arm.value.get(name).unwrap_or(&none) } else { &arm.value };
        same(of_arm, own(name))
    })
}
