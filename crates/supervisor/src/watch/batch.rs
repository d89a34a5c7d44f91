//! From a journal's records to one ingest transaction: reads a stretch of an attempt's journal and says what stopped
//! it. Blocking file reads, no database.

use std::path::Path;

use serde_json::Value;
use vitals_journal::{
    CheckpointRecord, Declared, Header, Level, LogRecord, ReadOutcome, Reader, Record,
    Result as JournalResult, RunFolder, Wait,
};
use vitals_run::{CheckpointMade, Event, Happening, parse_rfc3339};
use vitals_store::{AttemptHeader, EndOfAttempt, IngestBatch, NewCheckpoint, NewLog, UnixMillis};

/// Values of one transaction, at most about this many: it keeps the write lock for some tens of milliseconds.
const VALUES_PER_BATCH: usize = 50_000;

/// Why a batch ends where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// There is more to read.
    Full,
    /// Nothing more at the moment.
    NotYet,
    /// The worker is dead and left no whole record in the last `bytes` bytes.
    Torn { bytes: u64 },
}

/// A stretch of a journal.
#[derive(Debug)]
pub struct Stretch {
    pub batch: IngestBatch,
    pub stop: Stop,
    /// What is damaged in it, each with its place; the log of the batch says it too.
    pub losses: Vec<String>,
}

/// Reads the next stretch. With `dead` the journal is known to grow no more.
pub fn read_batch(reader: &mut Reader, folder: &RunFolder, dead: bool) -> JournalResult<Stretch> {
    let batch =
        IngestBatch { offset_from: reader.offset(), offset_to: reader.offset(), ..IngestBatch::default() };
    let mut stretch = Stretch { batch, stop: Stop::Full, losses: Vec::new() };
    stretch.stop = stretch.read(reader, folder, dead)?;
    if stretch.batch.offset_from == 0 && stretch.batch.header.is_none() {
        without_header(&mut stretch.batch, folder);
    }
    Ok(stretch)
}

/// The header is damaged, or not there yet. Rows say themselves where the attempt begins; without any, nothing is taken.
fn without_header(batch: &mut IngestBatch, folder: &RunFolder) {
    match batch.rows.first() {
        Some(row) => {
            let started_at = modified(&folder.job()).unwrap_or_default();
            batch.header = Some(AttemptHeader { first_step: row.step, started_at });
        }
        None => *batch = IngestBatch::default(),
    }
}

impl Stretch {
    fn read(&mut self, reader: &mut Reader, folder: &RunFolder, dead: bool) -> JournalResult<Stop> {
        let mut values = 0;
        while values < VALUES_PER_BATCH {
            let outcome = if dead { reader.finish()? } else { reader.next()? };
            let began = reader.header().and_then(|header| parse_rfc3339(&header.started_at));
            match outcome {
                ReadOutcome::Record { offset_after, record, .. } => {
                    values += match &record {
                        Record::Row(row) => row.values.len().max(1),
                        _ => 1,
                    };
                    take(&mut self.batch, folder, record, began);
                    self.batch.offset_to = offset_after;
                }
                ReadOutcome::NotYet { .. } => return Ok(Stop::NotYet),
                ReadOutcome::Torn { bytes, .. } => {
                    if dead {
                        let text = format!(
                            "the journal's last record is torn: {bytes} bytes at its end are left out"
                        );
                        self.lose(began, "warn", text);
                    }
                    return Ok(Stop::Torn { bytes });
                }
                ReadOutcome::Corrupt { offset, what, resume_at } => {
                    self.lose(began, "error", format!("the journal is damaged at byte {offset}: {what}"));
                    self.batch.offset_to = resume_at;
                }
            }
        }
        Ok(Stop::Full)
    }

    fn lose(&mut self, at: Option<UnixMillis>, level: &str, text: String) {
        self.losses.push(text.clone());
        self.batch.logs.push(NewLog { at, level: level.to_owned(), step: None, text });
    }
}

