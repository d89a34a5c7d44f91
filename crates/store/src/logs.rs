//! The tail of a run's log, as its journals brought it.

use crate::ids::{small, unsigned};
use crate::{Result, RunId, Store, UnixMillis};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub attempt: u32,
    pub at: Option<UnixMillis>,
    pub level: String,
    pub step: Option<u64>,
    pub text: String,
}

impl Store {
    /// The last `lines` lines of a run's log, oldest first.
    pub async fn log_tail(&self, run: RunId, lines: u32) -> Result<Vec<LogLine>> {
        let id = run.to_string();
        let rows = sqlx::query!(
            "SELECT l.attempt, l.at, l.level, l.step, l.text FROM logs l
             WHERE l.run_num = (SELECT num FROM runs WHERE id = ?) ORDER BY l.id DESC LIMIT ?",
            id,
            lines
        )
        .fetch_all(self.reader())
        .await?;
        Ok(rows
            .into_iter()
            .rev()
            .map(|r| LogLine {
                attempt: small(r.attempt),
                at: r.at,
                level: r.level,
                step: r.step.map(unsigned),
                text: r.text,
            })
            .collect())
    }
}
