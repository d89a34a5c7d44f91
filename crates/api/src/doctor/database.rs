//! What `doctor` says of the database, whole, damaged or gone, and of run folders that it does not know. All damage has one
//! remedy: the database is moved away, never removed, and the run folders are read anew. The commands are whole, for this
//! workspace, and are tried by a test.

use serde_json::Value;
use vitals_recipe::{Bytes, Tells as _};
use vitals_store::StoreError;
use vitals_supervisor::Workspace;

use super::{fine, wrong};
use crate::Context;
use crate::dto::{ApiError, DoctorLine, ErrorCode};
use crate::said::{Finding, Remedy};
use crate::unlisted::{folders, ingest_command, quoted};

/// Where a damaged database is moved to, in the workspace.
const AWAY: &str = "damaged-database";

/// What stands in the database's place before anything is opened.
pub(super) enum Standing {
    /// No file, or one without a byte: nothing is lost by a new one.
    Absent(Box<DoctorLine>),
    /// Something that can be opened, or not.
    There,
}

pub(super) fn standing(workspace: &Workspace) -> Standing {
    let database = workspace.database();
    let path = database.display().to_string();
    let gone = match std::fs::symlink_metadata(&database) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::DatabaseGone { path },
        Ok(found) if found.is_file() && found.len() == 0 => Finding::DatabaseEmpty { path },
        _ => return Standing::There,
    };
    let found = folders(workspace, |_| false);
    let line = if found.is_empty() {
        fine("database", Finding::NoDatabaseYet)
    } else {
        wrong("database", gone, Remedy::IngestFolders { command: ingest_command(workspace, &found) })
    };
    Standing::Absent(Box::new(line))
}

/// A database that could not be opened.
pub(super) fn unopened(workspace: &Workspace, error: ApiError) -> DoctorLine {
    let advised = error.hints_told.into_iter().next();
    // What is wrong in other ways than by damage says itself what to do: a newer version, a holder, no room.
    let is_foreign = error.told.kind == "store.not_vitals";
    if error.code == ErrorCode::Workspace && !is_foreign {
        return wrong("database", error.told, advised.unwrap_or_else(|| Remedy::LookAtDisk.told()));
    }
    match advised {
        // Of another program, as far as anybody can tell: nothing here is of ours.
        Some(advice) if is_foreign && folders(workspace, |_| false).is_empty() => {
            wrong("database", error.told, advice)
        }
        _ => {
            let what = error.told.fields.get("what").and_then(Value::as_str).map(str::to_owned);
            damaged(workspace, what.unwrap_or(error.message))
        }
    }
}

/// The one remedy of all damage.
fn damaged(workspace: &Workspace, what: String) -> DoctorLine {
    let path = workspace.database();
    let away = (1..).map(|number| match number {
        1 => workspace.root().join(AWAY),
        _ => workspace.root().join(format!("{AWAY}-{number}")),
    });
    let away = away.into_iter().find(|away| std::fs::symlink_metadata(away).is_err()).unwrap_or_default();
    let (root, away) = (quoted(workspace.root()), quoted(&away));
    let command = format!("mkdir {away} && mv {root}/vitals.db* {away}/");
    let found = folders(workspace, |_| false);
    let remedy = if found.is_empty() {
        Remedy::MoveAway { command }
    } else {
        Remedy::Restore { command: format!("{command} && {}", ingest_command(workspace, &found)) }
    };
    wrong("database", Finding::DatabaseDamaged { path: path.display().to_string(), what }, remedy)
}

/// The open database.
pub(super) async fn opened(context: &Context) -> DoctorLine {
    match context.store().check_integrity(false).await {
        Ok(found) if found.problems.is_empty() => {
            fine("database", Finding::Whole { size: Bytes(found.database_bytes) })
        }
        Ok(found) => damaged(context.workspace(), first_of(&found.problems)),
        Err(error) if error.may_pass() => wrong("database", error.told(), Remedy::LookAtDisk),
        Err(StoreError::Corrupt { what }) => damaged(context.workspace(), what),
        Err(error) => damaged(context.workspace(), error.to_string()),
    }
}

/// One problem tells as much as a hundred: the remedy is the same.
fn first_of(problems: &[String]) -> String {
    let first = problems.first().map_or("", |problem| problem.lines().next().unwrap_or_default());
    match problems.len() {
        0 | 1 => first.to_owned(),
        many => format!("{first} (and {} more)", many - 1),
    }
}

/// Run folders that lie there and are not in it.
pub(super) async fn unlisted(context: &Context) -> Option<DoctorLine> {
    let found = crate::unlisted::unlisted(context).await.ok()?;
    let said = match found.len() {
        0 => return None,
        1 => Finding::UnlistedFolder,
        count => Finding::UnlistedFolders { count },
    };
    let command = ingest_command(context.workspace(), &found);
    Some(wrong("database", said, Remedy::IngestFolders { command }))
}
