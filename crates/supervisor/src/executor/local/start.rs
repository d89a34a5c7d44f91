//! Starts one attempt on this machine: chooses the checkpoint, writes the job, takes the run's lock and hands it to a
//! guard. From the moment the attempt counts until its last process dies, somebody holds that lock.

use std::collections::{BTreeMap, HashSet};
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use vitals_journal::{Lock, LockError, RunFolder, atomic_write};
use vitals_recipe::{DatasetFacts, JOB_FORMAT, Job, JobDataset, JobSweep, ProbedRun, Recipe};
use vitals_store::{Attempt, Checkpoint, RunId, RunRow, Store};

use crate::binaries::Binaries;
use crate::error::{Result, SupervisorError};
use crate::guard::GuardArgs;

/// A probe of the lock lasts an instant; a start waits so long for it to let go.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// The checkpoint to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResumePoint {
    /// The first step to train.
    pub first_step: u64,
    /// Relative to the run folder; `None`: from the beginning.
    pub path: Option<String>,
}

/// The newest checkpoint in force whose files are there; one that an attempt could not read (exit 7) is passed over.
/// With `wanted` (a rewind), that one.
pub(crate) async fn resume_point(
    store: &Store,
    run: RunId,
    folder: &RunFolder,
    wanted: Option<&str>,
) -> Result<ResumePoint> {
    let attempts = store.attempts(run).await?;
    let mut checkpoints = store.checkpoints(run).await?;
    for checkpoint in checkpoints.iter_mut().filter(|checkpoint| !checkpoint.removed) {
        if matches!(folder.path().join(&checkpoint.path).try_exists(), Ok(false)) {
            store.mark_checkpoint_removed(run, &checkpoint.path).await?;
            checkpoint.removed = true;
        }
    }
    choose(&attempts, &checkpoints, wanted).ok_or_else(|| SupervisorError::CannotStart {
        reason: format!("the checkpoint {} is gone", wanted.unwrap_or_default()),
    })
}

fn choose(attempts: &[Attempt], checkpoints: &[Checkpoint], wanted: Option<&str>) -> Option<ResumePoint> {
    let point = |c: &Checkpoint| ResumePoint { first_step: c.step, path: Some(c.path.clone()) };
    let mut there = checkpoints.iter().filter(|checkpoint| !checkpoint.removed);
    if let Some(wanted) = wanted {
        return there.find(|checkpoint| checkpoint.path == wanted).map(point);
    }
    let unreadable: HashSet<&str> = attempts
        .iter()
        .filter(|attempt| exit_code(attempt.exit.as_ref()) == Some(7))
        .filter_map(|attempt| attempt.resume_from.as_deref())
        .collect();
    let newest = there
        .filter(|checkpoint| !checkpoint.superseded && !unreadable.contains(checkpoint.path.as_str()))
        .max_by_key(|checkpoint| (checkpoint.step, checkpoint.attempt));
    Some(newest.map(point).unwrap_or_default())
}

fn exit_code(exit: Option<&Value>) -> Option<i64> {
    exit?.get("code")?.as_i64()
}

/// What the worker will read of the data set, as the workspace knows it.
pub(crate) async fn job_dataset(store: &Store, name: &str) -> Result<JobDataset> {
    let cannot = |reason: String| SupervisorError::CannotStart { reason };
    let Some(row) = store.dataset(name).await? else {
        let reason =
            format!("data set `{name}` is not known here; add it with `vitals dataset add {name} PATH`");
        return Err(cannot(reason));
    };
    if let Some(problem) = row.problem {
        return Err(cannot(format!("data set `{name}` cannot be read: {problem}")));
    }
    // `facts` beside what else was noted of the set, or alone.
    let facts = row.facts.get("facts").unwrap_or(&row.facts);
    let facts = DatasetFacts::deserialize(facts).map_err(|error| {
        cannot(format!("what is known of data set `{name}` cannot be understood: {error}"))
    })?;
    Ok(JobDataset { name: row.name, path: row.path, fingerprint: row.fingerprint, facts })
}

/// The run's sweep as its folder keeps it; `None`: it belongs to none.
pub(crate) async fn job_sweep(store: &Store, row: &RunRow) -> Result<Option<JobSweep>> {
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

/// Everything about an attempt before it exists.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub run: RunId,
    pub attempt: u32,
    pub resume: ResumePoint,
    pub recipe: Recipe,
    pub probed: Option<ProbedRun>,
    pub dataset: JobDataset,
    pub device: String,
    /// It goes back to an earlier checkpoint on request.
    pub rewound: bool,
    pub label: String,
    pub axes: BTreeMap<String, Value>,
    pub sweep: Option<JobSweep>,
}

/// An attempt whose job is written and whose lock is held.
#[derive(Debug)]
pub(crate) struct Prepared {
    lock: Lock,
    log: std::fs::File,
    args: GuardArgs,
}

