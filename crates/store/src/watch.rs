//! How a client learns that something moved: `PRAGMA data_version` on a connection of its own (cheap enough for five
//! times a second), then what is newer than the last revision it saw.

use sqlx::{Connection, SqliteConnection};

use crate::ids::{parse_id, unsigned};
use crate::{Result, RunId, Store};

/// Notices commits of other connections, of this process or any other.
#[derive(Debug)]
pub struct DataVersion {
    connection: SqliteConnection,
    last: i64,
}

impl DataVersion {
    /// Whether anything was committed since the last call (or since opening).
    pub async fn moved(&mut self) -> Result<bool> {
        let now = read_version(&mut self.connection).await?;
        let moved = now != self.last;
        self.last = now;
        Ok(moved)
    }

    /// Closes the connection.
    pub async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

async fn read_version(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
}

/// What is newer than a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ask for what is newer than this next time.
    pub revision: u64,
    /// Changed runs with their revisions, oldest change first.
    pub runs: Vec<(RunId, u64)>,
    pub removed: Vec<RunId>,
}

impl Changes {
    /// Nothing changed, not even settings, sweeps or requests (each of which takes a revision too).
    pub fn is_empty(&self, since: u64) -> bool {
        self.revision == since
    }
}

impl Store {
    /// Starts watching for commits.
    pub async fn data_version(&self) -> Result<DataVersion> {
        let mut connection = self.connect_reader().await?;
        let last = read_version(&mut connection).await?;
        Ok(DataVersion { connection, last })
    }

    /// The workspace's revision: the number of its newest change.
    pub async fn revision(&self) -> Result<u64> {
        let revision =
            sqlx::query_scalar!("SELECT revision FROM clock WHERE id = 1").fetch_one(self.reader()).await?;
        Ok(unsigned(revision))
    }

    /// What changed after `since`.
    pub async fn changes_since(&self, since: u64) -> Result<Changes> {
        let after = i64::try_from(since).unwrap_or(i64::MAX);
        // One transaction, so that no change falls between the counter and the lists.
        let mut tx = self.reader().begin().await?;
        let revision =
            sqlx::query_scalar!("SELECT revision FROM clock WHERE id = 1").fetch_one(&mut *tx).await?;
        let runs = sqlx::query!("SELECT id, revision FROM runs WHERE revision > ? ORDER BY revision", after)
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .map(|r| Ok((parse_id(&r.id)?, unsigned(r.revision))))
            .collect::<Result<_>>()?;
        let removed =
            sqlx::query_scalar!("SELECT id FROM removed_runs WHERE revision > ? ORDER BY revision", after)
                .fetch_all(&mut *tx)
                .await?
                .iter()
                .map(|id| parse_id(id))
                .collect::<Result<_>>()?;
        Ok(Changes { revision: unsigned(revision), runs, removed })
    }
}
