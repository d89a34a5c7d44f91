//! What a person would check by hand when something does not work: each line is fine, or says what to do.

use std::process::Stdio;
use std::time::Duration;

use crate::dto::DoctorLine;
use crate::error::Result;
use crate::{Context, datasets, supervisor};

/// Loading libtorch takes seconds on a cold disk.
const PATIENCE: Duration = Duration::from_secs(60);
/// Less free space than this pauses nothing yet, but a checkpoint may not fit.
const LOW_DISK_BYTES: u64 = 2 << 30;

pub async fn doctor(context: &Context) -> Result<Vec<DoctorLine>> {
    let mut lines = vec![workspace(context), binaries(context)];
    lines.push(libtorch(context).await);
    lines.push(database(context).await);
    lines.extend(data_sets(context).await);
    lines.push(supervisor_line(context).await);
    lines.push(disk(context));
    Ok(lines)
}

fn fine(check: &str, message: impl Into<String>) -> DoctorLine {
    DoctorLine { check: check.to_owned(), ok: true, message: message.into(), remedy: None }
}

fn wrong(check: &str, message: impl Into<String>, remedy: &str) -> DoctorLine {
    DoctorLine {
        check: check.to_owned(),
        ok: false,
        message: message.into(),
        remedy: Some(remedy.to_owned()),
    }
}

fn workspace(context: &Context) -> DoctorLine {
    let root = context.workspace().root();
    match tempfile_probe(root) {
        Ok(()) => fine("workspace", format!("{} is writable", root.display())),
        Err(error) => wrong(
            "workspace",
            format!("{} is not writable: {error}", root.display()),
            "change its permissions",
        ),
    }
}

fn tempfile_probe(folder: &std::path::Path) -> std::io::Result<()> {
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

fn binaries(context: &Context) -> DoctorLine {
    match context.binaries().missing() {
        None => fine("binaries", "vitals and vitals-worker are in place"),
        Some(what) => wrong("binaries", what.to_string(), "`cargo xtask app` builds them beside each other"),
    }
}

/// Asks the worker, the only one with libtorch; its devices come with the answer.
async fn libtorch(context: &Context) -> DoctorLine {
    let output = tokio::process::Command::new(&context.binaries().worker)
        .arg("devices")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let remedy =
        "`cargo xtask setup` installs libtorch; `cargo xtask setup --cuda` the one for NVIDIA devices";
    match tokio::time::timeout(PATIENCE, output).await {
        Ok(Ok(output)) if output.status.success() => {
            let devices = String::from_utf8_lossy(&output.stdout);
            let name = |line: &str| {
                let device: serde_json::Value = serde_json::from_str(line).ok()?;
                let usable = device.get("usable")?.as_bool()?;
                let name = device.get("name")?.as_str()?.to_owned();
                Some(if usable { name } else { format!("{name} (not usable)") })
            };
            let names: Vec<String> = devices.lines().filter_map(name).collect();
            fine("libtorch", format!("loads; devices: {}", names.join(", ")))
        }
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            wrong("libtorch", format!("the worker ended with {}: {said}", output.status), remedy)
        }
        Ok(Err(error)) => wrong("libtorch", format!("the worker did not start: {error}"), remedy),
        Err(_) => wrong("libtorch", format!("the worker gave no answer in {} s", PATIENCE.as_secs()), remedy),
    }
}

async fn database(context: &Context) -> DoctorLine {
    match context.store().check_integrity(false).await {
        Ok(found) if found.problems.is_empty() => {
            fine("database", format!("whole, {} KiB", found.database_bytes / 1024))
        }
        Ok(found) => wrong(
            "database",
            found.problems.join("; "),
            "move vitals.db away and run `vitals ingest` on the run folders: they hold everything",
        ),
        Err(error) => {
            wrong("database", error.to_string(), "see that the disk is well and nobody else writes to it")
        }
    }
}

async fn data_sets(context: &Context) -> Vec<DoctorLine> {
    match datasets::list(context).await {
        Ok(found) => found.into_iter().map(data_set).collect(),
        Err(error) => vec![wrong("datasets", error.message, "see the database above")],
    }
}

fn data_set(found: crate::dto::DatasetInfo) -> DoctorLine {
    if let Some(problem) = found.problem {
        return wrong("datasets", problem, "install it, or add it again with `vitals dataset add NAME PATH`");
    }
    if std::path::Path::new(&found.path).exists() {
        return fine("datasets", format!("{}: {} images in {}", found.name, found.images, found.path));
    }
    wrong(
        "datasets",
        format!("{}: {} is gone", found.name, found.path),
        "put it back, or add it again with `vitals dataset add NAME PATH`",
    )
}

async fn supervisor_line(context: &Context) -> DoctorLine {
    match supervisor::seen(context).await {
        Ok(seen) => match (&seen.status.problem, seen.alive, seen.pid) {
            (Some(problem), true, _) => {
                wrong("supervisor", problem.text.clone(), "see supervisor.log in the workspace")
            }
            (_, true, Some(pid)) => fine("supervisor", format!("runs as process {pid}")),
            (_, true, None) => fine("supervisor", "is coming up"),
            (_, false, _) => fine("supervisor", "none is needed now; the next start of a run brings one"),
        },
        Err(error) => wrong("supervisor", error.message, "see supervisor.log in the workspace"),
    }
}

fn disk(context: &Context) -> DoctorLine {
    let folder = context.workspace().runs_dir();
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail * space.f_frsize;
            let message = format!("{:.1} GiB free for runs", free as f64 / f64::from(1 << 30));
            if free >= LOW_DISK_BYTES {
                fine("disk", message)
            } else {
                wrong("disk", message, "make room, or remove old runs with `vitals run remove`")
            }
        }
        Err(error) => {
            wrong("disk", format!("{}: {error}", folder.display()), "see that the runs folder is there")
        }
    }
}
