//! Reading recorded values: of one run, some metrics, a range of steps. The values in force, and the superseded ones
//! on request. Nothing is thinned out here: `viewport.rs` does that.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use sqlx::SqliteConnection;
use vitals_journal::{StepRange, ValueKind};
use vitals_recipe::{Role, split};

use crate::attempts::{ranges_in_force, ranges_of_runs};
use crate::chunks;
use crate::codec;
use crate::ids::{run_num, run_nums, to_json};
use crate::place::Wanted;
use crate::shapes::Shape;
use crate::summary::{MetricSummary, ShapeSummary};
use crate::{Result, RunId, Store};

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesQuery {
    /// Metric names; empty means all.
    pub names: Vec<String>,
    /// First and last step, both inclusive.
    pub from: Option<u64>,
    pub to: Option<u64>,
    /// Also the values that a later attempt has superseded.
    pub superseded: bool,
}

/// One metric of one run; all arrays are of equal length, steps ascending, equal steps by attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub stream: String,
    pub name: String,
    pub unit: String,
    pub kind: ValueKind,
    pub steps: Vec<u64>,
    pub values: Vec<f64>,
    /// Seconds since the attempt began.
    pub elapsed_secs: Vec<f64>,
    /// The attempt that recorded each value.
    pub attempts: Vec<u32>,
    /// Whether each value is in force; all true unless superseded ones were asked for.
    pub in_force: Vec<bool>,
}

/// A metric that a run has recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesEntry {
    pub stream: String,
    pub name: String,
    pub unit: String,
    pub kind: ValueKind,
    /// What it means; none for series of other programs that the table of metrics does not know.
    pub role: Option<Role>,
    /// Place in network order of the layer that it belongs to, where that is known.
    pub order: Option<u32>,
    /// None while no value is in force.
    pub summary: Option<MetricSummary>,
}

/// A layer of which a run has recorded gradient norms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    /// Its place in network order; none where that is not known.
    pub order: Option<u32>,
}

/// Steps that are looked back over at first for a running median.
const HISTORY_STEPS: u64 = 256;

/// Wanted columns of one shape: index in the row, and index in the answer.
type Plan = Vec<(usize, usize)>;

impl Store {
    /// What a run has recorded, in order of declaration (gradients: network order).
    pub async fn series_list(&self, run: RunId) -> Result<Vec<SeriesEntry>> {
        let mut tx = self.reader().begin().await?;
        let num = run_num(&mut tx, run).await?;
        let mut entries: Vec<SeriesEntry> = Vec::new();
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (shape_num, shape) in shapes_of(self, &mut tx, num, true).await? {
            let data = sqlx::query_scalar!(
                "SELECT data FROM summaries WHERE run_num = ? AND shape_num = ?",
                num,
                shape_num
            )
            .fetch_optional(&mut *tx)
            .await?;
            let summary = data.map(|d| ShapeSummary::decode(&d)).transpose()?;
            for (index, column) in shape.columns.iter().enumerate() {
                let metric = summary.as_ref().and_then(|s| s.metric(index));
                let key = (shape.name.clone(), column.name.clone());
                if let Some(&place) = known.get(&key) {
                    let entry = &mut entries[place];
                    entry.summary = match (entry.summary, metric) {
                        (Some(a), Some(b)) => Some(a.merge(b)),
                        (a, b) => a.or(b),
                    };
                    continue;
                }
                known.insert(key, entries.len());
                entries.push(SeriesEntry {
                    stream: shape.name.clone(),
                    name: column.name.clone(),
                    unit: column.unit.clone(),
                    kind: column.kind,
                    role: column.role,
                    order: column.order,
                    summary: metric,
                });
            }
        }
        Ok(entries)
    }

    /// The layers of a run, in network order; where that is not known, of declaration.
    pub async fn layers(&self, run: RunId) -> Result<Vec<Layer>> {
        let mut tx = self.reader().begin().await?;
        let num = run_num(&mut tx, run).await?;
        let mut layers: Vec<Layer> = Vec::new();
        for (_, shape) in shapes_of(self, &mut tx, num, true).await? {
            for column in shape.columns.iter().filter(|column| column.role == Some(Role::LayerNorm)) {
                let name = split(&column.name).map_or(column.name.as_str(), |(_, layer)| layer);
                if !layers.iter().any(|known| known.name == name) {
                    layers.push(Layer { name: name.to_owned(), order: column.order });
                }
            }
        }
        layers.sort_by_key(|layer| layer.order.unwrap_or(u32::MAX));
        Ok(layers)
    }

    /// Reads series; metrics that the run lacks are left out. Order: that of the names asked for, else of declaration.
    pub async fn series(&self, run: RunId, query: &SeriesQuery) -> Result<Vec<Series>> {
        Ok(self.series_of_runs(&[(run, query.clone())]).await?.pop().unwrap_or_default())
    }

