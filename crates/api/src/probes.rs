//! Probes: runs that judge a checkpoint of another run with labels. Starting one checks everything that can be checked
//! without a tensor, and puts the checkpoint into the probe's own folder, where no pruning reaches it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use vitals_files::read_regular;
use vitals_journal::RunFolder;
use vitals_recipe::{
    DatasetFacts, Kind, PARAMETERS, Recipe, Severity, Task, check, fixed_in_probes, parameter, plain_number,
    point_id, probe,
};
use vitals_run::{Evidence, RunState};
use vitals_store::{NewRun, Probed, RunRow, Store};

use crate::Context;
use crate::dto::{ApiError, ErrorCode, ProbePreview, ProbeStart, Run};
use crate::error::{Result, hinted, io_error};
use crate::estimate::Estimates;
use crate::said::{Advice, Failure, Operation, names};
use crate::{datasets, runs, supervisor};

/// What a probe reads of a checkpoint.
const FILES: [&str; 2] = ["state.json", "model.safetensors"];
/// The word for a backbone without training.
const RANDOM: &str = "random";

/// A probe that nothing stands against.
struct Planned {
    judged: RunRow,
    recipe: Recipe,
    facts: DatasetFacts,
    /// Step and folder; none for the untrained network.
    checkpoint: Option<(u64, PathBuf)>,
}

/// Checks all that can be checked before anything is written.
async fn plan(context: &Context, request: &ProbeStart) -> Result<Planned> {
    let task = kind(&request.kind)?;
    let judged = context.store().run(runs::resolve(context, &request.run).await?).await?;
    let Some(its_own) = judged.recipe()? else {
        return Err(ApiError::invalid(Failure::ProbeOfImported { run: judged.label }));
    };
    if its_own.task.is_probe() {
        let run = judged.label;
        let said = match judged.probed {
            Some(probed) => Failure::ProbeOfProbeOf { run, judged: probed.run.to_string() },
            None => Failure::ProbeOfProbe { run },
        };
        return Err(ApiError::invalid(said).hint(Advice::ProbeTheJudged));
    }
    let settings: Vec<(String, Value)> =
        request.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    check_settings(task, &settings)?;
    let facts = datasets::require(context, &request.dataset).await?;
    let recipe = probe(task, &its_own, &request.dataset, &settings).map_err(|error| {
        let hint = error.hint();
        hinted(ApiError::invalid(error), hint)
    })?;
    let problems = check(&recipe, Some(&facts));
    if let Some(problem) = problems.into_iter().find(|problem| problem.severity == Severity::Error) {
        return Err(hinted(ApiError::invalid(problem.said), problem.hint));
    }
    let checkpoint = chosen(context, &judged, request.checkpoint.as_deref()).await?;
    if let Some((_, folder)) = &checkpoint {
        check_geometry(folder, &its_own)?;
    }
    Ok(Planned { judged, recipe, facts, checkpoint })
}

/// What a probe would be, for a form: every parameter as it would run, and which of them can be set.
///
/// # Errors
/// As [`start`].
pub(crate) async fn preview(context: &Context, request: &ProbeStart) -> Result<ProbePreview> {
    let Planned { recipe, facts, .. } = plan(context, request).await?;
    let total_steps = recipe.schedule(facts.images).total_steps;
    Ok(ProbePreview {
        settable: settable(recipe.task).into_iter().map(str::to_owned).collect(),
        total_steps,
        estimated_seconds: Estimates::measured(context).await?.seconds(&recipe, total_steps),
        parameters: recipe.by_name(),
    })
}

