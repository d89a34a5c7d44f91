//! Reading recorded values: of one run, some metrics, a range of steps. The values in force, and the superseded ones
//! on request. Nothing is thinned out here: `viewport.rs` does that.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::SqliteConnection;
use vitals_journal::{StepRange, ValueKind};
use vitals_recipe::{Role, split};

use crate::attempts::ranges_in_force;
use crate::chunks;
use crate::codec;
use crate::ids::run_num;
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
type Wanted = Vec<(usize, usize)>;

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
        // One snapshot: a commit in between must not show half of itself.
        let mut tx = self.reader().begin().await?;
        let num = run_num(&mut tx, run).await?;
        read(self, &mut tx, num, query, true).await
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
    let ranges = ranges_in_force(&mut *tx, run).await?;
    read_in(store, tx, run, &ranges, query, committed).await
}

/// Likewise, with the steps in force of each attempt given.
async fn read_in(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    in_force: &[StepRange],
    query: &SeriesQuery,
    committed: bool,
) -> Result<Vec<Series>> {
    let mut found: Vec<Series> = Vec::new();
    let shapes = shapes_of(store, &mut *tx, run, committed).await?;
    let plans: Vec<(i64, Arc<Shape>, Wanted)> = shapes
        .into_iter()
        .map(|(shape_num, shape)| {
            let wanted = plan(&shape, query, &mut found);
            (shape_num, shape, wanted)
        })
        .collect();
    for range in in_force {
        let read_range = window(*range, query);
        for (shape_num, _, wanted) in plans.iter().filter(|(_, _, wanted)| !wanted.is_empty()) {
            read_shape(&mut *tx, run, *shape_num, wanted, *range, read_range, &mut found).await?;
        }
    }
    found.iter_mut().for_each(sort_by_step);
    if !query.names.is_empty() {
        let place = |s: &Series| query.names.iter().position(|n| *n == s.name);
        found.sort_by_key(place);
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
fn plan(shape: &Shape, query: &SeriesQuery, found: &mut Vec<Series>) -> Wanted {
    let mut wanted = Wanted::new();
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

async fn read_shape(
    tx: &mut SqliteConnection,
    run: i64,
    shape_num: i64,
    wanted: &Wanted,
    in_force: StepRange,
    range: StepRange,
    found: &mut [Series],
) -> Result<()> {
    if range.to.is_some_and(|to| to <= range.from) {
        return Ok(());
    }
    let columns: Vec<usize> = wanted.iter().map(|(column, _)| *column).collect();
    for group in chunks::read_rows(&mut *tx, run, shape_num, &columns, range).await? {
        for (position, (_, place)) in wanted.iter().enumerate() {
            extend(&mut found[*place], &group, position, in_force, range);
        }
    }
    Ok(())
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
        for series in read_in(store, &mut *tx, run, in_force, &query, false).await? {
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
    for ((&step, &elapsed), &value) in group.steps.iter().zip(&group.elapsed_secs).zip(&group.columns[column])
    {
        if range.contains(step) {
            series.steps.push(step);
            series.values.push(value);
            series.elapsed_secs.push(elapsed);
            series.attempts.push(range.attempt);
            series.in_force.push(in_force.contains(step));
        }
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

/// The shapes that a run has declared, in order of first declaration.
pub(crate) async fn shapes_of(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    committed: bool,
) -> Result<Vec<(i64, Arc<Shape>)>> {
    let rows = sqlx::query!("SELECT shape_num FROM streams WHERE run_num = ? ORDER BY attempt, stream", run)
        .fetch_all(&mut *tx)
        .await?;
    let mut shapes: Vec<(i64, Arc<Shape>)> = Vec::new();
    for row in rows {
        if !shapes.iter().any(|(num, _)| *num == row.shape_num) {
            let shape = match committed {
                true => store.shapes.get(&mut *tx, row.shape_num).await?,
                false => store.shapes.get_uncached(&mut *tx, row.shape_num).await?,
            };
            shapes.push((row.shape_num, shape));
        }
    }
    Ok(shapes)
}
