//! Runs as listed and as shown: one typed row each, with summaries, counts of events and tags. A thousand rows come
//! from a handful of queries, so that a list costs milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use sqlx::SqliteConnection;
use vitals_journal::Column;
use vitals_recipe::{Role, split};
use vitals_run::{Evidence, Imported, RunState};
use vitals_series::{Evaluated, Stability};

use crate::detection::counts_dips;
use crate::ids::{from_json, parse_id, small, to_json, unsigned};
use crate::queue::queue_positions;
use crate::selection::{MetricChoice, RunSelection};
use crate::shapes::Shape;
use crate::summary::{MetricSummary, ShapeSummary};
use crate::transitions::parse_state;
use crate::{Probed, Result, RunId, Store, StoreError, SweepId, UnixMillis};

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub id: RunId,
    pub sweep: Option<SweepId>,
    pub sweep_name: Option<String>,
    /// The revision of the sweep's text that asked for it.
    pub sweep_revision: Option<u32>,
    pub origin: Origin,
    /// None where it pre-trains.
    pub probed: Option<Probed>,
    pub axes: BTreeMap<String, Value>,
    pub label: String,
    pub note: String,
    pub tags: Vec<String>,
    pub state: RunState,
    /// In English, as it was stored.
    pub evidence: String,
    pub evidence_code: Evidence,
    /// The newest attempt; 0 before the first.
    pub attempt: u32,
    pub device: Option<String>,
    pub priority: i32,
    /// Place among queued runs, 0 = next to start.
    pub queue_position: Option<u32>,
    /// Steps in force, counted from 0.
    pub steps_done: u64,
    pub total_steps: Option<u64>,
    /// By metric name.
    pub metrics: BTreeMap<String, MetricSummary>,
    /// The first layer of its network, where metrics come along and that is known.
    pub first_layer: Option<String>,
    /// Events in force, by kind.
    pub events: BTreeMap<String, u64>,
    /// How stable it was of itself, without what was injected; `None` where no metrics were asked for.
    pub stability: Option<Stability>,
    pub created_at: UnixMillis,
    pub started_at: Option<UnixMillis>,
    pub ended_at: Option<UnixMillis>,
    /// Moves with every change of the run.
    pub revision: u64,
}

/// Whether Vitals trains a run, and what is known of what it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    Trained(Trained),
    /// Its parameters are not known: it has none.
    Imported(Imported),
}

/// What a run is trained by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trained {
    pub point: String,
    pub seed: u64,
    /// The resolved recipe as JSON text; runs of one point that differ in nothing else share it.
    pub recipe: Arc<str>,
}

impl RunRow {
    /// What it is trained by; none where it was imported.
    pub fn trained(&self) -> Option<&Trained> {
        match &self.origin {
            Origin::Trained(trained) => Some(trained),
            Origin::Imported(_) => None,
        }
    }

    /// What is known of it from elsewhere; none where Vitals trains it.
    pub fn imported(&self) -> Option<&Imported> {
        match &self.origin {
            Origin::Trained(_) => None,
            Origin::Imported(imported) => Some(imported),
        }
    }

    /// The resolved recipe: every parameter by name. Empty where it was imported.
    pub fn parameters(&self) -> Result<Map<String, Value>> {
        self.trained().map_or_else(|| Ok(Map::new()), |trained| from_json("a stored recipe", &trained.recipe))
    }

    /// The resolved recipe, typed; none where it was imported.
    pub fn recipe(&self) -> Result<Option<vitals_recipe::Recipe>> {
        self.trained().map(|trained| from_json("a stored recipe", &trained.recipe)).transpose()
    }

    /// The resolved recipe of a run that is to be trained.
    ///
    /// # Errors
    /// It was imported.
    pub fn resolved(&self) -> Result<vitals_recipe::Recipe> {
        self.recipe()?.ok_or_else(|| StoreError::Imported { id: self.id.to_string() })
    }
}