/// Queues a probe, and sees that a supervisor runs.
///
/// # Errors
/// `invalid_input` and `not_found` name what is wrong: the kind, a setting, the data set, the checkpoint.
pub async fn start(context: &Context, request: &ProbeStart) -> Result<Run> {
    let Planned { judged, recipe, facts, checkpoint } = plan(context, request).await?;
    let run = Store::new_run_id(context.now());
    let folder = context.workspace().run_folder(run);
    let step = checkpoint.as_ref().map(|(step, _)| *step);
    if let Some((_, from)) = &checkpoint {
        take(from, &folder)?;
    }
    let at = step.map_or_else(|| RANDOM.to_owned(), |step| step.to_string());
    let new = NewRun {
        id: Some(run),
        point: point_id(&recipe),
        seed: recipe.seed,
        recipe: recipe.to_json(),
        probed: Some(Probed { run: judged.id, step }),
        axes: Default::default(),
        label: format!("{}-{}-{}@{at}", recipe.task, recipe.dataset, judged.label),
        priority: 0,
        total_steps: Some(recipe.schedule(facts.images).total_steps),
        state: RunState::Queued,
        evidence: Evidence::QueuedAsProbe.into(),
    };
    if let Err(error) = context.store().insert_runs(None, &[new], context.now()).await {
        // A folder without a run would never be seen again; that it cannot be removed changes nothing of the failure.
        let _ = std::fs::remove_dir_all(folder.path());
        return Err(error.into());
    }
    supervisor::ensure(context).await?;
    runs::run(context.store().run(run).await?)
}

/// `NAME=VALUE` of a command line: a text where the parameter takes one, else what JSON reads.
///
/// # Errors
/// `invalid_input` without a `=`.
pub fn setting(text: &str) -> Result<(String, Value)> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        ApiError::invalid(Failure::SetsNothing { text: text.to_owned() }).hint(Advice::WriteSetting)
    })?;
    let (name, value) = (name.trim(), value.trim());
    let is_text = parameter(name).is_some_and(|found| matches!(found.kind, Kind::Text | Kind::Choice));
    let word = || Value::from(value);
    let value =
        if is_text { word() } else { serde_json::from_str(&plain_number(value)).unwrap_or_else(|_| word()) };
    Ok((name.to_owned(), value))
}

fn kind(word: &str) -> Result<Task> {
    word.parse().ok().filter(|task: &Task| task.is_probe()).ok_or_else(|| {
        let choices = Task::ALL.iter().filter(|task| task.is_probe()).map(|task| task.as_str()).collect();
        ApiError::invalid(Failure::NoProbeKind { name: word.to_owned() }).hint(Advice::Use { choices })
    })
}

fn check_settings(task: Task, settings: &[(String, Value)]) -> Result<()> {
    for (name, _) in settings {
        let Some(reason) = parameter(name).and_then(|parameter| fixed_in_probes(task, parameter)) else {
            continue;
        };
        let (name, of, reason) = (name.clone(), task.to_string(), reason.into());
        let error = ApiError::invalid(Failure::NotForProbes { name, task: of, reason });
        return Err(error.hint(Advice::ItTakes { names: names(&settable(task)) }));
    }
    Ok(())
}

fn settable(task: Task) -> Vec<&'static str> {
    let free = PARAMETERS.iter().filter(|parameter| fixed_in_probes(task, parameter).is_none());
    free.map(|parameter| parameter.name).collect()
}

/// Step and folder of the checkpoint asked for; none for the untrained network.
async fn chosen(context: &Context, judged: &RunRow, wanted: Option<&str>) -> Result<Option<(u64, PathBuf)>> {
    if wanted == Some(RANDOM) {
        return Ok(None);
    }
    let run_folder = context.workspace().run_folder(judged.id);
    let stored = context.store().checkpoints(judged.id).await?;
    let kept = stored.into_iter().filter(|checkpoint| !checkpoint.removed);
    let kept: Vec<_> = kept
        .map(|checkpoint| (checkpoint.step, checkpoint.superseded, run_folder.path().join(&checkpoint.path)))
        .filter(|(_, _, folder)| FILES.iter().all(|file| folder.join(file).is_file()))
        .collect();
    if kept.is_empty() {
        let said = Failure::NoCheckpointYet { run: judged.label.clone() };
        return Err(ApiError::new(ErrorCode::NotFound, said).hint(Advice::AskForCheckpoint));
    }
    let found = match wanted {
        None => kept.iter().filter(|(_, superseded, _)| !superseded).max_by_key(|(step, ..)| *step),
        Some(word) => {
            let step: u64 = plain_number(word).parse().map_err(|_| {
                ApiError::invalid(Failure::NoCheckpoint { word: word.to_owned() }).hint(Advice::StepOrRandom)
            })?;
            kept.iter().rev().find(|(at, ..)| *at == step)
        }
    };
    let Some((step, _, folder)) = found else {
        let mut steps: Vec<u64> = kept.iter().map(|(step, ..)| *step).collect();
        steps.sort_unstable();
        steps.dedup();
        let run = judged.label.clone();
        let said = match wanted {
            Some(step) => Failure::RunLacksCheckpoint { run, step: step.to_owned() },
            None => Failure::NoCheckpointInForce { run },
        };
        let steps = steps.iter().map(u64::to_string).collect();
        return Err(ApiError::new(ErrorCode::NotFound, said).hint(Advice::Kept { steps }));
    };
    Ok(Some((*step, folder.clone())))
}

