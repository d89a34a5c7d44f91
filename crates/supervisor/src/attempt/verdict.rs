//! How an attempt ended, from what is known: the guard's exit record, the journal's end, what was asked, the boot.
//! Pure. Every state comes with the evidence that it rests on; where there is none, the state is `lost`.

use serde_json::json;
use vitals_journal::{Command, ExitRecord};
use vitals_run::{EndReason, Evidence, ExitCode, Grounds, RunState};

use super::known::Known;

/// The state that follows, and what it rests on.
pub fn verdict(known: &Known) -> (RunState, Grounds) {
    let data = json!({
        "exit": known.exit,
        "end": known.end,
        "asked": known.asked,
        "rebooted": known.rebooted,
    });
    let (state, evidence) = if let Some(exit) = &known.exit {
        by_exit(exit, known)
    } else if let Some((end, code)) = known.end.as_ref().and_then(|end| Some((end, end.exit_code?))) {
        let (state, what) = by_code(ExitCode(code), known, &end.message);
        (state, Evidence::ByJournal { what: what.into() })
    } else if known.outlived.is_some() {
        (RunState::Lost, Evidence::FolderRemoved)
    } else if let Some(folder) = &known.last_seen {
        (RunState::Lost, Evidence::FolderLastSeen { folder: folder.display().to_string() })
    } else if known.folder_missing {
        (RunState::Lost, Evidence::FolderMissing)
    } else if known.rebooted {
        (RunState::Failed, Evidence::Rebooted)
    } else {
        (RunState::Lost, Evidence::NoEvidence)
    };
    (state, evidence.with(data))
}

fn by_exit(exit: &ExitRecord, known: &Known) -> (RunState, Evidence) {
    if let Some(signal) = exit.signal {
        return by_signal(signal, exit, known);
    }
    match exit.code {
        Some(code) => {
            let printed = known.last_words.as_deref().unwrap_or_default();
            let message = known.end.as_ref().map_or(printed, |end| end.message.as_str());
            by_code(ExitCode(code), known, message)
        }
        None => (RunState::Lost, Evidence::EmptyExit),
    }
}

/// A stop is a pause or a cancel by what was asked, not by its code.
fn by_code(exit: ExitCode, known: &Known, message: &str) -> (RunState, Evidence) {
    let code = exit.0;
    // A worker that stops writes a checkpoint behind its last step; before its first there is nothing to keep.
    let last = known.end.as_ref().and_then(|end| end.last_step);
    let kept = |evidence: fn(u64) -> Evidence| {
        last.map_or(Evidence::Exit { code }, |last| evidence(last.saturating_add(1)))
    };
    match (exit, known.asked) {
        (ExitCode::FINISHED, _) => (RunState::Finished, Evidence::Exit { code }),
        (ExitCode::STOPPED, Some(Command::Cancel)) => {
            (RunState::Cancelled, kept(|step| Evidence::CancelledAtCheckpoint { step }))
        }
        (ExitCode::STOPPED, Some(Command::Pause)) => {
            (RunState::Paused, kept(|step| Evidence::PausedAtCheckpoint { step }))
        }
        (ExitCode::STOPPED, _) => (RunState::Paused, Evidence::StoppedFromOutside { code }),
        (exit, Some(Command::Cancel)) => (RunState::Cancelled, why(exit, message)),
        (exit, _) => (RunState::Failed, why(exit, message)),
    }
}

/// The worker's own words where it has some, else what its code stands for.
fn why(exit: ExitCode, message: &str) -> Evidence {
    let code = exit.0;
    let words = message.lines().next().unwrap_or_default().trim().to_owned();
    match exit.meaning() {
        meaning if words.is_empty() => {
            meaning.map_or(Evidence::Exit { code }, |why| Evidence::ExitMeaning { code, meaning: why.into() })
        }
        // The loader's or the shell's words tell why, not that.
        Some(EndReason::WorkerNotStarted) => Evidence::WorkerNotStarted { code, words },
        _ => Evidence::ExitSaid { code, words },
    }
}

fn by_signal(signal: i32, exit: &ExitRecord, known: &Known) -> (RunState, Evidence) {
    match known.asked {
        Some(Command::Cancel) if signal == 9 && known.grace_spent => {
            (RunState::Cancelled, Evidence::SignalAfterGrace { signal })
        }
        Some(Command::Cancel) => (RunState::Cancelled, Evidence::Signal { signal }),
        _ if signal == 9 && exit.oom_kills.unwrap_or(0) > 0 => {
            (RunState::Failed, Evidence::MemoryKiller { signal })
        }
        _ => (RunState::Failed, Evidence::Signal { signal }),
    }
}

#[cfg(test)]
mod tests {
    use vitals_store::EndOfAttempt;

    use super::*;
    use crate::system::ProcessMark;

    fn exit(code: Option<i32>, signal: Option<i32>) -> Option<ExitRecord> {
        Some(ExitRecord { code, signal, ..ExitRecord::default() })
    }

