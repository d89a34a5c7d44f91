//! What people call runs and sweeps: the start or the end of an id, where it names one only.

use std::collections::HashSet;

use uuid::Uuid;

use crate::ids::{new_id, parse_id, signed, to_json};
use crate::{Result, RunId, Store, StoreError, SweepId, UnixMillis};

impl Store {
    /// An id for a run that gets its folder before its row.
    pub fn new_run_id(now: UnixMillis) -> RunId {
        new_id(now)
    }

    /// Those of the ids that are runs'.
    pub async fn known_runs(&self, ids: &[RunId]) -> Result<HashSet<RunId>> {
        let ids = to_json("run ids", &ids)?;
        let known =
            sqlx::query_scalar!("SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?))", ids);
        known.fetch_all(self.reader()).await?.iter().map(|id| parse_id(id)).collect()
    }
}

/// A function that finds the one id that starts with a text (hyphens as in a UUID), or, where none does, ends with it: ids of
/// one moment differ only near their ends. The queries stand whole, so that they are checked when this is built.
macro_rules! finds {
    ($(#[$doc:meta])* $name:ident: $id:ty, $starting:literal, $ending:literal, $unknown:ident) => {
        impl Store {
            $(#[$doc])*
            pub async fn $name(&self, part: &str) -> Result<$id> {
                let part = part.trim().to_ascii_lowercase();
                let mut matches = sqlx::query_scalar!($starting, part).fetch_all(self.reader()).await?;
                if matches.is_empty() && part.len() >= SHORTEST_END {
                    let length = signed("length", part.len() as u64)?;
                    matches = sqlx::query_scalar!($ending, length, part).fetch_all(self.reader()).await?;
                }
                only(part, matches, |id| StoreError::$unknown { id })
            }
        }
    };
}

// 'g' sorts after every character of an id.
finds!(
    /// The run whose id starts or ends with `part`.
    resolve_run: RunId,
    "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 5",
    "SELECT id FROM runs WHERE substr(id, -?1) = ?2 ORDER BY id LIMIT 5",
    UnknownRun
);
finds!(
    /// The sweep whose id starts or ends with `part`.
    resolve_sweep: SweepId,
    "SELECT id FROM sweeps WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 5",
    "SELECT id FROM sweeps WHERE substr(id, -?1) = ?2 ORDER BY id LIMIT 5",
    UnknownSweep
);

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
