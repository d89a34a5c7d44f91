//! The words of `vitals sweep` and `vitals queue`.

use std::path::PathBuf;

use clap::Subcommand;

use super::whole;

#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Validate and expand; changes nothing.
    Check {
        /// A sweep file, in TOML.
        file: PathBuf,
    },
    /// Store; prints the sweep's id.
    Add {
        /// A sweep file, in TOML.
        file: PathBuf,
    },
    /// List stored sweeps.
    List,
    /// Show a stored sweep with its runs.
    Show {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// Print or write a sweep's text.
    Export {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
        /// The file to write; without it, or with `-`, the text is printed.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Forget a sweep; its runs stay.
    Remove {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// Checkpoint all living runs of a sweep and hold back those that wait.
    Pause {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// Let all paused runs of a sweep go on.
    Resume {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// End all living runs of a sweep and take those that wait out of the queue.
    Cancel {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// Queue all runs of a sweep again that failed, were cancelled or got lost.
    Retry {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
    },
    /// Queue every missing run.
    Start {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
        /// As for `sweep run`.
        #[arg(long)]
        wait: bool,
    },
    /// Queue further seeds of every point of a sweep, the same for all, and print the runs.
    AddSeeds {
        /// The sweep, by id or the end of one.
        #[arg(value_name = "SWEEP")]
        id: String,
        /// Seeds of each point, 1 to 1000.
        seeds: u32,
        /// Only of points with a run that meets this condition.
        #[arg(long = "where", value_name = "CONDITION", default_value = "", hide_default_value = true)]
        condition: String,
        /// Say which runs that would be, and queue none.
        #[arg(long)]
        dry_run: bool,
    },
    /// Add and start.
    Run {
        /// A sweep file, in TOML.
        file: PathBuf,
        /// Return when all runs have ended: 0 where every one finished, 1 where one did not, 130 after Ctrl-C, which leaves
        /// the runs running. What holds them up is said on standard error, once each time it changes.
        #[arg(long)]
        wait: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Runs that wait, the next first.
    List,
    /// Start nothing until it goes on; living runs are left alone.
    Pause,
    /// Start runs again.
    Resume,
    /// Put a waiting run at a place, 1 for the next to start.
    Move {
        /// The waiting run.
        #[arg(value_name = "RUN")]
        id: String,
        /// Its new place, from 1.
        #[arg(value_name = "PLACE")]
        place: u32,
    },
    /// Give runs a priority: higher starts first, 0 is usual.
    Priority {
        /// A whole number, which may be negative.
        #[arg(allow_hyphen_values = true, value_parser = whole::<i32>)]
        priority: i32,
        /// The runs that get it.
        #[arg(required = true, value_name = "RUN")]
        ids: Vec<String>,
    },
}
