//! Row groups: the blobs that ingest appends. Small ones are merged eightfold into the next level as they gather, so
//! that a long run is some hundred groups and each row is rewritten at most twice. Order within an attempt is that of
//! `num`: a merge always takes the newest groups, and what comes later is numbered later.

use sqlx::SqliteConnection;
use vitals_journal::StepRange;

use crate::Result;
use crate::codec::{self, Group};
use crate::ids::signed;
use crate::shapes::Shape;

/// Groups of one level that make one of the next.
const FAN_IN: i64 = 8;
/// Rows of the largest group, so that reading a stretch of a series decodes little more than it.
pub(crate) const MOST_ROWS: usize = 512;
/// The level that is merged no further.
const TOP: i64 = 2;

/// The level of a group of so many rows.
fn level_of(rows: usize) -> i64 {
    match rows {
        0..8 => 0,
        8..64 => 1,
        _ => TOP,
    }
}

/// Appends rows, then merges what has gathered.
pub(crate) async fn append(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    shape_num: i64,
    shape: &Shape,
    group: &Group,
) -> Result<()> {
    let mut level = level_of(group.steps.len());
    // A larger group closes the smaller ones before it, or the order of numbers would not be that of rows.
    for lower in 0..level {
        merge(tx, run, attempt, shape_num, shape, lower, 1).await?;
    }
    insert(tx, run, attempt, shape_num, shape, level, group).await?;
    while level < TOP && merge(tx, run, attempt, shape_num, shape, level, FAN_IN).await? {
        level += 1;
    }
    Ok(())
}

/// Merges all groups of `level` into one of the next where there are at least `least`.
async fn merge(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    shape_num: i64,
    shape: &Shape,
    level: i64,
    least: i64,
) -> Result<bool> {
    let count = sqlx::query_scalar!(
        "SELECT COUNT(*) FROM row_groups WHERE run_num = ? AND shape_num = ? AND attempt = ? AND level = ?",
        run,
        shape_num,
        attempt,
        level
    )
    .fetch_one(&mut *tx)
    .await?;
    if count < least {
        return Ok(false);
    }
    let parts = sqlx::query_scalar!(
        "SELECT data FROM row_groups
         WHERE run_num = ? AND shape_num = ? AND attempt = ? AND level = ? ORDER BY num",
        run,
        shape_num,
        attempt,
        level
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut merged = Group { columns: vec![Vec::new(); shape.columns.len()], ..Group::default() };
    for part in &parts {
        merged.append(&codec::decode(part, None)?);
    }
    sqlx::query!(
        "DELETE FROM row_groups WHERE run_num = ? AND shape_num = ? AND attempt = ? AND level = ?",
        run,
        shape_num,
        attempt,
        level
    )
    .execute(&mut *tx)
    .await?;
    insert(tx, run, attempt, shape_num, shape, level + 1, &merged).await?;
    Ok(true)
}

async fn insert(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    shape_num: i64,
    shape: &Shape,
    level: i64,
    group: &Group,
) -> Result<()> {
    let (Some(&first), Some(&last)) = (group.steps.iter().min(), group.steps.iter().max()) else {
        return Ok(());
    };
    let data = codec::encode(group, shape.columns.iter().map(|c| c.kind));
    let (first, last) = (signed("step", first)?, signed("step", last)?);
    let rows = signed("rows", group.steps.len() as u64)?;
    sqlx::query!(
        "INSERT INTO row_groups (run_num, attempt, shape_num, level, first_step, last_step, row_count, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        run,
        attempt,
        shape_num,
        level,
        first,
        last,
        rows,
        data
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The blobs of one attempt that reach into `range`, in order of recording.
pub(crate) async fn read_all(
    connection: &mut SqliteConnection,
    run: i64,
    shape_num: i64,
    range: StepRange,
) -> Result<Vec<Vec<u8>>> {
    let from = i64::try_from(range.from).unwrap_or(i64::MAX);
    let to = range.to.map_or(i64::MAX, |to| i64::try_from(to).unwrap_or(i64::MAX));
    Ok(sqlx::query_scalar!(
        "SELECT data FROM row_groups
         WHERE run_num = ?1 AND shape_num = ?2 AND attempt = ?3 AND last_step >= ?4 AND first_step < ?5 ORDER BY num",
        run,
        shape_num,
        range.attempt,
        from,
        to
    )
    .fetch_all(connection)
    .await?)
}

/// The compacted values of one column that reach into `range`, in order of recording.
pub(crate) async fn read_chunks(
    connection: &mut SqliteConnection,
    run: i64,
    shape_num: i64,
    column: usize,
    range: StepRange,
) -> Result<Vec<Vec<u8>>> {
    let from = i64::try_from(range.from).unwrap_or(i64::MAX);
    let to = range.to.map_or(i64::MAX, |to| i64::try_from(to).unwrap_or(i64::MAX));
    let column = signed("column", column as u64)?;
    Ok(sqlx::query_scalar!(
        "SELECT data FROM chunks
         WHERE run_num = ?1 AND shape_num = ?2 AND column_index = ?3 AND level = 0 AND attempt = ?4
               AND last_step >= ?5 AND first_step < ?6 ORDER BY num",
        run,
        shape_num,
        column,
        range.attempt,
        from,
        to
    )
    .fetch_all(connection)
    .await?)
}
