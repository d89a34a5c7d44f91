//! How a job ended, by the scheduler's word and what the run folder tells. Pure. The folder's exit record says more where
//! Slurm only knows that a program failed; where Slurm ended the job itself, its word is the cause.

use serde_json::json;
use vitals_journal::Command;
use vitals_store::{Evidence, RunState};

use super::super::Judgement;
use super::{GONE, JobWord};
use crate::attempt::known::Known;
use crate::attempt::verdict::verdict;

/// The state, its evidence, and why the run goes back into the queue, where it does.
pub fn judge(word: &JobWord, known: &Known, new_checkpoint: bool) -> Judgement {
    let (state, evidence, again) = by_word(word, known, new_checkpoint);
    Judgement { state, evidence, again: again.map(Evidence::text) }
}

fn by_word(
    word: &JobWord,
    known: &Known,
    new_checkpoint: bool,
) -> (RunState, Evidence, Option<&'static str>) {
    let (state, evidence) = verdict(known);
    let told = known.exit.is_some() || known.end.is_some();
    let data = json!({ "slurm": word, "run_folder": { "state": state.as_str(), "evidence": evidence.text } });
    let name = word.state.as_str();
    let said = |text: &str| Evidence::with(format!("slurm: {name}{text}"), data.clone());
    let finished = told && state == RunState::Finished;
    match name {
        _ if finished => (state, evidence, None),
        _ if told && state == RunState::Cancelled && name != "CANCELLED" => (state, evidence, None),
        _ if known.asked == Some(Command::Cancel) => (RunState::Cancelled, said(", cancel requested"), None),
        _ if told && state == RunState::Paused && known.asked == Some(Command::Pause) => {
            (state, evidence, None)
        }
        "TIMEOUT" if new_checkpoint => (
            RunState::Failed,
            said(""),
            Some("requeued after its time limit: it goes on from its checkpoint"),
        ),
        "TIMEOUT" => {
            (RunState::Failed, said(", no new checkpoint before the time limit; allow more time"), None)
        }
        "PREEMPTED" => (
            RunState::Failed,
            said(""),
            Some("requeued after preemption: it goes on from its last checkpoint"),
        ),
        "NODE_FAIL" | "BOOT_FAIL" => (
            RunState::Failed,
            said(""),
            Some("requeued after its node failed: it goes on from its last checkpoint"),
        ),
        "CANCELLED" => (RunState::Cancelled, said(", not by Vitals"), None),
        "OUT_OF_MEMORY" | "DEADLINE" => (RunState::Failed, said(""), None),
        _ if told => (state, evidence, None),
        GONE => (
            RunState::Lost,
            said(": neither squeue nor sacct knows the job, no exit.json, no end record"),
            None,
        ),
        "COMPLETED" => (RunState::Lost, said(", no exit.json, no end record"), None),
        _ => {
            let cause = known.last_words.as_deref().map_or_else(String::new, |words| format!(": {words}"));
            (RunState::Failed, said(&cause), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use vitals_journal::ExitRecord;

    use super::*;

    fn check(state: &str, known: Known, new_checkpoint: bool, expected: &str) {
        let word = JobWord { state: state.to_owned(), reason: String::new(), nodes: String::new() };
        let Judgement { state, evidence, again } = judge(&word, &known, new_checkpoint);
        let again = if again.is_some() { ", again" } else { "" };
        assert_eq!(format!("{state}: {}{again}", evidence.text), expected);
    }

    fn exit(code: i32, asked: Option<Command>) -> Known {
        let exit = ExitRecord { code: Some(code), ..ExitRecord::default() };
        Known { exit: Some(exit), asked, ..Known::default() }
    }

    #[test]
    fn table() {
        let none = Known::default;
        check("COMPLETED", exit(0, None), false, "finished: exit 0");
        check("FAILED", exit(4, None), false, "failed: exit 4: non-finite loss");
        check("FAILED", exit(3, Some(Command::Pause)), true, "paused: exit 3");
        check("TIMEOUT", exit(3, None), true, "failed: slurm: TIMEOUT, again");
        check("TIMEOUT", none(), true, "failed: slurm: TIMEOUT, again");
        check(
            "TIMEOUT",
            none(),
            false,
            "failed: slurm: TIMEOUT, no new checkpoint before the time limit; allow more time",
        );
        check("TIMEOUT", exit(0, None), true, "finished: exit 0");
        check("PREEMPTED", none(), false, "failed: slurm: PREEMPTED, again");
        check("NODE_FAIL", none(), false, "failed: slurm: NODE_FAIL, again");
        check("OUT_OF_MEMORY", none(), true, "failed: slurm: OUT_OF_MEMORY");
        check(
            "CANCELLED",
            exit(3, Some(Command::Cancel)),
            true,
            "cancelled: slurm: CANCELLED, cancel requested",
        );
        check("FAILED", exit(3, Some(Command::Cancel)), true, "cancelled: exit 3");
        check("CANCELLED", none(), false, "cancelled: slurm: CANCELLED, not by Vitals");
        check("FAILED", none(), false, "failed: slurm: FAILED");
        check(
            GONE,
            none(),
            false,
            "lost: slurm: GONE: neither squeue nor sacct knows the job, no exit.json, no end record",
        );
    }

    /// What `sacct` of Slurm 22.05 printed (accounts in slurmdbd, our columns and options) of jobs that ended in each of
    /// these ways: by themselves, by their program's exit code, with their node, for their memory, by `scancel`, for a
    /// more urgent job, by `scancel` amid a requeue, at their time limit, by `scancel` before they began, by signal 9.
    const ACCOUNTED: &str = "1|COMPLETED|None|vm\n2|FAILED|None|vm\n3|NODE_FAIL|None|vm\n4|OUT_OF_MEMORY|None|vm\n\
         5|CANCELLED by 0|None|vm\n6|PREEMPTED|None|vm\n9|CANCELLED by 0|BeginTime|vm\n10|TIMEOUT|None|vm\n\
         11|CANCELLED by 0|BeginTime|None assigned\n13|FAILED|None|vm\n";

    /// Of each job of `sacct`'s answer: the state and its evidence, where the run folder tells `known`.
    fn accounted(known: &Known, new_checkpoint: bool) -> Vec<String> {
        let jobs = super::super::words::parse_sacct(ACCOUNTED);
        let judged = jobs.iter().map(|(id, word)| {
            assert!(word.has_ended(), "{word:?}");
            let Judgement { state, evidence, again } = judge(word, known, new_checkpoint);
            format!("{id} {state}: {}{}", evidence.text, if again.is_some() { ", again" } else { "" })
        });
        judged.collect()
    }

    #[test]
    fn a_job_that_is_held_or_moved_has_not_ended() {
        for state in ["PENDING", "COMPLETING", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "REQUEUE_FED"]
        {
            let word = JobWord { state: state.to_owned(), reason: String::new(), nodes: String::new() };
            assert!(!word.has_ended(), "{state}");
        }
    }

    #[test]
    fn sacct_alone() {
        let told = accounted(&Known::default(), true);
        assert_eq!(
            told,
            [
                "1 lost: slurm: COMPLETED, no exit.json, no end record",
                "2 failed: slurm: FAILED",
                "3 failed: slurm: NODE_FAIL, again",
                "4 failed: slurm: OUT_OF_MEMORY",
                "5 cancelled: slurm: CANCELLED, not by Vitals",
                "6 failed: slurm: PREEMPTED, again",
                "9 cancelled: slurm: CANCELLED, not by Vitals",
                "10 failed: slurm: TIMEOUT, again",
                "11 cancelled: slurm: CANCELLED, not by Vitals",
                "13 failed: slurm: FAILED",
            ]
        );
    }

    #[test]
    fn sacct_beside_a_worker_that_stopped_with_a_checkpoint() {
        let told = accounted(&exit(3, None), true);
        assert_eq!(told[0], "1 paused: exit 3, stopped by a signal from outside");
        assert_eq!(told[2], "3 failed: slurm: NODE_FAIL, again");
        assert_eq!(told[5], "6 failed: slurm: PREEMPTED, again");
        assert_eq!(told[7], "10 failed: slurm: TIMEOUT, again");
        // Whatever Slurm says, a worker that reached its last step has finished.
        assert!(accounted(&exit(0, None), false).iter().all(|told| told.ends_with(" finished: exit 0")));
    }
}
