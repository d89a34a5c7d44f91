//! What a picture shows of recorded series, from nodes and not from values: the contract is that of [`vitals_series::Grid`].
//! Values themselves are read only where a column is less than a node, at the borders of what an attempt has in force, and
//! for the rows that are not compacted yet.

use sqlx::SqliteConnection;
use vitals_journal::{StepRange, ValueKind};
use vitals_series::{Grid, MEDIAN_WINDOW, Piece, Rows, node_steps, pieces};

use crate::attempts::{ranges_of_runs, ranges_up_to};
use crate::codec::Group;
use crate::compact::{self, reference};
use crate::ids::{run_nums, signed, to_json};
use crate::nodes::{self, BLOCK_NODES};
use crate::place::{Owner, Wanted};
use crate::series::{Numbered, history, shapes_of_runs};
use crate::shapes::Shape;
use crate::stretches::{Stretches, Which};
use crate::{Result, RunId, Store, chunks, groups};

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

/// Some steps of one shape of one attempt.
struct Cut<'a> {
    owner: Owner,
    shape: &'a Shape,
    /// Wanted columns, ascending, and for each the strip that it goes to.
    wanted: Vec<(usize, usize)>,
    /// What is read as values: they, and what their ratios divide by.
    read: Vec<usize>,
    grid: Grid,
    relative: bool,
    /// What was in force when this attempt was the last: its running medians look back over it.
    before: Vec<StepRange>,
    stretches: Stretches,
}

/// The strips of all runs, those of a run together, and what is cut for them.
#[derive(Default)]
struct Plan<'a> {
    strips: Vec<Strip>,
    cuts: Vec<Cut<'a>>,
}

impl Store {
    /// Series as the columns of a view, in the order of the names asked for; behind the values in force, those that each
    /// attempt lost to a later one.
    pub async fn viewport(&self, run: RunId, view: &View) -> Result<Vec<Strip>> {
        Ok(self.viewports(&[(run, view)]).await?.pop().unwrap_or_default())
    }

    /// The same of several runs at once, in their order. Statements are as many as for one run: each costs a way to the database's
    /// thread and back, which for many runs takes longer than reading them.
    pub async fn viewports(&self, asked: &[(RunId, &View)]) -> Result<Vec<Vec<Strip>>> {
        // One snapshot: a commit in between must not show half of itself.
        let mut tx = self.reader().begin().await?;
        let runs: Vec<RunId> = asked.iter().map(|(run, _)| *run).collect();
        let nums = run_nums(&mut tx, &runs).await?;
        let ranges = ranges_of_runs(&mut tx, &nums).await?;
        let shapes = shapes_of_runs(self, &mut tx, &nums, true).await?;
        let compacted = compact::standings(&mut tx, &nums).await?;
        let mut plan = Plan::default();
        let mut ends = Vec::with_capacity(asked.len());
        for (place, (_, view)) in asked.iter().enumerate() {
            let standing = |owner: &Owner| compacted.get(owner).copied();
            plan.add(nums[place], view, &ranges[place], &shapes[place], standing);
            ends.push(plan.strips.len());
        }
        let Plan { mut strips, cuts } = plan;
        add_nodes(&mut tx, &cuts, &mut strips).await?;
        self.add_values(&mut tx, &cuts, &mut strips).await?;
        let mut rest = strips.into_iter();
        let mut from = 0;
        let answer = ends.iter().zip(asked).map(|(&end, (_, view))| {
            let own = rest.by_ref().take(end - std::mem::replace(&mut from, end));
            let is_empty = |strip: &Strip| strip.columns.iter().all(|column| column.summary.count == 0);
            let mut own: Vec<Strip> =
                own.filter(|strip| strip.superseded_attempt.is_none() || !is_empty(strip)).collect();
            own.sort_by_key(|strip| {
                (view.names.iter().position(|name| *name == strip.name), strip.superseded_attempt)
            });
            own
        });
        Ok(answer.collect())
    }

