//! What an ingest transaction takes: a stretch of one attempt's journal in plain form. The journal's reader fills it;
//! nothing here knows of files. Rows and streams are
//! the journal's own types, so that ingest copies nothing.

use serde::{Deserialize, Serialize};
use vitals_journal::{Row, Stream};
use vitals_run::Event;

use crate::UnixMillis;

/// The journal's header.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptHeader {
    /// Earlier attempts are superseded from this step on.
    pub first_step: u64,
    pub started_at: UnixMillis,
}

/// A line of the worker's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLog {
    pub at: Option<UnixMillis>,
    pub level: String,
    pub step: Option<u64>,
    pub text: String,
}

/// A checkpoint that the journal names: whole and on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheckpoint {
    pub step: u64,
    /// Relative to the run folder.
    pub path: String,
    pub size_bytes: Option<u64>,
    pub at: Option<UnixMillis>,
}

/// The journal's last record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndOfAttempt {
    pub reason: String,
    pub exit_code: Option<i32>,
    pub last_step: Option<u64>,
    pub message: String,
    pub at: Option<UnixMillis>,
}

/// The records between two byte offsets of one attempt's journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngestBatch {
    /// Must be where the last batch ended; 0 for the first.
    pub offset_from: u64,
    /// The end of the last whole record taken.
    pub offset_to: u64,
    pub header: Option<AttemptHeader>,
    pub streams: Vec<Stream>,
    pub rows: Vec<Row>,
    pub events: Vec<Event>,
    pub logs: Vec<NewLog>,
    pub checkpoints: Vec<NewCheckpoint>,
    /// Sequence numbers of the control file that the worker has obeyed.
    pub control_acks: Vec<u64>,
    pub end: Option<EndOfAttempt>,
}

/// What a batch brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ingested {
    /// The run's revision after it.
    pub revision: u64,
    pub rows: u64,
    pub values: u64,
    /// Steps in force, counted from 0.
    pub steps_done: u64,
}
