//! What a person would check by hand when something does not work: each line is fine, or says what to do.

use std::process::Stdio;
use std::time::Duration;

use vitals_recipe::{Bytes, Tells, Told};
use vitals_supervisor::SchedulerProgram;

use crate::dto::{DatasetInfo, DoctorLine};
use crate::error::Result;
use crate::said::{Finding, Remedy};
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
    lines.extend(schedulers(context).await);
    lines.push(disk(context));
    Ok(lines)
}

fn fine(check: &str, found: Finding) -> DoctorLine {
    let (message, told) = (found.to_string(), found.told());
    DoctorLine { check: check.to_owned(), ok: true, message, remedy: None, told, remedy_told: None }
}

fn wrong(check: &str, found: impl Into<Told>, remedy: Remedy) -> DoctorLine {
    let told = found.into();
    DoctorLine {
        check: check.to_owned(),
        ok: false,
        message: told.text.clone(),
        remedy: Some(remedy.to_string()),
        told,
        remedy_told: Some(remedy.told()),
    }
}

fn workspace(context: &Context) -> DoctorLine {
    let root = context.workspace().root();
    let path = root.display().to_string();
    match tempfile_probe(root) {
        Ok(()) => fine("workspace", Finding::Writable { path }),
        Err(error) => {
            let found = Finding::NotWritable { path, reason: error.to_string() };
            wrong("workspace", found, Remedy::Permissions)
        }
    }
}

fn tempfile_probe(folder: &std::path::Path) -> std::io::Result<()> {
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

fn binaries(context: &Context) -> DoctorLine {
    match context.binaries().missing() {
        None => fine("binaries", Finding::ProgramsInPlace),
        Some(missing) => wrong("binaries", missing, Remedy::BuildPrograms),
    }
}

/// Asks the worker, the only one with libtorch; its devices come with the answer.
async fn libtorch(context: &Context) -> DoctorLine {
    let output = tokio::process::Command::new(&context.binaries().worker)
        .arg("devices")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let failed = |found: Finding| wrong("libtorch", found, Remedy::InstallLibtorch);
    match tokio::time::timeout(PATIENCE, output).await {
        Ok(Ok(output)) if output.status.success() => {
            let devices = String::from_utf8_lossy(&output.stdout);
            let name = |line: &str| {
                let device: serde_json::Value = serde_json::from_str(line).ok()?;
                let usable = device.get("usable")?.as_bool()?;
                let name = device.get("name")?.as_str()?.to_owned();
                Some(if usable { name } else { format!("{name} (not usable)") })
            };
            fine("libtorch", Finding::LibtorchLoads { devices: devices.lines().filter_map(name).collect() })
        }
        Ok(Ok(output)) => {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            failed(Finding::WorkerEnded { status: output.status.to_string(), words })
        }
        Ok(Err(error)) => failed(Finding::WorkerNotStarted { reason: error.to_string() }),
        Err(_) => failed(Finding::WorkerSilent { seconds: PATIENCE.as_secs() }),
    }
}

async fn database(context: &Context) -> DoctorLine {
    match context.store().check_integrity(false).await {
        Ok(found) if found.problems.is_empty() => {
            fine("database", Finding::Whole { size: Bytes(found.database_bytes) })
        }
        Ok(found) => {
            let problems = Finding::DatabaseProblems { problems: found.problems.join("; ") };
            wrong("database", problems, Remedy::IngestAgain)
        }
        Err(error) => wrong("database", error.told(), Remedy::LookAtDisk),
    }
}

async fn data_sets(context: &Context) -> Vec<DoctorLine> {
    match datasets::list(context).await {
        Ok(found) => found.into_iter().map(data_set).collect(),
        Err(error) => vec![wrong("datasets", error.told, Remedy::DatabaseAbove)],
    }
}

fn data_set(found: DatasetInfo) -> DoctorLine {
    let DatasetInfo { name, path, images, .. } = found;
    if let Some(text) = found.problem {
        let told = found.problem_told.unwrap_or_else(|| Finding::Problem { text }.told());
        return wrong("datasets", told, Remedy::InstallDataset);
    }
    if std::path::Path::new(&path).exists() {
        return fine("datasets", Finding::DatasetThere { name, images, path });
    }
    wrong("datasets", Finding::DatasetGone { name, path }, Remedy::DatasetBack)
}

async fn supervisor_line(context: &Context) -> DoctorLine {
    match supervisor::seen(context).await {
        Ok(seen) => match (&seen.status.problem, seen.alive, seen.pid) {
            (Some(problem), true, _) => wrong("supervisor", problem.clone(), Remedy::SupervisorLog),
            (_, true, Some(pid)) => fine("supervisor", Finding::SupervisorRuns { pid: pid.to_string() }),
            (_, true, None) => fine("supervisor", Finding::SupervisorComes),
            (_, false, _) => fine("supervisor", Finding::SupervisorNotNeeded),
        },
        Err(error) => wrong("supervisor", error.told, Remedy::SupervisorLog),
    }
}

/// The programs of a cluster to which runs go.
async fn schedulers(context: &Context) -> Vec<DoctorLine> {
    match vitals_supervisor::ask_schedulers(context.store()).await {
        Ok(programs) => programs.into_iter().map(scheduler).collect(),
        Err(error) => vec![wrong("settings", error.told(), Remedy::DatabaseAbove)],
    }
}

fn scheduler(asked: SchedulerProgram) -> DoctorLine {
    let program = asked.program.to_owned();
    match asked.refused {
        None => fine(asked.scheduler, Finding::ProgramAnswers { program }),
        // Many sites keep no accounts.
        Some(why) if !asked.is_needed => fine(asked.scheduler, Finding::NoAccounts { program, why }),
        Some(why) => wrong(asked.scheduler, Finding::ProgramRefuses { program, why }, Remedy::TryInShell),
    }
}

fn disk(context: &Context) -> DoctorLine {
    let folder = context.workspace().runs_dir();
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free = space.f_bavail * space.f_frsize;
            let found = Finding::Free { bytes: Bytes(free) };
            if free >= LOW_DISK_BYTES { fine("disk", found) } else { wrong("disk", found, Remedy::MakeRoom) }
        }
        Err(error) => {
            let (path, reason) = (folder.display().to_string(), error.to_string());
            wrong("disk", Finding::NoSpace { path, reason }, Remedy::RunsFolder)
        }
    }
}
