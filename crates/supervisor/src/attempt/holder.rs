//! Who holds a run's lock. That it is held says that somebody does, and not who; what counts is the mark of the run's guard and
//! worker, whom the kernel shows alive or gone. An ended run is revived by nobody else, and none lives on by somebody else.

use vitals_journal::{Lock, LockError, RunFolder};

use super::place::{Place, place};
use crate::guard::GuardMark;
use crate::system::ProcessMark;

/// A process that an attempt's mark names works in this very run folder: whoever holds its lock is the run's own. An attempt
/// that was just started has no mark yet.
pub(crate) fn works(folder: &RunFolder) -> bool {
    let newest = folder.attempts().unwrap_or_default().last().copied();
    let mark = newest.and_then(|attempt| GuardMark::read(folder, attempt));
    let is_here = |process: ProcessMark| place(&process, folder) == Place::Here;
    mark.is_some_and(|mark| [mark.guard, mark.worker].into_iter().flatten().any(is_here))
}

/// Those whom the attempt's mark names are gone for certain, so that its lock, where it is held, is held by somebody else.
fn is_of_others(folder: &RunFolder, attempt: u32) -> bool {
    let Some(mark) = GuardMark::read(folder, attempt) else { return false };
    let mut named = [mark.guard, mark.worker].into_iter().flatten().peekable();
    named.peek().is_some() && named.all(|process| process.is_gone())
}

/// Whether somebody works on an attempt, as far as its lock can tell.
pub(crate) fn is_held(folder: &RunFolder, attempt: Option<u32>) -> Result<bool, LockError> {
    Ok(Lock::is_held(&folder.lock())? && !attempt.is_some_and(|attempt| is_of_others(folder, attempt)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_the_dead_is_held_by_others() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path());
        folder.create_attempt(1).unwrap();
        let lock = Lock::acquire(&folder.lock()).unwrap();
        assert!(is_held(&folder, Some(1)).unwrap(), "no mark yet: it was just started");
        let me = ProcessMark::of(std::process::id()).unwrap();
        let gone = ProcessMark { started: me.started + 1, ..me.clone() };
        let write = |guard: &ProcessMark, worker: &ProcessMark| {
            let mark = GuardMark {
                format: 1,
                guard: Some(guard.clone()),
                worker: Some(worker.clone()),
                boot_id: me.boot_id.clone(),
            };
            std::fs::write(folder.attempt_dir(1).join("guard.json"), serde_json::to_vec(&mark).unwrap())
                .unwrap();
        };
        let elsewhere = ProcessMark { namespace: Some(1), ..gone.clone() };
        let older = ProcessMark { namespace: None, ..gone.clone() };
        for (guard, worker, held) in
            [(&gone, &me, true), (&gone, &elsewhere, true), (&older, &gone, true), (&gone, &gone, false)]
        {
            write(guard, worker);
            assert_eq!(is_held(&folder, Some(1)).unwrap(), held, "{guard:?} {worker:?}");
        }
        assert!(!works(&folder), "this process holds it, and works on no run");
        drop(lock);
        assert!(!is_held(&folder, Some(1)).unwrap());
    }
}
