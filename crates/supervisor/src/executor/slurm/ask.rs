//! Slurm's programs, called: what they answer as values, what they refuse in their own words. Each call has a deadline; a
//! controller that does not answer is a cause that may pass.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use super::JobWord;
use super::words::{Listed, SACCT_COLUMNS, SQUEUE_FORMAT, parse_sacct, parse_sbatch, parse_squeue};
use crate::settings::SlurmSettings;

/// A busy controller may take its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why Slurm did not do it.
#[derive(Debug)]
pub enum Refused {
    /// The controller cannot be reached or is busy; trying again may help.
    Passing(String),
    /// It said no; something has to be changed.
    Final(String),
}

/// What one look at the scheduler found.
#[derive(Debug, Default)]
pub struct Polled {
    pub listed: Vec<Listed>,
    /// Of the jobs that `squeue` has forgotten.
    pub accounted: BTreeMap<u64, JobWord>,
}

/// Submits a script.
pub async fn submit(settings: &SlurmSettings, args: &[String], script: &OsStr) -> Result<u64, Refused> {
    let mut words: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    words.push(script);
    let answer = call(settings, "sbatch", &words).await?;
    parse_sbatch(&answer).ok_or_else(|| Refused::Final(format!("sbatch named no job: {}", answer.trim())))
}

/// Looks at all own jobs, and in the accounts for those of `ids` that the queue has forgotten.
pub async fn poll(settings: SlurmSettings, ids: Vec<u64>) -> Result<Polled, Refused> {
    let args = ["--me", "--states=all", "--noheader", "--format", SQUEUE_FORMAT].map(OsStr::new);
    let listed = parse_squeue(&call(&settings, "squeue", &args).await?);
    let forgotten: Vec<String> =
        ids.iter().filter(|id| listed.iter().all(|job| job.id != **id)).map(u64::to_string).collect();
    let mut accounted = BTreeMap::new();
    if !forgotten.is_empty() {
        let (jobs, columns) =
            (format!("--jobs={}", forgotten.join(",")), format!("--format={SACCT_COLUMNS}"));
        let args = ["--allocations", "--noheader", "--parsable2", &jobs, &columns].map(OsStr::new);
        match call(&settings, "sacct", &args).await {
            Ok(text) => accounted = parse_sacct(&text),
            // A cluster without accounts: the run folder alone tells then.
            Err(Refused::Final(why) | Refused::Passing(why)) => tracing::debug!("sacct tells nothing: {why}"),
        }
    }
    Ok(Polled { listed, accounted })
}

/// Ends a job: SIGTERM to its processes, SIGKILL after the cluster's `KillWait`.
pub async fn cancel(settings: SlurmSettings, id: u64) -> Result<(), Refused> {
    call(&settings, "scancel", &[OsStr::new(&id.to_string())]).await.map(|_| ())
}

async fn call(settings: &SlurmSettings, program: &str, args: &[&OsStr]) -> Result<String, Refused> {
    let mut command = tokio::process::Command::new(program);
    command.args(args).stdin(Stdio::null()).kill_on_drop(true).current_dir("/");
    if !settings.conf.is_empty() {
        command.env("SLURM_CONF", &settings.conf);
    }
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => {
            return Err(Refused::Passing(format!("{program} gave no answer in {} s", PATIENCE.as_secs())));
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Refused::Final(format!(
                "there is no {program} here; install Slurm's client programs, or turn Slurm off"
            )));
        }
        Ok(Err(error)) => return Err(Refused::Passing(format!("{program}: {error}"))),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(if may_pass(&said) { Refused::Passing(said) } else { Refused::Final(said) })
}

/// Refusals that the controller gives when it is away or overloaded.
fn may_pass(said: &str) -> bool {
    const PASSING: [&str; 6] = [
        "Unable to contact",
        "Socket timed out",
        "Connection refused",
        "try again",
        "temporarily unable",
        "Zero Bytes were transmitted",
    ];
    PASSING.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_controller_may_come_back_and_a_wrong_partition_does_not() {
        assert!(may_pass("slurm_load_jobs error: Unable to contact slurm controller (connect failure)"));
        assert!(!may_pass(
            "sbatch: error: invalid partition specified: nope; sbatch: error: Batch job submission failed"
        ));
    }
}
