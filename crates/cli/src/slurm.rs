//! `vitals slurm`: what this workspace says of its cluster. Shows it, or changes what is named; the supervisor takes it up
//! at its next look. It submits nothing and asks no scheduler.

use clap::Args;
use serde_json::{Value, json};
use vitals_api::dto::ApiError;
use vitals_api::{Context, Result};

use crate::out::Out;

/// As the supervisor reads it (`SlurmSettings`).
const KEY: &str = "slurm";

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
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The time limit of a job, as `sbatch --time` takes it; a run that meets it goes on from its checkpoint.
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// GPUs of each run; 0: it trains on the CPU.
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
    if args.at_once == Some(0) {
        return Err(ApiError::invalid("slurm has 0 jobs at once; it must have at least 1")
            .hint("`vitals slurm --off` submits nothing"));
    }
    let mut settings: serde_json::Map<String, Value> =
        context.store().setting(KEY).await?.unwrap_or_default();
    let changes = changes(args);
    if !changes.is_empty() {
        settings.extend(changes);
        context.store().set_setting(KEY, &settings).await?;
    }
    if out.json {
        out.document(&settings)?;
    } else if settings.get("enabled").and_then(Value::as_bool).unwrap_or(false) {
        settings.iter().for_each(|(name, value)| out.line(format!("{name} = {value}")));
    } else {
        out.line("runs train on this machine; `vitals slurm --on --partition NAME` sends them to a cluster");
    }
    Ok(0)
}

/// What was named, by the setting's fields.
fn changes(args: &SlurmArgs) -> Vec<(String, Value)> {
    let mut named = Vec::new();
    let mut name = |key: &str, value: Option<Value>| {
        named.extend(value.map(|value| (key.to_owned(), value)));
    };
    name("enabled", (args.on || args.off).then_some(json!(args.on)));
    name("partition", args.partition.as_ref().map(|text| json!(text)));
    name("account", args.account.as_ref().map(|text| json!(text)));
    name("time", args.time.as_ref().map(|text| json!(text)));
    name("gpus", args.gpus.map(|number| json!(number)));
    name("extra", (!args.options.is_empty()).then(|| json!(args.options)));
    name("at_once", args.at_once.map(|number| json!(number)));
    name("conf", args.conf.as_ref().map(|text| json!(text)));
    named
}
