//! Parallel coordinates of runs that the table finds anew: which lie in the brushes, how they are coloured and what is counted is
//! worked out here, by the rules of the screen (`ui/src/screens/runs/explore`).

use std::collections::HashSet;

use serde_json::Value;
use vitals_charts::{
    AxisBrush, AxisValues, Category, Parallel, ParallelAxis, ParallelRun, Spacing, Stop, Tint,
};
use vitals_recipe::Scale;

use super::slots::{QUIET, index_of};
use crate::Context;
use crate::digits::{decimals, filled, significant};
use crate::dto::{
    ApiError, ColumnHolds, ColumnOf, FigureAxis, FigureBrush, FigureCategory, FigureColour, FigureParallel,
    FigureParallelWords, FigureStop, RunCell, RunTable, RunTableRow,
};
use crate::error::Result;
use crate::said::Failure;
use crate::{readings, run_table};

/// The column of the stability score.
const SCORE: &str = "stability";

/// The picture, and how many runs of how many it is of.
pub(super) async fn drawn(context: &Context, asked: &FigureParallel) -> Result<(Parallel, String)> {
    let table = run_table::table(context, &asked.of).await?;
    let axes = asked.axes.iter().map(|axis| made(axis, &table, &asked.words)).collect::<Result<Vec<_>>>()?;
    let metric = asked.metric.as_deref().map(|name| place(&table, name)).transpose()?;
    let outcomes: Vec<Option<f64>> = match metric {
        Some(at) => table.rows.iter().map(|row| number(&table, at, row)).collect(),
        None => vec![None; table.rows.len()],
    };
    let by = match asked.colour {
        FigureColour::Score => numbers(&table, SCORE)?,
        FigureColour::Metric | FigureColour::Arm => outcomes.clone(),
    };
    let sign = metric.map_or(1.0, |at| match &table.columns[at].of {
        ColumnOf::Metric { metric, .. } if !readings::higher_is_better(metric) => -1.0,
        _ => 1.0,
    });
    let brushed: Vec<bool> = (0..table.rows.len())
        .map(|run| asked.axes.iter().zip(&axes).all(|(asked, axis)| takes(asked.brush.as_ref(), axis, run)))
        .collect();
    let broken = |run: usize| table.rows[run].failed || outcomes[run].is_some_and(|value| !value.is_finite());
    let shown = (0..table.rows.len()).filter(|&run| brushed[run] && !broken(run));
    let ends = shown.filter_map(|run| by[run].filter(|value| value.is_finite())).fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    });
    let tint = |run: usize| match (asked.colour, ends, by[run].filter(|value| value.is_finite())) {
        (FigureColour::Arm, ..) => Tint::Category(category(axes.first(), run).unwrap_or(QUIET)),
        (_, Some((low, high)), Some(value)) if high > low => Tint::Share((value - low) / (high - low)),
        (_, Some(_), Some(_)) => Tint::Share(1.0),
        _ => Tint::Plain,
    };
    let rank = |run: usize| match asked.colour {
        FigureColour::Score => by[run].unwrap_or(f64::NAN),
        FigureColour::Metric | FigureColour::Arm => sign * outcomes[run].unwrap_or(f64::NAN),
    };
    let marked: HashSet<&str> = asked.marked.iter().map(String::as_str).collect();
    let run = |run: usize| ParallelRun {
        inside: brushed[run],
        broken: broken(run),
        marked: marked.contains(table.rows[run].id.as_str()),
        tint: tint(run),
        rank: if rank(run).is_finite() { rank(run) } else { f64::NAN },
    };
    let runs: Vec<ParallelRun> = (0..table.rows.len()).map(run).collect();
    let colors = ends.filter(|_| asked.colour != FigureColour::Arm).map(|(low, high)| {
        let is_share = metric.is_some_and(|at| table.columns[at].holds == ColumnHolds::Share);
        let text = |value: f64| match asked.colour {
            FigureColour::Score => decimals(value, 2),
            _ if is_share => decimals(value * 100.0, 1),
            _ => significant(value, 4),
        };
        (text(low), text(high), asked.words.colour.clone())
    });
    let inside = brushed.iter().filter(|inside| **inside).count();
    let count = filled(&asked.words.count, &[("n", inside as u64), ("of", runs.len() as u64)]);
    Ok((Parallel { axes, runs, colors }, count))
}

fn place(table: &RunTable, name: &str) -> Result<usize> {
    let none =
        || ApiError::invalid(Failure::NotDrawn { reason: format!("no column `{name}` was asked for") });
    table.columns.iter().position(|column| column.name == name).ok_or_else(none)
}

fn numbers(table: &RunTable, name: &str) -> Result<Vec<Option<f64>>> {
    let at = place(table, name)?;
    Ok(table.rows.iter().map(|row| number(table, at, row)).collect())
}

fn number(table: &RunTable, at: usize, row: &RunTableRow) -> Option<f64> {
    match row.cells.get(at)?.as_ref()? {
        RunCell::Number(number) => Some(number.value()),
        RunCell::Text(text) if table.columns[at].holds == ColumnHolds::Time => {
            vitals_run::parse_rfc3339(text).map(|at| at as f64)
        }
        RunCell::Flag(_) | RunCell::Text(_) | RunCell::Words(_) => None,
    }
}

/// As conditions have it; none where the run has none.
fn value(row: &RunTableRow, at: usize) -> Value {
    match row.cells.get(at).and_then(Option::as_ref) {
        Some(RunCell::Flag(flag)) => Value::from(*flag),
        Some(RunCell::Number(number)) => Value::from(number.value()),
        Some(RunCell::Text(text)) => Value::from(text.as_str()),
        Some(RunCell::Words(words)) if !words.is_empty() => Value::from(words.join(", ")),
        Some(RunCell::Words(_)) | None => Value::Null,
    }
}

