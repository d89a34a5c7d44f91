//! The words of the command line (contract, section 1.1), as clap reads them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use vitals_api::export;

/// Global options have a heading of their own, so that a command's own options come first and are not lost among them.
const GLOBAL: &str = "Global options";

/// See when, where and why self-supervised ViT training becomes unstable.
#[derive(Debug, Parser)]
#[command(name = "vitals", version, propagate_version = true)]
pub struct Cli {
    /// The workspace: database, run folders, sweep files. Default: $XDG_DATA_HOME/vitals.
    #[arg(long, global = true, env = "VITALS_WORKSPACE", value_name = "DIR", help_heading = GLOBAL)]
    pub workspace: Option<PathBuf>,
    /// Print JSON: one document, or one object a line for lists.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// Print results only, no progress and no remarks.
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check, store, start and list sweeps.
    Sweep {
        #[command(subcommand)]
        command: SweepCommand,
    },
    /// Run the workspace's supervisor in the foreground.
    Supervise {
        /// End after half a minute without anything to do.
        #[arg(long)]
        until_idle: bool,
        /// Leave the terminal's session.
        #[arg(long, hide = true)]
        detached: bool,
    },
    /// List runs.
    Runs(RunsArgs),
    /// Show one run, or ask something of it.
    Run {
        #[command(subcommand)]
        command: RunCommand,
    },
    /// Judge a run's checkpoint with labels; without --kind, list the probes of a run.
    Probe(ProbeArgs),
    /// Print recorded series of a run.
    Series(SeriesArgs),
    /// Print the events of a run.
    Events(EventsArgs),
    /// Compare runs: differing parameters, metrics with deltas to the first.
    Compare {
        /// Two or more runs, by id, the end of an id, or a label that only one run has. The first is the baseline.
        #[arg(required = true, num_args = 2.., value_name = "RUN")]
        ids: Vec<String>,
        /// Also what the machine did: times, throughput, memory.
        #[arg(long)]
        all: bool,
    },
    /// Write runs to files: their values, or a figure.
    Export {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(required = true, value_name = "RUN")]
        ids: Vec<String>,
        /// What is written, and how.
        #[arg(long, value_parser = PossibleValuesParser::new(export::FORMATS.iter().map(|one| one.name)))]
        format: String,
        /// A file; for the values of several runs a folder. Missing folders are made and named, but none at the root of
        /// the file system.
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
    /// Make runs of another tool's series.
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Data sets by name.
    Dataset {
        #[command(subcommand)]
        command: DatasetCommand,
    },
    /// The parameter table: type, unit, default, range, what it does.
    Parameters {
        /// One parameter by name; without it all are listed.
        name: Option<String>,
    },
    /// The order of waiting runs; pause it, change it.
    Queue {
        #[command(subcommand)]
        command: Option<QueueCommand>,
    },
    /// Show what the supervisor obeys, or change it: `vitals settings slots.cpu=2 retry.times=2`.
    Settings {
        /// slots.DEVICE, memory_bytes.DEVICE, retry.times, retry.causes, low_disk_bytes, checkpoint_limit_bytes,
        /// journal_limit_bytes, slurm.…; sizes with a unit, such as 20GiB.
        #[arg(value_name = "NAME=VALUE")]
        words: Vec<String>,
    },
    /// Send runs to a Slurm cluster, or show how they are sent.
    Slurm(crate::slurm::SlurmArgs),
    /// Look at a run folder's journals.
    Journal {
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Build runs from their folders: after the database is gone, or from another machine.
    Ingest {
        /// Folders of runs: each has a job.json in it.
        #[arg(required = true, value_name = "RUN_DIR")]
        folders: Vec<PathBuf>,
    },
    /// Check libtorch, devices, data sets, database, supervisor and disk; say what to do.
    Doctor,
    /// Stand around one attempt (started by the supervisor).
    #[command(hide = true)]
    Guard {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

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
        /// The file to write; without it the text is printed.
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
        /// Return when all its runs have ended.
        #[arg(long)]
        wait: bool,
    },
    /// Add and start; with --wait, return when all runs have ended.
    Run {
        /// A sweep file, in TOML.
        file: PathBuf,
        /// Return when all its runs have ended.
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
        #[arg(allow_hyphen_values = true)]
        priority: i32,
        /// The runs that get it.
        #[arg(required = true, value_name = "RUN")]
        ids: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// The filter language: `state = running and base_learning_rate >= 1e-4`.
    #[arg(long = "where", value_name = "EXPR", default_value = "")]
    pub filter: String,
    /// A parameter, `metric.last|min|max` or `created_at`; a leading `-` reverses.
    #[arg(long, value_name = "KEY", default_value = "", allow_hyphen_values = true)]
    pub sort: String,
    /// No more than this many.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Go on until interrupted: a table that changes on a terminal, JSON lines of changed runs with --json.
    #[arg(long)]
    pub follow: bool,
    /// With --follow: end once every run that is shown has ended; exit code 0 when all finished, else 1.
    #[arg(long, requires = "follow")]
    pub until_ended: bool,
}

#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// Everything about a run.
    Show {
        /// The run, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        id: String,
    },
    /// Checkpoint and free the device.
    Pause {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Go on from the checkpoint.
    Resume {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Checkpoint and end.
    Cancel {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Queue an ended run again, from its last checkpoint.
    Retry {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Write a checkpoint now.
    Checkpoint {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Go back to an earlier checkpoint; the old tail stays as a superseded branch.
    Rewind {
        /// The run, paused or ended.
        #[arg(value_name = "RUN")]
        id: String,
        /// Steps done at the checkpoint.
        #[arg(long, value_name = "STEP")]
        to_step: u64,
    },
    /// Remove runs with their folders.
    Remove {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        ids: Vec<String>,
    },
    /// Add tags; with --remove, take them away.
    Tag {
        /// The run.
        #[arg(value_name = "RUN")]
        id: String,
        /// Words without blanks.
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        /// Take them away.
        #[arg(long)]
        remove: bool,
    },
    /// Set the note of a run.
    Note {
        /// The run.
        #[arg(value_name = "RUN")]
        id: String,
        /// Its text; an empty one removes the note.
        note: String,
    },
    /// The last lines of a run's log.
    Log {
        /// The run.
        #[arg(value_name = "RUN")]
        id: String,
        /// How many of the newest.
        #[arg(long, default_value_t = 100, value_name = "N")]
        lines: u32,
    },
    /// The hash over all values in force, as `journal check` has it.
    Hash {
        /// The run, by id, the end of an id, or a label that only one run has.
        #[arg(value_name = "RUN")]
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// The run that is judged.
    #[arg(value_name = "RUN")]
    pub id: String,
    /// linear: a classifier on frozen features; finetune: the whole network; knn: votes of the nearest features.
    #[arg(long, requires = "dataset")]
    pub kind: Option<String>,
    /// The data set with labels, the run's own or another.
    #[arg(long, requires = "kind", value_name = "NAME")]
    pub dataset: Option<String>,
    /// Steps done at the checkpoint, or `random` for the untrained network. Default: the newest.
    #[arg(long, requires = "kind", value_name = "STEP|random")]
    pub checkpoint: Option<String>,
    /// A parameter of the probe, as in `--set epochs=10`.
    #[arg(long, requires = "kind", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Return when it has ended.
    #[arg(long, requires = "kind")]
    pub wait: bool,
}

#[derive(Debug, Args)]
pub struct SeriesArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub id: String,
    /// Names of series; without any, those that the run has are listed.
    #[arg(value_name = "SERIES")]
    pub names: Vec<String>,
    /// First step.
    #[arg(long, value_name = "STEP")]
    pub from: Option<u64>,
    /// Last step, included.
    #[arg(long, value_name = "STEP")]
    pub to: Option<u64>,
    /// A number of buckets, or `all`.
    #[arg(long, default_value = "all", value_name = "N|all")]
    pub points: String,
    /// Also values that a later attempt has superseded.
    #[arg(long)]
    pub superseded: bool,
}

#[derive(Debug, Args)]
pub struct EventsArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub id: String,
    /// spike, dip, collapse, nonfinite, checkpoint, rewound, stalled, shock; comma separated.
    #[arg(long, value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Print events as they come and change, as JSON lines, until interrupted.
    #[arg(long)]
    pub follow: bool,
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// One run a file: header `step`, optionally `elapsed_seconds`, then metric names; prints the run's id.
    Csv {
        /// CSV files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Give a file or folder of images a name.
    Add {
        /// What recipes call it.
        name: String,
        /// The file or folder that holds the images.
        path: PathBuf,
    },
    /// List data sets.
    List,
    /// Read a data set again: count, fingerprint, problems.
    Check {
        /// A data set of this workspace.
        name: String,
    },
    /// Forget a name; files stay.
    Remove {
        /// A data set of this workspace.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Count and hash what a run folder's journals hold.
    Check {
        /// A run's folder: the one with job.json in it.
        #[arg(value_name = "RUN_DIR")]
        folder: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn without_words(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for argument in command.get_arguments().filter(|one| !one.is_hide_set()) {
            if argument.get_help().is_none() {
                found.push(format!("{path} {}", argument.get_id()));
            }
        }
        for inner in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            if inner.get_about().is_none() {
                found.push(format!("{path} {}", inner.get_name()));
            }
            without_words(inner, &format!("{path} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn every_command_and_argument_says_what_it_is() {
        let mut found = Vec::new();
        without_words(&Cli::command(), "vitals", &mut found);
        assert!(found.is_empty(), "no help: {found:#?}");
    }

    #[test]
    fn the_options_of_a_command_come_before_those_of_all() {
        let mut whole = Cli::command();
        whole.build();
        let runs = whole.find_subcommand_mut("runs").unwrap().render_help().to_string();
        let place = |words: &str| runs.find(words).unwrap_or_else(|| panic!("{words} in {runs}"));
        assert!(place("--where") < place(GLOBAL) && place(GLOBAL) < place("--workspace"), "{runs}");
    }
}
