//! What a picture shows of recorded series, from nodes and not from values: the contract is that of [`vitals_series::Grid`].
//! Values themselves are read only where a column is less than a node, at the borders of what an attempt has in force, and
//! for the rows that are not compacted yet.

use std::sync::Arc;

use sqlx::SqliteConnection;
use vitals_journal::{StepRange, ValueKind};
use vitals_series::{Grid, MEDIAN_WINDOW, Piece, Rows, node_steps, pieces};

use crate::attempts::{ranges_in_force, ranges_up_to};
use crate::chunks;
use crate::codec::Group;
use crate::compact::{self, Compaction, reference};
use crate::ids::{run_num, signed, to_json, unsigned};
use crate::nodes::{self, BLOCK_NODES};
use crate::place::Owner;
use crate::series::{history, shapes_of};
use crate::shapes::Shape;
use crate::summary::ShapeSummary;
use crate::{Result, RunId, Store};

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Metric names; those that the run lacks are left out of the answer.
    pub names: Vec<String>,
    pub grid: Grid,
    /// Also the values over their running median and over the patch projection's.
    pub relative: bool,
    /// Also what later attempts have superseded.
    pub superseded: bool,
}

/// One series as the columns of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// The first stream that bears the name.
    pub stream: String,
    pub name: String,
    pub unit: String,
    pub kind: ValueKind,
    /// The attempt whose superseded values these are; `None`: the values in force.
    pub superseded_attempt: Option<u32>,
    /// As many as the grid has.
    pub columns: Vec<Piece>,
}

/// First and last step of recorded values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub first_step: u64,
    pub last_step: u64,
}

impl Extent {
    /// Of both.
    pub fn union(self, other: Self) -> Self {
        Self {
            first_step: self.first_step.min(other.first_step),
            last_step: self.last_step.max(other.last_step),
        }
    }
}

/// A shape, and for each of its columns that is wanted the strip it goes to.
type Plan = (i64, Arc<Shape>, Vec<(usize, usize)>);

/// One shape of one attempt, and what is wanted of it.
struct Source<'a> {
    owner: Owner,
    shape: &'a Shape,
    /// Wanted columns, ascending, and for each the strip of what is in force.
    wanted: &'a [(usize, usize)],
    compacted: Option<Compaction>,
    /// What was in force when this attempt was the last: its running medians look back over it.
    before: Vec<StepRange>,
    relative: bool,
}

/// Which rows are read as values.
#[derive(Clone, Copy)]
enum Which {
    All,
    Compacted,
    /// Not compacted yet.
    Waiting,
}

impl Store {
    /// First and last step of some series of a run, superseded values included on request; `None` where nothing is recorded.
    pub async fn extent(&self, run: RunId, names: &[String], superseded: bool) -> Result<Option<Extent>> {
        let mut tx = self.reader().begin().await?;
        let num = run_num(&mut tx, run).await?;
        let mut found: Option<Extent> = None;
        for (shape_num, shape) in shapes_of(self, &mut tx, num, true).await? {
            if !shape.columns.iter().any(|column| names.contains(&column.name)) {
                continue;
            }
            let data = sqlx::query_scalar!(
                "SELECT data FROM summaries WHERE run_num = ? AND shape_num = ?",
                num,
                shape_num
            )
            .fetch_optional(&mut *tx)
            .await?;
            let summary = data.map(|data| ShapeSummary::decode(&data)).transpose()?;
            if let Some(metric) = summary.and_then(|summary| summary.metric(0)) {
                let one = Extent { first_step: metric.first_step, last_step: metric.last_step };
                found = Some(found.map_or(one, |found| found.union(one)));
            }
        }
        if superseded && let Some(found) = &mut found {
            let last =
                sqlx::query_scalar!("SELECT last_step FROM attempts WHERE run_num = ? AND recorded = 1", num)
                    .fetch_all(&mut *tx)
                    .await?;
            found.last_step = last.into_iter().flatten().map(unsigned).fold(found.last_step, u64::max);
        }
        Ok(found)
    }