/// JSON's 1 and 1.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|found| same(value, found)))
        }
        _ => one == other,
    }
}

fn made(asked: &FigureAxis, table: &RunTable, words: &FigureParallelWords) -> Result<ParallelAxis> {
    let places = asked.columns.iter().map(|name| place(table, name)).collect::<Result<Vec<usize>>>()?;
    let [first, ..] = places[..] else {
        return Err(ApiError::invalid(Failure::NotDrawn { reason: "an axis needs a column".to_owned() }));
    };
    let values = match &asked.categories {
        None => AxisValues::Numbers {
            spacing: match table.columns[first].scale {
                Scale::Linear => Spacing::Linear,
                Scale::Log => Spacing::Log,
                Scale::LogToOne => Spacing::LogToOne,
            },
            scale: asked.scale,
            values: table.rows.iter().map(|row| number(table, first, row)).collect(),
        },
        Some(known) => {
            let of = |row: &RunTableRow| match places[..] {
                [at] => value(row, at),
                _ => {
                    let parts: Vec<(String, Value)> =
                        asked.columns.iter().cloned().zip(places.iter().map(|&at| value(row, at))).collect();
                    let is_none = parts.iter().all(|(_, value)| value.is_null());
                    if is_none { Value::Null } else { Value::Object(parts.into_iter().collect()) }
                }
            };
            categories(known, &table.rows.iter().map(of).collect::<Vec<_>>())
        }
    };
    let axis = ParallelAxis {
        name: asked.title.clone(),
        note: asked.note.clone(),
        turned: asked.turned,
        values,
        stop_labels: Default::default(),
        brush: AxisBrush::default(),
    };
    let brush = asked.brush.as_ref().map_or_else(AxisBrush::default, |brush| drawn_brush(brush, asked));
    Ok(ParallelAxis { stop_labels: stops(&axis, table.rows.len(), words), brush, ..axis })
}

/// Those that the window knows, then whatever has come since.
fn categories(known: &[FigureCategory], values: &[Value]) -> AxisValues {
    let mut all: Vec<(Value, Category)> = known
        .iter()
        .map(|one| (one.value.clone(), Category { label: one.label.clone(), index: index_of(one.slot) }))
        .collect();
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        if value.is_null() {
            found.push(None);
            continue;
        }
        let place = all.iter().position(|(one, _)| same(one, value)).unwrap_or_else(|| {
            let label = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.push((value.clone(), Category { label, index: None }));
            all.len() - 1
        });
        found.push(Some(place));
    }
    AxisValues::Categories { categories: all.into_iter().map(|(_, one)| one).collect(), values: found }
}

/// What stands at each stop, with its count.
fn stops(axis: &ParallelAxis, runs: usize, words: &FigureParallelWords) -> [String; 3] {
    let counts = axis.stops(runs);
    let text = |stop: Stop| {
        let Some((_, count)) = counts.iter().find(|(one, _)| *one == stop) else { return String::new() };
        let words = match stop {
            Stop::Beyond => words.end.replace("{value}", &beyond(axis)),
            Stop::NotFinite => words.nan.clone(),
            Stop::Nothing => words.none.clone(),
        };
        filled(&words, &[("n", *count as u64)])
    };
    Stop::ALL.map(text)
}

/// The one value beyond the end, or where the end is.
fn beyond(axis: &ParallelAxis) -> String {
    let AxisValues::Numbers { spacing, values, .. } = &axis.values else { return String::new() };
    let all = (0..values.len()).filter(|&run| axis.stop(run) == Some(Stop::Beyond));
    let mut all: Vec<f64> = all.filter_map(|run| values[run]).collect();
    all.dedup();
    match (&all[..], spacing) {
        ([only], _) => significant(*only, 4),
        (_, Spacing::LogToOne) => "≥ 1".to_owned(),
        (_, Spacing::Log | Spacing::Linear) => "≤ 0".to_owned(),
    }
}

fn drawn_brush(brush: &FigureBrush, asked: &FigureAxis) -> AxisBrush {
    let known = asked.categories.as_deref().unwrap_or_default().iter().enumerate();
    let chosen = known.filter(|(_, one)| brush.values.iter().any(|value| same(value, &one.value)));
    let stop = |stop: &FigureStop| match stop {
        FigureStop::End => Stop::Beyond,
        FigureStop::Nan => Stop::NotFinite,
        FigureStop::None => Stop::Nothing,
    };
    AxisBrush {
        range: brush.range,
        categories: chosen.map(|(at, _)| at).collect(),
        stops: brush.stops.iter().map(stop).collect(),
    }
}

/// Whether a brush takes a run; one that is not there takes all.
fn takes(brush: Option<&FigureBrush>, axis: &ParallelAxis, run: usize) -> bool {
    if brush.is_none() {
        return true;
    }
    let own = &axis.brush;
    match (axis.stop(run), &axis.values) {
        (Some(stop), _) => own.stops.contains(&stop),
        (None, AxisValues::Categories { values, .. }) => {
            values[run].is_some_and(|place| own.categories.contains(&place))
        }
        (None, AxisValues::Numbers { values, .. }) => {
            let range = own.range.zip(values[run]);
            range.is_some_and(|((low, high), value)| (low..=high).contains(&value))
        }
    }
}

/// Colour and shape of a run's category on an axis.
fn category(axis: Option<&ParallelAxis>, run: usize) -> Option<usize> {
    let AxisValues::Categories { categories, values } = &axis?.values else { return None };
    categories.get((*values.get(run)?)?)?.index
}