    /// The same of several runs at once, in their order.
    pub async fn series_of_runs(&self, asked: &[(RunId, SeriesQuery)]) -> Result<Vec<Vec<Series>>> {
        // One snapshot: a commit in between must not show half of itself.
        let mut tx = self.reader().begin().await?;
        let runs: Vec<RunId> = asked.iter().map(|(run, _)| *run).collect();
        let nums = run_nums(&mut tx, &runs).await?;
        let ranges = ranges_of_runs(&mut tx, &nums).await?;
        let asked = nums.iter().zip(&ranges).zip(asked);
        let asked: Vec<Asked<'_>> =
            asked.map(|((&run, in_force), (_, query))| Asked { run, in_force, query }).collect();
        read_many(self, &mut tx, &asked, true).await
    }
}

/// `committed` says that the transaction sees committed shapes only, which may be remembered.
pub(crate) async fn read(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    query: &SeriesQuery,
    committed: bool,
) -> Result<Vec<Series>> {
    let in_force = &ranges_in_force(&mut *tx, run).await?;
    read_one(store, tx, Asked { run, in_force, query }, committed).await
}

async fn read_one(
    store: &Store,
    tx: &mut SqliteConnection,
    asked: Asked<'_>,
    committed: bool,
) -> Result<Vec<Series>> {
    Ok(read_many(store, tx, &[asked], committed).await?.pop().unwrap_or_default())
}

/// What is asked of one run, and which steps of each attempt are in force.
#[derive(Clone, Copy)]
struct Asked<'a> {
    run: i64,
    in_force: &'a [StepRange],
    query: &'a SeriesQuery,
}

/// Some columns of one shape of one attempt, and where they go.
struct Part {
    /// Among the answers, and in the answer for each column, which ascend.
    answer: usize,
    places: Vec<usize>,
    columns: Vec<usize>,
    shape_num: i64,
    in_force: StepRange,
    range: StepRange,
}