/// Takes the lock and writes the job. Blocks up to two seconds.
///
/// # Errors
/// `Lock(Held)`: somebody works on this run already.
pub(crate) fn prepare(folder: &RunFolder, plan: &Plan, binaries: &Binaries) -> Result<Prepared> {
    std::fs::create_dir_all(folder.path()).map_err(SupervisorError::io("create", folder.path()))?;
    let lock = Lock::acquire_within(&folder.lock(), LOCK_PATIENCE)?;
    write_job(folder, plan)?;
    let log_path = folder.worker_log(plan.attempt);
    let log = OpenOptions::new().create(true).append(true).open(&log_path);
    let log = log.map_err(SupervisorError::io("open", log_path))?;
    let args = GuardArgs {
        run_dir: folder.path().to_owned(),
        attempt: plan.attempt,
        worker: binaries.worker.clone(),
        threads: plan.recipe.threads,
        own_lock: false,
    };
    Ok(Prepared { lock, log, args })
}

/// Writes `job.json` and makes the attempt's folder, in a run folder that is ours.
pub(crate) fn write_job(folder: &RunFolder, plan: &Plan) -> Result<()> {
    std::fs::create_dir_all(folder.path()).map_err(SupervisorError::io("create", folder.path()))?;
    // All that was asked before belongs to earlier attempts.
    let acknowledged_control = folder.read_control()?.map_or(0, |control| control.seq);
    let job = Job {
        format: JOB_FORMAT,
        run: plan.run.to_string(),
        attempt: plan.attempt,
        first_step: plan.resume.first_step,
        resume_from: plan.resume.path.as_ref().map(PathBuf::from),
        recipe: plan.recipe.clone(),
        probed: plan.probed.clone(),
        dataset: plan.dataset.clone(),
        device: plan.device.clone(),
        acknowledged_control,
        versions: BTreeMap::from([("vitals".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        label: plan.label.clone(),
        axes: plan.axes.clone(),
        sweep: plan.sweep.clone(),
    };
    let bytes = serde_json::to_vec_pretty(&job)
        .map_err(|error| SupervisorError::BadJob { path: folder.job(), what: error.to_string() })?;
    atomic_write(&folder.job(), &bytes)?;
    folder.create_attempt(plan.attempt)?;
    Ok(())
}

/// Starts the guard, which from here on holds the lock.
pub(crate) fn spawn(prepared: Prepared, binaries: &Binaries) -> Result<tokio::process::Child> {
    let fail = || SupervisorError::io("start", &binaries.vitals);
    let errors = prepared.log.try_clone().map_err(fail())?;
    let lock = prepared.lock.stdio().map_err(fail())?;
    tokio::process::Command::new(&binaries.vitals)
        .arg("guard")
        .args(prepared.args.to_args())
        .current_dir("/")
        .stdin(lock)
        .stdout(Stdio::from(prepared.log))
        .stderr(errors)
        .spawn()
        .map_err(fail())
}

/// Whether somebody else holds the run's lock.
pub(crate) fn is_held(error: &SupervisorError) -> bool {
    matches!(error, SupervisorError::Lock(LockError::Held { .. }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checkpoint(attempt: u32, step: u64, removed: bool, superseded: bool) -> Checkpoint {
        let path = format!("checkpoints/step-{step:08}");
        Checkpoint { attempt, step, path, size_bytes: None, at: None, removed, superseded }
    }

    fn unreadable(step: u64) -> Attempt {
        Attempt {
            number: 2,
            first_step: step,
            resume_from: Some(format!("checkpoints/step-{step:08}")),
            device: None,
            recorded: false,
            journal_offset: 0,
            control_seq: 0,
            last_step: None,
            created_at: 0,
            started_at: None,
            ended_at: None,
            end: None,
            exit: Some(json!({ "code": 7, "signal": null })),
        }
    }

    #[test]
    fn goes_on_from_the_newest_checkpoint_that_counts() {
        let check = |attempts: &[Attempt],
                     checkpoints: &[Checkpoint],
                     wanted: Option<&str>,
                     expected: Option<u64>| {
            assert_eq!(choose(attempts, checkpoints, wanted).map(|point| point.first_step), expected);
        };
        check(&[], &[], None, Some(0));
        let (a, b) = (checkpoint(1, 100, false, false), checkpoint(1, 200, false, false));
        check(&[], &[a.clone(), b.clone()], None, Some(200));
        check(&[], &[a.clone(), checkpoint(1, 200, true, false)], None, Some(100));
        check(&[], &[a.clone(), checkpoint(1, 200, false, true)], None, Some(100));
        check(&[unreadable(200)], &[a.clone(), b.clone()], None, Some(100));
        check(
            &[],
            &[a.clone(), checkpoint(1, 200, false, true)],
            Some("checkpoints/step-00000200"),
            Some(200),
        );
        check(&[], &[a, b], Some("checkpoints/step-00000300"), None);
    }
}
