//! Compaction: a thousand rows that gathered in row groups become one chunk a column, and are added to the nodes of each
//! column's pyramid. It is part of the ingest transaction that completes the thousand, or of the supervisor's upkeep
//! where an older version ingested. Nodes are over all rows of an attempt, in force or not: readers choose.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use vitals_journal::{Column, StepRange};
use vitals_recipe::{Role, split};
use vitals_series::{MEDIAN_WINDOW, NODE_STEPS, Piece, Rows, TOP_LEVEL, pieces};

use crate::attempts::{ranges_in_force, ranges_up_to};
use crate::chunks::{self, Blobs, CHUNK_ROWS};
use crate::codec::Group;
use crate::error::corrupt;
use crate::groups;
use crate::ids::{parse_id, run_num, signed, small, to_json, unsigned};
use crate::nodes::{self, BLOCK_NODES, Node};
use crate::place::{Owner, Wanted};
use crate::series::history;
use crate::shapes::Shape;
use crate::{Result, RunId, Store};

/// Rows compacted at once: bounds the memory that an old database takes.
const AT_ONCE: usize = 8 * CHUNK_ROWS;
/// Levels above 0 are written once a whole block of level 0 is full.
const BLOCK_STEPS: u64 = NODE_STEPS * BLOCK_NODES;

/// How far an attempt's rows of a shape are compacted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compaction {
    /// How many chunks there are.
    pub chunks: i64,
    /// Of the last row in them.
    pub last_step: u64,
    /// Levels above 0 hold the steps before.
    pub closed_to: u64,
}

/// Whether a series is one of many, as each layer has one: those are drawn over their own running median too.
pub(crate) fn is_of_layer(column: &Column) -> bool {
    split(&column.name).is_some() || column.role.is_some_and(Role::is_of_layers)
}

/// How far the rows of some runs are compacted; of an owner that is missing no row is.
pub(crate) async fn standings(
    tx: &mut SqliteConnection,
    runs: &[i64],
) -> Result<BTreeMap<Owner, Compaction>> {
    let list = to_json("a list of runs", &runs)?;
    let rows = sqlx::query!(
        "SELECT run_num, attempt, shape_num, chunks, last_step, closed_to FROM compactions
         WHERE run_num IN (SELECT value FROM json_each(?))",
        list
    )
    .fetch_all(tx)
    .await?;
    let found = rows.iter().map(|row| {
        let owner = Owner { run: row.run_num, attempt: small(row.attempt), shape_num: row.shape_num };
        let (last_step, closed_to) = (unsigned(row.last_step), unsigned(row.closed_to));
        (owner, Compaction { chunks: row.chunks, last_step, closed_to })
    });
    Ok(found.collect())
}

