//! Settings by key, and what the supervisor last wrote of itself. Values are JSON; their meaning is the callers'.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ids::{from_json, next_revision, small, to_json};
use crate::{Result, Store, UnixMillis};

/// The supervisor as it last wrote of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SupervisorRow {
    pub pid: u32,
    pub seen_at: UnixMillis,
    /// Slots, devices, rates: whatever it shows to clients.
    pub status: Value,
}

impl Store {
    /// A setting, where it has been set.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value = sqlx::query_scalar!("SELECT value FROM settings WHERE key = ?", key)
            .fetch_optional(self.reader())
            .await?;
        value.as_deref().map(|v| from_json("a setting", v)).transpose()
    }

    /// Sets a setting.
    pub async fn set_setting<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<()> {
        let value = to_json("a setting", value)?;
        let mut tx = self.begin().await?;
        sqlx::query!("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value)
            .execute(&mut *tx)
            .await?;
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sets several settings, all of them or, where that fails, none.
    pub async fn set_settings(&self, settings: &[(&str, Value)]) -> Result<()> {
        let mut tx = self.begin().await?;
        for (key, value) in settings {
            let value = to_json("a setting", value)?;
            sqlx::query!("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value)
                .execute(&mut *tx)
                .await?;
        }
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The supervisor writes of itself. Takes no revision: clients that show it read it whenever data moved.
    pub async fn put_supervisor(&self, supervisor: &SupervisorRow) -> Result<()> {
        let status = to_json("a supervisor's status", &supervisor.status)?;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "INSERT OR REPLACE INTO supervisor (id, pid, seen_at, status) VALUES (1, ?, ?, ?)",
            supervisor.pid,
            supervisor.seen_at,
            status
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The supervisor as last heard of.
    pub async fn supervisor(&self) -> Result<Option<SupervisorRow>> {
        let row = sqlx::query!("SELECT pid, seen_at, status FROM supervisor WHERE id = 1")
            .fetch_optional(self.reader())
            .await?;
        row.map(|r| {
            let status = from_json("a supervisor's status", &r.status)?;
            Ok(SupervisorRow { pid: small(r.pid), seen_at: r.seen_at, status })
        })
        .transpose()
    }
}