    /// Adds what is read as values to the strips.
    async fn add_values(
        &self,
        tx: &mut SqliteConnection,
        cuts: &[Cut<'_>],
        strips: &mut [Strip],
    ) -> Result<()> {
        let units: Vec<(&Cut<'_>, StepRange, Which)> = cuts
            .iter()
            .flat_map(|cut| cut.stretches.values.iter().map(move |&(range, which)| (cut, range, which)))
            .collect();
        let wanted = |without: Which| -> (Vec<usize>, Vec<Wanted<'_>>) {
            let some = units.iter().enumerate().filter(|(_, (_, _, which))| *which != without);
            some.map(|(place, (cut, range, _))| {
                let Owner { run, shape_num, .. } = cut.owner;
                (place, Wanted { run, shape_num, columns: &cut.read, range: *range })
            })
            .unzip()
        };
        let mut rows: Vec<Vec<Group>> = units.iter().map(|_| Vec::new()).collect();
        let (places, compacted) = wanted(Which::Waiting);
        for (place, groups) in places.into_iter().zip(chunks::read(&mut *tx, &compacted).await?) {
            rows[place].extend(groups);
        }
        let (places, waiting) = wanted(Which::Compacted);
        for (place, groups) in places.into_iter().zip(groups::read(&mut *tx, &waiting).await?) {
            rows[place].extend(groups);
        }
        for ((cut, range, _), groups) in units.into_iter().zip(rows) {
            self.add_rows(&mut *tx, cut, range, groups, strips).await?;
        }
        Ok(())
    }

    /// Adds the rows of a range to the strips. `groups` have the columns that are read of the cut.
    async fn add_rows(
        &self,
        tx: &mut SqliteConnection,
        cut: &Cut<'_>,
        range: StepRange,
        groups: Vec<Group>,
        strips: &mut [Strip],
    ) -> Result<()> {
        let Cut { owner, shape, wanted, read, grid, before, .. } = cut;
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
        let of_layer = |column: usize| cut.relative && compact::is_of_layer(&shape.columns[column]);
        let layers = wanted.iter().filter(|(column, _)| of_layer(*column));
        let relative: Vec<&str> = layers.map(|(column, _)| shape.columns[*column].name.as_str()).collect();
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
        for (column, strip) in wanted {
            let declared = &shape.columns[*column];
            let of_layer = of_layer(*column);
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
                if let Some(column) = strips[*strip].columns.get_mut(place) {
                    column.merge(&piece);
                }
            }
        }
        Ok(())
    }
}

impl<'a> Plan<'a> {
    /// Adds what a view wants of a run.
    fn add(
        &mut self,
        run: i64,
        view: &View,
        ranges: &[StepRange],
        shapes: &'a [Numbered],
        standing: impl Fn(&Owner) -> Option<compact::Compaction>,
    ) {
        let own = self.strips.len();
        let wanted: Vec<Vec<(usize, usize)>> =
            shapes.iter().map(|(_, shape)| open(shape, view, own, &mut self.strips)).collect();
        for range in ranges {
            for ((shape_num, shape), wanted) in
                shapes.iter().zip(&wanted).filter(|(_, wanted)| !wanted.is_empty())
            {
                let owner = Owner { run, attempt: range.attempt, shape_num: *shape_num };
                let compacted = standing(&owner);
                let mut cut = |wanted: Vec<(usize, usize)>, range: StepRange| {
                    self.cuts.push(Cut {
                        owner,
                        shape,
                        read: read_columns(shape, &wanted, view.relative),
                        wanted,
                        grid: view.grid,
                        relative: view.relative,
                        before: ranges_up_to(ranges, range.attempt),
                        stretches: Stretches::of(view.grid, range, compacted),
                    });
                };
                if !is_empty(*range) {
                    cut(wanted.clone(), *range);
                }
                let parts = if view.superseded { complement(*range) } else { Vec::new() };
                if parts.is_empty() {
                    continue;
                }
                let lost: Vec<(usize, usize)> = wanted
                    .iter()
                    .map(|&(column, place)| (column, open_lost(place, range.attempt, own, &mut self.strips)))
                    .collect();
                for part in parts {
                    cut(lost.clone(), part);
                }
            }
        }
    }
}

/// Opens a strip for each wanted name that has none yet, where those of the run begin at `own`. A metric that goes on in
/// another stream, as where a column was added midway, stays one strip.
fn open(shape: &Shape, view: &View, own: usize, strips: &mut Vec<Strip>) -> Vec<(usize, usize)> {
    let mut wanted = Vec::new();
    for (index, column) in shape.columns.iter().enumerate() {
        if !view.names.contains(&column.name) {
            continue;
        }
        let known = strips[own..].iter().position(|one| one.name == column.name).map(|place| own + place);
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

/// The strip of what an attempt lost of another strip's series.
fn open_lost(of: usize, attempt: u32, own: usize, strips: &mut Vec<Strip>) -> usize {
    let same = |one: &Strip| one.superseded_attempt == Some(attempt) && one.name == strips[of].name;
    if let Some(known) = strips[own..].iter().position(same) {
        return own + known;
    }
    let columns = vec![Piece::EMPTY; strips[of].columns.len()];
    let Strip { stream, name, unit, kind, .. } = &strips[of];
    let (stream, name, unit, kind) = (stream.clone(), name.clone(), unit.clone(), *kind);
    strips.push(Strip { stream, name, unit, kind, superseded_attempt: Some(attempt), columns });
    strips.len() - 1
}

/// What is read for the wanted columns: they, and what their ratios divide by.
fn read_columns(shape: &Shape, wanted: &[(usize, usize)], relative: bool) -> Vec<usize> {
    let mut read: Vec<usize> = wanted.iter().map(|(column, _)| *column).collect();
    if relative {
        read.extend(wanted.iter().filter_map(|(column, _)| reference(shape, &shape.columns[*column])));
        read.sort_unstable();
        read.dedup();
    }
    read
}

/// Adds the nodes of all cuts to the columns that they lie in.
async fn add_nodes(tx: &mut SqliteConnection, cuts: &[Cut<'_>], strips: &mut [Strip]) -> Result<()> {
    let mut asked = Vec::new();
    let mut of = Vec::new();
    for cut in cuts {
        let Owner { run, attempt, shape_num } = cut.owner;
        for (level, nodes) in &cut.stretches.nodes {
            let first = signed("block", nodes.start / BLOCK_NODES)?;
            let end = signed("block", nodes.end.div_ceil(BLOCK_NODES))?;
            for (column, strip) in &cut.wanted {
                asked.push((run, shape_num, attempt, *level, *column, first, end));
                of.push((cut.grid, *level, nodes.clone(), *strip));
            }
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let asked = to_json("blocks of nodes", &asked)?;
    let rows = sqlx::query!(
        r#"SELECT wanted.key + 0 AS "place!: i64", data FROM json_each(?1) AS wanted CROSS JOIN nodes
           WHERE run_num = wanted.value ->> 0 AND shape_num = wanted.value ->> 1 AND attempt = wanted.value ->> 2
                 AND level = wanted.value ->> 3 AND column_index = wanted.value ->> 4
                 AND block >= wanted.value ->> 5 AND block < wanted.value ->> 6"#,
        asked
    )
    .fetch_all(tx)
    .await?;
    for row in rows {
        let Some((grid, level, nodes, strip)) = usize::try_from(row.place).ok().and_then(|at| of.get(at))
        else {
            continue;
        };
        // Both divisions are exact: columns are whole nodes of this level and begin at multiples of their width.
        let (per_column, before) = (grid.stride / node_steps(*level), grid.from / node_steps(*level));
        let columns = &mut strips[*strip].columns;
        nodes::decode(&row.data, *level, |node, piece| {
            if nodes.contains(&node) {
                let at = usize::try_from((node - before) / per_column).unwrap_or(usize::MAX);
                if let Some(column) = columns.get_mut(at) {
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
