//! What callers, the flushing thread and the syncing thread share: one buffer of encoded frames, three positions in
//! the file, and what went wrong. It knows the rules of waiting, and does no I/O.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::record::{Event, Record};
use crate::{codec, frame};

/// Pause between two tries on a full disk.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// A full disk: since when, and what the kernel said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    pub since: Instant,
    pub reason: String,
}

/// Called with the stall when one begins, with `None` when writing goes on. Runs on one of the writer's threads.
pub type OnStall = Box<dyn Fn(Option<&Stall>) + Send + Sync>;

/// Positions count bytes from the file's beginning: `synced` ≤ `written` ≤ `appended`.
#[derive(Default)]
pub(crate) struct State {
    /// Encoded, not yet taken by the flushing thread.
    pub buffer: Vec<u8>,
    /// Taken and not yet in the kernel.
    pub in_flight: usize,
    pub appended: u64,
    pub written: u64,
    pub synced: u64,
    /// Durability up to here is wanted now.
    pub sync_to: u64,
    pub waited: Duration,
    /// Callers that wait for room in the queue at this moment.
    pub waiting: usize,
    pub stall: Option<Stall>,
    pub failed: Option<String>,
    /// No caller is left.
    pub stop: bool,
    /// The flushing thread has ended.
    pub drained: bool,
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

/// One mutex and three signals.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Wakes the flushing thread before its time.
    pub flush: Condvar,
    /// Wakes the syncing thread before its time.
    pub sync: Condvar,
    /// Wakes callers that wait for room or for durability.
    pub progress: Condvar,
    pub started: Instant,
    on_stall: Option<OnStall>,
}

impl Shared {
    pub fn new(on_stall: Option<OnStall>) -> Self {
        Self {
            state: Mutex::default(),
            flush: Condvar::new(),
            sync: Condvar::new(),
            progress: Condvar::new(),
            started: Instant::now(),
            on_stall,
        }
    }

    /// A caller that panicked while holding the lock leaves whole frames or nothing: the state stays usable.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `signal`, at most `patience`, while `idle` holds.
    pub fn wait<'a>(
        signal: &Condvar,
        state: MutexGuard<'a, State>,
        patience: Duration,
        idle: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let (state, _) = signal
            .wait_timeout_while(state, patience, |state| idle(state))
            .unwrap_or_else(PoisonError::into_inner);
        state
    }

    /// Repeats an I/O operation until it succeeds, waiting out a full disk. Other errors end it.
    pub fn insist<T>(&self, mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let mut was_full = false;
        loop {
            match operation() {
                Ok(done) => {
                    if was_full {
                        self.end_stall();
                    }
                    return Ok(done);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) => {
                    was_full = true;
                    self.begin_stall(&error);
                    std::thread::sleep(RETRY_EVERY);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells all waiting callers that the journal cannot be written any more.
    pub fn fail(&self, error: &io::Error) {
        let mut state = self.lock();
        state.failed.get_or_insert_with(|| error.to_string());
        state.stall = None;
        drop(state);
        self.flush.notify_one();
        self.sync.notify_one();
        self.progress.notify_all();
    }

    fn begin_stall(&self, error: &io::Error) {
        let mut state = self.lock();
        if state.stall.is_some() {
            return;
        }
        let stall = Stall { since: Instant::now(), reason: error.to_string() };
        state.stall = Some(stall.clone());
        drop(state);
        if let Some(tell) = &self.on_stall {
            tell(Some(&stall));
        }
    }

    /// Puts the stall that is over into the journal as an event.
    fn end_stall(&self) {
        let mut state = self.lock();
        let Some(stall) = state.stall.take() else { return };
        state.append_record(&Record::Event(Event {
            kind: "stalled".to_owned(),
            step: None,
            elapsed_secs: stall.since.saturating_duration_since(self.started).as_secs_f64(),
            data: json!({ "reason": stall.reason, "lasted_secs": stall.since.elapsed().as_secs_f64() }),
        }));
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
