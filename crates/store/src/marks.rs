//! What people add to runs: tags and a note.

use crate::ids::{run_num, touch_run};
use crate::{Result, RunId, Store};

impl Store {
    /// Adds and removes tags.
    pub async fn tag_run(&self, run: RunId, add: &[String], remove: &[String]) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        for tag in remove {
            sqlx::query!("DELETE FROM tags WHERE run_num = ? AND tag = ?", num, tag)
                .execute(&mut *tx)
                .await?;
        }
        for tag in add {
            sqlx::query!("INSERT INTO tags (run_num, tag) VALUES (?, ?) ON CONFLICT DO NOTHING", num, tag)
                .execute(&mut *tx)
                .await?;
        }
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Replaces a run's note.
    pub async fn set_note(&self, run: RunId, note: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        sqlx::query!("UPDATE runs SET note = ? WHERE num = ?", note, num).execute(&mut *tx).await?;
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        Ok(())
    }

    /// All tags in use, with how many runs bear each.
    pub async fn tags(&self) -> Result<Vec<(String, u64)>> {
        let rows =
            sqlx::query!(r#"SELECT tag, COUNT(*) AS "runs!: i64" FROM tags GROUP BY tag ORDER BY tag"#)
                .fetch_all(self.reader())
                .await?;
        Ok(rows.into_iter().map(|r| (r.tag, crate::ids::unsigned(r.runs))).collect())
    }
}
