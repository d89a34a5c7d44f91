//! Sweeps and their revisions: the text as it was added, byte for byte. The same text added again is the same sweep;
//! changed text of the same source is its next revision.

use std::collections::BTreeMap;
use vitals_run::RunState;

use crate::ids::{new_id, next_revision, parse_id, small, unsigned};
use crate::{Result, Store, StoreError, SweepId, UnixMillis};

/// A sweep definition to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSweep {
    /// Where it comes from, as the caller identifies files; none for text from elsewhere.
    pub source: Option<String>,
    pub name: String,
    pub text: String,
    /// Hash of the text.
    pub hash: String,
}

/// What adding came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedSweep {
    pub id: SweepId,
    /// Number of the text's revision, from 1.
    pub revision: u32,
    /// The text was not there before.
    pub is_new: bool,
}

/// How a sweep's runs stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepCounts {
    pub runs: u64,
    pub by_state: BTreeMap<RunState, u64>,
}

/// A sweep as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRow {
    pub id: SweepId,
    pub source: Option<String>,
    pub name: String,
    pub created_at: UnixMillis,
    /// The newest text's number and hash.
    pub newest: u32,
    pub hash: String,
    pub counts: SweepCounts,
    /// Moves with every change of the sweep itself.
    pub revision: u64,
}

/// One text of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRevision {
    pub number: u32,
    pub hash: String,
    pub name: String,
    pub text: String,
    pub created_at: UnixMillis,
}

