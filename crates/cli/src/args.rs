//! The words of the command line (contract, section 1.1), as clap reads them.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use vitals_api::dto::ArmCorrection;
use vitals_api::{export, plain_number, tabulate};

mod report;
mod sweeps;
#[cfg(test)]
mod tests;

pub use report::ReportArgs;
pub use sweeps::{QueueCommand, SweepCommand};

/// Global options have a heading of their own, so that a command's own options come first and are not lost among them.
const GLOBAL: &str = "Global options";

/// See when, where and why self-supervised ViT training becomes unstable.
#[derive(Debug, Parser)]
#[command(name = "vitals", version, propagate_version = true)]
pub struct Cli {
    /// The workspace: database, run folders, sweep files. Default: $XDG_DATA_HOME/vitals.
    #[arg(long, global = true, env = "VITALS_WORKSPACE", value_name = "DIR", help_heading = GLOBAL, value_parser = perhaps_empty())]
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

/// A whole number, as tables show it too: `2,340`.
fn whole<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: fmt::Display,
{
    plain_number(text).parse().map_err(|error: T::Err| error.to_string())
}

/// A path; an empty one, as of a variable that is set to nothing, is taken for none.
fn perhaps_empty() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
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
    /// Print the events of a run; rises of gradients that follow each other within 80 steps are one spike.
    Events(EventsArgs),
    /// Compare runs: differing parameters, metrics with deltas to the first; or with --by, whether a change helps.
    Compare(CompareArgs),
    /// Print a table of runs, or of groups of runs, for a paper.
    Table(TableArgs),
    /// Write a report of arms of runs to one file: the answer, figures, tables, and how to make them again.
    Report(ReportArgs),
    /// Write runs to files: their values, or a figure.
    Export {
        /// Runs, by id, the end of an id, or a label that only one run has.
        #[arg(required = true, value_name = "RUN")]
        ids: Vec<String>,
        /// What is written, and how.
        #[arg(long, value_parser = PossibleValuesParser::new(export::FORMATS.iter().map(|one| one.name)))]
        format: String,
        /// A file, or `-` for standard output; for the values of several runs a folder. Missing folders are made and named, but
        /// none at the root of the file system. A link is followed; what is no file (a device, a pipe) is refused.
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
        /// Confirm, for this user and machine, that runs may be sent off as the workspace says. Nothing is sent by settings that
        /// somebody else wrote before that.
        #[arg(long, conflicts_with = "words")]
        trust: bool,
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

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// The filter language: `state = running and base_learning_rate >= 1e-4`.
    #[arg(long = "where", value_name = "EXPR", default_value = "")]
    pub filter: String,
    /// A parameter, `metric.last|min|max` or `created_at`; a leading `-` reverses.
    #[arg(long, value_name = "KEY", default_value = "", allow_hyphen_values = true)]
    pub sort: String,
    /// No more than this many.
    #[arg(long, value_name = "N", value_parser = whole::<u64>)]
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
        #[arg(long, value_name = "STEP", value_parser = whole::<u64>)]
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
        #[arg(long, default_value_t = 100, value_name = "N", value_parser = whole::<u32>)]
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
    #[arg(long, value_name = "STEP", value_parser = whole::<u64>)]
    pub from: Option<u64>,
    /// Last step, included.
    #[arg(long, value_name = "STEP", value_parser = whole::<u64>)]
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

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Two or more runs, by id, the end of an id, or a label that only one run has. The first is the baseline.
    #[arg(required_unless_present = "by", num_args = 2.., value_name = "RUN")]
    pub ids: Vec<String>,
    /// Also what the machine did: times, throughput, memory.
    #[arg(long)]
    pub all: bool,
    /// Parameters whose values are arms: each is paired by seed with the baseline, and what the pairs allow is said.
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["ids", "all"], value_name = "PARAMETER")]
    pub by: Vec<String>,
    /// Only runs that meet this condition, as in `runs --where`.
    #[arg(long = "where", requires = "by", conflicts_with = "ids", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// The metric, and which value of it: NAME, NAME.last, .best, .min, .max or .mean10. Else what the sweep declares.
    #[arg(long, requires = "by", conflicts_with = "ids", value_name = "NAME")]
    pub metric: Option<String>,
    /// The smallest difference that would matter, in the metric's unit (accuracies are fractions). Else what the sweep declares.
    #[arg(
        long,
        requires = "by",
        conflicts_with = "ids",
        allow_negative_numbers = true,
        value_name = "NUMBER"
    )]
    pub smallest_effect: Option<f64>,
    /// The value that others are measured against. Else `false` of a switch, and the default of any other parameter.
    #[arg(long, requires = "by", conflicts_with = "ids", value_name = "VALUE")]
    pub baseline: Option<String>,
    /// What is done for several arms: `usual` flips whole seeds where all arms share them and else corrects by Holm; `holm` does that
    /// also where they share them; `none` leaves every p as it is, and says so.
    #[arg(long, requires = "by", conflicts_with = "ids", value_parser = correction())]
    pub correction: Option<ArmCorrection>,
}

/// The corrections by name, as the window offers them.
fn correction() -> impl TypedValueParser<Value = ArmCorrection> {
    let known = PossibleValuesParser::new(["usual", "holm", "none"]);
    known.map(|name| match name.as_str() {
        "holm" => ArmCorrection::Holm,
        "none" => ArmCorrection::None,
        _ => ArmCorrection::Usual,
    })
}

#[derive(Debug, Args)]
pub struct TableArgs {
    /// Only runs that meet this condition, as in `runs --where`.
    #[arg(long = "where", value_name = "CONDITION", default_value = "", hide_default_value = true)]
    pub condition: String,
    /// Only runs of this sweep, by id or the end of one.
    #[arg(long, value_name = "SWEEP")]
    pub sweep: Option<String>,
    /// Names as in conditions, and METRIC.last, .best, .min, .max or .mean10. Else the axes and what the sweeps are after.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub columns: Vec<String>,
    /// Names whose values make a row: metrics are means over its runs then, the best is bold, and † marks what is not
    /// separated from it.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub group: Vec<String>,
    /// LaTeX is for booktabs.
    #[arg(long, default_value = "markdown", value_parser = PossibleValuesParser::new(tabulate::FORMATS))]
    pub format: String,
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// One run a file: header `step`, optionally `elapsed_seconds`, then metric names; prints the run's id. Tables of W&B,
    /// TensorBoard, MLflow, Lightning and pandas are read too, and what is not taken as it stands is said.
    Csv {
        /// What is known of the runs' configuration: a JSON object, whose nested keys are joined with dots.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
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
