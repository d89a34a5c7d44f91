//! What people call runs and sweeps: the start or the end of an id, where it names one only.

use uuid::Uuid;

use crate::ids::{new_id, parse_id, signed};
use crate::{Result, RunId, Store, StoreError, SweepId, UnixMillis};

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
