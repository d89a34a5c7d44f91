//! Data sets that a workspace knows by name.

use serde_json::Value;

use crate::ids::{from_json, next_revision, to_json};
use crate::{Result, Store, UnixMillis};

/// A data set as last looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetRow {
    pub name: String,
    pub path: String,
    pub fingerprint: String,
    /// What its reader said: images, classes, sizes, …
    pub facts: Value,
    /// Comes with Vitals; cannot be removed.
    pub builtin: bool,
    /// Why it cannot be read.
    pub problem: Option<String>,
    pub checked_at: UnixMillis,
}

impl Store {
    /// Adds a data set or replaces what is known of it.
    pub async fn put_dataset(&self, dataset: &DatasetRow) -> Result<()> {
        let facts = to_json("a data set's facts", &dataset.facts)?;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "INSERT OR REPLACE INTO datasets (name, path, fingerprint, facts, builtin, problem, checked_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            dataset.name,
            dataset.path,
            dataset.fingerprint,
            facts,
            dataset.builtin,
            dataset.problem,
            dataset.checked_at
        )
        .execute(&mut *tx)
        .await?;
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// All data sets by name.
    pub async fn datasets(&self) -> Result<Vec<DatasetRow>> {
        let rows = sqlx::query!(
            "SELECT name, path, fingerprint, facts, builtin, problem, checked_at FROM datasets ORDER BY name"
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(DatasetRow {
                    name: r.name,
                    path: r.path,
                    fingerprint: r.fingerprint,
                    facts: from_json("a data set's facts", &r.facts)?,
                    builtin: r.builtin != 0,
                    problem: r.problem,
                    checked_at: r.checked_at,
                })
            })
            .collect()
    }

    /// One data set.
    pub async fn dataset(&self, name: &str) -> Result<Option<DatasetRow>> {
        Ok(self.datasets().await?.into_iter().find(|d| d.name == name))
    }

    /// Forgets a data set; whether there was one.
    pub async fn remove_dataset(&self, name: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let removed = sqlx::query!("DELETE FROM datasets WHERE name = ?", name).execute(&mut *tx).await?;
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(removed.rows_affected() > 0)
    }
}
