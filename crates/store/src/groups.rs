//! Row groups: the blobs that ingest appends. Small ones are merged eightfold into the next level as they gather, so
//! that a long run is some hundred groups and each row is rewritten at most twice. Order within an attempt is that of
//! `num`: a merge always takes the newest groups, and what comes later is numbered later.

use sqlx::SqliteConnection;

use crate::Result;
use crate::codec::{self, Group};
use crate::ids::{signed, to_json, unsigned};
use crate::place::{Owner, Wanted, bounds};
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
    let mut merged = Group::of_columns(shape.columns.len());
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

/// How many rows wait in groups.
pub(crate) async fn rows(tx: &mut SqliteConnection, owner: Owner) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT COALESCE(SUM(row_count), 0) AS "rows!: i64" FROM row_groups
           WHERE run_num = ? AND shape_num = ? AND attempt = ?"#,
        owner.run,
        owner.shape_num,
        owner.attempt
    )
    .fetch_one(tx)
    .await?;
    Ok(unsigned(count))
}

/// Takes the oldest groups out of the database until there are `enough` rows, and says whether these were all.
pub(crate) async fn take_oldest(
    tx: &mut SqliteConnection,
    owner: Owner,
    shape: &Shape,
    enough: usize,
) -> Result<(Group, bool)> {
    let waiting = sqlx::query_scalar!(
        "SELECT num FROM row_groups WHERE run_num = ? AND shape_num = ? AND attempt = ? ORDER BY num",
        owner.run,
        owner.shape_num,
        owner.attempt
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut taken = Group::of_columns(shape.columns.len());
    let mut count = 0;
    for num in &waiting {
        if taken.steps.len() >= enough {
            break;
        }
        let data = sqlx::query_scalar!("DELETE FROM row_groups WHERE num = ? RETURNING data", num)
            .fetch_one(&mut *tx)
            .await?;
        taken.append(&codec::decode(&data, None)?);
        count += 1;
    }
    Ok((taken, count == waiting.len()))
}

/// The rows that are wanted, in groups that reach into their ranges, in order of recording.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Vec<Group>>> {
    let asked: Vec<(i64, i64, u32, i64, i64)> = wanted
        .iter()
        .map(|one| {
            let (from, to) = bounds(one.range);
            (one.run, one.shape_num, one.range.attempt, from, to)
        })
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let asked = to_json("row groups", &asked)?;
    let rows = sqlx::query!(
        r#"SELECT wanted.key + 0 AS "place!: i64", data FROM json_each(?1) AS wanted CROSS JOIN row_groups
           WHERE run_num = wanted.value ->> 0 AND shape_num = wanted.value ->> 1 AND attempt = wanted.value ->> 2
                 AND last_step >= wanted.value ->> 3 AND first_step < wanted.value ->> 4
           ORDER BY wanted.key, num"#,
        asked
    )
    .fetch_all(connection)
    .await?;
    let mut found = vec![Vec::new(); wanted.len()];
    for row in rows {
        let place = usize::try_from(row.place).unwrap_or(usize::MAX);
        if let (Some(groups), Some(one)) = (found.get_mut(place), wanted.get(place)) {
            groups.push(codec::decode(&row.data, Some(one.columns))?);
        }
    }
    Ok(found)
}
