//! Ids and numbers at the database's border: UUIDs are text outside and small integers inside, unsigned numbers must
//! fit 63 bits, and every change takes the workspace's next revision.

use sqlx::SqliteConnection;
use uuid::{NoContext, Timestamp, Uuid};

use crate::{Result, RunId, StoreError, UnixMillis};

/// A version 7 UUID of the given time.
pub(crate) fn new_id(now: UnixMillis) -> Uuid {
    let millis = now.max(0).cast_unsigned();
    // Below 1000 ms, so the nanoseconds fit.
    let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1000, nanos))
}

pub(crate) fn parse_id(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text).map_err(|_| StoreError::Corrupt { what: format!("id {text:?}") })
}

/// An unsigned number as SQLite keeps it.
pub(crate) fn signed(what: &'static str, value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| StoreError::OutOfRange { what, value })
}

/// A stored non-negative number.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A stored small number.
pub(crate) fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| StoreError::Json { what, source })
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|source| StoreError::Json { what, source })
}

/// The inner number of a run.
pub(crate) async fn run_num(connection: &mut SqliteConnection, id: RunId) -> Result<i64> {
    let text = id.to_string();
    sqlx::query_scalar!("SELECT num FROM runs WHERE id = ?", text)
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::UnknownRun { id: text })
}

/// Those of several runs, in their order.
pub(crate) async fn run_nums(connection: &mut SqliteConnection, ids: &[RunId]) -> Result<Vec<i64>> {
    let list = to_json("run ids", &ids)?;
    let rows = sqlx::query!(
        r#"SELECT wanted.key + 0 AS "place!: i64", num AS "num!" FROM json_each(?) AS wanted CROSS JOIN runs WHERE runs.id = wanted.value"#,
        list
    )
    .fetch_all(connection)
    .await?;
    let mut nums = vec![None; ids.len()];
    for row in rows {
        if let Some(num) = usize::try_from(row.place).ok().and_then(|place| nums.get_mut(place)) {
            *num = Some(row.num);
        }
    }
    let known = |(num, id): (Option<i64>, &RunId)| num.ok_or(StoreError::UnknownRun { id: id.to_string() });
    nums.into_iter().zip(ids).map(known).collect()
}

/// Takes the workspace's next revision.
pub(crate) async fn next_revision(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!("UPDATE clock SET revision = revision + 1 WHERE id = 1 RETURNING revision")
        .fetch_one(connection)
        .await?)
}

/// Marks a run as changed and returns its new revision.
pub(crate) async fn touch_run(connection: &mut SqliteConnection, run: i64) -> Result<i64> {
    let revision = next_revision(&mut *connection).await?;
    sqlx::query!("UPDATE runs SET revision = ? WHERE num = ?", revision, run).execute(connection).await?;
    Ok(revision)
}
