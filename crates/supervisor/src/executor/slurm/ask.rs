//! Slurm's programs, called: what they answer as values, what they refuse in their own words. Each call has a deadline; a
//! controller that does not answer is a cause that may pass.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use super::words::{Listed, SACCT_COLUMNS, SQUEUE_FORMAT, parse_sacct, parse_sbatch, parse_squeue};
use super::{JobWord, SACCT, SBATCH, SCANCEL, SQUEUE};
use crate::settings::SlurmSettings;

/// A busy controller may take its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why Slurm did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The controller cannot be reached or is busy; trying again may help.
    Passing(String),
    /// It said no; something has to be changed.
    Final(String),
}

impl Refused {
    pub fn missing(program: &str) -> Self {
        Self::Final(format!("there is no {program} here; install Slurm's client programs, or turn Slurm off"))
    }

    /// In the program's own words.
    pub fn why(&self) -> &str {
        let (Self::Passing(why) | Self::Final(why)) = self;
        why
    }
}

/// `sbatch` ended with 0: there is a job.
#[derive(Debug)]
pub struct Taken {
    /// `None`: what it printed does not tell.
    pub job: Option<u64>,
    /// What it printed, on one line.
    pub said: String,
}

/// What one look at the scheduler found.
#[derive(Debug, Default)]
pub struct Polled {
    pub listed: Vec<Listed>,
    /// Of the jobs that `squeue` has forgotten.
    pub accounted: BTreeMap<u64, JobWord>,
    /// Why `sacct` tells nothing of those.
    pub unaccounted: Option<String>,
}

/// Submits a script.
pub async fn submit(settings: &SlurmSettings, args: &[String], script: &OsStr) -> Result<Taken, Refused> {
    let mut words: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    words.push(script);
    let answer = call(settings, SBATCH, &words).await?;
    Ok(Taken { job: parse_sbatch(&answer), said: one_line(&answer) })
}

/// All own jobs, those that ended a short while ago too.
pub async fn list(settings: &SlurmSettings) -> Result<Vec<Listed>, Refused> {
    // `--me` means the same, and Slurm before 20.02 and the wrappers of some sites do not know it.
    let user = format!("--user={}", rustix::process::geteuid().as_raw());
    let args = [&user, "--states=all", "--noheader", "--format", SQUEUE_FORMAT].map(OsStr::new);
    Ok(parse_squeue(&call(settings, SQUEUE, &args).await?))
}

/// The number of the job of this name, as far as `squeue` tells now.
pub async fn find(settings: &SlurmSettings, name: &str) -> Option<u64> {
    let listed = list(settings).await.ok()?;
    listed.into_iter().rev().find(|job| job.name == name).map(|job| job.id)
}

/// What the accounts tell of jobs.
pub async fn account(settings: &SlurmSettings, ids: &[u64]) -> Result<BTreeMap<u64, JobWord>, Refused> {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    let (jobs, columns) = (format!("--jobs={}", ids.join(",")), format!("--format={SACCT_COLUMNS}"));
    let args = ["--allocations", "--noheader", "--parsable2", &jobs, &columns].map(OsStr::new);
    Ok(parse_sacct(&call(settings, SACCT, &args).await?))
}

/// Looks at all own jobs, and in the accounts for those of `ids` that the queue has forgotten.
pub async fn poll(settings: SlurmSettings, ids: Vec<u64>) -> Result<Polled, Refused> {
    let listed = list(&settings).await?;
    let forgotten: Vec<u64> = ids.into_iter().filter(|id| listed.iter().all(|job| job.id != *id)).collect();
    let mut polled = Polled { listed, ..Polled::default() };
    if !forgotten.is_empty() {
        match account(&settings, &forgotten).await {
            Ok(accounted) => polled.accounted = accounted,
            // A cluster without accounts: the run folder alone tells then.
            Err(refused) => polled.unaccounted = Some(refused.why().to_owned()),
        }
    }
    Ok(polled)
}

/// Ends a job: SIGTERM to its processes, SIGKILL after the cluster's `KillWait`.
pub async fn cancel(settings: SlurmSettings, id: u64) -> Result<(), Refused> {
    call(&settings, SCANCEL, &[OsStr::new(&id.to_string())]).await.map(|_| ())
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
            return Err(Refused::missing(program));
        }
        Ok(Err(error)) => return Err(Refused::Passing(format!("{program}: {error}"))),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let printed = [&output.stderr, &output.stdout].map(|bytes| one_line(&String::from_utf8_lossy(bytes)));
    let said = printed.into_iter().find(|text| !text.is_empty());
    let said = said.unwrap_or_else(|| format!("{program} ended with {}", output.status));
    Err(if may_pass(&said) { Refused::Passing(said) } else { Refused::Final(said) })
}

fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
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
