//! How every connection of ours meets the database: its pragmas, and how long it waits.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};

/// How long a writer waits for another process's transaction; ingest holds the lock for milliseconds.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", "67108864")
}
