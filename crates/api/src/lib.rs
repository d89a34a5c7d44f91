//! Every command, query and subscription of Vitals as a plain async function on a context. The window and the
//! command line are thin shells over this; it knows no Tauri type and prints nothing.

// `print!` and its kin panic where the stream is full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod alarm_settings;
pub mod alarms;
mod arm_frames;
pub mod boundary;
mod branches;
pub mod caution;
pub mod compare;
mod context;
mod csv_table;
pub mod datasets;
pub mod decide;
mod deeds;
mod digits;
pub mod doctor;
pub mod dto;
mod edges;
mod error;
mod estimate;
pub mod events;
pub mod export;
pub mod figure;
pub mod files;
mod filter;
mod finish;
pub mod foreign;
pub mod frames;
mod framing;
#[doc(hidden)]
pub mod fuzz;
pub mod heatmap;
pub mod import;
pub mod importance;
pub mod journals;
mod language;
mod lines;
mod metric_table;
pub mod named_file;
mod number;
mod objective;
pub mod origin;
pub mod overview;
mod pace;
pub mod place;
pub mod probes;
pub mod queue_settings;
mod readings;
pub mod report;
mod rpc;
pub mod run_table;
pub mod runs;
pub mod said;
pub mod samples;
mod scale;
mod sentences;
pub mod series;
pub mod settings;
mod stability;
pub mod stability_map;
pub mod summary;
pub mod supervisor;
pub mod sweeps;
pub mod table;
pub mod tabulate;
mod threads;
pub mod unlisted;
mod watch;

pub use context::Context;
pub use dto::Language;
pub use error::Result;
pub use rpc::{dispatch, typescript};
pub use sentences::{english_catalogue, forms};
pub use threads::check_threads;
pub use vitals_journal::survive_file_limit;
pub use vitals_recipe::describe as describe_parameter;
pub use vitals_recipe::plain_number;
pub use vitals_recipe::sentences;
pub use vitals_recipe::{Bytes, Metric, Role, metric};
pub use vitals_recipe::{legible, legible_lines, legible_paragraph, log_field};
pub use vitals_run::environment::wants_colour;
pub use vitals_run::{
    BackboneCheck, CheckpointMade, Command, Evidence, Happening, Imported, Nonfinite, Rewound, RunConfig,
    RunState, Shock, SkippedStep, Source, Stalled, rfc3339,
};
pub use vitals_store::{MetricChoice, RunEvent, RunId, RunSelection, SweepId};
pub use vitals_supervisor::{
    Binaries, Ended, Options, Supervisor, guard, ingest_folder, keep_one_heap, stop_signals, trust::record_in,
};
pub use watch::watch;
