//! Events of all runs, newest first, and how far somebody has read them. Superseded ones are left out.

use vitals_run::{Event, Happening};

use crate::events::RunEvent;
use crate::ids::{from_json, parse_id, small, to_json, unsigned};
use crate::{Result, RunId, Store};

/// The setting that holds the id of the newest event that was read.
const READ_THROUGH: &str = "alarms_read_through";

/// An event with the run that it happened to.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub run: RunId,
    pub label: String,
    pub event: RunEvent,
}

/// Which events: of these kinds, of one run or of all, found after the event with this id.
#[derive(Debug, Clone, Default)]
pub struct AlarmQuery<'a> {
    pub kinds: &'a [&'a str],
    pub run: Option<RunId>,
    pub after: i64,
    pub limit: u32,
}

/// How many events of some kinds there are, and how many of them are newer than what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmCount {
    pub total: u64,
    pub unread: u64,
}

impl Store {
    /// The newest events first: by when they were recorded, then by when they were found.
    pub async fn alarms(&self, query: &AlarmQuery<'_>) -> Result<Vec<Alarm>> {
        let kinds = to_json("kinds of events", &query.kinds)?;
        let run = query.run.map(|id| id.to_string());
        let rows = sqlx::query!(
            "SELECT r.id AS run, r.label, e.id, e.attempt, e.kind, e.step, e.end_step, e.layer, e.injected, e.details, e.at
             FROM events e JOIN runs r ON r.num = e.run_num
             WHERE e.superseded = 0 AND e.kind IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR r.id = ?2) AND e.id > ?3
             ORDER BY e.at DESC NULLS LAST, e.id DESC LIMIT ?4",
            kinds,
            run,
            query.after,
            query.limit
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                let details = from_json("an event's details", &r.details)?;
                Ok(Alarm {
                    run: parse_id(&r.run)?,
                    label: r.label,
                    event: RunEvent {
                        id: r.id,
                        attempt: small(r.attempt),
                        superseded: false,
                        event: Event {
                            step: unsigned(r.step),
                            end_step: r.end_step.map(unsigned),
                            layer: r.layer,
                            injected: r.injected != 0,
                            at: r.at,
                            what: Happening::parse(&r.kind, details),
                        },
                    },
                })
            })
            .collect()
    }

    /// Counts events of the given kinds over all runs.
    pub async fn count_alarms(&self, kinds: &[&str], read_through: i64) -> Result<AlarmCount> {
        let kinds = to_json("kinds of events", &kinds)?;
        let row = sqlx::query!(
            r#"SELECT COUNT(*) AS "total!: i64", COUNT(*) FILTER (WHERE id > ?2) AS "unread!: i64" FROM events
               WHERE superseded = 0 AND kind IN (SELECT value FROM json_each(?1))"#,
            kinds,
            read_through
        )
        .fetch_one(self.reader())
        .await?;
        Ok(AlarmCount { total: unsigned(row.total), unread: unsigned(row.unread) })
    }

    /// The id of the newest event that somebody has read; 0 where nobody has.
    pub async fn alarms_read_through(&self) -> Result<i64> {
        Ok(self.setting(READ_THROUGH).await?.unwrap_or(0))
    }

    /// Notes that all events up to this one are read. Never goes back.
    pub async fn read_alarms_through(&self, id: i64) -> Result<()> {
        if id > self.alarms_read_through().await? {
            self.set_setting(READ_THROUGH, &id).await?;
        }
        Ok(())
    }
}
