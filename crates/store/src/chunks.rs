//! Chunks: about a thousand values of one column each, so that a stretch of one series is read without its neighbours.
//! Their steps and elapsed times are a column of their own.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::Result;
use crate::codec::{self, Group};
use crate::error::corrupt;
use crate::groups;
use crate::ids::{signed, to_json};
use crate::place::{Owner, Wanted, bounds};
use crate::shapes::Shape;

/// Rows of a chunk: as many f32 as one page of the database holds.
pub(crate) const CHUNK_ROWS: usize = 1_000;
/// The column that holds steps and elapsed times.
const TIMES: i64 = -1;

/// Writes the rows of one chunk, which are in order of step.
pub(crate) async fn write(
    tx: &mut SqliteConnection,
    owner: Owner,
    shape: &Shape,
    chunk: i64,
    rows: &Group,
) -> Result<()> {
    let (Some(&first), Some(&last)) = (rows.steps.first(), rows.steps.last()) else { return Ok(()) };
    let (first, last, count) =
        (signed("step", first)?, signed("step", last)?, signed("rows", rows.steps.len() as u64)?);
    let times =
        Group { steps: rows.steps.clone(), elapsed_secs: rows.elapsed_secs.clone(), columns: Vec::new() };
    let mut columns = Blobs::default();
    columns.push((TIMES, chunk), &codec::encode(&times, std::iter::empty()));
    for ((index, values), column) in (0..).zip(&rows.columns).zip(&shape.columns) {
        columns.push((index, chunk), &codec::encode_values(values, column.kind));
    }
    let places = columns.places()?;
    sqlx::query!(
        "INSERT INTO chunks (run_num, attempt, shape_num, column_index, chunk, first_step, last_step, row_count, data)
         SELECT ?1, ?2, ?3, value ->> 0, value ->> 1, ?4, ?5, ?6, substr(?7, value ->> 2, value ->> 3) FROM json_each(?8)",
        owner.run,
        owner.attempt,
        owner.shape_num,
        first,
        last,
        count,
        columns.bytes,
        places
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A blob for each of many rows, handed to one statement in one piece: every statement costs a way to the database's thread
/// and back, which takes longer than writing one column's.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    pub bytes: Vec<u8>,
    /// Column, number of the chunk or block, first byte counted from 1, and length.
    places: Vec<(i64, i64, usize, usize)>,
}

impl Blobs {
    pub fn push(&mut self, (column, number): (i64, i64), blob: &[u8]) {
        self.places.push((column, number, self.bytes.len() + 1, blob.len()));
        self.bytes.extend_from_slice(blob);
    }

    /// For `json_each`, beside `substr` of the bytes.
    pub fn places(&self) -> Result<String> {
        to_json("places of blobs", &self.places)
    }
}

/// The compacted rows that are wanted, in chunks that reach into their ranges, in order of step.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Vec<Group>>> {
    // One statement for all: each costs a way to the database's thread and back.
    let mut asked = Vec::new();
    let mut of = Vec::new();
    for (place, one) in wanted.iter().enumerate() {
        let (from, to) = bounds(one.range);
        let columns =
            one.columns.iter().enumerate().filter_map(|(at, &c)| Some((Some(at), i64::try_from(c).ok()?)));
        for (at, column) in std::iter::once((None, TIMES)).chain(columns) {
            asked.push((one.run, one.shape_num, one.range.attempt, column, from, to));
            of.push((place, at));
        }
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let asked = to_json("columns of chunks", &asked)?;
    let rows = sqlx::query!(
        r#"SELECT wanted.key + 0 AS "place!: i64", chunk, data FROM json_each(?1) AS wanted CROSS JOIN chunks
           WHERE run_num = wanted.value ->> 0 AND shape_num = wanted.value ->> 1 AND attempt = wanted.value ->> 2
                 AND column_index = wanted.value ->> 3 AND last_step >= wanted.value ->> 4 AND first_step < wanted.value ->> 5"#,
        asked
    )
    .fetch_all(connection)
    .await?;
    let mut found: Vec<BTreeMap<i64, Group>> = vec![BTreeMap::new(); wanted.len()];
    let place_of = |key: i64| usize::try_from(key).ok().and_then(|key| of.get(key).copied());
    for row in &rows {
        if let Some((place, None)) = place_of(row.place) {
            let mut group = codec::decode(&row.data, None)?;
            group.columns = vec![Vec::new(); wanted[place].columns.len()];
            found[place].insert(row.chunk, group);
        }
    }
    for row in &rows {
        if let Some((place, Some(column))) = place_of(row.place) {
            let group = found[place].get_mut(&row.chunk).ok_or_else(|| corrupt("chunk without its steps"))?;
            codec::decode_values(&row.data, &mut group.columns[column])?;
        }
    }
    let whole = |group: &Group| group.columns.iter().all(|column| column.len() == group.steps.len());
    if !found.iter().all(|groups| groups.values().all(whole)) {
        return Err(corrupt("chunk with a column that is not as long as its steps"));
    }
    Ok(found.into_iter().map(|groups| groups.into_values().collect()).collect())
}

/// All rows that are wanted, compacted or not, in order of recording.
pub(crate) async fn read_rows(
    connection: &mut SqliteConnection,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Vec<Group>>> {
    let mut found = read(&mut *connection, wanted).await?;
    for (groups, more) in found.iter_mut().zip(groups::read(&mut *connection, wanted).await?) {
        groups.extend(more);
    }
    Ok(found)
}