    /// Series as the columns of a view, in the order of the names asked for; behind the values in force, those that each
    /// attempt lost to a later one.
    pub async fn viewport(&self, run: RunId, view: &View) -> Result<Vec<Strip>> {
        // One snapshot: a commit in between must not show half of itself.
        let mut tx = self.reader().begin().await?;
        let num = run_num(&mut tx, run).await?;
        let ranges = ranges_in_force(&mut tx, num).await?;
        let shapes = shapes_of(self, &mut tx, num, true).await?;
        let mut strips: Vec<Strip> = Vec::new();
        let plans: Vec<Plan> = shapes
            .into_iter()
            .map(|(shape_num, shape)| {
                let wanted = plan(&shape, view, &mut strips);
                (shape_num, shape, wanted)
            })
            .collect();
        let mut lost: Vec<Strip> = Vec::new();
        for range in &ranges {
            for (shape_num, shape, wanted) in plans.iter().filter(|(_, _, wanted)| !wanted.is_empty()) {
                let owner = Owner { run: num, attempt: range.attempt, shape_num: *shape_num };
                let source = Source {
                    owner,
                    shape,
                    wanted,
                    compacted: compact::standing(&mut tx, owner).await?,
                    before: ranges_up_to(&ranges, range.attempt),
                    relative: view.relative,
                };
                if !is_empty(*range) {
                    let mut found = self.columns(&mut tx, &source, view.grid, *range).await?;
                    for (columns, (_, place)) in found.iter_mut().zip(wanted) {
                        merge(&mut strips[*place].columns, columns);
                    }
                }
                for part in complement(*range).into_iter().filter(|_| view.superseded) {
                    for (columns, (_, place)) in
                        self.columns(&mut tx, &source, view.grid, part).await?.iter().zip(wanted)
                    {
                        take_lost(&mut lost, &strips[*place], range.attempt, columns);
                    }
                }
            }
        }
        let empty = |strip: &Strip| strip.columns.iter().all(|column| column.summary.count == 0);
        lost.retain(|strip| !empty(strip));
        strips.extend(lost);
        strips.sort_by_key(|strip| {
            (view.names.iter().position(|name| *name == strip.name), strip.superseded_attempt)
        });
        Ok(strips)
    }

    /// The columns of each wanted series over some steps of one attempt.
    async fn columns(
        &self,
        tx: &mut SqliteConnection,
        source: &Source<'_>,
        grid: Grid,
        range: StepRange,
    ) -> Result<Vec<Vec<Piece>>> {
        let mut found = vec![vec![Piece::EMPTY; grid.columns]; source.wanted.len()];
        let from = range.from.max(grid.from);
        let to = range.to.map_or(grid.end(), |to| to.min(grid.end()));
        if to <= from {
            return Ok(found);
        }
        let inside = |from, to| StepRange { attempt: range.attempt, from, to: Some(to) };
        let (Some(level), Some(compacted)) = (grid.level(), source.compacted) else {
            self.values(tx, source, grid, inside(from, to), Which::All, &mut found).await?;
            return Ok(found);
        };
        let mut borders: Vec<(u64, u64)> = Vec::new();
        // Higher levels first, each as far as it goes; level 0 behind them; values where a node is cut.
        let mut stretches = vec![(level, from, to.min(compacted.closed_to))];
        if level > 0 {
            stretches.push((0, from.max(compacted.closed_to), to));
        } else {
            stretches[0].2 = to;
        }
        while let Some((level, from, to)) = stretches.pop() {
            if to <= from {
                continue;
            }
            let size = node_steps(level);
            // Only nodes that lie inside as a whole.
            let (first, end) = (from.div_ceil(size), to / size);
            if first >= end {
                match level {
                    0 => borders.push((from, to)),
                    _ => stretches.push((level - 1, from, to)),
                }
                continue;
            }
            read_nodes(tx, source, grid, level, first..end, &mut found).await?;
            for (from, to) in [(from, first * size), (end * size, to)] {
                match level {
                    0 => borders.push((from, to)),
                    _ => stretches.push((level - 1, from, to)),
                }
            }
        }
        for (from, to) in borders.into_iter().filter(|(from, to)| from < to) {
            self.values(tx, source, grid, inside(from, to), Which::Compacted, &mut found).await?;
        }
        self.values(tx, source, grid, inside(from, to), Which::Waiting, &mut found).await?;
        Ok(found)
    }

