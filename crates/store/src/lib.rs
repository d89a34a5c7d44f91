//! vitals-store: a workspace's SQLite database, and the only SQL of the project. It keeps what was asked for (sweeps,
//! runs, requests), what is so (states with evidence) and what was recorded (values, events), and nothing of files,
//! processes or the clock: times are arguments.
//!
//! Queries are checked at build time against the committed `.sqlx` folder; `migrations/README.md` says how to renew it.

mod alarms;
mod attempts;
mod batch;
mod beside;
mod chunks;
mod codec;
mod compact;
mod connect;
mod costs;
mod datasets;
mod detection;
mod error;
mod event_times;
mod events;
mod extent;
mod groups;
mod hash;
mod ids;
mod imports;
mod ingest;
mod integrity;
mod logs;
mod marks;
mod named;
mod nodes;
mod open;
mod place;
mod queue;
mod readable;
mod records;
mod requests;
mod reserve;
mod run_rows;
mod runs;
mod selection;
mod series;
mod settings;
mod shapes;
mod standing;
mod stretches;
mod summary;
mod sweeps;
mod transitions;
mod viewport;
mod watch;

pub use alarms::{Alarm, AlarmCount, AlarmQuery};
pub use attempts::{Attempt, Checkpoint, NewAttempt};
pub use batch::{AttemptHeader, EndOfAttempt, IngestBatch, Ingested, NewCheckpoint, NewLog};
pub use beside::check_path;
pub use costs::{HostPeak, KeptCheckpoint};
pub use datasets::DatasetRow;
pub use error::{Result, SENTENCES, StoreError};
pub use events::RunEvent;
pub use extent::Extent;
pub use hash::RunSum;
pub use imports::{AddedImport, NewImport};
pub use integrity::Integrity;
pub use logs::LogLine;
pub use open::{Role, Store};
pub use queue::QueuedRun;
pub use requests::{Request, RequestStatus};
pub use run_rows::{Origin, RunRow, Trained};
pub use runs::{Inserted, NewRun, Probed};
pub use selection::{MetricChoice, RunSelection};
pub use series::{Layer, Series, SeriesEntry, SeriesQuery};
pub use settings::SupervisorRow;
pub use summary::MetricSummary;
pub use sweeps::{AddedSweep, NewSweep, SweepCounts, SweepRevision, SweepRow};
pub use transitions::Transition;
pub use viewport::{Strip, View};
pub use vitals_journal::{Column, Row, Stream, StreamId, ValueKind};
pub use watch::{Changes, DataVersion};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type UnixMillis = i64;

/// A run's id: a UUID that sorts by creation (version 7).
pub type RunId = uuid::Uuid;

/// A sweep's id, likewise.
pub type SweepId = uuid::Uuid;