/// Compacts what has gathered. Returns whether there was enough of it.
pub(crate) async fn advance(
    store: &Store,
    tx: &mut SqliteConnection,
    owner: Owner,
    shape: &Shape,
) -> Result<bool> {
    if groups::rows(&mut *tx, owner).await? < CHUNK_ROWS as u64 {
        return Ok(false);
    }
    let (mut rows, all) = groups::take_oldest(&mut *tx, owner, shape, AT_ONCE).await?;
    let mut known = standings(&mut *tx, &[owner.run]).await?.remove(&owner);
    let is_late = known.is_some_and(|known| rows.steps.iter().any(|&step| step <= known.last_step));
    if is_late {
        // Steps that go back: chunks and medians are in order of step, so all of them are made again.
        let mut again = take_all(&mut *tx, owner, shape).await?;
        again.append(&rows);
        rows = again;
        known = None;
    }
    rows.sort_by_step();
    if all {
        let kept = rows.steps.len() - rows.steps.len() % CHUNK_ROWS;
        let rest = rows.split_off(kept);
        if !rest.steps.is_empty() {
            groups::append(&mut *tx, owner.run, owner.attempt, owner.shape_num, shape, &rest).await?;
        }
    }
    let mut known = known.unwrap_or_default();
    for from in (0..rows.steps.len()).step_by(CHUNK_ROWS) {
        let part = rows.slice(from..(from + CHUNK_ROWS).min(rows.steps.len()));
        chunks::write(&mut *tx, owner, shape, known.chunks, &part).await?;
        known.chunks += 1;
    }
    add_nodes(store, &mut *tx, owner, shape, &rows).await?;
    known.last_step = rows.steps.last().copied().unwrap_or(known.last_step);
    let closed_to = known.last_step.saturating_add(1) / BLOCK_STEPS * BLOCK_STEPS;
    if closed_to > known.closed_to {
        close(&mut *tx, owner, shape, known.closed_to, closed_to).await?;
        known.closed_to = closed_to;
    }
    let (last, closed) = (signed("step", known.last_step)?, signed("step", known.closed_to)?);
    sqlx::query!(
        "INSERT OR REPLACE INTO compactions (run_num, attempt, shape_num, chunks, last_step, closed_to)
         VALUES (?, ?, ?, ?, ?, ?)",
        owner.run,
        owner.attempt,
        owner.shape_num,
        known.chunks,
        last,
        closed
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// Takes all compacted rows out of the database, with their nodes.
async fn take_all(tx: &mut SqliteConnection, owner: Owner, shape: &Shape) -> Result<Group> {
    let every: Vec<usize> = (0..shape.columns.len()).collect();
    let whole = StepRange { attempt: owner.attempt, from: 0, to: None };
    let mut rows = Group::of_columns(shape.columns.len());
    let Owner { run, attempt, shape_num } = owner;
    let wanted = Wanted { run, shape_num, columns: &every, range: whole };
    for group in chunks::read(&mut *tx, &[wanted]).await?.into_iter().flatten() {
        rows.append(&group);
    }
    sqlx::query!(
        "DELETE FROM chunks WHERE run_num = ? AND attempt = ? AND shape_num = ?",
        run,
        attempt,
        shape_num
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM nodes WHERE run_num = ? AND attempt = ? AND shape_num = ?",
        run,
        attempt,
        shape_num
    )
    .execute(&mut *tx)
    .await?;
    Ok(rows)
}

/// Adds rows to the nodes of level 0.
async fn add_nodes(
    store: &Store,
    tx: &mut SqliteConnection,
    owner: Owner,
    shape: &Shape,
    rows: &Group,
) -> Result<()> {
    let Some(&first) = rows.steps.first() else { return Ok(()) };
    // What stands behind an attempt never depends on later attempts.
    let ranges = ranges_up_to(&ranges_in_force(&mut *tx, owner.run).await?, owner.attempt);
    let layers: Vec<usize> =
        (0..shape.columns.len()).filter(|&column| is_of_layer(&shape.columns[column])).collect();
    let names: Vec<&str> = layers.iter().map(|&column| shape.columns[column].name.as_str()).collect();
    let before =
        history(store, &mut *tx, owner.run, &ranges, &shape.name, &names, first, MEDIAN_WINDOW).await?;
    let mut fresh = Vec::with_capacity(shape.columns.len());
    for (column, declared) in shape.columns.iter().enumerate() {
        let layer = layers.binary_search(&column).ok();
        let rows = Rows {
            steps: &rows.steps,
            values: &rows.columns[column],
            reference: reference(shape, declared).map(|place| rows.columns[place].as_slice()),
            of_layer: layer.is_some(),
        };
        let past = layer.map_or(&[][..], |place| before[place].as_slice());
        fresh.push(pieces(past, rows, |step| step / NODE_STEPS));
    }
    add(tx, owner, shape, 0, &fresh).await
}

/// The column by which a layer's ratio divides: the same metric of the first layer, where the order is known.
pub(crate) fn reference(shape: &Shape, of: &Column) -> Option<usize> {
    let (metric, _) = split(&of.name)?;
    shape.columns.iter().position(|column| {
        column.order == Some(0)
            && matches!(column.role, Some(Role::LayerNorm | Role::LayerValue))
            && split(&column.name).is_some_and(|(known, _)| known == metric)
    })
}

/// Merges nodes into the blocks of a level: those of each column of the shape, in ascending order.
async fn add(
    tx: &mut SqliteConnection,
    owner: Owner,
    shape: &Shape,
    level: u32,
    fresh: &[Vec<Node>],
) -> Result<()> {
    let mut blocks = BTreeMap::new();
    for ((column, declared), nodes) in (0..).zip(&shape.columns).zip(fresh) {
        for nodes in nodes.chunk_by(|one, next| one.0 / BLOCK_NODES == next.0 / BLOCK_NODES) {
            let block = signed("block of nodes", nodes[0].0 / BLOCK_NODES)?;
            blocks.insert((column, block), (declared, nodes));
        }
    }
    let wanted = to_json("blocks of nodes", &blocks.keys().collect::<Vec<_>>())?;
    let stored = sqlx::query!(
        r#"SELECT column_index AS "column!: i64", block AS "block!: i64", data AS "data!: Vec<u8>"
           FROM json_each(?1) CROSS JOIN nodes
           WHERE run_num = ?2 AND shape_num = ?3 AND attempt = ?4 AND level = ?5
                 AND column_index = value ->> 0 AND block = value ->> 1"#,
        wanted,
        owner.run,
        owner.shape_num,
        owner.attempt,
        level
    )
    .fetch_all(&mut *tx)
    .await?;
    let stored: BTreeMap<(i64, i64), Vec<u8>> =
        stored.into_iter().map(|row| ((row.column, row.block), row.data)).collect();
    let mut encoded = Blobs::default();
    for (place, (declared, fresh)) in blocks {
        let mut merged: BTreeMap<u64, Piece> = BTreeMap::new();
        if let Some(data) = stored.get(&place) {
            nodes::decode(data, level, |node, piece| {
                merged.insert(node, piece);
            })?;
        }
        for (node, piece) in fresh {
            merged.entry(*node).and_modify(|known| known.merge(piece)).or_insert(*piece);
        }
        let merged: Vec<Node> = merged.into_iter().collect();
        let data = nodes::encode(&merged, level, declared.kind, is_of_layer(declared));
        encoded.push(place, &data);
    }
    let places = encoded.places()?;
    // New rows at the end of the table, not longer ones at the old place: rows that grow in place leave their pages half
    // empty, and all columns leave their old pages together.
    sqlx::query!(
        "INSERT OR REPLACE INTO nodes (run_num, attempt, shape_num, level, column_index, block, data)
         SELECT ?1, ?2, ?3, ?4, value ->> 0, value ->> 1, substr(?5, value ->> 2, value ->> 3) FROM json_each(?6)",
        owner.run,
        owner.attempt,
        owner.shape_num,
        level,
        encoded.bytes,
        places
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Brings the levels above 0 from one beginning of a block to another.
async fn close(tx: &mut SqliteConnection, owner: Owner, shape: &Shape, from: u64, to: u64) -> Result<()> {
    let (first, end) = (signed("block", from / BLOCK_STEPS)?, signed("block", to / BLOCK_STEPS)?);
    let blobs = sqlx::query!(
        "SELECT column_index, data FROM nodes
         WHERE run_num = ? AND shape_num = ? AND attempt = ? AND level = 0 AND block >= ? AND block < ?
         ORDER BY column_index, block",
        owner.run,
        owner.shape_num,
        owner.attempt,
        first,
        end
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut lower: Vec<Vec<Node>> = vec![Vec::new(); shape.columns.len()];
    for blob in &blobs {
        let column = usize::try_from(blob.column_index).ok().and_then(|column| lower.get_mut(column));
        let column = column.ok_or_else(|| corrupt("nodes of a column that its shape lacks"))?;
        nodes::decode(&blob.data, 0, |node, piece| column.push((node, piece)))?;
    }
    for level in 1..=TOP_LEVEL {
        for column in &mut lower {
            *column = nodes::merge_up(column);
        }
        add(&mut *tx, owner, shape, level, &lower).await?;
    }
    Ok(())
}

impl Store {
    /// Runs of which enough rows wait to be compacted, as an older version of this program left them.
    pub async fn runs_to_compact(&self) -> Result<Vec<RunId>> {
        let least = CHUNK_ROWS as i64;
        sqlx::query_scalar!(
            "SELECT id FROM runs WHERE num IN (SELECT run_num FROM row_groups
             GROUP BY run_num, attempt, shape_num HAVING SUM(row_count) >= ?) ORDER BY num DESC",
            least
        )
        .fetch_all(self.reader())
        .await?
        .iter()
        .map(|id| parse_id(id))
        .collect()
    }

    /// Compacts some thousand waiting rows of a run in one transaction. Returns whether there were any: call it until not.
    pub async fn compact(&self, run: RunId) -> Result<bool> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let waiting = sqlx::query!(
            "SELECT attempt, shape_num FROM row_groups WHERE run_num = ? GROUP BY attempt, shape_num",
            num
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in waiting {
            let shape = self.shapes.get_uncached(&mut tx, row.shape_num).await?;
            let owner = Owner { run: num, attempt: small(row.attempt), shape_num: row.shape_num };
            if advance(self, &mut tx, owner, &shape).await? {
                tx.commit().await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use vitals_series::node_steps;

    use super::*;

    #[test]
    fn a_block_of_level_0_ends_where_nodes_of_every_level_but_the_top_do() {
        assert_eq!(BLOCK_STEPS, 8192);
        assert!((0..TOP_LEVEL).all(|level| BLOCK_STEPS.is_multiple_of(node_steps(level))));
    }

    #[test]
    fn a_group_is_read_back_as_it_was_split() {
        let mut sorted = Group {
            steps: vec![5, 3, 4],
            elapsed_secs: vec![0.5, 0.3, 0.4],
            columns: vec![vec![50.0, 30.0, 40.0]],
        };
        sorted.sort_by_step();
        assert_eq!(
            (sorted.steps.as_slice(), sorted.columns[0].as_slice()),
            (&[3, 4, 5][..], &[30.0, 40.0, 50.0][..])
        );
        let rest = sorted.split_off(2);
        assert_eq!((rest.steps, rest.columns), (vec![5], vec![vec![50.0]]));
        assert_eq!(sorted.slice(1..2).elapsed_secs, [0.4]);
    }
}
