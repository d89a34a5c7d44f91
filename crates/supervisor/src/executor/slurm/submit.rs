//! One attempt as a batch job: its script, the arguments of `sbatch`, and the note of its number. A job's name says run
//! and attempt, so that a number that nobody came to note is found again.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vitals_journal::{RunFolder, atomic_write};
use vitals_store::RunId;

use super::SlurmSettings;
use super::words::quoted;
use crate::error::Result;
use crate::guard::GuardArgs;

/// `attempt-NNNN/slurm.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMark {
    pub format: u32,
    pub job: u64,
    pub name: String,
}

impl JobMark {
    fn path(folder: &RunFolder, attempt: u32) -> PathBuf {
        folder.attempt_dir(attempt).join("slurm.json")
    }

    pub fn read(folder: &RunFolder, attempt: u32) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(folder, attempt)).ok()?).ok()
    }

    pub fn write(folder: &RunFolder, attempt: u32, job: u64, name: &str) -> Result<()> {
        let mark = Self { format: 1, job, name: name.to_owned() };
        let bytes = serde_json::to_vec(&mark).unwrap_or_default();
        Ok(atomic_write(&Self::path(folder, attempt), &bytes)?)
    }
}

/// Known to Slurm by this name.
pub fn job_name(run: RunId, attempt: u32) -> String {
    format!("vitals-{run}-{attempt}")
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
