//! The writer thread: takes the bytes that callers have encoded, hands them to the kernel within a quarter of a
//! second and makes them durable each second. It waits out a full disk and drops nothing; any other error ends it
//! and is told to every later caller.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::record::{Event, Record};
use crate::sink::Sink;
use crate::{codec, frame};

/// How often bytes go to the kernel; with the write itself below the promised 250 ms.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// How often written bytes are made durable.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Pause between two tries on a full disk.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// A full disk: since when, and what the kernel said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    pub since: Instant,
    pub reason: String,
}

/// Called with the stall when one begins, with `None` when writing goes on. Runs on the writer thread.
pub type OnStall = Box<dyn Fn(Option<&Stall>) + Send>;

/// What callers and the writer thread share. Positions count bytes from the file's beginning.
#[derive(Default)]
pub(crate) struct State {
    /// Encoded, not yet taken by the writer thread.
    pub buffer: Vec<u8>,
    /// Taken and not yet in the kernel.
    pub in_flight: usize,
    pub appended: u64,
    pub written: u64,
    pub synced: u64,
    /// Durability up to here is wanted now.
    pub sync_to: u64,
    pub waited: Duration,
    pub stall: Option<Stall>,
    pub failed: Option<String>,
    pub stop: bool,
}

impl State {
    /// Bytes that wait for the kernel.
    pub fn queued(&self) -> usize {
        self.buffer.len() + self.in_flight
    }

    /// Appends a record of our own, past the queue's limit.
    pub fn append_record(&mut self, record: &Record) {
        let payload = codec::encode(record).expect("an event or wait of plain strings and numbers is JSON");
        self.appended += frame::append(&mut self.buffer, |buffer| buffer.extend_from_slice(&payload)) as u64;
    }
}

/// One mutex, two signals: `work` wakes the writer thread, `progress` wakes waiting callers.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub work: Condvar,
    pub progress: Condvar,
}

impl Shared {
    /// A caller that panicked while holding the lock leaves whole frames or nothing: the state stays usable.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Pump<S> {
    pub shared: Arc<Shared>,
    pub sink: S,
    pub started: Instant,
    pub on_stall: Option<OnStall>,
}

impl<S: Sink> Pump<S> {
    /// Runs until asked to stop with nothing left to write, or until an error that waiting cannot cure.
    pub fn run(mut self) {
        let mut batch = Vec::new();
        let mut last_sync = Instant::now();
        loop {
            let (sync_wanted, stop) = self.take(&mut batch);
            let done = self.write(&batch).and_then(|()| {
                batch.clear();
                let dirty = {
                    let state = self.shared.lock();
                    state.written > state.synced
                };
                if dirty && (sync_wanted || stop || last_sync.elapsed() >= SYNC_EVERY) {
                    self.sync()?;
                    last_sync = Instant::now();
                }
                Ok(())
            });
            let mut state = self.shared.lock();
            if let Err(error) = done {
                state.failed = Some(error.to_string());
                state.stall = None;
            }
            self.shared.progress.notify_all();
            if state.failed.is_some() || (stop && state.buffer.is_empty()) {
                return;
            }
        }
    }

    /// Waits for the next flush, or less where someone is in a hurry, and takes all encoded bytes.
    fn take(&self, batch: &mut Vec<u8>) -> (bool, bool) {
        let mut state = self.shared.lock();
        if state.sync_to <= state.synced && !state.stop {
            let hurry = |state: &mut State| state.sync_to <= state.synced && !state.stop;
            let (woken, _) = self
                .shared
                .work
                .wait_timeout_while(state, FLUSH_EVERY, hurry)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
        }
        std::mem::swap(&mut state.buffer, batch);
        state.in_flight = batch.len();
        (state.sync_to > state.synced, state.stop)
    }

    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        let mut rest = batch;
        while !rest.is_empty() {
            match self.sink.write(rest) {
                Ok(0) => self.wait_for_room("the kernel took no bytes"),
                Ok(count) => {
                    self.resume();
                    rest = &rest[count..];
                    let mut state = self.shared.lock();
                    state.in_flight -= count;
                    state.written += count as u64;
                    self.shared.progress.notify_all();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) => self.wait_for_room(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let upto = self.shared.lock().written;
        loop {
            match self.sink.sync() {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) => self.wait_for_room(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
        self.resume();
        self.shared.lock().synced = upto;
        Ok(())
    }

    fn wait_for_room(&self, reason: &str) {
        let mut state = self.shared.lock();
        if state.stall.is_none() {
            let stall = Stall { since: Instant::now(), reason: reason.to_owned() };
            state.stall = Some(stall.clone());
            self.shared.progress.notify_all();
            drop(state);
            if let Some(tell) = &self.on_stall {
                tell(Some(&stall));
            }
        } else {
            drop(state);
        }
        std::thread::sleep(RETRY_EVERY);
    }

    /// Ends a stall and puts it into the journal as an event.
    fn resume(&self) {
        let mut state = self.shared.lock();
        let Some(stall) = state.stall.take() else { return };
        let event = Record::Event(Event {
            kind: "stalled".to_owned(),
            step: None,
            elapsed_secs: stall.since.saturating_duration_since(self.started).as_secs_f64(),
            data: json!({ "reason": stall.reason, "lasted_secs": stall.since.elapsed().as_secs_f64() }),
        });
        state.append_record(&event);
        drop(state);
        if let Some(tell) = &self.on_stall {
            tell(None);
        }
    }
}

/// Whether waiting may help: no space, or the quota is used up.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