    /// From the rows themselves, all of a range or a part of them.
    async fn values(
        &self,
        tx: &mut SqliteConnection,
        source: &Source<'_>,
        grid: Grid,
        range: StepRange,
        which: Which,
        found: &mut [Vec<Piece>],
    ) -> Result<()> {
        let read = read_columns(source);
        let (run, shape_num) = (source.owner.run, source.owner.shape_num);
        let groups = match which {
            Which::All => chunks::read_rows(&mut *tx, run, shape_num, &read, range).await?,
            Which::Compacted => chunks::read(&mut *tx, run, shape_num, &read, range).await?,
            Which::Waiting => {
                let blobs = crate::groups::read_all(&mut *tx, run, shape_num, range).await?;
                blobs.iter().map(|blob| crate::codec::decode(blob, Some(&read))).collect::<Result<_>>()?
            }
        };
        self.cut(tx, source, grid, range, &read, groups, found).await
    }

    /// Cuts rows into the columns of a grid. `read` are the columns of the groups.
    #[expect(clippy::too_many_arguments, reason = "where the rows come from, and where they go")]
    async fn cut(
        &self,
        tx: &mut SqliteConnection,
        source: &Source<'_>,
        grid: Grid,
        range: StepRange,
        read: &[usize],
        groups: Vec<Group>,
        found: &mut [Vec<Piece>],
    ) -> Result<()> {
        let mut rows = Group::of_columns(read.len());
        for group in groups {
            rows.append(&group);
        }
        rows.sort_by_step();
        let first = rows.steps.partition_point(|&step| step < range.from);
        let last = rows.steps.partition_point(|&step| range.to.is_none_or(|to| step < to));
        if first >= last {
            return Ok(());
        }
        let relative: Vec<&str> = if source.relative {
            let wanted = source.wanted.iter().map(|(column, _)| &source.shape.columns[*column]);
            wanted.filter(|column| compact::is_of_layer(column)).map(|column| column.name.as_str()).collect()
        } else {
            Vec::new()
        };
        let Source { owner, shape, before, .. } = source;
        let history = history(
            self,
            &mut *tx,
            owner.run,
            before,
            &shape.name,
            &relative,
            rows.steps[first],
            MEDIAN_WINDOW,
        )
        .await?;
        let values =
            |column: usize| read.binary_search(&column).ok().map(|place| &rows.columns[place][first..last]);
        let mut past = history.iter();
        for ((column, _), columns) in source.wanted.iter().zip(found) {
            let declared = &shape.columns[*column];
            let of_layer = source.relative && compact::is_of_layer(declared);
            let Some(own) = values(*column) else { continue };
            let rows = Rows {
                steps: &rows.steps[first..last],
                values: own,
                reference: reference(shape, declared).and_then(values),
                of_layer,
            };
            let past = if of_layer { past.next().map_or(&[][..], Vec::as_slice) } else { &[] };
            for (bucket, piece) in pieces(past, rows, |step| (step - grid.from) / grid.stride) {
                let place = usize::try_from(bucket).unwrap_or(usize::MAX);
                if let Some(column) = columns.get_mut(place) {
                    column.merge(&piece);
                }
            }
        }
        Ok(())
    }
}