/// A checkpoint must hold the network that its run says.
fn check_geometry(folder: &Path, recipe: &Recipe) -> Result<()> {
    #[derive(Deserialize)]
    struct State {
        recipe: Recipe,
    }
    let path = folder.join(FILES[0]);
    let text = read_regular(&path).map_err(|error| io_error(Operation::Read, &path, &error))?;
    let state: State = serde_json::from_slice(&text).map_err(|error| {
        let (path, reason) = (path.display().to_string(), error.to_string());
        ApiError::invalid(Failure::DamagedCheckpoint { path, reason })
    })?;
    let of_geometry = PARAMETERS.iter().filter(|one| one.group == "backbone" || one.name == "image_size");
    // Freezing is how the network was trained, not what it is.
    let of_geometry = of_geometry.filter(|one| one.name != "frozen_patch_projection");
    for one in of_geometry {
        let (found, wanted) = (state.recipe.get(one.name), recipe.get(one.name));
        if found != wanted {
            let word = |value: Option<Value>| value.unwrap_or_default().to_string();
            let said = Failure::OtherGeometry {
                path: folder.display().to_string(),
                name: one.name.to_owned(),
                found: word(found),
                wanted: word(wanted),
            };
            return Err(ApiError::invalid(said).hint(Advice::OtherCheckpoint));
        }
    }
    Ok(())
}

/// Links the checkpoint's files into the probe's folder, or copies them where the file system has no links.
fn take(from: &Path, folder: &RunFolder) -> Result<()> {
    let to = folder.probed();
    std::fs::create_dir_all(&to).map_err(|error| io_error(Operation::Create, &to, &error))?;
    for file in FILES {
        let (from, to) = (from.join(file), to.join(file));
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).map_err(|error| {
                let _ = std::fs::remove_dir_all(folder.path());
                io_error(Operation::Copy, &from, &error)
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_read_as_their_parameters_take_them() {
        let read = |text: &str| setting(text).unwrap();
        assert_eq!(read("epochs=10"), ("epochs".to_owned(), json!(10)));
        assert_eq!(read("base_learning_rate = 1e-3"), ("base_learning_rate".to_owned(), json!(1e-3)));
        assert_eq!(read("optimizer=lars"), ("optimizer".to_owned(), json!("lars")));
        assert_eq!(read("device=cuda:0"), ("device".to_owned(), json!("cuda:0")));
        assert_eq!(read("epochs=many"), ("epochs".to_owned(), json!("many")));
        assert!(setting("epochs").unwrap_err().hints[0].contains("name=value"));
    }

    #[test]
    fn kinds_and_fixed_parameters_are_told_in_words() {
        assert_eq!(kind("finetune").unwrap(), Task::Finetune);
        for word in ["pretrain", "nonsense"] {
            let error = kind(word).unwrap_err();
            assert!(error.hints[0].contains("linear, finetune, knn"), "{error:?}");
        }
        let set = |name: &str| check_settings(Task::Linear, &[(name.to_owned(), json!(1))]);
        assert!(set("patch_size").unwrap_err().message.contains("the checkpoint fixes it"));
        assert!(set("mixup").unwrap_err().hints[0].contains("base_learning_rate"));
        assert!(set("epochs").is_ok());
    }
}
