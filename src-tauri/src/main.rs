//! The window: a Tauri shell with five doors over `vitals-api`. It holds no logic of the product; closing or killing it
//! stops nothing, as runs and queue belong to the supervisor's process.

// `print!` and its kin panic where the stream is full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod clock;
mod destinations;
mod dialog;
mod doors;
mod draws;
mod notifications;
mod page;
mod renderer;
mod watchers;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;
use vitals_api::{legible_paragraph, log_field};

use crate::arguments::Arguments;

fn main() -> ExitCode {
    vitals_api::survive_file_limit();
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_env("VITALS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colour = vitals_api::wants_colour(std::io::stderr().is_terminal(), |name| std::env::var_os(name));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr)
        // Whatever stands in a field, it begins no line of its own.
        .fmt_fields(debug_fn(|line, field, value| log_field(line, field.name(), value)).delimited(" "))
        // A log on a full disk loses lines, and nobody dies of it.
        .log_internal_errors(false)
        .init();
    renderer::choose();
    if let Some(file) = vitals_api::place::record(|name| std::env::var_os(name)) {
        vitals_api::record_in(file);
    }
    match show(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let said = legible_paragraph(&format!("{error:#}"));
            // Where standard error is full the words are lost, and nothing else.
            let _ = writeln!(std::io::stderr(), "vitals-desktop: {said}");
            ExitCode::FAILURE
        }
    }
}

/// Shows the window until it is closed.
fn show(arguments: &Arguments) -> anyhow::Result<()> {
    let root = arguments.root()?;
    if ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()))
    {
        anyhow::bail!("there is no display to show a window on; set DISPLAY, or start it under xvfb-run");
    }
    vitals_api::check_threads().context("start threads")?;
    let workspace = doors::Workspace::open(&root);
    tauri::Builder::default()
        .manage(workspace)
        .manage(watchers::Watchers::default())
        .manage(destinations::Destinations::default())
        .invoke_handler(tauri::generate_handler![
            doors::rpc,
            doors::series,
            doors::watch,
            notifications::notify,
            dialog::choose
        ])
        .on_page_load(watchers::on_page_load)
        .setup(page::open)
        .run(tauri::generate_context!())?;
    Ok(())
}