impl Store {
    /// The selected runs, newest first.
    pub async fn runs(&self, selection: &RunSelection, metrics: &MetricChoice) -> Result<Vec<RunRow>> {
        let mut tx = self.reader().begin().await?;
        let nums = selected(&mut tx, selection).await?;
        let (mut rows, places) = read_rows(&mut tx, &nums).await?;
        if rows.is_empty() {
            return Ok(rows);
        }
        add_tags(&mut tx, &nums, &places, &mut rows).await?;
        let mut counted = add_event_counts(&mut tx, &nums, &places, &mut rows).await?;
        if *metrics != MetricChoice::None {
            let mut evaluated = add_metrics(self, &mut tx, &nums, &places, metrics, &mut rows).await?;
            for (place, row) in rows.iter_mut().enumerate() {
                let counted = counted.remove(&place).unwrap_or_default();
                let evaluated = evaluated.remove(&place);
                row.stability = Some(Stability { steps: row.steps_done, evaluated, ..counted });
            }
        }
        if rows.iter().any(|r| r.state == RunState::Queued) {
            for (num, position) in queue_positions(&mut tx, selection, &nums).await? {
                if let Some(&place) = places.get(&num) {
                    rows[place].queue_position = Some(position);
                }
            }
        }
        Ok(rows)
    }

    /// One run with all its summaries.
    pub async fn run(&self, id: RunId) -> Result<RunRow> {
        let mut rows = self.runs(&RunSelection::Ids(vec![id]), &MetricChoice::All).await?;
        rows.pop().ok_or(StoreError::UnknownRun { id: id.to_string() })
    }

