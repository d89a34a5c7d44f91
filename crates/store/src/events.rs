//! Events of a run: read, counted, and added by detection that runs beside the worker.

use vitals_run::{Event, Happening};

use crate::attempts::{range_of, ranges_in_force};
use crate::ids::{from_json, run_num, small, touch_run, unsigned};
use crate::records;
use crate::{IngestBatch, Result, RunId, Store};

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvent {
    pub id: i64,
    pub attempt: u32,
    /// A later attempt trained this step again.
    pub superseded: bool,
    pub event: Event,
}

impl Store {
    /// A run's events by step, of the given kinds (empty: all). Superseded ones only when asked for.
    pub async fn events(&self, run: RunId, kinds: &[&str], superseded: bool) -> Result<Vec<RunEvent>> {
        let id = run.to_string();
        let rows = sqlx::query!(
            "SELECT e.id, e.attempt, e.kind, e.step, e.end_step, e.layer, e.injected, e.details, e.at, e.superseded
             FROM events e JOIN runs r ON r.num = e.run_num
             WHERE r.id = ?1 AND (?2 OR e.superseded = 0) ORDER BY e.step, e.id",
            id,
            superseded
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .filter(|r| kinds.is_empty() || kinds.contains(&r.kind.as_str()))
            .map(|r| {
                let details = from_json("an event's details", &r.details)?;
                Ok(RunEvent {
                    id: r.id,
                    attempt: small(r.attempt),
                    superseded: r.superseded != 0,
                    event: Event {
                        step: unsigned(r.step),
                        end_step: r.end_step.map(unsigned),
                        layer: r.layer,
                        injected: r.injected != 0,
                        at: r.at,
                        what: Happening::parse(&r.kind, details),
                    },
                })
            })
            .collect()
    }

    /// Adds events that no journal bears (detection, the supervisor's own).
    pub async fn add_events(&self, run: RunId, attempt: u32, events: &[Event]) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let range = range_of(&ranges_in_force(&mut tx, num).await?, attempt);
        let batch = IngestBatch { events: events.to_vec(), ..IngestBatch::default() };
        records::take(&mut tx, num, attempt, &batch, range).await?;
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }
}
