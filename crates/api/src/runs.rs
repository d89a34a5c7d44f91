//! Runs as the window and the command line see them: listed with a filter, shown in full, asked to do things.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use vitals_recipe::query::{self, Row};
use vitals_recipe::{Metric, Panel, effective_learning_rate, loss_band, metric, split};
use vitals_run::{Command, Meaning, RunState};
use vitals_store::{MetricChoice, NewRun, RunId, RunRow, RunSelection, SeriesEntry, StoreError, SweepId};

use crate::Context;
use crate::dto::{
    ApiError, AttemptInfo, CheckpointInfo, ErrorCode, LogLine, MetricSummary, ProbedRun, Progress, Run,
    RunDetail, RunEvent, RunsPage, RunsQuery, SeriesInfo, Transition,
};
use crate::error::Result;
use crate::filter::{self, Filtered};
use crate::pace::{eta_seconds, images_per_second};
use crate::said::{Advice, Failure};
use crate::stability::stability;
use crate::supervisor;

/// Queues runs, each in the newest revision of its sweep, and sees that a supervisor runs.
pub(crate) async fn queue(
    context: &Context,
    of_sweeps: BTreeMap<Option<SweepId>, Vec<NewRun>>,
) -> Result<()> {
    for (sweep, runs) in of_sweeps {
        let sweep = match sweep {
            Some(id) => Some((id, context.store().sweep(id).await?.newest)),
            None => None,
        };
        context.store().insert_runs(sweep, &runs, context.now()).await?;
    }
    supervisor::ensure(context).await?;
    Ok(())
}

/// A trained run's label without its seed.
pub(crate) fn label_of_point(row: &RunRow, seed: u64) -> &str {
    row.label.strip_suffix(&format!("-s{seed}")).unwrap_or(&row.label)
}

/// The run that a full or shortened id means, or a label that only one run has.
///
/// # Errors
/// `not_found`, `ambiguous`.
pub async fn resolve(context: &Context, id: &str) -> Result<RunId> {
    let unknown = match context.store().resolve_run(id).await {
        Err(error @ StoreError::UnknownRun { .. }) => error,
        found => return Ok(found?),
    };
    let rows = context.store().runs(&RunSelection::All, &MetricChoice::None).await?;
    let labelled: Vec<RunId> = rows.iter().filter(|row| row.label == id).map(|row| row.id).collect();
    match labelled[..] {
        [] => Err(unknown.into()),
        [only] => Ok(only),
        _ => {
            let matches = labelled.iter().map(RunId::to_string).collect();
            Err(StoreError::Ambiguous { prefix: id.to_owned(), matches }.into())
        }
    }
}

