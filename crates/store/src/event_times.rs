//! When the events that detection finds were recorded: the attempt's start and the training time at the event's step.
//! Clocks are the journal's; a rebuilt database says the same.

use sqlx::SqliteConnection;

use crate::ids::unsigned;
use crate::{Result, Row};

/// Dates what detection has found in a batch: by the first row at or behind the event's step, else by the last row.
pub(crate) async fn date(tx: &mut SqliteConnection, run: i64, attempt: u32, rows: &[Row]) -> Result<()> {
    let Some(last) = rows.last() else { return Ok(()) };
    let undated = sqlx::query!(
        "SELECT id, step FROM events WHERE run_num = ? AND superseded = 0 AND attempt = ? AND detection IS NOT NULL AND at IS NULL",
        run,
        attempt
    )
    .fetch_all(&mut *tx)
    .await?;
    for event in undated {
        let row = rows.iter().find(|row| row.step >= unsigned(event.step)).unwrap_or(last);
        let elapsed_millis = row.elapsed_secs * 1000.0;
        sqlx::query!(
            "UPDATE events SET at = (SELECT started_at + CAST(?1 AS INTEGER) FROM attempts WHERE run_num = ?2 AND number = ?3)
             WHERE id = ?4",
            elapsed_millis,
            run,
            attempt,
            event.id
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
