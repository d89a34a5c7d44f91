//! What a person would check by hand when something does not work: each line is fine, or says what to do.

mod database;
mod room;
mod supervisor;

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::Access;
use rustix::io::Errno;
use vitals_recipe::{Bytes, Tells, Told};
use vitals_run::{DeviceKind, DeviceReport};
use vitals_store::UnixMillis;
use vitals_supervisor::{Binaries, SchedulerProgram, Workspace};

use self::database::Standing;
use crate::dto::{DatasetInfo, DoctorLine};
use crate::error::{Result, io_error};
use crate::said::{Finding, Operation, Remedy};
use crate::{Context, datasets};

/// Loading libtorch takes seconds on a cold disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks at an open workspace.
///
/// # Errors
/// None: what cannot be looked at is a line that says so.
pub async fn doctor(context: &Context) -> Result<Vec<DoctorLine>> {
    let mut lines = before_the_database(context.workspace(), context.binaries()).await;
    lines.push(database::opened(context).await);
    lines.extend(database::unlisted(context).await);
    lines.extend(data_sets(context).await);
    lines.push(supervisor::line(context).await);
    lines.extend(schedulers(context).await);
    lines.extend(room::lines(context.workspace()));
    Ok(lines)
}

/// Looks at the workspace in `root`, whatever state it is in: its database may be damaged or missing, and none is made.
///
/// # Errors
/// The system does not say where `root` is.
pub async fn doctor_at(
    root: &Path,
    binaries: Binaries,
    clock: fn() -> UnixMillis,
) -> Result<Vec<DoctorLine>> {
    let root = std::path::absolute(root).map_err(|error| io_error(Operation::Find, root, &error))?;
    let workspace = Workspace::new(&root);
    let database = match database::standing(&workspace) {
        Standing::Absent(line) => *line,
        Standing::There => match Context::open(&root, binaries.clone(), clock).await {
            Ok(context) => return doctor(&context).await,
            Err(error) => database::unopened(&workspace, error),
        },
    };
    let mut lines = before_the_database(&workspace, &binaries).await;
    lines.push(database);
    lines.extend(supervisor::without_database(&workspace).await);
    lines.extend(room::lines(&workspace));
    Ok(lines)
}

async fn before_the_database(at: &Workspace, binaries: &Binaries) -> Vec<DoctorLine> {
    let mut lines = vec![workspace(at), programs(binaries)];
    lines.extend(libtorch(binaries).await);
    lines
}

fn fine(check: &str, found: impl Into<Told>) -> DoctorLine {
    let told = found.into();
    let message = told.text.clone();
    DoctorLine { check: check.to_owned(), ok: true, message, remedy: None, told, remedy_told: None }
}

fn wrong(check: &str, found: impl Into<Told>, remedy: impl Into<Told>) -> DoctorLine {
    let (told, remedy) = (found.into(), remedy.into());
    DoctorLine {
        check: check.to_owned(),
        ok: false,
        message: told.text.clone(),
        remedy: Some(remedy.text.clone()),
        told,
        remedy_told: Some(remedy),
    }
}

/// Asked, not tried: a trial would have to make a file.
fn workspace(at: &Workspace) -> DoctorLine {
    let path = at.root().display().to_string();
    match rustix::fs::access(at.root(), Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => fine("workspace", Finding::Writable { path }),
        Err(Errno::NOENT) => fine("workspace", Finding::NoWorkspaceYet { path }),
        Err(error) => {
            let reason = io::Error::from(error).to_string();
            wrong("workspace", Finding::NotWritable { path, reason }, Remedy::Permissions)
        }
    }
}

fn programs(binaries: &Binaries) -> DoctorLine {
    match binaries.missing() {
        None => fine("binaries", Finding::ProgramsInPlace),
        Some(missing) => wrong("binaries", missing, Remedy::BuildPrograms),
    }
}

/// Asks the worker, the only one with libtorch; its devices come with the answer, each GPU as a line of its own.
async fn libtorch(binaries: &Binaries) -> Vec<DoctorLine> {
    let output = tokio::process::Command::new(&binaries.worker)
        .arg("devices")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let failed = |found: Finding| vec![wrong("libtorch", found, Remedy::InstallLibtorch)];
    match tokio::time::timeout(PATIENCE, output).await {
        Ok(Ok(output)) if output.status.success() => {
            let words = String::from_utf8_lossy(&output.stdout);
            let reports: Vec<DeviceReport> =
                words.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let usable = reports.iter().filter(|report| report.usable);
            let devices = usable.map(|report| report.name.clone()).collect();
            let loads = fine("libtorch", Finding::LibtorchLoads { devices });
            let gpus = reports.iter().filter(|report| report.kind == DeviceKind::Cuda).map(gpu);
            std::iter::once(loads).chain(gpus).collect()
        }
        Ok(Ok(output)) => {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            failed(Finding::WorkerEnded { status: output.status.to_string(), words })
        }
        Ok(Err(error)) => failed(Finding::WorkerNotStarted { reason: error.to_string() }),
        Err(_) => failed(Finding::WorkerSilent { seconds: PATIENCE.as_secs() }),
    }
}

fn gpu(report: &DeviceReport) -> DoctorLine {
    let Some(why) = &report.why else {
        return fine(
            "gpu",
            Finding::GpuWorks {
                device: report.device.clone(),
                name: report.name.clone(),
                memory: Bytes(report.memory.unwrap_or(0)),
                driver: report.driver.clone().unwrap_or_else(|| "–".to_owned()),
                runtime: report.runtime.clone().unwrap_or_else(|| "–".to_owned()),
            },
        );
    };
    match why.remedy() {
        Some(remedy) => wrong("gpu", why.told(), remedy),
        None => fine("gpu", why.told()),
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