fn take(batch: &mut IngestBatch, folder: &RunFolder, record: Record, began: Option<UnixMillis>) {
    match record {
        Record::Header(header) => batch.header = Some(new_header(&header, began)),
        Record::Stream(stream) => batch.streams.push(stream),
        Record::Declared(Declared { header, streams }) => {
            batch.header = header.map(|header| new_header(&header, began)).or(batch.header.take());
            batch.streams.extend(streams);
        }
        Record::Row(row) => batch.rows.push(row),
        // The checkpoint record itself makes this event, so that none is there twice.
        Record::Event(event) if event.kind == "checkpoint" => {}
        // Detection finds it in the values themselves, with the layers that were hit.
        Record::Event(event) if event.kind == "nonfinite" => {}
        Record::Event(event) => batch.events.push(new_event(event, began)),
        Record::Log(log) => batch.logs.push(new_log(log, began)),
        Record::ControlAck(ack) => batch.control_acks.push(ack.seq),
        Record::Checkpoint(checkpoint) => take_checkpoint(batch, folder, checkpoint),
        Record::Wait(Wait { step, wait_secs }) => batch.logs.push(NewLog {
            at: began,
            level: "warn".to_owned(),
            step,
            text: format!("a step waited {wait_secs:.3} s for the journal's queue"),
        }),
        Record::End(end) => {
            batch.end = Some(EndOfAttempt {
                reason: end.reason,
                exit_code: Some(end.exit_code),
                last_step: end.last_step,
                message: end.message,
                at: None,
            });
        }
    }
}

fn new_header(header: &Header, began: Option<UnixMillis>) -> AttemptHeader {
    AttemptHeader { first_step: header.first_step, started_at: began.unwrap_or_default() }
}

fn new_event(event: vitals_journal::Event, began: Option<UnixMillis>) -> Event {
    let field = |name: &str| event.data.get(name);
    Event {
        step: event.step.unwrap_or(0),
        end_step: field("end_step").and_then(Value::as_u64),
        layer: field("layer").and_then(Value::as_str).map(str::to_owned),
        injected: event.kind == "shock" || field("injected").and_then(Value::as_bool).unwrap_or(false),
        at: after(began, event.elapsed_secs),
        what: Happening::parse(&event.kind, event.data),
    }
}

fn new_log(log: LogRecord, began: Option<UnixMillis>) -> NewLog {
    let level = match log.level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    NewLog { at: after(began, log.elapsed_secs), level: level.to_owned(), step: None, text: log.text }
}

fn take_checkpoint(batch: &mut IngestBatch, folder: &RunFolder, checkpoint: CheckpointRecord) {
    if checkpoint.path != RunFolder::checkpoint_name(checkpoint.step) {
        let text = format!(
            "the checkpoint of step {} is left out: it is said to lie in {:?}",
            checkpoint.step, checkpoint.path
        );
        let level = "warn".to_owned();
        batch.logs.push(NewLog { at: None, level, step: Some(checkpoint.step), text });
        return;
    }
    let path = folder.checkpoint(checkpoint.step);
    let at = modified(&path);
    let size_bytes = folder_bytes(&path);
    let CheckpointRecord { step, path } = checkpoint;
    let made = CheckpointMade { path: path.clone(), bytes: size_bytes };
    batch.events.push(Event::new(step, at, Happening::Checkpoint(made)));
    batch.checkpoints.push(NewCheckpoint { step, path, size_bytes, at });
}

fn after(began: Option<UnixMillis>, elapsed_secs: f64) -> Option<UnixMillis> {
    // A cast saturates; a clock that counts beyond that is not ours.
    began.map(|began| began.saturating_add((elapsed_secs * 1000.0) as i64))
}

/// When a checkpoint's folder got its last entry; `None` when it is gone already.
fn modified(path: &Path) -> Option<UnixMillis> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

fn folder_bytes(path: &Path) -> Option<u64> {
    let entries = std::fs::read_dir(path).ok()?;
    Some(entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|data| data.len()).sum())
}
