//! Sweeps: from a text to points and seeds, from those to queued runs. A sweep is the set of its points × seeds; each
//! is done, active, failed or missing, and starting it fills the gaps only.

use std::collections::HashMap;

use serde_json::Value;
use vitals_recipe::sweep::{self, Sweep};
use vitals_recipe::{DatasetFacts, PRESETS, Point, Preset, sweep::edit};
use vitals_run::{Command, Evidence, RunState};
use vitals_store::{MetricChoice, NewRun, NewSweep, RunRow, RunSelection, SweepId, SweepRow};

use crate::Context;
use crate::dto::{
    ApiError, Diagnostic, ErrorCode, PointPreview, SweepCheck, SweepFile, SweepStarted, SweepText,
};
use crate::error::Result;
use crate::estimate::Estimates;
use crate::said::{Advice, Failure};
use crate::{datasets, files, runs, supervisor};

/// Everything about a text; nothing is changed. `file` is the name in its messages and, where it is one of the
/// workspace's files, tells which runs exist already.
pub async fn check(context: &Context, text: &str, file: &str) -> Result<SweepCheck> {
    let here = datasets::here(context).await?;
    let expansion = sweep::check(text, file, &here);
    let existing = existing_runs(context, text, file).await?;
    let estimates = Estimates::measured(context).await?;
    let points: Vec<PointPreview> =
        expansion.points.iter().map(|point| preview(point, &existing, &estimates)).collect();
    let missing =
        points.iter().flat_map(|point| &point.seed_states).filter(|state| *state == "missing").count();
    let estimated_seconds = points
        .iter()
        .map(|point| point.estimated_seconds.map(|seconds| seconds * point.seeds.len() as f64))
        .sum::<Option<f64>>()
        .filter(|_| !points.is_empty());
    let estimate_basis =
        estimated_seconds.and_then(|_| points.iter().filter_map(|point| point.estimate_basis).max());
    Ok(SweepCheck {
        runs: expansion.runs,
        missing_runs: missing as u64,
        points,
        excluded: expansion.excluded,
        warnings: expansion.warnings.into_iter().map(diagnostic).collect(),
        notes: expansion.notes.into_iter().map(diagnostic).collect(),
        errors: expansion.errors.into_iter().map(diagnostic).collect(),
        form: edit::model(text).ok(),
        estimated_seconds,
        estimate_basis,
    })
}

/// Every finding under its line of the text, as a terminal shows it; empty where nothing was found.
pub async fn render(context: &Context, text: &str, file: &str, colour: bool) -> Result<String> {
    let here = datasets::here(context).await?;
    let found: Vec<sweep::Diagnostic> = sweep::check(text, file, &here).findings().collect();
    Ok(if found.is_empty() { String::new() } else { sweep::render(&found, text, file, colour) })
}

fn diagnostic(found: sweep::Diagnostic) -> Diagnostic {
    Diagnostic {
        parameter: found.parameter,
        exclusion: found.exclusion,
        fix: found.fix,
        ..Diagnostic::new(found.line, found.column, found.said, found.hint)
    }
}

/// State by point and seed of the runs that a file's sweep has.
type Existing = HashMap<(String, u64), RunState>;

/// Whether a stored sweep is the one of a file: by its place, or because it is the very same text from elsewhere.
fn is_of(sweep: &SweepRow, file: &str, hash: &str) -> bool {
    sweep.source.as_deref() == Some(file) || sweep.hash == hash
}

async fn existing_runs(context: &Context, text: &str, file: &str) -> Result<Existing> {
    let (sweeps, hash) = (context.store().sweeps().await?, files::hash(text));
    let Some(sweep) = sweeps.into_iter().find(|sweep| is_of(sweep, file, &hash)) else {
        return Ok(Existing::new());
    };
    let runs = runs(context, sweep.id).await?;
    let known = |run: RunRow| {
        let trained = run.trained()?;
        Some(((trained.point.clone(), trained.seed), run.state))
    };
    Ok(runs.into_iter().filter_map(known).collect())
}

/// The points of a stored sweep's newest text, each with the state of its seeds' runs.
pub async fn points(context: &Context, sweep: &SweepRow) -> Result<SweepCheck> {
    let newest =
        context.store().sweep_revisions(sweep.id).await?.into_iter().max_by_key(|revision| revision.number);
    let text = newest.map(|revision| revision.text).unwrap_or_default();
    check(context, &text, sweep.source.as_deref().unwrap_or(&sweep.name)).await
}

