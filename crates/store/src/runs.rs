//! Adding and removing runs. Adding is idempotent: within a sweep there is one run a point and seed, so queueing a
//! sweep twice, or after its text has grown, fills the gaps only.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::SqliteConnection;
use vitals_run::{Grounds, RunState};

use crate::ids::{new_id, next_revision, parse_id, run_num, signed, to_json};
use crate::{Result, RunId, Store, StoreError, SweepId, UnixMillis};

/// What a probe judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    pub run: RunId,
    /// Steps done at the checkpoint; none: the untrained network.
    pub step: Option<u64>,
}

/// A run to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Given when a run comes back from its folder, or has one already; else a new id is made.
    pub id: Option<RunId>,
    /// Hash of the recipe without what does not change its outcome.
    pub point: String,
    pub seed: u64,
    /// The resolved recipe as a JSON object: every parameter.
    pub recipe: Value,
    /// None where it pre-trains.
    pub probed: Option<Probed>,
    /// What the sweep varies, at this point.
    pub axes: BTreeMap<String, Value>,
    pub label: String,
    pub priority: i32,
    pub total_steps: Option<u64>,
    pub state: RunState,
    pub evidence: Grounds,
}

/// What adding came to, each in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inserted {
    pub added: Vec<RunId>,
    /// Runs that were there already.
    pub existing: Vec<RunId>,
}

impl Store {
    /// Adds the runs that the sweep lacks, in one transaction. Without a sweep every run is added, but an id that is
    /// there already is left as it is.
    pub async fn insert_runs(
        &self,
        sweep: Option<(SweepId, u32)>,
        runs: &[NewRun],
        now: UnixMillis,
    ) -> Result<Inserted> {
        let mut tx = self.begin().await?;
        let inserted = insert_into(&mut tx, sweep, runs, now).await?;
        tx.commit().await?;
        Ok(inserted)
    }

    /// Removes a run with all that was recorded of it. Its folder is the caller's.
    pub async fn remove_run(&self, run: RunId) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let revision = next_revision(&mut tx).await?;
        let id = run.to_string();
        sqlx::query!("DELETE FROM runs WHERE num = ?", num).execute(&mut *tx).await?;
        sqlx::query!("INSERT OR REPLACE INTO removed_runs (id, revision) VALUES (?, ?)", id, revision)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Adds runs within a transaction of the caller's.
pub(crate) async fn insert_into(
    tx: &mut SqliteConnection,
    sweep: Option<(SweepId, u32)>,
    runs: &[NewRun],
    now: UnixMillis,
) -> Result<Inserted> {
    let sweep_num = match sweep {
        Some((id, _)) => {
            let text = id.to_string();
            let num = sqlx::query_scalar!("SELECT num FROM sweeps WHERE id = ?", text)
                .fetch_optional(&mut *tx)
                .await?;
            Some(num.ok_or(StoreError::UnknownSweep { id: text })?)
        }
        None => None,
    };
    let mut rank = sqlx::query_scalar!(r#"SELECT COALESCE(MAX(queue_rank), 0) AS "rank!: i64" FROM runs"#)
        .fetch_one(&mut *tx)
        .await?;
    let place = Place {
        sweep_num,
        sweep_revision: sweep.map(|(_, revision)| i64::from(revision)),
        revision: next_revision(&mut *tx).await?,
        now,
    };
    let mut inserted = Inserted::default();
    for run in runs {
        if let Some(existing) = find(&mut *tx, sweep_num, run).await? {
            inserted.existing.push(existing);
            continue;
        }
        rank += 1;
        inserted.added.push(insert(&mut *tx, &place, rank, run).await?);
    }
    Ok(inserted)
}

/// What the runs of one insertion share.
struct Place {
    sweep_num: Option<i64>,
    sweep_revision: Option<i64>,
    revision: i64,
    now: UnixMillis,
}

/// The run that is there already: of the same sweep, point and seed, or of the id given.
async fn find(tx: &mut SqliteConnection, sweep_num: Option<i64>, run: &NewRun) -> Result<Option<RunId>> {
    let seed = run.seed.cast_signed();
    let given = run.id.map(|id| id.to_string());
    let found = sqlx::query_scalar!(
        "SELECT id FROM runs WHERE sweep_num = ?1 AND point = ?2 AND seed = ?3
         UNION ALL SELECT id FROM runs WHERE id = ?4",
        sweep_num,
        run.point,
        seed,
        given
    )
    .fetch_optional(tx)
    .await?;
    found.as_deref().map(parse_id).transpose()
}

async fn insert(tx: &mut SqliteConnection, place: &Place, rank: i64, run: &NewRun) -> Result<RunId> {
    let id = run.id.unwrap_or_else(|| new_id(place.now));
    let id_text = id.to_string();
    let seed = run.seed.cast_signed();
    let recipe = to_json("a recipe", &run.recipe)?;
    let axes = to_json("axes", &run.axes)?;
    let state = run.state.as_str();
    let (evidence, code) = (run.evidence.evidence.to_string(), run.evidence.evidence.code());
    let total_steps = run.total_steps.map(|s| signed("total steps", s)).transpose()?;
    let probed_run = run.probed.map(|probed| probed.run.to_string());
    let probed_step = run.probed.and_then(|probed| probed.step).map(|s| signed("step", s)).transpose()?;
    sqlx::query!("INSERT INTO points (hash, recipe) VALUES (?, ?) ON CONFLICT DO NOTHING", run.point, recipe)
        .execute(&mut *tx)
        .await?;
    let num = sqlx::query_scalar!(
        "INSERT INTO runs (id, sweep_num, sweep_revision, point, seed, recipe, axes, label, state, evidence, evidence_code,
                           priority, queue_rank, total_steps, probed_run, probed_step, created_at, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING num",
        id_text,
        place.sweep_num,
        place.sweep_revision,
        run.point,
        seed,
        recipe,
        axes,
        run.label,
        state,
        evidence,
        code,
        run.priority,
        rank,
        total_steps,
        probed_run,
        probed_step,
        place.now,
        place.revision
    )
    .fetch_one(&mut *tx)
    .await?;
    let data = to_json("evidence", &run.evidence.data)?;
    sqlx::query!(
        "INSERT INTO transitions (run_num, at, from_state, to_state, evidence, evidence_code, data)
         VALUES (?, ?, NULL, ?, ?, ?, ?)",
        num,
        place.now,
        state,
        evidence,
        code,
        data
    )
    .execute(&mut *tx)
    .await?;
    if run.id.is_some() {
        // Back from its folder after a removal.
        sqlx::query!("DELETE FROM removed_runs WHERE id = ?", id_text).execute(tx).await?;
    }
    Ok(id)
}
