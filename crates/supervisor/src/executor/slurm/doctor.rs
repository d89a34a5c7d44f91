//! Whether Slurm's programs answer, asked one by one for somebody who looks for a cause. What would change something
//! (`sbatch`, `scancel`) is only looked for.

use super::super::SchedulerProgram;
use super::ask::{Refused, account, list};
use super::{SACCT, SBATCH, SCANCEL, SLURM, SQUEUE};
use crate::settings::SlurmSettings;

/// Asks each of them; none where no run goes to Slurm.
pub(crate) async fn ask_programs(settings: &SlurmSettings) -> Vec<SchedulerProgram> {
    if !settings.enabled {
        return Vec::new();
    }
    let queue = list(settings).await.map(|_| ());
    // Any number will do: accounts that are kept answer with nothing where they do not know it.
    let accounts = account(settings, &[1]).await.map(|_| ());
    [(SBATCH, find(SBATCH)), (SQUEUE, queue), (SACCT, accounts), (SCANCEL, find(SCANCEL))]
        .map(|(program, answer)| SchedulerProgram {
            scheduler: SLURM,
            program,
            refused: answer.err().map(|refused| refused.why().to_owned()),
            is_needed: program != SACCT,
        })
        .into()
}

fn find(program: &str) -> Result<(), Refused> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if is_there { Ok(()) } else { Err(Refused::missing(program)) }
}
