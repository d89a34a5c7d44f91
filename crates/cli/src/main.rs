//! `vitals`: the command line over the same functions that the window uses. It parses, prints and exits; what a
//! command means is decided in vitals-api.

// `print!` and its kin panic where the stream is full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod clock;
mod compare_rows;
mod decide_commands;
mod event_commands;
mod event_words;
mod follow;
mod out;
mod probe_commands;
mod queue_commands;
mod run_commands;
mod runs_table;
mod said;
mod serve;
mod slurm;
mod standing;
mod sweep_commands;
mod text;
mod wait;
mod workspace_commands;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;
use vitals_api::{legible, legible_paragraph, log_field, place};

use crate::args::{Cli, Command, SweepCommand};
use crate::out::Out;

/// Interrupted by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    vitals_api::survive_file_limit();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            wrong_words(&error, asked_for);
            return ExitCode::from(if asked_for { 0 } else { 2 });
        }
    };
    // The guard outlives everything else and needs neither runtime nor workspace.
    if let Command::Guard { arguments } = &cli.command {
        let code = vitals_api::guard::run(arguments, clock::now_text);
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,vitals=info".into());
    let out = Out::new(cli.json, cli.quiet);
    if let Some(file) = place::record(|name| std::env::var_os(name)) {
        vitals_api::record_in(file);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // What a detached supervisor says goes to its log, whatever the terminal that it was started from wants.
        .with_ansi(out.colour() && !matches!(cli.command, Command::Supervise { detached: true, .. }))
        .with_writer(std::io::stderr)
        .with_target(false)
        // Whatever stands in a field, it begins no line of its own.
        .fmt_fields(debug_fn(|line, field, value| log_field(line, field.name(), value)).delimited(" "))
        // A log on a full disk loses lines, and nobody dies of it.
        .log_internal_errors(false)
        .init();
    if matches!(cli.command, Command::Supervise { .. }) {
        vitals_api::keep_one_heap();
    }
    let runtime = vitals_api::check_threads()
        .and_then(|()| tokio::runtime::Builder::new_multi_thread().enable_all().build());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            out::say(&format!("vitals: failed to start: {error}\n"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(cli, &out));
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Help and version as asked for, or what is wrong with the words. A name that a shell put in for `*` is anybody's text: then
/// nothing is coloured.
fn wrong_words(error: &clap::Error, asked_for: bool) {
    let plain = error.render().to_string();
    let is_plain = |word: std::ffi::OsString| {
        let word = word.to_string_lossy();
        legible(&word) == word
    };
    if !std::env::args_os().all(is_plain) {
        // A line end in it begins no line of ours.
        out::say(&format!("{}\n", legible_paragraph(plain.trim_end())));
    } else if asked_for && !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        out::result(plain.as_bytes());
    } else {
        // With clap's colours; a terminal that went away is fine.
        let _ = error.print();
    }
}

async fn run(cli: Cli, out: &Out) -> u8 {
    match dispatch(cli, out).await {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            error.exit_code()
        }
    }
}

async fn dispatch(cli: Cli, out: &Out) -> vitals_api::Result<u8> {
    if let Command::Parameters { name } = &cli.command {
        return workspace_commands::parameters(name.as_deref(), out).map(|()| 0);
    }
    if let Command::Journal { command } = &cli.command {
        return workspace_commands::journal(command, out);
    }
    let mut root = workspace_commands::root(cli.workspace.as_deref(), out)?;
    if let Command::Supervise { .. } = cli.command {
        // The supervisor and its runs outlive whoever started them, and the link by which they named the workspace.
        root = std::fs::canonicalize(&root).unwrap_or(root);
    }
    if let Command::Doctor = cli.command {
        // Not opened: it is there for workspaces that cannot be.
        return workspace_commands::doctor(&root, out).await;
    }
    let context = workspace_commands::open(&root).await?;
    if matches!(cli.command, Command::Runs(_) | Command::Sweep { command: SweepCommand::List }) {
        workspace_commands::remark_unlisted(&context, out).await;
    }
    match cli.command {
        Command::Sweep { command } => sweep_commands::run(&context, command, out).await,
        Command::Supervise { until_idle, detached } => {
            serve::supervise(&context, until_idle, detached, out).await
        }
        Command::Runs(list) => run_commands::list(&context, &list, out).await,
        Command::Run { command } => run_commands::one(&context, command, out).await,
        Command::Probe(args) => probe_commands::run(&context, &args, out).await,
        Command::Series(query) => run_commands::series(&context, &query, out).await,
        Command::Events(query) => event_commands::events(&context, &query, out).await,
        Command::Compare(args) if !args.by.is_empty() => decide_commands::compare(&context, args, out).await,
        Command::Compare(args) => run_commands::compare(&context, &args.ids, args.all, out).await,
        Command::Table(args) => decide_commands::table(&context, args, out).await,
        Command::Report(args) => decide_commands::report(&context, args, out).await,
        Command::Export { ids, format, out: path } => {
            run_commands::export(&context, &ids, &format, &path, out).await
        }
        Command::Dataset { command } => workspace_commands::dataset(&context, command, out).await,
        Command::Import { command } => workspace_commands::import(&context, command, out).await,
        Command::Ingest { folders } => workspace_commands::ingest(&context, &folders, out).await,
        Command::Queue { command } => queue_commands::queue(&context, command, out).await,
        Command::Settings { words, trust } => queue_commands::settings(&context, &words, trust, out).await,
        Command::Slurm(args) => slurm::run(&context, &args, out).await,
        Command::Parameters { .. } | Command::Journal { .. } | Command::Guard { .. } | Command::Doctor => {
            Ok(0)
        }
    }
}
