//! Ids and numbers at the database's border: UUIDs are text outside and small integers inside, unsigned numbers must
//! fit 63 bits, and every change takes the workspace's next revision.

use sqlx::SqliteConnection;
use uuid::{NoContext, Timestamp, Uuid};

use crate::{Result, RunId, Store, StoreError, SweepId, UnixMillis};

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

impl Store {
    /// An id for a run that gets its folder before its row.
    pub fn new_run_id(now: UnixMillis) -> RunId {
        new_id(now)
    }

    /// The run whose id starts with `part` (hyphens as in a UUID), or, where none does, ends with it: ids of one
    /// moment differ only near their ends.
    pub async fn resolve_run(&self, part: &str) -> Result<RunId> {
        let part = part.trim().to_ascii_lowercase();
        // 'g' sorts after every character of an id.
        let mut matches = sqlx::query_scalar!(
            "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 5",
            part
        )
        .fetch_all(self.reader())
        .await?;
        if matches.is_empty() && part.len() >= SHORTEST_END {
            let length = signed("length", part.len() as u64)?;
            matches = sqlx::query_scalar!(
                "SELECT id FROM runs WHERE substr(id, -?1) = ?2 ORDER BY id LIMIT 5",
                length,
                part
            )
            .fetch_all(self.reader())
            .await?;
        }
        only(part, matches, |id| StoreError::UnknownRun { id })
    }

    /// The sweep whose id starts or ends with `part`.
    pub async fn resolve_sweep(&self, part: &str) -> Result<SweepId> {
        let part = part.trim().to_ascii_lowercase();
        let mut matches = sqlx::query_scalar!(
            "SELECT id FROM sweeps WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 5",
            part
        )
        .fetch_all(self.reader())
        .await?;
        if matches.is_empty() && part.len() >= SHORTEST_END {
            let length = signed("length", part.len() as u64)?;
            matches = sqlx::query_scalar!(
                "SELECT id FROM sweeps WHERE substr(id, -?1) = ?2 ORDER BY id LIMIT 5",
                length,
                part
            )
            .fetch_all(self.reader())
            .await?;
        }
        only(part, matches, |id| StoreError::UnknownSweep { id })
    }
}

/// Characters of the shortest end of an id that names it.
const SHORTEST_END: usize = 4;

fn only(part: String, matches: Vec<String>, unknown: impl Fn(String) -> StoreError) -> Result<Uuid> {
    match matches.as_slice() {
        _ if part.is_empty() => Err(unknown(part)),
        [] => Err(unknown(part)),
        [one] => parse_id(one),
        _ => Err(StoreError::Ambiguous { prefix: part, matches }),
    }
}