/// The ids of all runs.
pub async fn all(context: &Context) -> Result<Vec<RunId>> {
    let rows = context.store().runs(&RunSelection::All, &MetricChoice::None).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A stored run in the form that crosses the door.
pub fn run(row: RunRow) -> Result<Run> {
    let recipe = row.recipe()?;
    let band = recipe.as_ref().and_then(loss_band);
    let metrics: BTreeMap<String, MetricSummary> =
        row.metrics.iter().map(|(name, metric)| (name.clone(), summary(metric))).collect();
    let images_per_second = images_per_second(&row);
    let eta_seconds = recipe.as_ref().and_then(|recipe| eta_seconds(&row, recipe.batch_size));
    let total_steps = row.total_steps.unwrap_or(0);
    let queries = recipe.as_ref().map(|recipe| recipe.knn_queries);
    let score = stability(&row, queries).and_then(|stability| stability.score().ok());
    let trained = row.trained().cloned();
    let imported = row.imported().cloned();
    Ok(Run {
        id: row.id.to_string(),
        label: row.label,
        sweep: row.sweep.map(|id| id.to_string()),
        sweep_name: row.sweep_name,
        probed: row.probed.map(|probed| ProbedRun { run: probed.run.to_string(), step: probed.step }),
        seed: trained.as_ref().map(|trained| trained.seed),
        point: trained.map(|trained| trained.point),
        state: row.state.as_str().to_owned(),
        evidence: row.evidence,
        evidence_code: row.evidence_code,
        attempt: row.attempt,
        device: row.device,
        effective_learning_rate: recipe.as_ref().map(effective_learning_rate),
        loss_start: band.map(|band| band.start),
        loss_floor: band.map(|band| band.floor),
        parameters: recipe.map(|recipe| recipe.by_name()).unwrap_or_default(),
        source: imported.as_ref().map(|imported| imported.source.clone()),
        original_id: imported.as_ref().and_then(|imported| imported.original_id.clone()),
        config: imported.map(|imported| imported.config).unwrap_or_default(),
        progress: Progress { step: row.steps_done, total_steps, eta_seconds, images_per_second },
        metrics,
        first_layer: row.first_layer,
        events: row.events,
        stability: score,
        tags: row.tags,
        note: row.note,
        queue_position: row.queue_position,
        priority: row.priority,
        created_at: vitals_run::rfc3339(row.created_at),
        started_at: row.started_at.map(vitals_run::rfc3339),
        ended_at: row.ended_at.map(vitals_run::rfc3339),
        revision: row.revision,
    })
}

fn summary(metric: &vitals_store::MetricSummary) -> MetricSummary {
    MetricSummary {
        last: Some(metric.last.into()),
        min: metric.min,
        max: metric.max,
        nonfinite: metric.nonfinite,
    }
}

/// The runs that match, sorted; newest first where no order is asked for.
///
/// # Errors
/// `invalid_input` with the column where the filter is wrong.
pub async fn list(context: &Context, query: &RunsQuery) -> Result<RunsPage> {
    let began = Instant::now();
    let filter = condition(&query.filter)?;
    let order = filter::order(&query.sort)?;
    let metrics = if query.filter.contains('/') || query.sort.contains('/') {
        MetricChoice::All
    } else {
        MetricChoice::Plain
    };
    if filter.is_none() && order.is_none() {
        let total = context.store().count_runs().await?.into_values().sum();
        let newest = RunSelection::Newest {
            skipped: query.offset.unwrap_or(0),
            count: query.limit.unwrap_or(u64::MAX),
        };
        let rows = context.store().runs(&newest, &metrics).await?;
        let runs = rows.into_iter().map(run).collect::<Result<_>>()?;
        let elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
        return Ok(RunsPage { runs, matched: total, total, elapsed_ms });
    }
    let rows = context.store().runs(&RunSelection::All, &metrics).await?;
    let total = rows.len() as u64;
    let mut kept = Vec::with_capacity(rows.len());
    let mut names = filter.as_ref().map_or_else(Vec::new, query::Expr::names);
    names.extend(order.as_ref().map(|order| &order.name));
    for row in rows {
        let filtered = Filtered::with(context, &row, &names).await?;
        if filter.as_ref().is_none_or(|filter| filter.matches(&filtered)) {
            let key = order.as_ref().and_then(|order| filtered.lookup(&order.name));
            kept.push((key, row));
        }
    }
    if let Some(order) = order {
        kept.sort_by(|(a, one), (b, other)| {
            order.compare(a.as_ref(), b.as_ref()).then_with(|| by_name(one).cmp(&by_name(other)))
        });
    }
    let matched = kept.len() as u64;
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let runs = kept.into_iter().skip(offset).take(limit).map(|(_, row)| run(row)).collect::<Result<_>>()?;
    Ok(RunsPage { runs, matched, total, elapsed_ms: began.elapsed().as_secs_f64() * 1e3 })
}

/// What tells runs apart that are equal in what they are sorted by, such as those queued in one millisecond: they keep one order
/// in either direction.
pub(crate) fn by_name(row: &RunRow) -> impl Ord {
    let trained = row.trained().map(|trained| (trained.point.clone(), trained.seed));
    (row.sweep_name.clone(), row.label.clone(), trained)
}

/// A condition of the filter language; none where nothing is written.
pub(crate) fn condition(text: &str) -> Result<Option<query::Expr>> {
    let states = RunState::ALL.map(RunState::as_str);
    match text.trim() {
        "" => Ok(None),
        text => Ok(Some(query::parse(text, &states).map_err(filter::misread)?)),
    }
}

/// The stored runs that meet a condition, newest first.
pub(crate) async fn matching(context: &Context, text: &str, metrics: &MetricChoice) -> Result<Vec<RunRow>> {
    let condition = condition(text)?;
    let names = condition.as_ref().map_or_else(Vec::new, query::Expr::names);
    let mut kept = Vec::new();
    for row in context.store().runs(&RunSelection::All, metrics).await? {
        let is_met = match &condition {
            Some(condition) => {
                Filtered::with(context, &row, &names).await.is_ok_and(|run| condition.matches(&run))
            }
            None => true,
        };
        if is_met {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// Everything about one run.
pub async fn detail(context: &Context, id: &str) -> Result<RunDetail> {
    let store = context.store();
    let id = resolve(context, id).await?;
    let row = store.run(id).await?;
    let twin = twin(context, &row).await?;
    let entries = store.series_list(id).await?;
    let layers = layers(context, id).await?;
    let series = named_once(entries.iter().map(|entry| series_info(entry, &layers)));
    let transitions = store.transitions(id).await?.into_iter().map(|change| Transition {
        at: vitals_run::rfc3339(change.at),
        from: change.from.map(|state| state.as_str().to_owned()),
        to: change.to.as_str().to_owned(),
        evidence: change.evidence,
        evidence_code: change.evidence_code,
    });
    let attempts = store.attempts(id).await?.into_iter().map(|attempt| AttemptInfo {
        number: attempt.number,
        first_step: attempt.first_step,
        last_step: attempt.last_step,
        started_at: attempt.started_at.map(vitals_run::rfc3339),
        ended_at: attempt.ended_at.map(vitals_run::rfc3339),
        ended: attempt.end.map(|end| end.reason),
    });
    let events = store.events(id, &[], false).await?.into_iter().map(|event| RunEvent {
        id: event.id.unsigned_abs(),
        kind: event.event.what.kind().to_owned(),
        step: event.event.step,
        end_step: event.event.end_step,
        details: event.event.what.details(),
        layer: event.event.layer,
        injected: event.event.injected,
    });
    let checkpoints = store.checkpoints(id).await?.into_iter().filter(|checkpoint| !checkpoint.removed);
    let checkpoints = checkpoints.map(|checkpoint| CheckpointInfo {
        step: checkpoint.step,
        path: checkpoint.path,
        bytes: checkpoint.size_bytes.unwrap_or(0),
        at: checkpoint.at.map(vitals_run::rfc3339).unwrap_or_default(),
    });
    Ok(RunDetail {
        folder: context.workspace().run_folder(id).path().display().to_string(),
        transitions: transitions.collect(),
        attempts: attempts.collect(),
        series,
        layers,
        events: events.collect(),
        checkpoints: checkpoints.collect(),
        twin,
        probes: probes_of(context, id).await?,
        run: run(row)?,
    })
}

/// The probes of a run, newest first.
pub async fn probes_of(context: &Context, judged: RunId) -> Result<Vec<Run>> {
    let rows = context.store().runs(&RunSelection::ProbesOf(judged), &MetricChoice::Plain).await?;
    rows.into_iter().map(run).collect()
}

/// Layers with a gradient norm, in network order; not single tensors.
pub async fn layers(context: &Context, id: RunId) -> Result<Vec<String>> {
    Ok(context.store().layers(id).await?.into_iter().map(|layer| layer.name).collect())
}

/// The first layer of the network, by which the others' delays are told; none where no order is known.
pub async fn first_layer(context: &Context, id: RunId) -> Result<Option<String>> {
    let layers = context.store().layers(id).await?;
    Ok(layers.into_iter().find(|layer| layer.order == Some(0)).map(|layer| layer.name))
}

/// A metric that goes on in another stream, as where a column was added midway, is one series.
fn named_once(all: impl Iterator<Item = SeriesInfo>) -> Vec<SeriesInfo> {
    let mut found: Vec<SeriesInfo> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for one in all {
        let Some(&place) = places.get(&one.name) else {
            places.insert(one.name.clone(), found.len());
            found.push(one);
            continue;
        };
        let known = &mut found[place];
        if known.values == 0 {
            *known = one;
        } else if one.values > 0 {
            known.values += one.values;
            known.first_step = known.first_step.min(one.first_step);
            known.last_step = known.last_step.max(one.last_step);
        }
    }
    found
}

fn series_info(entry: &SeriesEntry, layers: &[String]) -> SeriesInfo {
    let member = split(&entry.name).and_then(|(_, layer)| layers.iter().position(|name| name == layer));
    let layer = entry.order.or(member.and_then(|place| u32::try_from(place).ok()));
    let row = metric(&entry.name, entry.role).map(Metric::row);
    let summary = entry.summary;
    SeriesInfo {
        name: entry.name.clone(),
        unit: entry.unit.clone(),
        role: entry.role,
        panel: row.map_or(Panel::All, |row| row.panel),
        layer,
        values: summary.map_or(0, |summary| summary.values),
        first_step: summary.map_or(0, |summary| summary.first_step),
        last_step: summary.map_or(0, |summary| summary.last_step),
    }
}

/// The run of the same sweep and seed that differs only in the patch projection.
async fn twin(context: &Context, row: &RunRow) -> Result<Option<String>> {
    let (Some(sweep), Some(trained), Some(mut wanted)) = (row.sweep, row.trained(), row.recipe()?) else {
        return Ok(None);
    };
    wanted.frozen_patch_projection = !wanted.frozen_patch_projection;
    let point = vitals_recipe::point_id(&wanted);
    let runs = context.store().runs(&RunSelection::Sweep(sweep), &MetricChoice::None).await?;
    let is_twin =
        |run: &RunRow| run.trained().is_some_and(|other| other.point == point && other.seed == trained.seed);
    Ok(runs.into_iter().find(is_twin).map(|run| run.id.to_string()))
}

/// The last lines of a run's log, oldest first.
pub async fn log(context: &Context, id: &str, lines: u32) -> Result<Vec<LogLine>> {
    let id = resolve(context, id).await?;
    let lines = context.store().log_tail(id, lines).await?.into_iter().map(|line| LogLine {
        at: line.at.map(vitals_run::rfc3339),
        level: line.level,
        step: line.step,
        text: line.text,
    });
    Ok(lines.collect())
}

/// Asks the supervisor to do something with runs. Each run is answered for itself.
pub async fn request(
    context: &Context,
    command: Command,
    ids: &[String],
    arguments: &Value,
) -> Result<Value> {
    let context = &context.asking().await?;
    let (mut done, mut problems) = (Vec::new(), Vec::new());
    for id in ids {
        match request_one(context, command, id, arguments).await {
            Ok(()) => done.push(id.clone()),
            Err(error) if ids.len() == 1 => return Err(error),
            Err(error) => {
                problems.push(json!({ "id": id, "message": error.message, "told": error.told }));
            }
        }
    }
    if !done.is_empty() {
        supervisor::ensure(context).await?;
    }
    Ok(json!({ "done": done, "problems": problems }))
}

async fn request_one(context: &Context, command: Command, id: &str, arguments: &Value) -> Result<()> {
    let id = resolve(context, id).await?;
    let rows = context.store().runs(&RunSelection::Ids(vec![id]), &MetricChoice::None).await?;
    let Some(row) = rows.first() else {
        return Err(ApiError::new(ErrorCode::NotFound, Failure::NoRun { id: id.to_string() }));
    };
    if row.imported().is_some() && command != Command::Remove {
        let said = Failure::NotForImported { run: row.label.clone(), command: command.as_str().to_owned() };
        return Err(ApiError::new(ErrorCode::WrongState, said));
    }
    if !command.applies(row.state) {
        let (run, command_word) = (row.label.clone(), command.as_str().to_owned());
        let said = match command.meaning(row.state) {
            // What makes sense instead stands in it.
            Meaning::Refused(why) => Failure::Refused { run, command: command_word, why: why.into() },
            _ => Failure::NotApplicable { run, state: row.state.to_string(), command: command_word },
        };
        return Err(ApiError::new(ErrorCode::WrongState, said));
    }
    if command == Command::Rewind {
        check_rewind(context, id, arguments).await?;
    }
    context.store().add_request(Some(id), command, arguments, context.now()).await?;
    Ok(())
}

/// Whether there is a checkpoint to go back to; the supervisor looks again when it does.
async fn check_rewind(context: &Context, run: RunId, arguments: &Value) -> Result<()> {
    let Some(step) = arguments.get("to_step").and_then(Value::as_u64) else {
        return Err(ApiError::invalid(Failure::StepExpected));
    };
    let folder = context.workspace().run_folder(run);
    let mut kept: Vec<u64> = context
        .store()
        .checkpoints(run)
        .await?
        .into_iter()
        .filter(|checkpoint| !checkpoint.removed && folder.path().join(&checkpoint.path).is_dir())
        .map(|checkpoint| checkpoint.step)
        .collect();
    if kept.contains(&step) {
        return Ok(());
    }
    kept.sort_unstable();
    kept.dedup();
    let steps = kept.iter().map(u64::to_string).collect();
    let hint = if kept.is_empty() { Advice::NoCheckpointsKept } else { Advice::CheckpointsKept { steps } };
    Err(ApiError::invalid(Failure::NoCheckpointAt { step }).hint(hint))
}

/// Gives runs another priority: those of a higher one start first, and the order by hand counts within one.
///
/// # Errors
/// `not_found`, `ambiguous`; nothing is changed then.
pub async fn set_priority(context: &Context, ids: &[String], priority: i32) -> Result<()> {
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids {
        runs.push(resolve(context, id).await?);
    }
    for run in runs {
        context.store().set_priority(run, priority).await?;
    }
    Ok(())
}

/// Adds and removes tags.
pub async fn tag(context: &Context, ids: &[String], add: &[String], remove: &[String]) -> Result<()> {
    for id in ids {
        context.store().tag_run(resolve(context, id).await?, add, remove).await?;
    }
    Ok(())
}