impl Store {
    /// Adds a sweep, or a revision, or nothing where the newest text is the same.
    pub async fn add_sweep(&self, sweep: &NewSweep, now: UnixMillis) -> Result<AddedSweep> {
        let mut tx = self.begin().await?;
        let by_source = match &sweep.source {
            Some(source) => sqlx::query!("SELECT num, id FROM sweeps WHERE source = ?", source)
                .fetch_optional(&mut *tx)
                .await?
                .map(|r| (r.num, r.id)),
            None => None,
        };
        let known = match by_source {
            Some(known) => Some(known),
            // Another file, or none, with the text of a known sweep.
            None => sqlx::query!(
                "SELECT s.num, s.id FROM sweeps s JOIN sweep_revisions r ON r.sweep_num = s.num
                 WHERE r.hash = ? AND r.number = (SELECT MAX(number) FROM sweep_revisions WHERE sweep_num = s.num)
                 ORDER BY s.num LIMIT 1",
                sweep.hash
            )
            .fetch_optional(&mut *tx)
            .await?
            .map(|r| (r.num, r.id)),
        };
        let (num, id) = match known {
            Some((num, id)) => (num, parse_id(&id)?),
            None => {
                let id = new_id(now);
                (insert_sweep(&mut tx, id, sweep, now).await?, id)
            }
        };
        let newest = sqlx::query!(
            "SELECT number, hash FROM sweep_revisions WHERE sweep_num = ? ORDER BY number DESC LIMIT 1",
            num
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(newest) = newest.as_ref().filter(|n| n.hash == sweep.hash) {
            return Ok(AddedSweep { id, revision: small(newest.number), is_new: false });
        }
        let number = newest.map_or(1, |n| n.number + 1);
        sqlx::query!(
            "INSERT INTO sweep_revisions (sweep_num, number, hash, name, text, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            num,
            number,
            sweep.hash,
            sweep.name,
            sweep.text,
            now
        )
        .execute(&mut *tx)
        .await?;
        let revision = next_revision(&mut tx).await?;
        sqlx::query!("UPDATE sweeps SET name = ?, revision = ? WHERE num = ?", sweep.name, revision, num)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(AddedSweep { id, revision: small(number), is_new: true })
    }

    /// Brings a sweep back as a run folder tells of it: with its id, and `number` as the number of this text. A sweep of the
    /// same source that has come back under another id takes the text. Returns the sweep and the text's number there; what
    /// is there already stays as it is.
    pub async fn restore_sweep(
        &self,
        id: SweepId,
        number: u32,
        sweep: &NewSweep,
        now: UnixMillis,
    ) -> Result<(SweepId, u32)> {
        let mut tx = self.begin().await?;
        let text = id.to_string();
        let known =
            sqlx::query!("SELECT num, id FROM sweeps WHERE id = ?1 OR source = ?2", text, sweep.source)
                .fetch_optional(&mut *tx)
                .await?;
        let (num, id) = match known {
            Some(known) => (known.num, parse_id(&known.id)?),
            None => (insert_sweep(&mut tx, id, sweep, now).await?, id),
        };
        let same = sqlx::query_scalar!(
            "SELECT number FROM sweep_revisions WHERE sweep_num = ? AND hash = ? ORDER BY number LIMIT 1",
            num,
            sweep.hash
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(number) = same {
            return Ok((id, small(number)));
        }
        sqlx::query!(
            "INSERT INTO sweep_revisions (sweep_num, number, hash, name, text, created_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            num,
            number,
            sweep.hash,
            sweep.name,
            sweep.text,
            now
        )
        .execute(&mut *tx)
        .await?;
        let revision = next_revision(&mut tx).await?;
        sqlx::query!(
            "UPDATE sweeps SET revision = ?1, name = (SELECT name FROM sweep_revisions WHERE sweep_num = ?2
             ORDER BY number DESC LIMIT 1) WHERE num = ?2",
            revision,
            num
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((id, number))
    }

    /// All sweeps, newest first.
    pub async fn sweeps(&self) -> Result<Vec<SweepRow>> {
        let mut rows = Vec::new();
        let mut nums = BTreeMap::new();
        for r in sqlx::query!(
            "SELECT s.num, s.id, s.source, s.name, s.created_at, s.revision, r.number, r.hash
             FROM sweeps s JOIN sweep_revisions r ON r.sweep_num = s.num
             WHERE r.number = (SELECT MAX(number) FROM sweep_revisions WHERE sweep_num = s.num)
             ORDER BY s.num DESC"
        )
        .fetch_all(self.reader())
        .await?
        {
            nums.insert(r.num, rows.len());
            rows.push(SweepRow {
                id: parse_id(&r.id)?,
                source: r.source,
                name: r.name,
                created_at: r.created_at,
                newest: small(r.number),
                hash: r.hash,
                counts: SweepCounts::default(),
                revision: unsigned(r.revision),
            });
        }
        for r in sqlx::query!(
            r#"SELECT sweep_num AS "sweep_num!", state, COUNT(*) AS "runs!: i64"
               FROM runs WHERE sweep_num IS NOT NULL GROUP BY sweep_num, state"#
        )
        .fetch_all(self.reader())
        .await?
        {
            let (Some(&index), Some(state)) = (nums.get(&r.sweep_num), RunState::parse(&r.state)) else {
                continue;
            };
            rows[index].counts.runs += unsigned(r.runs);
            rows[index].counts.by_state.insert(state, unsigned(r.runs));
        }
        Ok(rows)
    }

    /// One sweep.
    pub async fn sweep(&self, id: SweepId) -> Result<SweepRow> {
        let all = self.sweeps().await?;
        all.into_iter().find(|s| s.id == id).ok_or(StoreError::UnknownSweep { id: id.to_string() })
    }

    /// A sweep's texts, oldest first.
    pub async fn sweep_revisions(&self, id: SweepId) -> Result<Vec<SweepRevision>> {
        let text = id.to_string();
        let rows = sqlx::query!(
            "SELECT r.number, r.hash, r.name, r.text, r.created_at FROM sweep_revisions r
             JOIN sweeps s ON s.num = r.sweep_num WHERE s.id = ? ORDER BY r.number",
            text
        )
        .fetch_all(self.reader())
        .await?;
        if rows.is_empty() {
            return Err(StoreError::UnknownSweep { id: text });
        }
        Ok(rows
            .into_iter()
            .map(|r| SweepRevision {
                number: small(r.number),
                hash: r.hash,
                name: r.name,
                text: r.text,
                created_at: r.created_at,
            })
            .collect())
    }

    /// Removes a sweep and its texts. Its runs stay, without a sweep.
    pub async fn remove_sweep(&self, id: SweepId) -> Result<()> {
        let mut tx = self.begin().await?;
        let text = id.to_string();
        let revision = next_revision(&mut tx).await?;
        sqlx::query!(
            "UPDATE runs SET revision = ? WHERE sweep_num = (SELECT num FROM sweeps WHERE id = ?)",
            revision,
            text
        )
        .execute(&mut *tx)
        .await?;
        let removed = sqlx::query!("DELETE FROM sweeps WHERE id = ?", text).execute(&mut *tx).await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::UnknownSweep { id: text });
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A sweep without revisions yet; returns its number.
async fn insert_sweep(
    tx: &mut sqlx::SqliteConnection,
    id: SweepId,
    sweep: &NewSweep,
    now: UnixMillis,
) -> Result<i64> {
    let text = id.to_string();
    let num = sqlx::query_scalar!(
        "INSERT INTO sweeps (id, source, name, created_at, revision) VALUES (?, ?, ?, ?, 0) RETURNING num",
        text,
        sweep.source,
        sweep.name,
        now
    )
    .fetch_one(tx)
    .await?;
    Ok(num)
}
