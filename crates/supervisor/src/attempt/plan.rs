//! Everything about an attempt before it exists, and the job file that tells it to the worker. Starts nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use vitals_journal::{MAX_ATTEMPTS, RunFolder, atomic_write};
use vitals_recipe::{DatasetFacts, Recipe};
use vitals_run::{JOB_FORMAT, Job, JobDataset, JobSweep, Obstacle, ProbedRun};
use vitals_store::{RunId, RunRow, Store};

use super::known::left_a_trace;
use super::resume::{ResumePoint, resume_point, rewind_target};
use crate::error::{Result, SupervisorError};
use crate::ground::Ground;

/// Everything about an attempt before it exists.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub run: RunId,
    pub attempt: u32,
    pub resume: ResumePoint,
    pub recipe: Recipe,
    pub probed: Option<ProbedRun>,
    pub dataset: JobDataset,
    pub device: WorkerDevice,
    /// It goes back to an earlier checkpoint on request.
    pub rewound: bool,
    pub label: String,
    pub axes: BTreeMap<String, Value>,
    pub sweep: Option<JobSweep>,
}

/// The device of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkerDevice {
    /// One that libtorch knows: `cpu` or `cuda:N`.
    pub name: String,
    /// Shows it that one alone.
    pub environment: Vec<(String, String)>,
}

/// The next attempt of a run. `device` is the worker's; `threads` is asked where the recipe leaves their number open.
pub(crate) async fn plan(
    ground: &Ground,
    run: RunId,
    device: WorkerDevice,
    threads: impl FnOnce() -> u32,
) -> Result<Plan> {
    let store = &ground.store;
    let row = ground.row(run).await?;
    let mut recipe = row.resolved()?;
    if recipe.threads == 0 {
        recipe.threads = threads();
    }
    let folder = ground.folder(run);
    let wanted = rewind_target(&store.transitions(run).await?);
    let stored = store.attempts(run).await?.last().map_or(0, |attempt| attempt.number);
    // A folder that the store knows nothing of is never written over, unless nothing ever ran in it.
    let on_disk = if folder.path().is_dir() { folder.attempts()? } else { Vec::new() };
    let on_disk = on_disk.into_iter().filter(|attempt| left_a_trace(&folder, *attempt)).max().unwrap_or(0);
    let attempt = stored.max(on_disk).saturating_add(1);
    if attempt > MAX_ATTEMPTS {
        return Err(SupervisorError::CannotStart(Obstacle::TooManyAttempts { most: MAX_ATTEMPTS }));
    }
    Ok(Plan {
        run,
        attempt,
        resume: resume_point(store, run, &folder, wanted.as_deref()).await?,
        dataset: job_dataset(store, &recipe.dataset).await?,
        recipe,
        probed: row.probed.map(|probed| ProbedRun { run: probed.run.to_string(), step: probed.step }),
        device,
        rewound: wanted.is_some(),
        sweep: job_sweep(store, &row).await?,
        label: row.label,
        axes: row.axes,
    })
}

/// Writes `job.json` and makes the attempt's folder, in a run folder that is ours.
pub(crate) fn write_job(folder: &RunFolder, plan: &Plan) -> Result<()> {
    std::fs::create_dir_all(folder.path()).map_err(SupervisorError::io("create", folder.path()))?;
    // All that was asked before belongs to earlier attempts.
    let acknowledged_control = match folder.standing_control()? {
        Some(seq) => seq,
        // It would be read, and not understood, as long as the attempt lasts.
        None => {
            let path = folder.control();
            tracing::warn!("{} holds no command of Vitals and is removed", path.display());
            std::fs::remove_file(&path).map_err(SupervisorError::io("remove", &path))?;
            0
        }
    };
    let job = Job {
        format: JOB_FORMAT,
        run: plan.run.to_string(),
        attempt: plan.attempt,
        first_step: plan.resume.first_step,
        resume_from: plan.resume.path.as_ref().map(PathBuf::from),
        fallbacks: plan.resume.fallbacks.iter().map(PathBuf::from).collect(),
        recipe: plan.recipe.clone(),
        probed: plan.probed.clone(),
        dataset: plan.dataset.clone(),
        device: plan.device.name.clone(),
        acknowledged_control,
        versions: BTreeMap::from([("vitals".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        label: plan.label.clone(),
        axes: plan.axes.clone(),
        sweep: plan.sweep.clone(),
    };
    atomic_write(&folder.job(), job.to_json().as_bytes())?;
    folder.create_attempt(plan.attempt)?;
    Ok(())
}

/// What the worker will read of the data set, as the workspace knows it.
async fn job_dataset(store: &Store, name: &str) -> Result<JobDataset> {
    let cannot = SupervisorError::CannotStart;
    let Some(row) = store.dataset(name).await? else {
        return Err(cannot(Obstacle::UnknownDataset { name: name.to_owned() }));
    };
    if let Some(why) = row.problem {
        return Err(cannot(Obstacle::UnreadableDataset { name: name.to_owned(), why }));
    }
    // `facts` beside what else was noted of the set, or alone.
    let facts = row.facts.get("facts").unwrap_or(&row.facts);
    let facts = DatasetFacts::deserialize(facts).map_err(|error| {
        cannot(Obstacle::DatasetNotUnderstood { name: name.to_owned(), why: error.to_string() })
    })?;
    Ok(JobDataset { name: row.name, path: row.path, fingerprint: row.fingerprint, facts })
}

/// The run's sweep as its folder keeps it; `None`: it belongs to none.
async fn job_sweep(store: &Store, row: &RunRow) -> Result<Option<JobSweep>> {
    let (Some(id), Some(revision)) = (row.sweep, row.sweep_revision) else { return Ok(None) };
    let source = store.sweep(id).await?.source;
    let text = store.sweep_revisions(id).await?.into_iter().find(|text| text.number == revision);
    Ok(text.map(|text| JobSweep {
        id: id.to_string(),
        revision,
        source,
        name: text.name,
        text: text.text,
        hash: text.hash,
    }))
}
