//! Chunks: about a thousand values of one column each, so that a stretch of one series is read without its neighbours.
//! Their steps and elapsed times are a column of their own.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use vitals_journal::StepRange;

use crate::Result;
use crate::codec::{self, Group};
use crate::error::corrupt;
use crate::groups;
use crate::ids::{signed, to_json};
use crate::place::{Owner, bounds};
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

/// The compacted rows of the wanted columns in chunks that reach into `range`, in order of step.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    run: i64,
    shape_num: i64,
    wanted: &[usize],
    range: StepRange,
) -> Result<Vec<Group>> {
    let (from, to) = bounds(range);
    let columns: Vec<i64> =
        std::iter::once(TIMES).chain(wanted.iter().filter_map(|&c| i64::try_from(c).ok())).collect();
    let columns = to_json("a list of columns", &columns)?;
    let rows = sqlx::query!(
        "SELECT column_index, chunk, data FROM chunks
         WHERE run_num = ?1 AND shape_num = ?2 AND attempt = ?3
               AND column_index IN (SELECT value FROM json_each(?4)) AND last_step >= ?5 AND first_step < ?6",
        run,
        shape_num,
        range.attempt,
        columns,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    let mut found: BTreeMap<i64, Group> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.column_index == TIMES) {
        let mut group = codec::decode(&row.data, None)?;
        group.columns = vec![Vec::new(); wanted.len()];
        found.insert(row.chunk, group);
    }
    for row in rows.iter().filter(|row| row.column_index != TIMES) {
        let column = usize::try_from(row.column_index).unwrap_or(usize::MAX);
        let (Some(group), Ok(place)) = (found.get_mut(&row.chunk), wanted.binary_search(&column)) else {
            return Err(corrupt("chunk without its steps"));
        };
        codec::decode_values(&row.data, &mut group.columns[place])?;
    }
    let whole = |group: &Group| group.columns.iter().all(|column| column.len() == group.steps.len());
    if !found.values().all(whole) {
        return Err(corrupt("chunk with a column that is not as long as its steps"));
    }
    Ok(found.into_values().collect())
}

/// All rows of the wanted columns (ascending) that reach into `range`, compacted or not, in order of recording.
pub(crate) async fn read_rows(
    connection: &mut SqliteConnection,
    run: i64,
    shape_num: i64,
    wanted: &[usize],
    range: StepRange,
) -> Result<Vec<Group>> {
    let mut found = read(&mut *connection, run, shape_num, wanted, range).await?;
    for blob in groups::read_all(&mut *connection, run, shape_num, range).await? {
        found.push(codec::decode(&blob, Some(wanted))?);
    }
    Ok(found)
}
