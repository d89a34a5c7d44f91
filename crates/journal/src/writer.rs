//! The worker's side of the journal. Callers encode into one shared buffer under a short lock; the writer thread does
//! all I/O. A full queue makes the caller wait, and the wait is recorded: no value is dropped.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::atomic::sync_folder_of;
use crate::frame::{DECLARED_AGAIN_AFTER, DECLARED_AGAIN_EVERY, MAX_PAYLOAD_BYTES};
use crate::record::{
    CheckpointRecord, Column, ControlAck, Declared, EndRecord, Event, Header, Level, LogRecord, Record,
    Stream, StreamId, Wait,
};
use crate::shared::{OnStall, Shared, Stall, State};
use crate::sink::Sink;
use crate::streams::Streams;
use crate::{JournalError, Result, codec, frame, pump};

/// How the writer behaves; the defaults are the contract's.
pub struct WriterOptions {
    /// Bytes that may wait for the kernel before callers wait.
    pub queue_bytes: usize,
    /// Told when the disk is full (`Some`) and when writing goes on (`None`), on the writer thread.
    pub on_stall: Option<OnStall>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { queue_bytes: 64 << 20, on_stall: None }
    }
}

/// Writes one attempt's journal. All methods take `&self`; share it between threads behind an `Arc`. Dropping it
/// writes and syncs what is left; on a full disk it waits for room, as everything here does.
pub struct Writer {
    shared: Arc<Shared>,
    header: Header,
    streams: RwLock<Streams>,
    /// Once so many bytes are recorded, everything is declared again.
    declare_at: AtomicU64,
    queue_bytes: usize,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    /// Creates the journal, which must not exist yet, with its header on disk.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn create(path: &Path, header: Header, options: WriterOptions) -> Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(JournalError::io("create the journal", path))?;
        let writer = Self::over(file, header, options)?;
        writer.sync()?;
        sync_folder_of(path)?;
        Ok(writer)
    }

    /// Writes a journal to any sink.
    pub fn over(sink: impl Sink, header: Header, options: WriterOptions) -> Result<Self> {
        let shared = Arc::new(Shared::new(options.on_stall));
        let sink = Arc::new(sink);
        let mut writer = Self {
            shared: Arc::clone(&shared),
            header: header.clone(),
            streams: RwLock::default(),
            declare_at: AtomicU64::new(DECLARED_AGAIN_AFTER),
            queue_bytes: options.queue_bytes,
            threads: Vec::new(),
        };
        let (flush_shared, flush_sink) = (Arc::clone(&shared), Arc::clone(&sink));
        writer.spawn("journal-flush", move || pump::flush(&flush_shared, &*flush_sink))?;
        writer.spawn("journal-sync", move || pump::sync(&shared, &*sink))?;
        writer.append(&Record::Header(header))?;
        Ok(writer)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        let failed = |error: io::Error| JournalError::WriterFailed { reason: error.to_string() };
        self.threads.push(thread.map_err(failed)?);
        Ok(())
    }

    /// Declares a stream; may be called at any time.
    ///
    /// # Errors
    /// The name exists already, or a column is named twice.
    pub fn stream(&self, name: &str, columns: Vec<Column>) -> Result<StreamId> {
        let bad = |what: String| JournalError::BadStream { stream: name.to_owned(), what };
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        if codec::row_bytes(&columns) > MAX_PAYLOAD_BYTES {
            return Err(bad("its rows would be too large".to_owned()));
        }
        let id = streams.next_id().ok_or_else(|| bad("no id is left".to_owned()))?;
        let stream = Stream { id, name: name.to_owned(), columns };
        streams.declare(stream.clone()).map_err(bad)?;
        // Still under the streams' lock: no row can overtake its declaration.
        self.append(&Record::Stream(stream))?;
        Ok(id)
    }

    /// Records one value per column. Costs the caller a short lock and the copying of the values; waits only when the
    /// queue is full. f32 columns round as [`crate::narrow`] says.
    ///
    /// # Errors
    /// An undeclared stream, a wrong number of values, or a writer that failed before.
    pub fn row(&self, stream: StreamId, step: u64, elapsed_secs: f64, values: &[f64]) -> Result<()> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let declared = streams.get(stream).ok_or(JournalError::UnknownStream { id: stream.0 })?;
        if declared.columns.len() != values.len() {
            return Err(JournalError::RowWidth {
                stream: declared.name.clone(),
                expected: declared.columns.len(),
                found: values.len(),
            });
        }
        let columns = &declared.columns;
        let bytes = frame::HEAD_BYTES + codec::row_bytes(columns) + frame::TAIL_BYTES;
        let recorded = self.push(bytes, Some(step), |buffer| {
            codec::encode_row(buffer, stream, step, elapsed_secs, values, columns);
        })?;
        let due = self.declare_at.load(Ordering::Relaxed);
        if recorded < due {
            return Ok(());
        }
        let next = recorded + recorded.clamp(DECLARED_AGAIN_AFTER, DECLARED_AGAIN_EVERY);
        // Of several threads that see it due, one writes it.
        match self.declare_at.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => self.declare_again(&streams),
            Err(_) => Ok(()),
        }
    }

    fn declare_again(&self, streams: &Streams) -> Result<()> {
        let header = Some(self.header.clone());
        let declared = Record::Declared(Declared { header, streams: streams.iter().cloned().collect() });
        match self.append(&declared) {
            // So many streams fit into no record, and are not worth a row.
            Err(JournalError::TooLarge { .. }) => Ok(()),
            other => other,
        }
    }

    /// Records something that happened, with the time since the writer began.
    pub fn event(&self, kind: &str, step: Option<u64>, data: Value) -> Result<()> {
        let (kind, elapsed_secs) = (kind.to_owned(), self.elapsed_secs());
        self.append(&Record::Event(Event { kind, step, elapsed_secs, data }))
    }

    /// Records a line of the run's log, with the time since the writer began.
    pub fn log(&self, level: Level, text: impl Into<String>) -> Result<()> {
        let (text, elapsed_secs) = (text.into(), self.elapsed_secs());
        self.append(&Record::Log(LogRecord { level, text, elapsed_secs }))
    }

    fn elapsed_secs(&self) -> f64 {
        self.shared.started.elapsed().as_secs_f64()
    }

    /// Records that the control command `seq` was obeyed, durably.
    pub fn control_acknowledged(&self, seq: u64) -> Result<()> {
        self.append(&Record::ControlAck(ControlAck { seq }))?;
        self.sync()
    }

    /// Names a checkpoint that is complete on disk; `path` is relative to the run folder. All earlier records are
    /// durable before the name is, and the name is durable when this returns.
    pub fn checkpoint(&self, step: u64, path: impl Into<String>) -> Result<()> {
        self.sync()?;
        self.append(&Record::Checkpoint(CheckpointRecord { step, path: path.into() }))?;
        self.sync()
    }

    /// The last record, durably.
    pub fn end(&self, end: EndRecord) -> Result<()> {
        self.append(&Record::End(end))?;
        self.sync()
    }

    /// Returns once everything recorded so far is on disk; on a full disk that is when there is room again.
    pub fn sync(&self) -> Result<()> {
        let mut state = self.shared.lock();
        let target = state.appended;
        state.sync_to = state.sync_to.max(target);
        self.shared.flush.notify_one();
        self.shared.sync.notify_one();
        while state.synced < target {
            check_failed(&state)?;
            state = self.shared.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// How long callers have waited for the queue, in all.
    pub fn waited(&self) -> Duration {
        self.shared.lock().waited
    }

    /// The full disk that the writer waits out at this moment.
    pub fn stalled(&self) -> Option<Stall> {
        self.shared.lock().stall.clone()
    }

    /// Bytes recorded, bytes in the kernel, bytes on disk.
    pub fn positions(&self) -> (u64, u64, u64) {
        let state = self.shared.lock();
        (state.appended, state.written, state.synced)
    }

    fn append(&self, record: &Record) -> Result<()> {
        let payload = codec::encode(record).map_err(JournalError::Encode)?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(JournalError::TooLarge { bytes: payload.len(), limit: MAX_PAYLOAD_BYTES });
        }
        let bytes = frame::HEAD_BYTES + payload.len() + frame::TAIL_BYTES;
        self.push(bytes, None, |buffer| buffer.extend_from_slice(&payload)).map(|_| ())
    }

    /// Appends one frame of `bytes` bytes; waits while the queue is full. A frame larger than the queue goes alone. Returns how
    /// much is recorded then.
    fn push(&self, bytes: usize, step: Option<u64>, encode: impl FnOnce(&mut Vec<u8>)) -> Result<u64> {
        let mut state = self.shared.lock();
        check_failed(&state)?;
        let full = |state: &State| state.queued() > 0 && state.queued() + bytes > self.queue_bytes;
        let mut waited = None;
        if full(&state) {
            let began = Instant::now();
            state.waiting += 1;
            self.shared.flush.notify_one();
            while full(&state) && state.failed.is_none() {
                state = self.shared.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
            check_failed(&state)?;
            let lasted = began.elapsed();
            state.waited += lasted;
            waited = Some(Wait { step, wait_secs: lasted.as_secs_f64() });
        }
        let State { buffer, appended, .. } = &mut *state;
        *appended += frame::append(buffer, encode) as u64;
        if let Some(wait) = waited {
            state.append_record(&Record::Wait(wait));
        }
        Ok(state.appended)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.flush.notify_one();
        for thread in self.threads.drain(..) {
            // A thread reports its errors through the state; a panic there has been printed by its hook.
            let _ = thread.join();
        }
    }
}

fn check_failed(state: &State) -> Result<()> {
    match &state.failed {
        Some(reason) => Err(JournalError::WriterFailed { reason: reason.clone() }),
        None => Ok(()),
    }
}
