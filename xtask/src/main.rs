//! `cargo xtask`: the commands that take a fresh clone to a running window, to a passed test, to a figure. It drives
//! other programs (cargo, npm, apt, pip, the built binaries) and knows nothing of what they compute.

mod app;
mod audit;
mod bench;
mod binaries;
mod codegen;
mod count;
mod demo;
mod display;
mod dist;
mod not_run;
mod place;
mod run;
mod setup;
mod table;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::place::Place;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    about = "Set-up, demo, test and house-keeping of Vitals",
    bin_name = "cargo xtask"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the build and the tests need, and nothing else
    Setup {
        /// Also fetch libtorch's CUDA libraries (about 2.8 GiB)
        #[arg(long)]
        cuda: bool,
        /// Change nothing; say what is missing
        #[arg(long)]
        check: bool,
    },
    /// Train a small real sweep on Fashion-MNIST and watch it live
    Demo {
        /// No window: progress bars, a summary table and a picture that compares the runs
        #[arg(long)]
        headless: bool,
    },
    /// Every check: format, generated files, house rules, lints, Rust tests, UI tests, the real window
    Test {
        /// Start at this stage (as named in the summary); earlier ones are skipped
        #[arg(long, value_name = "STAGE")]
        from: Option<String>,
    },
    /// Build and open the window on the user's workspace
    App {
        /// Arguments of the window, after `--`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Print one JSON object a line for each benchmark
    Bench {
        /// Names, or the parts of names before a slash; none means all but `fuzz` and `endurance`, which take hours
        names: Vec<String>,
        /// How long each fuzz target runs
        #[arg(long, env = "VITALS_FUZZ_SECONDS", value_name = "SECONDS", default_value_t = 600)]
        fuzz_seconds: u64,
    },
    /// Write the generated files
    Codegen {
        /// Change nothing; fail where a file differs
        #[arg(long)]
        check: bool,
    },
    /// Build what a person installs: a `.deb`, and an AppImage where its tools are at hand
    Dist,
    /// Check what dependencies bring along: licences, sources, bans, known faults
    Audit,
    /// Check the house rules: which room may know which, sizes, headers, words
    Tidy,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match perform(arguments.task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    let place = Place::find()?;
    match task {
        Task::Setup { cuda, check } => {
            setup::run(&place, setup::Wanted { build: true, window: true, tests: true, cuda }, check)
        }
        Task::Demo { headless } => demo::run(&place, headless),
        Task::Test { from } => test::run(&place, from.as_deref()),
        Task::App { arguments } => app::run(&place, &arguments),
        Task::Bench { names, fuzz_seconds } => bench::run(&place, &names, fuzz_seconds),
        Task::Codegen { check } => codegen::run(&place, check),
        Task::Dist => dist::run(&place),
        Task::Audit => audit::run(&place),
        Task::Tidy => tidy::run(&place),
    }
}
