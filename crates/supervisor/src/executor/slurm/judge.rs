//! How a job ended, by the scheduler's word and what the run folder tells. Pure. The folder's exit record says more where
//! Slurm only knows that a program failed; where Slurm ended the job itself, its word is the cause.

use serde_json::json;
use vitals_journal::Command;
use vitals_run::{Evidence, Grounds, RunState};

use super::super::Judgement;
use super::{GONE, JobWord, SLURM};
use crate::attempt::known::Known;
use crate::attempt::verdict::verdict;

/// The state, what it rests on, and why the run goes back into the queue, where it does.
pub fn judge(job: &JobWord, known: &Known, new_checkpoint: bool) -> Judgement {
    let (state, grounds, again) = by_word(job, known, new_checkpoint);
    Judgement { state, grounds, again }
}

fn by_word(job: &JobWord, known: &Known, new_checkpoint: bool) -> (RunState, Grounds, Option<Evidence>) {
    let (state, grounds) = verdict(known);
    let told = known.exit.is_some() || known.end.is_some();
    let run_folder = json!({ "state": state.as_str(), "evidence": grounds.evidence.to_string() });
    let data = json!({ "slurm": job, "run_folder": run_folder });
    let said = |evidence: Evidence| evidence.with(data.clone());
    let (scheduler, word) = (SLURM.to_owned(), job.state.clone());
    let finished = told && state == RunState::Finished;
    match word.as_str() {
        _ if finished => (state, grounds, None),
        name if told && state == RunState::Cancelled && name != "CANCELLED" => (state, grounds, None),
        _ if known.asked == Some(Command::Cancel) => {
            (RunState::Cancelled, said(Evidence::SchedulerCancelRequested { scheduler, word }), None)
        }
        _ if told && state == RunState::Paused && known.asked == Some(Command::Pause) => {
            (state, grounds, None)
        }
        "TIMEOUT" if new_checkpoint => {
            let again = Evidence::RequeuedAfterTimeLimit;
            (RunState::Failed, said(Evidence::Scheduler { scheduler, word }), Some(again))
        }
        "TIMEOUT" => (RunState::Failed, said(Evidence::SchedulerTimeLimit { scheduler, word }), None),
        "PREEMPTED" => {
            let again = Evidence::RequeuedAfterPreemption;
            (RunState::Failed, said(Evidence::Scheduler { scheduler, word }), Some(again))
        }
        "NODE_FAIL" | "BOOT_FAIL" => {
            let again = Evidence::RequeuedAfterNodeFailure;
            (RunState::Failed, said(Evidence::Scheduler { scheduler, word }), Some(again))
        }
        "CANCELLED" => {
            (RunState::Cancelled, said(Evidence::SchedulerCancelledByOthers { scheduler, word }), None)
        }
        "OUT_OF_MEMORY" | "DEADLINE" => {
            (RunState::Failed, said(Evidence::Scheduler { scheduler, word }), None)
        }
        _ if told => (state, grounds, None),
        GONE if job.reason.is_empty() => {
            (RunState::Lost, said(Evidence::SchedulerForgot { scheduler, word }), None)
        }
        GONE => {
            let why = job.reason.clone();
            (RunState::Lost, said(Evidence::SchedulerForgotUnaccounted { scheduler, word, why }), None)
        }
        "COMPLETED" => (RunState::Lost, said(Evidence::SchedulerNoRecord { scheduler, word }), None),
        _ => {
            let evidence = match known.last_words.clone() {
                Some(words) => Evidence::SchedulerSaid { scheduler, word, words },
                None => Evidence::Scheduler { scheduler, word },
            };
            (RunState::Failed, said(evidence), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use vitals_journal::ExitRecord;

    use super::*;

    fn check(state: &str, known: Known, new_checkpoint: bool, expected: &str) {
        let word = JobWord { state: state.to_owned(), reason: String::new(), nodes: String::new() };
        let Judgement { state, grounds, again } = judge(&word, &known, new_checkpoint);
        let again = if again.is_some() { ", again" } else { "" };
        assert_eq!(format!("{state}: {}{again}", grounds.evidence), expected);
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

    #[test]
    fn a_forgotten_job_whose_accounts_nobody_can_ask_is_said_so() {
        let reason = "Slurm accounting storage is disabled".to_owned();
        let word = JobWord { state: GONE.to_owned(), reason, nodes: String::new() };
        let told = |known: &Known| {
            let Judgement { state, grounds, .. } = judge(&word, known, false);
            format!("{state}: {}", grounds.evidence)
        };
        assert_eq!(
            told(&Known::default()),
            "lost: slurm: GONE: squeue no longer lists the job and sacct cannot be asked (Slurm accounting storage is \
             disabled), no exit.json, no end record"
        );
        assert_eq!(told(&exit(0, None)), "finished: exit 0");
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
            let Judgement { state, grounds, again } = judge(word, known, new_checkpoint);
            format!("{id} {state}: {}{}", grounds.evidence, if again.is_some() { ", again" } else { "" })
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
