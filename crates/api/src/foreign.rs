//! Runs that no worker of ours trained: series of another tool become a run folder with a journal of its own, which is
//! ingested like any other, so that events are looked for in it and it outlives the database.

use std::collections::BTreeMap;

use vitals_journal::{EndRecord, FORMAT_VERSION, Header, RunFolder, Writer, WriterOptions, atomic_write};
use vitals_recipe::{DatasetFacts, Recipe, point_id};
use vitals_run::{EndReason, Evidence, JOB_FORMAT, Job, JobDataset, RunState};
use vitals_store::{NewRun, RunId};
use vitals_supervisor::IngestedFolder;

use crate::Context;
use crate::dto::ApiError;
use crate::error::Result;
use crate::said::Failure;

/// What is known of such a run.
#[derive(Debug, Clone)]
pub struct About {
    pub label: String,
    /// One more than its last step.
    pub steps: u64,
    pub evidence: Evidence,
    pub note: String,
    pub tag: String,
}

/// Adds a run whose streams and rows `write` puts into its journal.
///
/// # Errors
/// `failed` where its folder cannot be written or its journal not be ingested.
pub async fn record(
    context: &Context,
    about: About,
    write: impl FnOnce(&Writer) -> vitals_journal::Result<()> + Send + 'static,
) -> Result<IngestedFolder> {
    let recipe = Recipe::preset("mocov3_vit_micro").unwrap_or_default();
    let new = NewRun {
        id: None,
        point: point_id(&recipe),
        seed: recipe.seed,
        recipe: recipe.to_json(),
        probed: None,
        axes: BTreeMap::default(),
        label: about.label.clone(),
        priority: 0,
        total_steps: Some(about.steps),
        state: RunState::Lost,
        evidence: about.evidence.into(),
    };
    let inserted = context.store().insert_runs(None, &[new], context.now()).await?;
    let Some(&run) = inserted.added.first() else {
        return Err(ApiError::failed(Failure::RunNotAdded));
    };
    let folder = context.workspace().run_folder(run);
    let (job, started_at) = (job(run, about.label, recipe, about.steps), vitals_run::rfc3339(context.now()));
    let written = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || fill(&folder, &job, started_at, write))
    };
    written.await.map_err(|error| ApiError::failed(Failure::answer(&error)))??;
    let ingested = vitals_supervisor::ingest_folder(context.store(), folder.path(), context.now())
        .await
        .map_err(|error| ApiError::failed(Failure::NotIngested { reason: error.to_string() }))?;
    context.store().tag_run(run, &[about.tag], &[]).await?;
    context.store().set_note(run, &about.note).await?;
    Ok(ingested)
}

fn job(run: RunId, label: String, recipe: Recipe, steps: u64) -> Job {
    let name = recipe.dataset.clone();
    let facts =
        DatasetFacts { name: name.clone(), images: steps, classes: 0, labelled: false, image_size: None };
    Job {
        format: JOB_FORMAT,
        run: run.to_string(),
        attempt: 1,
        first_step: 0,
        resume_from: None,
        recipe,
        probed: None,
        dataset: JobDataset { name, path: String::new(), fingerprint: String::new(), facts },
        device: String::new(),
        acknowledged_control: 0,
        versions: BTreeMap::default(),
        label,
        axes: BTreeMap::default(),
        sweep: None,
    }
}

fn fill(
    folder: &RunFolder,
    job: &Job,
    started_at: String,
    write: impl FnOnce(&Writer) -> vitals_journal::Result<()>,
) -> Result<()> {
    let failed =
        |error: &dyn std::fmt::Display| ApiError::failed(Failure::NotImported { reason: error.to_string() });
    folder.create_attempt(1).map_err(|error| failed(&error))?;
    atomic_write(&folder.job(), job.to_json().as_bytes()).map_err(|error| failed(&error))?;
    let header = Header {
        format: FORMAT_VERSION,
        run: job.run.clone(),
        attempt: 1,
        first_step: 0,
        started_at,
        versions: BTreeMap::default(),
        host: None,
    };
    let journal = Writer::create(&folder.journal(1), header, WriterOptions::default())
        .map_err(|error| failed(&error))?;
    write(&journal).map_err(|error| failed(&error))?;
    let end = EndRecord {
        reason: EndReason::Finished.as_str().to_owned(),
        exit_code: EndReason::Finished.exit_code().0,
        last_step: job.dataset.facts.images.checked_sub(1),
        message: "imported".to_owned(),
    };
    journal.end(end).map_err(|error| failed(&error))
}
