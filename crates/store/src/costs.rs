//! What runs have cost: memory at their peaks, and room on the disk that journals and checkpoints take.

use crate::attempts::is_in_place;
use crate::ids::{parse_id, small, unsigned};
use crate::{Result, RunId, Store, UnixMillis};

/// The host memory that a run took at its peak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPeak {
    pub run: RunId,
    /// Its resolved recipe as JSON text.
    pub recipe: String,
    /// Where its last attempt ran.
    pub device: Option<String>,
    pub bytes: Option<u64>,
}

/// A checkpoint whose files are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    pub run: RunId,
    pub attempt: u32,
    pub step: u64,
    /// Relative to the run folder.
    pub path: String,
    pub size_bytes: u64,
    /// A later attempt started before its step.
    pub superseded: bool,
    /// When its run ended; `None`: it has not.
    pub run_ended_at: Option<UnixMillis>,
}

impl Store {
    /// What guards saw of the host memory at the ends of attempts: the greatest of each run that has ended one.
    pub async fn host_peaks(&self) -> Result<Vec<HostPeak>> {
        let rows = sqlx::query!(
            r#"SELECT r.id AS "id!", r.recipe AS "recipe!", r.device,
                      MAX(CAST(json_extract(a.exit_record, '$.peak_rss_bytes') AS INTEGER)) AS "peak?: i64"
               FROM attempts a JOIN runs r ON r.num = a.run_num
               WHERE a.exit_record IS NOT NULL GROUP BY r.num"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(HostPeak {
                    run: parse_id(&r.id)?,
                    recipe: r.recipe,
                    device: r.device,
                    bytes: r.peak.map(unsigned),
                })
            })
            .collect()
    }

    /// Every checkpoint whose files are there, oldest runs first.
    pub async fn kept_checkpoints(&self) -> Result<Vec<KeptCheckpoint>> {
        let rows = sqlx::query!(
            "SELECT r.id, r.ended_at, c.attempt, c.step, c.path, c.size_bytes, c.superseded
             FROM checkpoints c JOIN runs r ON r.num = c.run_num WHERE c.removed = 0
             ORDER BY r.num, c.attempt, c.step"
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .filter(|r| is_in_place(r.step, &r.path))
            .map(|r| {
                Ok(KeptCheckpoint {
                    run: parse_id(&r.id)?,
                    attempt: small(r.attempt),
                    step: unsigned(r.step),
                    path: r.path,
                    size_bytes: r.size_bytes.map_or(0, unsigned),
                    superseded: r.superseded != 0,
                    run_ended_at: r.ended_at,
                })
            })
            .collect()
    }

    /// Bytes of all journals that have been read, and so far as they have been.
    pub async fn journal_bytes(&self) -> Result<u64> {
        let bytes =
            sqlx::query_scalar!(r#"SELECT COALESCE(SUM(journal_offset), 0) AS "bytes!: i64" FROM attempts"#)
                .fetch_one(self.reader())
                .await?;
        Ok(unsigned(bytes))
    }
}
