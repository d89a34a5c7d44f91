//! Runs that no worker of ours trained: series of another tool become a run folder with a journal of its own, which is
//! ingested like any other, so that events are looked for in it and it outlives the database. Such a run has what its tool
//! says of it and no recipe; only what stands in for a trained run, in tests and measurements, is given one.

use std::collections::BTreeMap;

use vitals_journal::{EndRecord, FORMAT_VERSION, Header, RunFolder, Writer, WriterOptions, atomic_write};
use vitals_recipe::{DatasetFacts, Recipe, point_id};
use vitals_run::{
    EndReason, Evidence, IMPORT_FORMAT, ImportRecord, Imported, JOB_FORMAT, Job, JobDataset, RunState,
};
use vitals_store::{NewImport, NewRun, RunId};
use vitals_supervisor::IngestedFolder;

use crate::Context;
use crate::dto::ApiError;
use crate::error::Result;
use crate::said::Failure;

/// What is known of such a run.
#[derive(Debug, Clone)]
pub struct About {
    pub label: String,
    pub origin: Origin,
    /// One more than its last step.
    pub steps: u64,
    pub evidence: Evidence,
    pub note: String,
    pub tag: String,
}

/// What such a run is.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Another tool's: nothing is known of it but this.
    Imported(Box<Imported>),
    /// It stands in for a run that was trained by this recipe.
    StandIn(Box<Recipe>),
}

impl Origin {
    /// A stand-in of the smallest preset.
    pub fn stand_in() -> Self {
        Self::StandIn(Box::new(Recipe::preset("mocov3_vit_micro").unwrap_or_default()))
    }
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
    let run = add(context, &about).await?;
    let folder = context.workspace().run_folder(run);
    let begun = Begun {
        run: run.to_string(),
        said: match about.origin {
            Origin::Imported(imported) => Said::Import(import(run, about.label, *imported, about.steps)),
            Origin::StandIn(recipe) => Said::Job(Box::new(job(run, about.label, *recipe, about.steps))),
        },
        steps: about.steps,
        at: vitals_run::rfc3339(context.now()),
    };
    let written = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || fill(&folder, begun, write))
    };
    written.await.map_err(|error| ApiError::failed(Failure::answer(&error)))??;
    let ingested = vitals_supervisor::ingest_folder(context.store(), folder.path(), context.now())
        .await
        .map_err(|error| ApiError::failed(Failure::NotIngested { reason: error.to_string() }))?;
    context.store().tag_run(run, &[about.tag], &[]).await?;
    context.store().set_note(run, &about.note).await?;
    Ok(ingested)
}

async fn add(context: &Context, about: &About) -> Result<RunId> {
    let (evidence, state) = (about.evidence.clone().into(), RunState::Lost);
    let recipe = match &about.origin {
        Origin::Imported(imported) => {
            let new = NewImport {
                id: None,
                label: about.label.clone(),
                steps: about.steps,
                imported: (**imported).clone(),
                state,
                evidence,
            };
            return Ok(context.store().insert_import(&new, context.now()).await?.run);
        }
        Origin::StandIn(recipe) => recipe,
    };
    let new = NewRun {
        id: None,
        point: point_id(recipe),
        seed: recipe.seed,
        recipe: recipe.to_json(),
        probed: None,
        axes: BTreeMap::default(),
        label: about.label.clone(),
        priority: 0,
        total_steps: Some(about.steps),
        state,
        evidence,
    };
    let inserted = context.store().insert_runs(None, &[new], context.now()).await?;
    inserted.added.first().copied().ok_or_else(|| ApiError::failed(Failure::RunNotAdded))
}

fn import(run: RunId, label: String, imported: Imported, steps: u64) -> ImportRecord {
    ImportRecord { format: IMPORT_FORMAT, run: run.to_string(), label, steps, imported }
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
        fallbacks: Vec::new(),
        recipe,
        probed: None,
        dataset: JobDataset { name, path: String::new(), fingerprint: String::new(), facts },
        // A job without a device is taken for an import of an earlier version.
        device: "none".to_owned(),
        acknowledged_control: 0,
        versions: BTreeMap::default(),
        label,
        axes: BTreeMap::default(),
        sweep: None,
    }
}

/// What the folder says that its run is.
enum Said {
    Import(ImportRecord),
    Job(Box<Job>),
}

struct Begun {
    run: String,
    said: Said,
    steps: u64,
    at: String,
}

fn fill(
    folder: &RunFolder,
    begun: Begun,
    write: impl FnOnce(&Writer) -> vitals_journal::Result<()>,
) -> Result<()> {
    let failed =
        |error: &dyn std::fmt::Display| ApiError::failed(Failure::NotImported { reason: error.to_string() });
    folder.create_attempt(1).map_err(|error| failed(&error))?;
    let (path, text) = match &begun.said {
        Said::Import(import) => (folder.import(), import.to_json()),
        Said::Job(job) => (folder.job(), job.to_json()),
    };
    atomic_write(&path, text.as_bytes()).map_err(|error| failed(&error))?;
    let header = Header {
        format: FORMAT_VERSION,
        run: begun.run,
        attempt: 1,
        first_step: 0,
        started_at: begun.at,
        versions: BTreeMap::default(),
        host: None,
    };
    let journal = Writer::create(&folder.journal(1), header, WriterOptions::default())
        .map_err(|error| failed(&error))?;
    write(&journal).map_err(|error| failed(&error))?;
    let end = EndRecord {
        reason: EndReason::Finished.as_str().to_owned(),
        exit_code: EndReason::Finished.exit_code().0,
        last_step: begun.steps.checked_sub(1),
        message: "imported".to_owned(),
    };
    journal.end(end).map_err(|error| failed(&error))
}