/// The runs of a sweep, newest first, with their plain metrics.
pub async fn runs(context: &Context, sweep: SweepId) -> Result<Vec<RunRow>> {
    Ok(context.store().runs(&RunSelection::Sweep(sweep), &MetricChoice::Plain).await?)
}

fn preview(point: &Point, existing: &Existing, estimates: &Estimates) -> PointPreview {
    let state =
        |seed: &u64| existing.get(&(point.id.clone(), *seed)).map_or("missing", |state| state.as_str());
    let schedule = point.schedule;
    let estimate = schedule.and_then(|schedule| estimates.of(&point.recipe, schedule.total_steps));
    PointPreview {
        id: point.id.clone(),
        label: point.label.clone(),
        axes: point.axes.clone(),
        parameters: point.recipe.by_name(),
        effective_learning_rate: point.effective_learning_rate,
        total_steps: schedule.map(|schedule| schedule.total_steps),
        steps_per_epoch: schedule.map(|schedule| schedule.steps_per_epoch),
        warmup_steps: schedule.map(|schedule| schedule.warmup_steps.round() as u64),
        loss_start: point.loss_band.map(|band| band.start),
        loss_floor: point.loss_band.map(|band| band.floor),
        seeds: point.seeds.clone(),
        estimated_seconds: estimate.map(|estimate| estimate.seconds),
        estimate_basis: estimate.map(|estimate| estimate.basis),
        seed_states: point.seeds.iter().map(|seed| state(seed).to_owned()).collect(),
    }
}

/// Adds a text as the sweep's newest revision; the same text again changes nothing.
///
/// # Errors
/// `invalid_input` with every place that is wrong.
pub async fn add(context: &Context, text: &str, file: &str) -> Result<(SweepId, u32, Vec<Point>)> {
    let (sweep, points) = expand(context, text, file).await?;
    let new = NewSweep {
        source: Some(file.to_owned()),
        name: sweep.name,
        text: text.to_owned(),
        hash: files::hash(text),
    };
    let added = context.store().add_sweep(&new, context.now()).await?;
    Ok((added.id, added.revision, points))
}

async fn expand(context: &Context, text: &str, file: &str) -> Result<(Sweep, Vec<Point>)> {
    let here = datasets::here(context).await?;
    let wrong = |errors: Vec<sweep::Diagnostic>| {
        let first = errors.first().map_or(Failure::NoSweepText, |error| Failure::At {
            file: file.to_owned(),
            line: error.line,
            column: error.column,
            said: error.said.clone(),
        });
        ApiError::invalid(first).at(errors.into_iter().map(diagnostic).collect())
    };
    let sweep = sweep::parse(text, file).map_err(wrong)?;
    let expansion = sweep.expand(&here);
    if !expansion.errors.is_empty() {
        return Err(wrong(expansion.errors));
    }
    Ok((sweep, expansion.points))
}

/// Queues the runs that the sweep's newest revision lacks, and sees that a supervisor runs.
pub async fn start(context: &Context, id: SweepId) -> Result<SweepStarted> {
    let revisions = context.store().sweep_revisions(id).await?;
    let Some(newest) = revisions.into_iter().max_by_key(|revision| revision.number) else {
        return Err(ApiError::new(ErrorCode::NotFound, Failure::NoSweepText));
    };
    let (_, points) = expand(context, &newest.text, &newest.name).await?;
    let names: std::collections::BTreeSet<&str> =
        points.iter().map(|point| point.recipe.dataset.as_str()).collect();
    let mut facts = HashMap::new();
    for name in names {
        facts.insert(name.to_owned(), datasets::require(context, name).await?);
    }
    // Facts that were unknown so far may forbid what the text alone allows.
    let (_, points) = expand(context, &newest.text, &newest.name).await?;
    let runs: Vec<NewRun> = points.iter().flat_map(|point| new_runs(point, &facts)).collect();
    let inserted = context.store().insert_runs(Some((id, newest.number)), &runs, context.now()).await?;
    supervisor::ensure(context).await?;
    Ok(SweepStarted {
        sweep: id.to_string(),
        queued: inserted.added.len() as u64,
        existing: inserted.existing.len() as u64,
    })
}

