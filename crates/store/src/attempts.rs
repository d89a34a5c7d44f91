//! Attempts of a run, the checkpoints they left, and where each one's journal has been read to.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::SqliteConnection;
use vitals_journal::{AttemptStart, RunFolder, StepRange, in_force};

use crate::batch::EndOfAttempt;
use crate::ids::{from_json, run_num, signed, small, to_json, touch_run, unsigned};
use crate::{Result, RunId, Store, StoreError, UnixMillis};

/// An attempt about to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// From 1; one more than the newest.
    pub number: u32,
    /// The first step that it will train.
    pub first_step: u64,
    /// The checkpoint that it starts from, relative to the run folder.
    pub resume_from: Option<String>,
    pub device: Option<String>,
}

/// An attempt as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub number: u32,
    pub first_step: u64,
    pub resume_from: Option<String>,
    pub device: Option<String>,
    /// Its journal's header is in: it supersedes earlier attempts.
    pub recorded: bool,
    /// Bytes of its journal that are in.
    pub journal_offset: u64,
    /// The last control command that the worker acknowledged.
    pub control_seq: u64,
    /// Greatest step recorded, in force or not.
    pub last_step: Option<u64>,
    pub created_at: UnixMillis,
    pub started_at: Option<UnixMillis>,
    pub ended_at: Option<UnixMillis>,
    /// The journal's last record.
    pub end: Option<EndOfAttempt>,
    /// What the guard saw, as it wrote it.
    pub exit: Option<Value>,
}

/// A checkpoint that a journal names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub attempt: u32,
    /// Steps done when it was written.
    pub step: u64,
    pub path: String,
    pub size_bytes: Option<u64>,
    pub at: Option<UnixMillis>,
    /// Its files have been deleted.
    pub removed: bool,
    /// A later attempt started before its step.
    pub superseded: bool,
}

