//! `vitals slurm`: what this workspace says of its cluster. Shows it, or changes what is named; the supervisor takes it up
//! at its next look. It submits nothing and asks no scheduler.

use clap::Args;
use vitals_api::dto::SlurmSettings;
use vitals_api::{Context, Result, queue_settings};

use crate::out::Out;

#[derive(Debug, Args)]
pub struct SlurmArgs {
    /// Runs go to Slurm from now on.
    #[arg(long, conflicts_with = "off")]
    on: bool,
    /// Runs go to this machine's devices again.
    #[arg(long)]
    off: bool,
    /// Empty: the cluster's default.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// The account that pays for the jobs; empty: the cluster's default.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The time limit of a job, as `sbatch --time` takes it; a run that meets it goes on from its checkpoint.
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// GPUs of each run, 0 or 1; 0: it trains on the CPU.
    #[arg(long, value_name = "N")]
    gpus: Option<u32>,
    /// A further option of sbatch, such as `--mem=8G`; may be given again, and all replace those before.
    #[arg(long = "option", value_name = "OPTION", allow_hyphen_values = true)]
    options: Vec<String>,
    /// Jobs that are submitted and have not ended.
    #[arg(long, value_name = "N")]
    at_once: Option<u32>,
    /// The cluster's slurm.conf; empty: the system's.
    #[arg(long, value_name = "PATH")]
    conf: Option<String>,
}

pub async fn run(context: &Context, args: &SlurmArgs, out: &Out) -> Result<u8> {
    let mut settings = queue_settings::get(context).await?;
    let read = settings.clone();
    if change(&mut settings.slurm, args) {
        settings = queue_settings::change(context, &read, settings).await?;
    }
    if out.json {
        out.document(&settings.slurm)?;
    } else if settings.slurm.enabled {
        let fields = serde_json::to_value(&settings.slurm).expect("settings are always JSON");
        let fields = fields.as_object().into_iter().flatten();
        fields.for_each(|(name, value)| out.line(format!("{name} = {value}")));
    } else {
        out.line("runs train on this machine; `vitals slurm --on --partition NAME` sends them to a cluster");
    }
    Ok(0)
}

/// Puts in what was named; `false`: nothing was.
fn change(slurm: &mut SlurmSettings, args: &SlurmArgs) -> bool {
    let before = slurm.clone();
    if args.on || args.off {
        slurm.enabled = args.on;
    }
    let text = |field: &mut String, named: &Option<String>| {
        if let Some(named) = named {
            field.clone_from(named);
        }
    };
    text(&mut slurm.partition, &args.partition);
    text(&mut slurm.account, &args.account);
    text(&mut slurm.time, &args.time);
    text(&mut slurm.conf, &args.conf);
    slurm.gpus = args.gpus.unwrap_or(slurm.gpus);
    slurm.at_once = args.at_once.unwrap_or(slurm.at_once);
    if !args.options.is_empty() {
        slurm.extra.clone_from(&args.options);
    }
    *slurm != before
}