/// Opens a strip for each wanted name that has none yet. A metric that goes on in another stream, as where a column was
/// added midway, stays one strip.
fn plan(shape: &Shape, view: &View, strips: &mut Vec<Strip>) -> Vec<(usize, usize)> {
    let mut wanted = Vec::new();
    for (index, column) in shape.columns.iter().enumerate() {
        if !view.names.contains(&column.name) {
            continue;
        }
        let known = strips.iter().position(|one| one.name == column.name);
        let place = known.unwrap_or_else(|| {
            strips.push(Strip {
                stream: shape.name.clone(),
                name: column.name.clone(),
                unit: column.unit.clone(),
                kind: column.kind,
                superseded_attempt: None,
                columns: vec![Piece::EMPTY; view.grid.columns],
            });
            strips.len() - 1
        });
        wanted.push((index, place));
    }
    wanted
}

/// What is read for the wanted columns: they, and what their ratios divide by.
fn read_columns(source: &Source<'_>) -> Vec<usize> {
    let mut read: Vec<usize> = source.wanted.iter().map(|(column, _)| *column).collect();
    if source.relative {
        let wanted = source.wanted.iter().map(|(column, _)| &source.shape.columns[*column]);
        read.extend(wanted.filter_map(|column| reference(source.shape, column)).collect::<Vec<_>>());
        read.sort_unstable();
        read.dedup();
    }
    read
}

/// Adds the nodes `range` of a level to the columns that they lie in.
async fn read_nodes(
    tx: &mut SqliteConnection,
    source: &Source<'_>,
    grid: Grid,
    level: u32,
    range: std::ops::Range<u64>,
    found: &mut [Vec<Piece>],
) -> Result<()> {
    let first = signed("block", range.start / BLOCK_NODES)?;
    let end = signed("block", range.end.div_ceil(BLOCK_NODES))?;
    let columns: Vec<usize> = source.wanted.iter().map(|(column, _)| *column).collect();
    let list = to_json("a list of columns", &columns)?;
    let rows = sqlx::query!(
        "SELECT column_index, data FROM nodes
         WHERE run_num = ? AND shape_num = ? AND attempt = ? AND level = ?
               AND column_index IN (SELECT value FROM json_each(?)) AND block >= ? AND block < ?",
        source.owner.run,
        source.owner.shape_num,
        source.owner.attempt,
        level,
        list,
        first,
        end
    )
    .fetch_all(tx)
    .await?;
    // Both divisions are exact: columns are whole nodes of this level and begin at multiples of their width.
    let per_column = grid.stride / node_steps(level);
    let before = grid.from / node_steps(level);
    for row in rows {
        let column = usize::try_from(row.column_index).unwrap_or(usize::MAX);
        let Ok(place) = columns.binary_search(&column) else { continue };
        nodes::decode(&row.data, level, |node, piece| {
            if range.contains(&node) {
                let at = usize::try_from((node - before) / per_column).unwrap_or(usize::MAX);
                if let Some(column) = found[place].get_mut(at) {
                    column.merge(&piece);
                }
            }
        })?;
    }
    Ok(())
}

fn is_empty(range: StepRange) -> bool {
    range.to.is_some_and(|to| to <= range.from)
}

/// The steps of an attempt that are not in force.
fn complement(range: StepRange) -> Vec<StepRange> {
    let attempt = range.attempt;
    if is_empty(range) {
        return vec![StepRange { attempt, from: 0, to: None }];
    }
    let before = (range.from > 0).then_some(StepRange { attempt, from: 0, to: Some(range.from) });
    let behind = range.to.map(|to| StepRange { attempt, from: to, to: None });
    before.into_iter().chain(behind).collect()
}

fn merge(into: &mut [Piece], columns: &[Piece]) {
    for (column, other) in into.iter_mut().zip(columns) {
        column.merge(other);
    }
}

fn take_lost(lost: &mut Vec<Strip>, of: &Strip, attempt: u32, columns: &[Piece]) {
    let same = |one: &&mut Strip| one.superseded_attempt == Some(attempt) && one.name == of.name;
    match lost.iter_mut().find(same) {
        Some(strip) => merge(&mut strip.columns, columns),
        None => {
            lost.push(Strip {
                superseded_attempt: Some(attempt),
                columns: columns.to_vec(),
                ..Strip { columns: Vec::new(), ..of.clone() }
            });
        }
    }
}
