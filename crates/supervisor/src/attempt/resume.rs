//! From which checkpoint an attempt goes on: the newest in force that can be read, or the one that a rewind asked for.

use std::collections::HashSet;

use serde_json::Value;
use vitals_journal::RunFolder;
use vitals_run::{ExitCode, Obstacle, RunState};
use vitals_store::{Attempt, Checkpoint, RunId, Store, Transition};

use crate::error::{Result, SupervisorError};

/// Evidence data of a queued run: the checkpoint to go on from, by a rewind.
pub(crate) const RESUME_FROM: &str = "resume_from";

/// Evidence data of a rewind alone: the step that was asked for.
pub(crate) const TO_STEP: &str = "to_step";

/// The checkpoint to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResumePoint {
    /// The first step to train.
    pub first_step: u64,
    /// Relative to the run folder; `None`: from the beginning.
    pub path: Option<String>,
    /// Those in force before it, the newest first: the worker takes one where this one turns out to be damaged.
    pub fallbacks: Vec<String>,
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
    let cannot = SupervisorError::CannotStart;
    let point = choose(&attempts, &checkpoints, wanted).ok_or_else(|| {
        let path = wanted.unwrap_or_default().to_owned();
        cannot(Obstacle::CheckpointGone { path })
    })?;
    if point.path.is_none() && checkpoints.iter().any(is_in_force) {
        // What was trained is not thrown away without a word.
        let folder = folder.checkpoints().display().to_string();
        return Err(cannot(Obstacle::CheckpointsDamaged { folder }));
    }
    Ok(point)
}

fn is_in_force(checkpoint: &Checkpoint) -> bool {
    !checkpoint.removed && !checkpoint.superseded
}

fn choose(attempts: &[Attempt], checkpoints: &[Checkpoint], wanted: Option<&str>) -> Option<ResumePoint> {
    let mut there = checkpoints.iter().filter(|checkpoint| !checkpoint.removed);
    if let Some(wanted) = wanted {
        // Asked for by a person, who is told where it cannot be had.
        return there.find(|checkpoint| checkpoint.path == wanted).map(|found| ResumePoint {
            first_step: found.step,
            path: Some(found.path.clone()),
            fallbacks: Vec::new(),
        });
    }
    let unreadable: HashSet<&str> = attempts
        .iter()
        .filter(|attempt| exit_code(attempt.exit.as_ref()) == Some(ExitCode::CHECKPOINT_UNREADABLE))
        .filter_map(|attempt| attempt.resume_from.as_deref())
        .collect();
    let mut in_force: Vec<&Checkpoint> = there
        .filter(|checkpoint| is_in_force(checkpoint) && !unreadable.contains(checkpoint.path.as_str()))
        .collect();
    in_force.sort_by_key(|checkpoint| (checkpoint.step, checkpoint.attempt));
    let Some(newest) = in_force.pop() else { return Some(ResumePoint::default()) };
    let mut fallbacks: Vec<String> =
        in_force.iter().rev().map(|checkpoint| checkpoint.path.clone()).collect();
    fallbacks.dedup();
    fallbacks.retain(|path| *path != newest.path);
    Some(ResumePoint { first_step: newest.step, path: Some(newest.path.clone()), fallbacks })
}

fn exit_code(exit: Option<&Value>) -> Option<ExitCode> {
    let code = exit?.get("code")?.as_i64()?;
    Some(ExitCode(i32::try_from(code).ok()?))
}

/// The checkpoint to which the run was last asked to go back, if it has waited for a start since: a start that was put off
/// or interrupted does not make it forget.
pub(crate) fn rewind_target(history: &[Transition]) -> Option<String> {
    let waits = |change: &&Transition| matches!(change.to, RunState::Queued | RunState::Starting);
    let asked = history.iter().rev().take_while(waits).find(|change| change.data.get(TO_STEP).is_some())?;
    Some(asked.data.get(RESUME_FROM)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vitals_run::Evidence;

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

    #[test]
    fn those_before_it_are_named_the_newest_first() {
        let all = [100, 200, 300, 400].map(|step| checkpoint(1, step, step == 300, false));
        let point = choose(&[unreadable(400)], &all, None).unwrap();
        assert_eq!((point.first_step, point.fallbacks), (200, vec!["checkpoints/step-00000100".to_owned()]));
        let wanted = choose(&[], &all, Some("checkpoints/step-00000400")).unwrap();
        assert_eq!((wanted.first_step, wanted.fallbacks), (400, Vec::new()));
    }

    fn change(to: RunState, data: Value) -> Transition {
        let evidence_code = Evidence::said("because");
        Transition { at: 0, from: None, to, evidence: evidence_code.to_string(), evidence_code, data }
    }

    #[test]
    fn a_rewind_is_remembered_until_it_has_begun() {
        use RunState::{Failed, Queued, Running, Starting};
        let rewind = || change(Queued, json!({ RESUME_FROM: "checkpoints/step-00000020", TO_STEP: 20 }));
        let plain = |to| change(to, Value::Null);
        let started = || change(Starting, json!({ RESUME_FROM: "checkpoints/step-00000020" }));
        let check = |history: &[Transition], expected: Option<&str>| {
            assert_eq!(rewind_target(history).as_deref(), expected);
        };
        let there = Some("checkpoints/step-00000020");
        check(&[], None);
        check(&[plain(Queued)], None);
        check(&[plain(Failed), rewind()], there);
        check(&[plain(Failed), rewind(), plain(Queued)], there);
        check(&[plain(Failed), rewind(), started(), plain(Queued)], there);
        check(&[rewind(), started(), plain(Running), plain(Failed), plain(Queued)], None);
        // What an attempt resumed from is no wish to go back.
        check(&[plain(Failed), plain(Queued), started(), plain(Queued)], None);
    }
}