fn new_runs(point: &Point, facts: &HashMap<String, DatasetFacts>) -> Vec<NewRun> {
    let images = facts.get(&point.recipe.dataset).map(|facts| facts.images);
    let total_steps = images.map(|images| point.recipe.schedule(images).total_steps);
    let run = |seed: &u64| NewRun {
        id: None,
        point: point.id.clone(),
        seed: *seed,
        recipe: point.recipe_with_seed(*seed).to_json(),
        probed: None,
        axes: point.axes.clone(),
        label: point.run_label(*seed),
        priority: 0,
        total_steps,
        state: RunState::Queued,
        evidence: Evidence::QueuedBySweep.into(),
    };
    point.seeds.iter().map(run).collect()
}

/// The workspace's sweep files with how far each is, then stored sweeps without a file.
pub async fn list(context: &Context) -> Result<Vec<SweepFile>> {
    let here = datasets::here(context).await?;
    let files = files::list(context)?;
    let mut stored = context.store().sweeps().await?;
    let mut found = Vec::new();
    for file in files {
        // A file that vanished between listing and reading is simply no longer there.
        let Ok(text) = files::read(context, &file) else { continue };
        let expansion = sweep::check(&text.text, &file, &here);
        let name = sweep::parse(&text.text, &file).map_or_else(|_| file.clone(), |sweep| sweep.name);
        let place = stored.iter().position(|sweep| is_of(sweep, &file, &text.hash));
        let sweep = place.map(|place| stored.remove(place));
        let finished = sweep.as_ref().map_or(0, |sweep| count(sweep, RunState::Finished));
        found.push(SweepFile {
            file,
            name,
            id: sweep.map(|sweep| sweep.id.to_string()),
            runs: expansion.runs,
            finished,
            errors: expansion.errors.len() as u64,
            hash: text.hash,
        });
    }
    found.extend(stored.into_iter().map(|sweep| SweepFile {
        file: String::new(),
        name: sweep.name.clone(),
        id: Some(sweep.id.to_string()),
        runs: sweep.counts.runs,
        finished: count(&sweep, RunState::Finished),
        errors: 0,
        hash: sweep.hash.clone(),
    }));
    Ok(found)
}

/// Runs of a sweep in a state.
pub fn count(sweep: &SweepRow, state: RunState) -> u64 {
    sweep.counts.by_state.get(&state).copied().unwrap_or(0)
}

/// A new sweep file on a preset, with the paper's question as its one axis.
pub fn create(context: &Context, file: &str, preset: &str, name: &str) -> Result<SweepText> {
    if Preset::named(preset).is_none() {
        let names = PRESETS.iter().map(|preset| preset.name).collect();
        let error = ApiError::invalid(Failure::NoPreset { name: preset.to_owned() });
        return Err(error.hint(Advice::Choices { names }));
    }
    let quoted = Value::from(name).to_string();
    let text = format!(
        "format = 1\nname = {quoted}\nseeds = [0]\n\n[recipe]\npreset = \"{preset}\"\n\n\
         [[axis]]\nparameter = \"frozen_patch_projection\"\nvalues = [false, true]\n"
    );
    files::write(context, file, &text, None)
}

/// Applies the form's edits to a text; comments stay.
pub(crate) fn edit_text(text: &str, edits: &[edit::Edit]) -> Result<String> {
    edit::apply(text, edits).map_err(ApiError::invalid)
}

/// Asks the supervisor for something about every run of a sweep that it applies to.
///
/// # Errors
/// `wrong_state` where there is none.
pub async fn ask(context: &Context, command: Command, id: &str) -> Result<Value> {
    let id = context.store().resolve_sweep(id).await?;
    let rows = context.store().runs(&RunSelection::Sweep(id), &MetricChoice::None).await?;
    let ids: Vec<String> =
        rows.iter().rev().filter(|row| command.applies(row.state)).map(|row| row.id.to_string()).collect();
    if ids.is_empty() {
        let said = Failure::NoRunOfSweep { command: command.as_str().to_owned() };
        let hint = Advice::ListRunsOfSweep { sweep: id.to_string() };
        return Err(ApiError::new(ErrorCode::WrongState, said).hint(hint));
    }
    runs::request(context, command, &ids, &Value::Null).await
}

/// Asks the supervisor for something about the queue as a whole.
pub async fn queue_request(context: &Context, command: Command) -> Result<()> {
    let context = &context.asking().await?;
    context.store().add_request(None, command, &Value::Null, context.now()).await?;
    supervisor::ensure(context).await
}
