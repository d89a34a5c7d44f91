//! What `doctor` says of the supervisor: a lock that is held tells that somebody holds it, and only signs of life tell that
//! somebody works: the lock is touched before each of its looks, and its own words are written every second.

use std::path::Path;
use std::time::Duration;

use vitals_journal::Lock;
use vitals_store::UnixMillis;
use vitals_supervisor::{Holding, Seen, Workspace, holder};

use super::{fine, wrong};
use crate::dto::DoctorLine;
use crate::said::{Finding, Remedy};
use crate::{Context, supervisor};

/// Who shows no sign of life for so long does not work; even looks at a damaged database are closer.
const SILENT_SECS: u64 = 10;
/// One that has just taken its lock shows its first sign of life within an instant.
const COMING_UP: Duration = Duration::from_secs(1);

/// Beside an open database.
pub(super) async fn line(context: &Context) -> DoctorLine {
    let seen = match supervisor::seen(context).await {
        Ok(seen) => seen,
        Err(error) => return wrong("supervisor", error.told, Remedy::DatabaseAbove),
    };
    match &seen.lock {
        Holding::Free => return fine("supervisor", Finding::SupervisorNotNeeded),
        Holding::Unseen { .. } => {
            let unseen = seen.lock.hindrance(context.workspace());
            return unseen.map_or_else(
                || fine("supervisor", Finding::SupervisorNotNeeded),
                |unseen| wrong("supervisor", unseen, Remedy::SupervisorLog),
            );
        }
        Holding::Supervisor | Holding::Silent { .. } => {}
    }
    if let Some(line) = silent(context.workspace()).await {
        return line;
    }
    match (&seen.status.problem, seen.pid) {
        (Some(problem), _) => wrong("supervisor", problem.clone(), Remedy::SupervisorLog),
        (None, Some(pid)) => works(context, &seen, pid),
        (None, None) => fine("supervisor", Finding::SupervisorComes),
    }
}

fn works(context: &Context, seen: &Seen, pid: u32) -> DoctorLine {
    let seconds = seen.last_contact_at.map_or(0, |at| seconds_since(at, context.now()));
    let pid = holder(&context.workspace().supervisor_lock()).unwrap_or(pid).to_string();
    if seconds < SILENT_SECS || is_coming_up(context.workspace(), seen) {
        return fine("supervisor", Finding::SupervisorRuns { pid });
    }
    wrong("supervisor", Finding::SupervisorWritesNothing { pid, seconds }, Remedy::SupervisorLog)
}

/// Its own words are those of the one before it.
fn is_coming_up(workspace: &Workspace, seen: &Seen) -> bool {
    holder(&workspace.supervisor_lock()).is_some_and(|pid| seen.pid.is_some_and(|said| said != pid))
}

/// Without a database that says more; nothing where nobody holds the lock.
pub(super) async fn without_database(workspace: &Workspace) -> Option<DoctorLine> {
    let lock = workspace.supervisor_lock();
    if !Lock::is_held(&lock).unwrap_or(false) {
        return None;
    }
    let silent = silent(workspace).await;
    Some(silent.unwrap_or_else(|| match holder(&lock) {
        Some(pid) => fine("supervisor", Finding::SupervisorRunsUnread { pid: pid.to_string() }),
        None => fine("supervisor", Finding::SupervisorComes),
    }))
}

/// The line about a lock that is held and not touched.
async fn silent(workspace: &Workspace) -> Option<DoctorLine> {
    let lock = workspace.supervisor_lock();
    let seconds = untouched(&lock)?;
    tokio::time::sleep(COMING_UP).await;
    untouched(&lock)?;
    if !Lock::is_held(&lock).unwrap_or(false) {
        return None;
    }
    Some(match holder(&lock) {
        Some(pid) => {
            let pid = pid.to_string();
            let found = Finding::SupervisorSilentAs { pid: pid.clone(), seconds };
            wrong("supervisor", found, Remedy::EndSilent { pid })
        }
        None => wrong("supervisor", Finding::SupervisorSilent { seconds }, Remedy::EndHolder),
    })
}

/// For how long the lock has not been touched, where that is too long.
fn untouched(lock: &Path) -> Option<u64> {
    Lock::untouched_for(lock).map(|silence| silence.as_secs()).filter(|seconds| *seconds >= SILENT_SECS)
}

/// None where clocks have jumped.
fn seconds_since(at: UnixMillis, now: UnixMillis) -> u64 {
    u64::try_from(now.saturating_sub(at) / 1000).unwrap_or(0)
}