    /// How many runs there are, by state.
    pub async fn count_runs(&self) -> Result<BTreeMap<RunState, u64>> {
        sqlx::query!(r#"SELECT state, COUNT(*) AS "runs!: i64" FROM runs GROUP BY state"#)
            .fetch_all(self.reader())
            .await?
            .into_iter()
            .map(|r| Ok((parse_state(&r.state)?, unsigned(r.runs))))
            .collect()
    }
}

/// The numbers of the selected runs as a JSON array, for `json_each`: a list lets SQLite go by index, however few.
async fn selected(tx: &mut SqliteConnection, selection: &RunSelection) -> Result<String> {
    let nums: Vec<i64> = match selection {
        RunSelection::All => sqlx::query_scalar!("SELECT num FROM runs").fetch_all(tx).await?,
        RunSelection::Newest { skipped, count } => {
            let [count, skipped] = [*count, *skipped].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
            sqlx::query_scalar!("SELECT num FROM runs ORDER BY num DESC LIMIT ? OFFSET ?", count, skipped)
                .fetch_all(tx)
                .await?
        }
        RunSelection::Ids(ids) => {
            let ids = to_json("run ids", ids)?;
            sqlx::query_scalar!("SELECT num FROM runs WHERE id IN (SELECT value FROM json_each(?))", ids)
                .fetch_all(tx)
                .await?
        }
        RunSelection::States(states) => {
            let states = to_json("states", states)?;
            sqlx::query_scalar!(
                "SELECT num FROM runs WHERE state IN (SELECT value FROM json_each(?))",
                states
            )
            .fetch_all(tx)
            .await?
        }
        RunSelection::Sweep(sweep) => {
            let sweep = sweep.to_string();
            sqlx::query_scalar!(
                "SELECT r.num FROM runs r JOIN sweeps s ON s.num = r.sweep_num WHERE s.id = ?",
                sweep
            )
            .fetch_all(tx)
            .await?
        }
        RunSelection::ProbesOf(run) => {
            let run = run.to_string();
            sqlx::query_scalar!("SELECT num FROM runs WHERE probed_run = ?", run).fetch_all(tx).await?
        }
        RunSelection::ChangedSince(revision) => {
            let after = i64::try_from(*revision).unwrap_or(i64::MAX);
            sqlx::query_scalar!("SELECT num FROM runs WHERE revision > ?", after).fetch_all(tx).await?
        }
    };
    to_json("run numbers", &nums)
}

/// A failure that goes on until so many steps before a run's last has ended it: what is recorded seldom ends sooner.
const ENDS_WITH_RUN: u64 = 50;

/// The same text where a run before had it.
fn shared(recipes: &mut BTreeSet<Arc<str>>, recipe: String) -> Arc<str> {
    match recipes.get(recipe.as_str()) {
        Some(known) => Arc::clone(known),
        None => {
            let recipe: Arc<str> = recipe.into();
            recipes.insert(Arc::clone(&recipe));
            recipe
        }
    }
}

/// Where each run's row is, by its number.
type Places = BTreeMap<i64, usize>;

async fn read_rows(tx: &mut SqliteConnection, nums: &str) -> Result<(Vec<RunRow>, Places)> {
    let stored = sqlx::query!(
        r#"SELECT r.num, r.id, s.id AS "sweep?", s.name AS "sweep_name?", r.sweep_revision, r.point, r.seed, r.recipe,
                  r.axes, r.label, r.note, r.state, r.evidence, r.evidence_code, r.attempt, r.device, r.priority, r.steps_done,
                  r.total_steps, r.probed_run, r.probed_step, r.created_at, r.started_at, r.ended_at, r.revision
           FROM runs r LEFT JOIN sweeps s ON s.num = r.sweep_num
           WHERE r.num IN (SELECT value FROM json_each(?))
           ORDER BY r.num DESC"#,
        nums
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut imports = read_imports(tx, nums).await?;
    let mut rows = Vec::with_capacity(stored.len());
    let mut places = Places::new();
    let mut recipes: BTreeSet<Arc<str>> = BTreeSet::new();
    for r in stored {
        places.insert(r.num, rows.len());
        let origin = match imports.remove(&r.num) {
            Some(imported) => Origin::Imported(imported),
            None => Origin::Trained(Trained {
                point: r.point,
                seed: r.seed.cast_unsigned(),
                recipe: shared(&mut recipes, r.recipe),
            }),
        };
        rows.push(RunRow {
            id: parse_id(&r.id)?,
            sweep: r.sweep.as_deref().map(parse_id).transpose()?,
            sweep_name: r.sweep_name,
            sweep_revision: r.sweep_revision.map(small),
            origin,
            probed: match r.probed_run.as_deref() {
                Some(run) => Some(Probed { run: parse_id(run)?, step: r.probed_step.map(unsigned) }),
                None => None,
            },
            axes: from_json("axes", &r.axes)?,
            label: r.label,
            note: r.note,
            tags: Vec::new(),
            state: parse_state(&r.state)?,
            evidence_code: Evidence::stored(r.evidence_code.as_deref(), &r.evidence),
            evidence: r.evidence,
            attempt: small(r.attempt),
            device: r.device,
            priority: i32::try_from(r.priority).unwrap_or(0),
            queue_position: None,
            steps_done: unsigned(r.steps_done),
            total_steps: r.total_steps.map(unsigned),
            metrics: BTreeMap::new(),
            first_layer: None,
            events: BTreeMap::new(),
            stability: None,
            created_at: r.created_at,
            started_at: r.started_at,
            ended_at: r.ended_at,
            revision: unsigned(r.revision),
        });
    }
    Ok((rows, places))
}

/// What came from elsewhere, by number. Few do: joined to each row, its columns would cost every list.
async fn read_imports(tx: &mut SqliteConnection, nums: &str) -> Result<BTreeMap<i64, Imported>> {
    sqlx::query!(
        "SELECT run_num, source, original_id, config FROM imports
         WHERE run_num IN (SELECT value FROM json_each(?))",
        nums
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(|r| {
        let imported = Imported {
            source: from_json("a source", &r.source)?,
            original_id: r.original_id,
            config: from_json("a configuration", &r.config)?,
        };
        Ok((r.run_num, imported))
    })
    .collect()
}

async fn add_tags(tx: &mut SqliteConnection, nums: &str, places: &Places, rows: &mut [RunRow]) -> Result<()> {
    for r in sqlx::query!(
        r#"SELECT run_num AS "run_num!", tag AS "tag!" FROM tags
           WHERE run_num IN (SELECT value FROM json_each(?)) ORDER BY tag"#,
        nums
    )
    .fetch_all(tx)
    .await?
    {
        if let Some(&place) = places.get(&r.run_num) {
            rows[place].tags.push(r.tag);
        }
    }
    Ok(())
}

/// Counts events by kind, and what of them makes a run unstable.
async fn add_event_counts(
    tx: &mut SqliteConnection,
    nums: &str,
    places: &Places,
    rows: &mut [RunRow],
) -> Result<BTreeMap<usize, Stability>> {
    let mut counted: BTreeMap<usize, Stability> = BTreeMap::new();
    for r in sqlx::query!(
        r#"SELECT run_num AS "run_num!", kind AS "kind!", COUNT(*) AS "events!: i64",
                  SUM(injected = 0) AS "natural!: i64",
                  TOTAL(CASE WHEN injected = 0 THEN amount END) AS "amount!: f64",
                  MAX(COALESCE(end_step, 9223372036854775807)) AS "last!: i64" FROM events
           WHERE superseded = 0 AND run_num IN (SELECT value FROM json_each(?))
           GROUP BY run_num, kind"#,
        nums
    )
    .fetch_all(tx)
    .await?
    {
        if let Some(&place) = places.get(&r.run_num) {
            let natural = unsigned(r.natural);
            let seen = counted.entry(place).or_default();
            let lasts = unsigned(r.last).saturating_add(ENDS_WITH_RUN) >= rows[place].steps_done;
            match r.kind.as_str() {
                "spike" => seen.spikes = natural,
                "dip" => seen.dip_area = r.amount,
                "nonfinite" => {
                    seen.nonfinite = natural;
                    seen.failed |= lasts;
                }
                "collapse" | "divergence" => seen.failed |= natural > 0 || lasts,
                _ => {}
            }
            rows[place].events.insert(r.kind, unsigned(r.events));
        }
    }
    Ok(counted)
}

/// Adds the chosen metrics. Returns how often the accuracy was evaluated whose dips count.
async fn add_metrics(
    store: &Store,
    tx: &mut SqliteConnection,
    nums: &str,
    places: &Places,
    choice: &MetricChoice,
    rows: &mut [RunRow],
) -> Result<BTreeMap<usize, Evaluated>> {
    let stored = sqlx::query!(
        "SELECT run_num, shape_num, data FROM summaries
         WHERE run_num IN (SELECT value FROM json_each(?))",
        nums
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut columns: BTreeMap<i64, Vec<(usize, String)>> = BTreeMap::new();
    let mut first_layers: BTreeMap<i64, String> = BTreeMap::new();
    let mut accuracies: BTreeMap<i64, usize> = BTreeMap::new();
    let mut evaluated: BTreeMap<usize, Evaluated> = BTreeMap::new();
    for r in stored {
        if let std::collections::btree_map::Entry::Vacant(entry) = columns.entry(r.shape_num) {
            let shape = store.shapes.get(&mut *tx, r.shape_num).await?;
            let named = shape.columns.iter().map(|c| c.name.clone()).enumerate();
            entry.insert(named.filter(|(_, name)| choice.takes(name)).collect());
            if let Some(layer) = first_layer(&shape) {
                first_layers.insert(r.shape_num, layer);
            }
            if let Some(column) = shape.columns.iter().position(|column| counts_dips(column.role)) {
                accuracies.insert(r.shape_num, column);
            }
        }
        if let (Some(&place), Some(layer)) = (places.get(&r.run_num), first_layers.get(&r.shape_num)) {
            rows[place].first_layer.get_or_insert_with(|| layer.clone());
        }
        let (Some(&place), Some(columns)) = (places.get(&r.run_num), columns.get(&r.shape_num)) else {
            continue;
        };
        let accuracy = accuracies.get(&r.shape_num);
        if columns.is_empty() && accuracy.is_none() {
            continue;
        }
        let summary = ShapeSummary::decode(&r.data)?;
        if let Some(metric) = accuracy.and_then(|column| summary.metric(*column)) {
            let MetricSummary { values: times, first_step, last_step, .. } = metric;
            let known = evaluated.entry(place).or_insert(Evaluated {
                times: 0,
                first_step,
                last_step,
                queries: None,
            });
            known.times += times;
            known.first_step = known.first_step.min(first_step);
            known.last_step = known.last_step.max(last_step);
        }
        let metrics = &mut rows[place].metrics;
        for (index, name) in columns {
            let Some(metric) = summary.metric(*index) else { continue };
            let merged = metrics.get(name).map_or(metric, |known| known.merge(metric));
            metrics.insert(name.clone(), merged);
        }
    }
    Ok(evaluated)
}

/// The layer at the beginning of the network, where the shape has its gradient norm.
fn first_layer(shape: &Shape) -> Option<String> {
    let first = |column: &&Column| column.role == Some(Role::LayerNorm) && column.order == Some(0);
    let name = &shape.columns.iter().find(first)?.name;
    Some(split(name).map_or(name.as_str(), |(_, layer)| layer).to_owned())
}