impl Store {
    /// Adds the next attempt of a run and makes it the run's current one. The same attempt added again changes nothing.
    pub async fn add_attempt(&self, run: RunId, attempt: &NewAttempt, now: UnixMillis) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let first_step = signed("first step", attempt.first_step)?;
        sqlx::query!(
            "INSERT INTO attempts (run_num, number, first_step, resume_from, device, created_at)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            num,
            attempt.number,
            first_step,
            attempt.resume_from,
            attempt.device,
            now
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "UPDATE runs SET attempt = MAX(attempt, ?1), device = COALESCE(?2, device) WHERE num = ?3",
            attempt.number,
            attempt.device,
            num
        )
        .execute(&mut *tx)
        .await?;
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps what the guard saw at an attempt's end.
    pub async fn set_exit_record(
        &self,
        run: RunId,
        attempt: u32,
        exit: &Value,
        ended_at: UnixMillis,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let exit = to_json("an exit record", exit)?;
        let changed = sqlx::query!(
            "UPDATE attempts SET exit_record = ?, ended_at = COALESCE(ended_at, ?) WHERE run_num = ? AND number = ?",
            exit,
            ended_at,
            num,
            attempt
        )
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::UnknownAttempt { run, attempt });
        }
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A run's attempts in order.
    pub async fn attempts(&self, run: RunId) -> Result<Vec<Attempt>> {
        let id = run.to_string();
        let rows = sqlx::query!(
            "SELECT a.number, a.first_step, a.resume_from, a.device, a.recorded, a.journal_offset, a.control_seq,
                    a.last_step, a.created_at, a.started_at, a.ended_at, a.end_record, a.exit_record
             FROM attempts a JOIN runs r ON r.num = a.run_num WHERE r.id = ? ORDER BY a.number",
            id
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(Attempt {
                    number: small(r.number),
                    first_step: unsigned(r.first_step),
                    resume_from: r.resume_from,
                    device: r.device,
                    recorded: r.recorded != 0,
                    journal_offset: unsigned(r.journal_offset),
                    control_seq: unsigned(r.control_seq),
                    last_step: r.last_step.map(unsigned),
                    created_at: r.created_at,
                    started_at: r.started_at,
                    ended_at: r.ended_at,
                    end: r.end_record.as_deref().map(|t| from_json("an end record", t)).transpose()?,
                    exit: r.exit_record.as_deref().map(|t| from_json("an exit record", t)).transpose()?,
                })
            })
            .collect()
    }

    /// A run's checkpoints by attempt and step; those whose files are gone are marked.
    pub async fn checkpoints(&self, run: RunId) -> Result<Vec<Checkpoint>> {
        let id = run.to_string();
        let rows = sqlx::query!(
            "SELECT c.attempt, c.step, c.path, c.size_bytes, c.at, c.removed, c.superseded
             FROM checkpoints c JOIN runs r ON r.num = c.run_num WHERE r.id = ? ORDER BY c.attempt, c.step",
            id
        )
        .fetch_all(self.reader())
        .await?;
        Ok(rows
            .into_iter()
            .filter(|r| is_in_place(r.step, &r.path))
            .map(|r| Checkpoint {
                attempt: small(r.attempt),
                step: unsigned(r.step),
                path: r.path,
                size_bytes: r.size_bytes.map(unsigned),
                at: r.at,
                removed: r.removed != 0,
                superseded: r.superseded != 0,
            })
            .collect())
    }

    /// Notes that the files of the checkpoint at `path` have been deleted.
    pub async fn mark_checkpoint_removed(&self, run: RunId, path: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        sqlx::query!("UPDATE checkpoints SET removed = 1 WHERE run_num = ? AND path = ?", num, path)
            .execute(&mut *tx)
            .await?;
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A checkpoint lies in one place alone. A row that names another, in a database that somebody else made, is none.
pub(crate) fn is_in_place(step: i64, path: &str) -> bool {
    path == RunFolder::checkpoint_name(unsigned(step))
}

/// The steps in force of each recorded attempt of a run, in order of attempt.
pub(crate) async fn ranges_in_force(connection: &mut SqliteConnection, run: i64) -> Result<Vec<StepRange>> {
    Ok(ranges_of_runs(connection, &[run]).await?.pop().unwrap_or_default())
}

/// The same of several runs, in their order.
pub(crate) async fn ranges_of_runs(
    connection: &mut SqliteConnection,
    runs: &[i64],
) -> Result<Vec<Vec<StepRange>>> {
    let list = to_json("a list of runs", &runs)?;
    let rows = sqlx::query!(
        "SELECT run_num, number, first_step FROM attempts
         WHERE run_num IN (SELECT value FROM json_each(?)) AND recorded = 1",
        list
    )
    .fetch_all(connection)
    .await?;
    let mut starts: HashMap<i64, Vec<AttemptStart>> = HashMap::new();
    for row in rows {
        let start = AttemptStart { attempt: small(row.number), first_step: unsigned(row.first_step) };
        starts.entry(row.run_num).or_default().push(start);
    }
    let of = |run: &i64| starts.get(run).map(|starts| in_force(starts)).unwrap_or_default();
    Ok(runs.iter().map(of).collect())
}

/// What was in force when `attempt` was the last, given what is in force now.
pub(crate) fn ranges_up_to(ranges: &[StepRange], attempt: u32) -> Vec<StepRange> {
    let earlier = ranges.iter().filter(|range| range.attempt <= attempt);
    in_force(
        &earlier
            .map(|range| AttemptStart { attempt: range.attempt, first_step: range.from })
            .collect::<Vec<_>>(),
    )
}

/// The range of one attempt; an attempt that has recorded nothing has none in force.
pub(crate) fn range_of(ranges: &[StepRange], attempt: u32) -> StepRange {
    let none = StepRange { attempt, from: 0, to: Some(0) };
    ranges.iter().copied().find(|r| r.attempt == attempt).unwrap_or(none)
}
