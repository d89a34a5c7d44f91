//! `vitals-worker`: one run. A job folder in, a journal out; the only program with libtorch. It never opens the
//! database, so nothing that happens to the app loses training data.

// `print!` and its kin panic where the stream is full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod checkpoints;
mod control;
mod device_memory;
mod devices;
mod environment;
mod evaluation;
mod exit;
mod images;
mod memory;
mod origin;
mod probe;
mod processor;
mod recorder;
mod resume;
mod signals;
mod tell;
mod tools;
mod train;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;
use vitals_recipe::{legible_paragraph, log_field};
use vitals_run::environment::wants_colour;

/// Trains one run of Vitals, and looks at what training needs.
#[derive(Debug, Parser)]
#[command(name = "vitals-worker", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train the attempt that RUN_DIR/job.json describes.
    Train { run_dir: PathBuf },
    /// Replay a numerical fixture: DIR/result.json and DIR/final.safetensors.
    Parity {
        fixture: PathBuf,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[arg(long, default_value_t = 0)]
        threads: u32,
        /// `cpu`, `cuda:N` or `auto`.
        #[arg(long, default_value = "cpu")]
        device: String,
    },
    /// Time training steps of a recipe, and what gradient norms add to them.
    Bench {
        /// A sweep file; its first point is timed.
        #[arg(long, value_name = "FILE")]
        recipe: PathBuf,
        #[arg(long, default_value_t = 50)]
        steps: u64,
        /// `cpu`, `cuda:N` or `auto`; without it the recipe's.
        #[arg(long)]
        device: Option<String>,
    },
    /// Time the loader alone.
    LoaderBench {
        /// A data set's name or path.
        #[arg(long)]
        dataset: String,
        #[arg(long, default_value_t = 32)]
        image_size: u32,
        /// 0 = one a core.
        #[arg(long, default_value_t = 0)]
        threads: u32,
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
    },
    /// Say what a checkpoint is: kind, step, tensors, missing and unexpected names.
    Inspect { path: PathBuf },
    /// Make a checkpoint at step 0 from an official `.pth.tar` or a safetensors file.
    Import {
        file: PathBuf,
        /// The recipe that it is a checkpoint of.
        #[arg(long)]
        preset: String,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write a checkpoint's backbone as safetensors, under the names that timm and torchvision know.
    Export {
        checkpoint: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The momentum encoder's instead of the query encoder's.
        #[arg(long)]
        momentum: bool,
    },
    /// List devices as JSON lines.
    Devices,
}

fn main() -> ExitCode {
    vitals_journal::survive_file_limit();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    // Not even where somebody insists on colour: what goes to no terminal here is a run's log.
    let colour = std::io::stderr().is_terminal() && wants_colour(true, |name| std::env::var_os(name));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr)
        .with_target(false)
        // Whatever stands in a field, it begins no line of its own.
        .fmt_fields(debug_fn(|line, field, value| log_field(line, field.name(), value)).delimited(" "))
        // A log on a full disk loses lines, and nobody dies of it.
        .log_internal_errors(false)
        .init();
    let done = match Cli::parse().command {
        Command::Train { run_dir } => {
            return ExitCode::from(u8::try_from(train::train(&run_dir, now)).unwrap_or(1));
        }
        Command::Parity { fixture, out, threads, device } => tools::parity(&fixture, &out, threads, &device),
        Command::Bench { recipe, steps, device } => tools::bench(&recipe, steps, device.as_deref()),
        Command::LoaderBench { dataset, image_size, threads, seconds } => {
            tools::loader_bench(&dataset, image_size, threads, seconds)
        }
        Command::Inspect { path } => tools::inspect(&path),
        Command::Import { file, preset, out } => tools::import(&file, &preset, &out),
        Command::Export { checkpoint, out, momentum } => tools::export(&checkpoint, &out, momentum),
        Command::Devices => tools::devices(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "vitals-worker: {}", legible_paragraph(&failure.to_string()));
            ExitCode::from(u8::try_from(failure.end().exit_code().0).unwrap_or(1))
        }
    }
}

/// Now, as the run's files write it.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    vitals_run::rfc3339(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
