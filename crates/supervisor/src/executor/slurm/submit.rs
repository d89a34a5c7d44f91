//! One attempt submitted as a batch job: its script, the arguments of `sbatch`, and what comes of the answer.

use vitals_run::{Evidence, Obstacle, quoted};

use super::super::Start;
use super::SLURM;
use super::ask::{self, Refused, Taken};
use super::job::{JobMark, job_name};
use crate::attempt::plan::write_job;
use crate::binaries::Binaries;
use crate::error::{Result, SupervisorError};
use crate::guard::GuardArgs;
use crate::settings::SlurmSettings;

/// What came of a submission that was not refused.
#[derive(Debug)]
pub enum Submitted {
    /// There is a job, and its number is noted.
    Numbered,
    /// There is a job, to be found by its name: its number is not in what was `said`.
    Unnumbered { said: String },
    /// Looks at the queue will tell.
    Perhaps { why: Evidence },
}

/// Submits a planned attempt. Noted before it is submitted: a job that a dying supervisor left is found again by its name,
/// and no second one is submitted.
pub async fn submit(start: Start<'_>, settings: &SlurmSettings, binaries: &Binaries) -> Result<Submitted> {
    let Start { plan, folder, .. } = start;
    write_job(folder, plan)?;
    start.noted.await?;
    let args = GuardArgs {
        run_dir: folder.path().to_owned(),
        attempt: plan.attempt,
        worker: binaries.worker.clone(),
        threads: plan.recipe.threads,
        own_lock: true,
    };
    let text = script(settings, &binaries.vitals.to_string_lossy(), &args);
    let path = folder.attempt_dir(plan.attempt).join("slurm.sh");
    vitals_journal::atomic_write(&path, text.as_bytes())?;
    let name = job_name(plan.run, plan.attempt);
    let log = folder.worker_log(plan.attempt);
    let args = arguments(settings, &name, &log.to_string_lossy());
    let note = |job: u64| {
        if let Err(error) = JobMark::write(folder, plan.attempt, job, &name) {
            tracing::warn!(run = %plan.run, "failed to note its job {job}: {error}");
        }
        Submitted::Numbered
    };
    match ask::submit(settings, &args, path.as_os_str()).await {
        Ok(Taken { job: Some(job), .. }) => Ok(note(job)),
        Ok(Taken { job: None, said }) => Ok(match ask::find(settings, &name).await {
            Some(job) => note(job),
            None => Submitted::Unnumbered { said },
        }),
        Err(Refused::Passing(why)) => {
            let scheduler = SLURM.to_owned();
            Ok(Submitted::Perhaps { why: Evidence::SchedulerSilent { scheduler, why } })
        }
        // A site's wrapper may fail after it has submitted.
        Err(Refused::Final(why)) => match ask::find(settings, &name).await {
            Some(job) => Ok(note(job)),
            None => {
                let scheduler = SLURM.to_owned();
                Err(SupervisorError::CannotStart(Obstacle::SchedulerRefused { scheduler, why }))
            }
        },
    }
}

/// The batch script. The guard ignores SIGTERM, which Slurm sends to all processes of a job: the worker alone obeys it,
/// with a checkpoint, and the guard lives to tell how it ended.
pub fn script(settings: &SlurmSettings, vitals: &str, args: &GuardArgs) -> String {
    let mut text = String::from("#!/bin/sh\n");
    for line in settings.extra.iter().flat_map(|lines| lines.lines()) {
        let option = line.trim().trim_start_matches("#SBATCH").trim();
        if !option.is_empty() {
            text.push_str(&format!("#SBATCH {option}\n"));
        }
    }
    text.push_str("trap '' TERM\nexec ");
    text.push_str(&quoted(vitals));
    text.push_str(" guard");
    for arg in args.to_args() {
        text.push(' ');
        text.push_str(&quoted(&arg.to_string_lossy()));
    }
    text.push('\n');
    text
}

/// The arguments of `sbatch`; the script's path follows them.
pub fn arguments(settings: &SlurmSettings, name: &str, log: &str) -> Vec<String> {
    let mut args = vec![
        "--parsable".to_owned(),
        "--no-requeue".to_owned(),
        "--open-mode=append".to_owned(),
        "--chdir=/".to_owned(),
        format!("--job-name={name}"),
        // A per cent sign begins a pattern there.
        format!("--output={}", log.replace('%', "%%")),
    ];
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            args.push(format!("--{name}={value}"));
        }
    };
    set("partition", &settings.partition);
    set("account", &settings.account);
    set("time", &settings.time);
    if settings.gpus > 0 {
        set("gpus", &settings.gpus.to_string());
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_survives_any_path() {
        let settings = SlurmSettings {
            extra: vec!["--mem=4G".into(), "#SBATCH --constraint=a100".into(), "  ".into()],
            ..Default::default()
        };
        let args = GuardArgs {
            run_dir: "/scratch/it's here/$HOME".into(),
            attempt: 3,
            worker: "/opt/vitals-worker".into(),
            threads: 2,
            own_lock: true,
        };
        let text = script(&settings, "/opt/vitals", &args);
        assert_eq!(
            text,
            "#!/bin/sh\n#SBATCH --mem=4G\n#SBATCH --constraint=a100\ntrap '' TERM\nexec '/opt/vitals' guard \
             '--run-dir' '/scratch/it'\\''s here/$HOME' '--attempt' '3' '--worker' '/opt/vitals-worker' '--threads' \
             '2' '--own-lock' '1'\n"
        );
    }

    #[test]
    fn settings_become_arguments_and_empty_ones_do_not() {
        let settings =
            SlurmSettings { partition: "gpu".into(), time: "1:00:00".into(), gpus: 1, ..Default::default() };
        let args = arguments(&settings, "vitals-x-1", "/100%/worker.log");
        assert!(args.contains(&"--partition=gpu".to_owned()) && args.contains(&"--gpus=1".to_owned()));
        assert!(args.contains(&"--output=/100%%/worker.log".to_owned()));
        assert!(!args.iter().any(|arg| arg.starts_with("--account")));
    }
}