async fn read_many(
    store: &Store,
    tx: &mut SqliteConnection,
    asked: &[Asked<'_>],
    committed: bool,
) -> Result<Vec<Vec<Series>>> {
    let runs: Vec<i64> = asked.iter().map(|one| one.run).collect();
    let shapes = shapes_of_runs(store, &mut *tx, &runs, committed).await?;
    let mut found: Vec<Vec<Series>> = Vec::with_capacity(asked.len());
    let mut parts: Vec<Part> = Vec::new();
    for (answer, (one, shapes)) in asked.iter().zip(&shapes).enumerate() {
        let mut series = Vec::new();
        let plans: Vec<(i64, Plan)> =
            shapes.iter().map(|(num, shape)| (*num, plan(shape, one.query, &mut series))).collect();
        for in_force in one.in_force {
            let range = window(*in_force, one.query);
            if range.to.is_some_and(|to| to <= range.from) {
                continue;
            }
            for (shape_num, plan) in plans.iter().filter(|(_, plan)| !plan.is_empty()) {
                let (columns, places) = plan.iter().copied().unzip();
                let (shape_num, in_force) = (*shape_num, *in_force);
                parts.push(Part { answer, places, columns, shape_num, in_force, range });
            }
        }
        found.push(series);
    }
    let wanted: Vec<Wanted<'_>> = parts
        .iter()
        .map(|part| {
            let Part { columns, shape_num, range, .. } = part;
            Wanted { run: runs[part.answer], shape_num: *shape_num, columns, range: *range }
        })
        .collect();
    for (part, groups) in parts.iter().zip(chunks::read_rows(&mut *tx, &wanted).await?) {
        for group in groups {
            for (position, place) in part.places.iter().enumerate() {
                extend(&mut found[part.answer][*place], &group, position, part.in_force, part.range);
            }
        }
    }
    for (found, one) in found.iter_mut().zip(asked) {
        found.iter_mut().for_each(sort_by_step);
        if !one.query.names.is_empty() {
            found.sort_by_key(|series| one.query.names.iter().position(|name| *name == series.name));
        }
    }
    Ok(found)
}

/// The steps of an attempt to read: those in force, or all, within the query's window.
fn window(range: StepRange, query: &SeriesQuery) -> StepRange {
    let whole =
        if query.superseded { StepRange { attempt: range.attempt, from: 0, to: None } } else { range };
    let to = match (whole.to, query.to.map(|last| last.saturating_add(1))) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    StepRange { attempt: range.attempt, from: whole.from.max(query.from.unwrap_or(0)), to }
}

/// Opens a series in the answer for each wanted column that has none yet.
fn plan(shape: &Shape, query: &SeriesQuery, found: &mut Vec<Series>) -> Plan {
    let mut wanted = Plan::new();
    for (index, column) in shape.columns.iter().enumerate() {
        if !query.names.is_empty() && !query.names.contains(&column.name) {
            continue;
        }
        let known = found.iter().position(|s| s.name == column.name && s.stream == shape.name);
        let place = known.unwrap_or_else(|| {
            found.push(Series {
                stream: shape.name.clone(),
                name: column.name.clone(),
                unit: column.unit.clone(),
                kind: column.kind,
                steps: Vec::new(),
                values: Vec::new(),
                elapsed_secs: Vec::new(),
                attempts: Vec::new(),
                in_force: Vec::new(),
            });
            found.len() - 1
        });
        wanted.push((index, place));
    }
    wanted
}

/// The last `count` finite values of each series before a step, with what else lies among them; fewer where there are
/// none. Ascending.
#[expect(clippy::too_many_arguments, reason = "where, what, and how far back")]
pub(crate) async fn history(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    in_force: &[StepRange],
    stream: &str,
    names: &[&str],
    before: u64,
    count: usize,
) -> Result<Vec<Vec<f64>>> {
    let mut found = vec![Vec::new(); names.len()];
    let mut span = HISTORY_STEPS;
    while before > 0 && !names.is_empty() {
        let from = before.saturating_sub(span);
        let query = SeriesQuery {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            from: Some(from),
            to: Some(before - 1),
            superseded: false,
        };
        let asked = Asked { run, in_force, query: &query };
        for series in read_one(store, &mut *tx, asked, false).await? {
            if let Some(place) = names.iter().position(|name| *name == series.name && stream == series.stream)
            {
                found[place] = series.values;
            }
        }
        let enough = |values: &Vec<f64>| values.iter().filter(|value| value.is_finite()).count() >= count;
        if from == 0 || found.iter().all(enough) {
            break;
        }
        span = span.saturating_mul(16);
    }
    Ok(found)
}

fn extend(series: &mut Series, group: &codec::Group, column: usize, in_force: StepRange, range: StepRange) {
    let mut add = |rows: Range<usize>| {
        let steps = &group.steps[rows.clone()];
        series.steps.extend_from_slice(steps);
        series.values.extend_from_slice(&group.columns[column][rows.clone()]);
        series.elapsed_secs.extend_from_slice(&group.elapsed_secs[rows]);
        series.attempts.extend(steps.iter().map(|_| range.attempt));
        series.in_force.extend(steps.iter().map(|step| in_force.contains(*step)));
    };
    if group.steps.is_sorted() {
        let first = group.steps.partition_point(|&step| step < range.from);
        let end = group.steps.partition_point(|&step| range.to.is_none_or(|to| step < to));
        add(first..end.max(first));
    } else {
        (0..group.steps.len())
            .filter(|&row| range.contains(group.steps[row]))
            .for_each(|row| add(row..row + 1));
    }
}

/// Stable, so that equal steps stay in order of attempt and arrival. Nearly always nothing is to do.
fn sort_by_step(series: &mut Series) {
    if series.steps.is_sorted() {
        return;
    }
    let mut order: Vec<usize> = (0..series.steps.len()).collect();
    order.sort_by_key(|&i| series.steps[i]);
    series.steps = order.iter().map(|&i| series.steps[i]).collect();
    series.values = order.iter().map(|&i| series.values[i]).collect();
    series.elapsed_secs = order.iter().map(|&i| series.elapsed_secs[i]).collect();
    series.attempts = order.iter().map(|&i| series.attempts[i]).collect();
    series.in_force = order.iter().map(|&i| series.in_force[i]).collect();
}

/// A shape by its number.
pub(crate) type Numbered = (i64, Arc<Shape>);

/// The shapes that a run has declared, in order of first declaration.
pub(crate) async fn shapes_of(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    committed: bool,
) -> Result<Vec<Numbered>> {
    Ok(shapes_of_runs(store, tx, &[run], committed).await?.pop().unwrap_or_default())
}

/// The same of several runs, in their order.
pub(crate) async fn shapes_of_runs(
    store: &Store,
    tx: &mut SqliteConnection,
    runs: &[i64],
    committed: bool,
) -> Result<Vec<Vec<Numbered>>> {
    let list = to_json("a list of runs", &runs)?;
    let rows = sqlx::query!(
        "SELECT run_num, shape_num FROM streams WHERE run_num IN (SELECT value FROM json_each(?))
         ORDER BY attempt, stream",
        list
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut shapes: HashMap<i64, Arc<Shape>> = HashMap::new();
    let mut of_runs: HashMap<i64, Vec<Numbered>> = HashMap::new();
    for row in rows {
        let shape = match shapes.get(&row.shape_num) {
            Some(shape) => Arc::clone(shape),
            None => match committed {
                true => store.shapes.get(&mut *tx, row.shape_num).await?,
                false => store.shapes.get_uncached(&mut *tx, row.shape_num).await?,
            },
        };
        shapes.insert(row.shape_num, Arc::clone(&shape));
        let known = of_runs.entry(row.run_num).or_default();
        if !known.iter().any(|(num, _)| *num == row.shape_num) {
            known.push((row.shape_num, shape));
        }
    }
    Ok(runs.iter().map(|run| of_runs.get(run).cloned().unwrap_or_default()).collect())
}
