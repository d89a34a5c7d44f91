//! Starts one attempt on this machine: takes the run's lock, writes the job and hands the lock to a guard. From the moment
//! the attempt counts until its last process dies, somebody holds that lock.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use vitals_files::open_in_place;
use vitals_journal::{Lock, RunFolder};
use vitals_run::Obstacle;

use super::super::Start;
use crate::attempt::plan::{Plan, write_job};
use crate::binaries::Binaries;
use crate::error::{Result, SupervisorError};
use crate::guard::GuardArgs;

/// A probe of the lock lasts an instant; a start waits so long for it to let go.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Takes the lock, notes the attempt, and starts the guard that from here on holds the lock.
pub(super) async fn start(start: Start<'_>, binaries: &Binaries) -> Result<()> {
    let prepared = {
        let (folder, plan, binaries) = (start.folder.clone(), start.plan.clone(), binaries.clone());
        tokio::task::spawn_blocking(move || prepare(&folder, &plan, &binaries)).await
    };
    let prepared = prepared.map_err(|join| SupervisorError::Io {
        operation: "prepare",
        path: start.folder.path().to_owned(),
        source: std::io::Error::other(join),
    })??;
    start.noted.await?;
    let mut guard = spawn(prepared, binaries).map_err(|error| match error.may_pass() {
        true => error,
        false => SupervisorError::CannotStart(Obstacle::Failed { what: error.to_string() }),
    })?;
    let hint = start.hint;
    tokio::spawn(async move {
        // Buried at once, and its tail looks at once.
        let _ = guard.wait().await;
        hint.notify_one();
    });
    Ok(())
}

/// An attempt whose job is written and whose lock is held.
#[derive(Debug)]
struct Prepared {
    lock: Lock,
    log: std::fs::File,
    args: GuardArgs,
    /// Which device the worker sees.
    environment: Vec<(String, String)>,
}

/// Takes the lock and writes the job. Blocks up to two seconds.
///
/// # Errors
/// `Lock(Held)`: somebody works on this run already.
fn prepare(folder: &RunFolder, plan: &Plan, binaries: &Binaries) -> Result<Prepared> {
    std::fs::create_dir_all(folder.path()).map_err(SupervisorError::io("create", folder.path()))?;
    let lock = Lock::acquire_within(&folder.lock(), LOCK_PATIENCE)?;
    write_job(folder, plan)?;
    let log_path = folder.worker_log(plan.attempt);
    let log = open_in_place(OpenOptions::new().create(true).append(true), &log_path);
    let log = log.map_err(SupervisorError::io("open", log_path))?;
    let args = GuardArgs {
        run_dir: folder.path().to_owned(),
        attempt: plan.attempt,
        worker: binaries.worker.clone(),
        threads: plan.recipe.threads,
        own_lock: false,
    };
    Ok(Prepared { lock, log, args, environment: plan.device.environment.clone() })
}

fn spawn(prepared: Prepared, binaries: &Binaries) -> Result<Child> {
    let fail = || SupervisorError::io("start", &binaries.vitals);
    let errors = prepared.log.try_clone().map_err(fail())?;
    let lock = prepared.lock.stdio().map_err(fail())?;
    Command::new(&binaries.vitals)
        .arg("guard")
        .args(prepared.args.to_args())
        .envs(prepared.environment)
        .current_dir("/")
        .stdin(lock)
        .stdout(Stdio::from(prepared.log))
        .stderr(errors)
        .spawn()
        .map_err(fail())
}