    fn end(exit_code: i32, message: &str) -> Option<EndOfAttempt> {
        let reason = "of no account".to_owned();
        Some(EndOfAttempt {
            reason,
            exit_code: Some(exit_code),
            last_step: None,
            message: message.to_owned(),
            at: None,
        })
    }

    fn check(known: Known, expected: &str) {
        let (state, grounds) = verdict(&known);
        assert_eq!(format!("{state}: {}", grounds.evidence), expected, "{known:?}");
    }

    #[test]
    fn by_the_guard_s_word() {
        let of = |code, asked| Known { exit: exit(Some(code), None), asked, ..Known::default() };
        check(of(0, None), "finished: exit 0");
        check(of(0, Some(Command::Cancel)), "finished: exit 0");
        check(of(3, Some(Command::Pause)), "paused: exit 3");
        check(of(3, Some(Command::Cancel)), "cancelled: exit 3");
        let stopped = |asked| {
            let end = end(3, "").map(|end| EndOfAttempt { last_step: Some(41), ..end });
            Known { end, ..of(3, Some(asked)) }
        };
        check(stopped(Command::Pause), "paused: paused by you, checkpoint at step 42");
        check(stopped(Command::Cancel), "cancelled: as you asked, checkpoint at step 42");
        check(of(3, None), "paused: exit 3, stopped by a signal from outside");
        check(of(3, Some(Command::Checkpoint)), "paused: exit 3, stopped by a signal from outside");
        check(of(4, None), "failed: exit 4: non-finite loss");
        check(of(5, None), "failed: exit 5: out of device memory");
        check(of(1, None), "failed: exit 1");
        check(of(1, Some(Command::Cancel)), "cancelled: exit 1");
        let told =
            Known { end: end(6, "failed to read the data set: no images in /x\nat …"), ..of(6, None) };
        check(told, "failed: exit 6: failed to read the data set: no images in /x");
        let printed =
            |code| Known { last_words: Some("libtorch_cpu.so: not found".to_owned()), ..of(code, None) };
        check(printed(127), "failed: exit 127: the worker could not be started: libtorch_cpu.so: not found");
        check(printed(1), "failed: exit 1: libtorch_cpu.so: not found");
        check(printed(0), "finished: exit 0");
    }

    #[test]
    fn by_signal() {
        let of = |signal, asked| Known { exit: exit(None, Some(signal)), asked, ..Known::default() };
        check(of(9, None), "failed: killed (signal 9)");
        check(of(9, Some(Command::Pause)), "failed: killed (signal 9)");
        check(of(11, None), "failed: killed (signal 11)");
        check(of(15, Some(Command::Cancel)), "cancelled: killed (signal 15)");
        let spent = Known { grace_spent: true, ..of(9, Some(Command::Cancel)) };
        check(spent, "cancelled: killed (signal 9) when the grace after SIGTERM was over");
        let mut killer = of(9, None);
        killer.exit.as_mut().unwrap().oom_kills = Some(1);
        check(killer, "failed: killed (signal 9) by the kernel's memory killer");
    }

    #[test]
    fn without_a_guard() {
        let told = Known { end: end(0, ""), ..Known::default() };
        check(told, "finished: exit 0 (journal's end record; no exit.json)");
        check(
            Known { rebooted: true, ..Known::default() },
            "failed: lock free, no end record, boot id changed",
        );
        check(Known::default(), "lost: lock free, no exit.json, no end record");
        let missing = Known { folder_missing: true, ..Known::default() };
        check(missing.clone(), "lost: lock free, run folder missing");
        let moved = Known { last_seen: Some("/old/runs/x".into()), ..missing.clone() };
        check(
            moved,
            "lost: its run folder is not here; its process worked in /old/runs/x to its end: bring that folder back, or run `vitals ingest` on it",
        );
        let outlived = ProcessMark::of(std::process::id());
        check(
            Known { outlived, ..missing },
            "lost: run folder removed while it ran, its processes were ended",
        );
        check(
            Known { exit: exit(None, None), ..Known::default() },
            "lost: exit.json names neither code nor signal",
        );
    }

    #[test]
    fn every_verdict_may_follow_every_living_state_and_has_evidence() {
        let signals = [None, Some(9), Some(15)];
        let asks = [None, Some(Command::Pause), Some(Command::Cancel), Some(Command::Checkpoint)];
        for code in [None, Some(0), Some(1), Some(3), Some(4), Some(137)] {
            for (signal, asked) in signals.into_iter().flat_map(|s| asks.into_iter().map(move |a| (s, a))) {
                for rebooted in [false, true] {
                    let known = Known { exit: exit(code, signal), asked, rebooted, ..Known::default() };
                    let (state, grounds) = verdict(&known);
                    assert!(!grounds.evidence.to_string().is_empty());
                    assert!(state.has_ended() || state == RunState::Paused);
                    for living in RunState::ALL.into_iter().filter(|state| state.is_active()) {
                        assert!(living.may_become(state), "{living} → {state}");
                    }
                }
            }
        }
    }
}
