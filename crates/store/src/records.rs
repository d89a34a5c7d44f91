//! The rare records of a batch: events, log lines, checkpoints, acknowledged control commands, the end. Also which
//! events and checkpoints a later attempt has superseded.

use sqlx::SqliteConnection;
use vitals_journal::StepRange;
use vitals_run::Event;

use crate::attempts::ranges_in_force;
use crate::ids::{signed, to_json};
use crate::{IngestBatch, NewCheckpoint, NewLog, Result};

/// Log lines kept of a run; the whole log is in its folder.
const LOG_LINES: i64 = 2_000;

/// Writes a batch's rare records. `range` is where the attempt's steps are in force.
pub(crate) async fn take(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    batch: &IngestBatch,
    range: StepRange,
) -> Result<()> {
    for event in &batch.events {
        add_event(&mut *tx, run, attempt, event, range.to).await?;
    }
    for checkpoint in &batch.checkpoints {
        add_checkpoint(&mut *tx, run, attempt, checkpoint, range.to).await?;
    }
    add_logs(&mut *tx, run, attempt, &batch.logs).await?;
    if let Some(seq) = batch.control_acks.iter().max() {
        let seq = signed("control sequence", *seq)?;
        sqlx::query!(
            "UPDATE attempts SET control_seq = MAX(control_seq, ?) WHERE run_num = ? AND number = ?",
            seq,
            run,
            attempt
        )
        .execute(&mut *tx)
        .await?;
    }
    if let Some(end) = &batch.end {
        let record = to_json("an end record", end)?;
        sqlx::query!(
            "UPDATE attempts SET end_record = ?, ended_at = COALESCE(?, ended_at) WHERE run_num = ? AND number = ?",
            record,
            end.at,
            run,
            attempt
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// An event is out of force when a later attempt trains its step again. A checkpoint bears the number of steps done,
/// so the attempt that starts right from it leaves it in force.
fn event_is_superseded(kind: &str, step: u64, limit: Option<u64>) -> bool {
    let step = if kind == "checkpoint" { step.saturating_sub(1) } else { step };
    limit.is_some_and(|limit| step >= limit)
}

async fn add_event(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    event: &Event,
    limit: Option<u64>,
) -> Result<()> {
    let step = signed("step", event.step)?;
    let end_step = event.end_step.map(|s| signed("step", s)).transpose()?;
    let kind = event.what.kind();
    let details = to_json("an event's details", &event.what.details())?;
    let superseded = event_is_superseded(kind, event.step, limit);
    sqlx::query!(
        "INSERT INTO events (run_num, attempt, kind, step, end_step, layer, injected, details, at, superseded)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        run,
        attempt,
        kind,
        step,
        end_step,
        event.layer,
        event.injected,
        details,
        event.at,
        superseded
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_checkpoint(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    checkpoint: &NewCheckpoint,
    limit: Option<u64>,
) -> Result<()> {
    let step = signed("step", checkpoint.step)?;
    let size_bytes = checkpoint.size_bytes.map(|b| signed("size", b)).transpose()?;
    let superseded = event_is_superseded("checkpoint", checkpoint.step, limit);
    sqlx::query!(
        "INSERT INTO checkpoints (run_num, attempt, step, path, size_bytes, at, superseded)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run_num, attempt, step) DO UPDATE
         SET path = excluded.path, size_bytes = excluded.size_bytes, at = excluded.at, removed = 0",
        run,
        attempt,
        step,
        checkpoint.path,
        size_bytes,
        checkpoint.at,
        superseded
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn add_logs(
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    logs: &[NewLog],
) -> Result<()> {
    if logs.is_empty() {
        return Ok(());
    }
    let newest = usize::try_from(LOG_LINES).unwrap_or(usize::MAX);
    for log in &logs[logs.len().saturating_sub(newest)..] {
        let step = log.step.map(|s| signed("step", s)).transpose()?;
        sqlx::query!(
            "INSERT INTO logs (run_num, attempt, at, level, step, text) VALUES (?, ?, ?, ?, ?, ?)",
            run,
            attempt,
            log.at,
            log.level,
            step,
            log.text
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "DELETE FROM logs WHERE run_num = ?1 AND id <=
           (SELECT id FROM logs WHERE run_num = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        run,
        LOG_LINES
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Marks events and checkpoints anew after an attempt has begun to count.
pub(crate) async fn supersede(tx: &mut SqliteConnection, run: i64) -> Result<()> {
    for range in ranges_in_force(&mut *tx, run).await? {
        let limit = range.to.map(|to| signed("step", to)).transpose()?;
        sqlx::query!(
            "UPDATE events SET superseded = ?1 IS NOT NULL AND MAX(step - (kind = 'checkpoint'), 0) >= ?1
             WHERE run_num = ?2 AND attempt = ?3",
            limit,
            run,
            range.attempt
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "UPDATE checkpoints SET superseded = ?1 IS NOT NULL AND MAX(step - 1, 0) >= ?1
             WHERE run_num = ?2 AND attempt = ?3",
            limit,
            run,
            range.attempt
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
