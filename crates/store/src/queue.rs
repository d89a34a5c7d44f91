//! The order in which queued runs start: higher priority first, then by rank, which moving changes.

use sqlx::SqliteConnection;
use vitals_run::RunState;

use crate::ids::{next_revision, parse_id, run_num, small};
use crate::selection::RunSelection;
use crate::{Result, RunId, Store, StoreError};

/// A queued run in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRun {
    pub run: RunId,
    pub priority: i32,
}

impl Store {
    /// Queued runs, the next to start first.
    pub async fn queue(&self) -> Result<Vec<QueuedRun>> {
        let rows = sqlx::query!(
            "SELECT id, priority FROM runs WHERE state = 'queued' ORDER BY priority DESC, queue_rank, num"
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                let priority = i32::try_from(r.priority).unwrap_or(0);
                Ok(QueuedRun { run: parse_id(&r.id)?, priority })
            })
            .collect()
    }

    /// Whether any run is queued.
    pub async fn has_queued(&self) -> Result<bool> {
        let queued = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM runs WHERE state = 'queued') AS "queued!: bool""#
        );
        Ok(queued.fetch_one(self.reader()).await?)
    }

    /// Moves a queued run to `position` (0 = next to start; beyond the end = last), whatever its priority was: it
    /// takes that of the run whose place it takes.
    pub async fn move_in_queue(&self, run: RunId, position: usize) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let mut order: Vec<(i64, i64)> = sqlx::query!(
            "SELECT num, priority FROM runs WHERE state = 'queued' ORDER BY priority DESC, queue_rank, num"
        )
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|r| (r.num, r.priority))
        .collect();
        let Some(from) = order.iter().position(|(n, _)| *n == num) else {
            let state =
                sqlx::query_scalar!("SELECT state FROM runs WHERE num = ?", num).fetch_one(&mut *tx).await?;
            let from = crate::transitions::parse_state(&state)?;
            return Err(StoreError::IllegalTransition { run, from, to: RunState::Queued });
        };
        let position = position.min(order.len() - 1);
        let priority = order[position].1;
        let entry = order.remove(from);
        order.insert(position, (entry.0, priority));
        let revision = next_revision(&mut tx).await?;
        for (rank, (member, priority)) in (1_i64..).zip(order) {
            sqlx::query!(
                "UPDATE runs SET queue_rank = ?1, priority = ?2, revision = ?3
                 WHERE num = ?4 AND (queue_rank <> ?1 OR priority <> ?2)",
                rank,
                priority,
                revision,
                member
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Sets a run's priority; higher starts first.
    pub async fn set_priority(&self, run: RunId, priority: i32) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let revision = next_revision(&mut tx).await?;
        sqlx::query!("UPDATE runs SET priority = ?, revision = ? WHERE num = ?", priority, revision, num)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Places of queued runs (0 = next to start) by their numbers; at least those of `nums`, the numbers that `selection`
/// chose. Of a long queue a few places are counted inside the database; of nearly all of it that takes longer than to
/// read the whole.
pub(crate) async fn queue_positions(
    tx: &mut SqliteConnection,
    selection: &RunSelection,
    nums: &str,
) -> Result<Vec<(i64, u32)>> {
    if matches!(selection, RunSelection::All | RunSelection::States(_)) {
        let order = sqlx::query_scalar!(
            "SELECT num FROM runs WHERE state = 'queued' ORDER BY priority DESC, queue_rank, num"
        )
        .fetch_all(tx)
        .await?;
        return Ok(order.into_iter().zip(0..).collect());
    }
    let places = sqlx::query!(
        r#"SELECT num AS "num!: i64", position AS "position!: i64" FROM
             (SELECT num, ROW_NUMBER() OVER (ORDER BY priority DESC, queue_rank, num) - 1 AS position
              FROM runs WHERE state = 'queued')
           WHERE num IN (SELECT value FROM json_each(?))"#,
        nums
    )
    .fetch_all(tx)
    .await?;
    Ok(places.into_iter().map(|r| (r.num, small(r.position))).collect())
}
