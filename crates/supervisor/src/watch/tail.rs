//! Follows one attempt: reads what its journal gained, commits it with its offset, and says when nothing
//! works on it any more, with all that is then known. One task for each living run; it decides nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use vitals_journal::{JournalError, Reader, RunFolder};
use vitals_store::{EndOfAttempt, IngestBatch, RunId, Store, StoreError};

use super::absence::{Absence, Sight};
use super::batch::{Stop, Stretch, read_batch};
use super::pace::Pace;
use crate::attempt::holder;
use crate::attempt::known::{Known, what_is_known};
use crate::error::{Result, SupervisorError};
use crate::executor::{Life, Word};

/// The safety net below the hints.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// How long the guard's exit record may come after the journal's end record, on a file system of several machines.
const EXIT_AFTER_END: Duration = Duration::from_secs(10);
/// Pause before a refused transaction is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// What a tail has to say.
#[derive(Debug)]
pub(crate) enum Fact {
    /// Records came in.
    Recorded { run: RunId, attempt: u32, values: u64, stall_after: Duration, checkpoint: bool },
    /// Nothing works on it any more, and the journal has been read to its end.
    Ended { run: RunId, attempt: u32, known: Box<Known> },
    /// The journal cannot be read on; the run itself may be well.
    Unreadable { run: RunId, attempt: u32, what: String },
    /// Its folder is not in its place: its process works in this one, or is not seen.
    Away { run: RunId, attempt: u32, seen: Option<PathBuf> },
    /// Its folder is in its place again, and somebody works on it.
    Back { run: RunId, attempt: u32 },
    /// The run is no longer in the store.
    Removed { run: RunId },
}

/// One attempt to follow.
pub(crate) struct Tail {
    pub store: Store,
    pub folder: RunFolder,
    pub run: RunId,
    pub attempt: u32,
    pub facts: mpsc::Sender<Fact>,
    pub hint: Arc<Notify>,
    /// Turns true when the supervisor ends.
    pub stop: watch::Receiver<bool>,
    pub stall_floor: Duration,
    /// How long a folder that is not in its place is looked for.
    pub folder_patience: Duration,
    /// What shows that the attempt lives.
    pub life: Life,
}

/// What reading came to.
enum Read {
    More,
    CaughtUp,
    /// No further record can be had from this journal.
    Exhausted,
}

impl Tail {
    /// Runs until the attempt has ended, the run is gone or the supervisor ends.
    pub async fn follow(mut self) {
        let mut position =
            Position { offset: 0, reader: None, end: None, end_since: None, pace: Pace::default() };
        match self.store.attempts(self.run).await {
            Ok(attempts) => {
                if let Some(attempt) = attempts.into_iter().find(|attempt| attempt.number == self.attempt) {
                    position.offset = attempt.journal_offset;
                    position.end = attempt.end;
                }
            }
            // The first transaction will find out where the store stands.
            Err(error) => tracing::warn!(run = %self.run, "failed to read its attempts: {error}"),
        }
        let mut absence = Absence::default();
        let mut dead = false;
        let mut exhausted = false;
        while !*self.stop.borrow() {
            if !exhausted {
                match self.advance(&mut position, dead).await {
                    Ok(Read::More) => continue,
                    Ok(Read::CaughtUp) => {}
                    Ok(Read::Exhausted) => exhausted = true,
                    Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => {
                        self.tell(Fact::Removed { run: self.run }).await;
                        return;
                    }
                    Err(error) if error.may_pass() => {
                        tracing::warn!(run = %self.run, "failed to ingest, trying again: {error}");
                        self.wait(RETRY_EVERY).await;
                        continue;
                    }
                    Err(error) => {
                        exhausted = true;
                        let what = error.to_string();
                        self.tell(Fact::Unreadable { run: self.run, attempt: self.attempt, what }).await;
                    }
                }
            }
            if dead {
                let mut known = match what_is_known(&self.folder, self.attempt, position.end.clone()) {
                    Ok(known) => Box::new(known),
                    Err(error) => {
                        tracing::warn!(run = %self.run, "failed to see how it ended, trying again: {error}");
                        self.wait(RETRY_EVERY).await;
                        continue;
                    }
                };
                absence.tell(&mut known);
                self.tell(Fact::Ended { run: self.run, attempt: self.attempt, known }).await;
                return;
            }
            dead = !self.lives(&mut position, &mut absence).await;
            if !dead {
                self.wait(LOOK_EVERY).await;
            }
        }
    }

    /// Reads and commits one batch.
    async fn advance(&mut self, position: &mut Position, dead: bool) -> Result<Read> {
        let Some(reader) = position.open(self.folder.journal(self.attempt))? else {
            return Ok(Read::CaughtUp);
        };
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut reader = reader;
            let batch = read_batch(&mut reader, &folder, dead);
            (reader, batch)
        });
        let (reader, batch) = read.await.map_err(|join| SupervisorError::Io {
            operation: "read",
            path: self.folder.journal(self.attempt),
            source: std::io::Error::other(join),
        })?;
        let Stretch { batch, stop, .. } = batch?;
        if let Some(actual) = self.commit(&batch).await? {
            // The store is elsewhere: read on from there.
            position.offset = actual;
            return Ok(Read::More);
        }
        position.offset = batch.offset_to;
        for row in &batch.rows {
            position.pace.observe(row.step, row.elapsed_secs);
        }
        if batch.offset_to > batch.offset_from {
            self.tell(Fact::Recorded {
                run: self.run,
                attempt: self.attempt,
                values: batch.rows.iter().map(|row| row.values.len() as u64).sum(),
                stall_after: position.pace.stall_after(self.stall_floor),
                checkpoint: !batch.checkpoints.is_empty(),
            })
            .await;
        }
        position.end = batch.end.or(position.end.take());
        match stop {
            Stop::Full => position.reader = Some(reader),
            Stop::Torn { bytes } if dead => {
                tracing::warn!(run = %self.run, bytes, "the journal's last record is torn");
                return Ok(Read::Exhausted);
            }
            // Zeros at the end of a living file may become a record.
            Stop::NotYet | Stop::Torn { .. } => {
                position.reader = Some(reader);
                return Ok(Read::CaughtUp);
            }
        }
        Ok(Read::More)
    }

    /// Commits a batch, waiting out a busy database and a full disk. `Some`: the offset at which the store really is.
    async fn commit(&mut self, batch: &IngestBatch) -> Result<Option<u64>> {
        if batch.offset_to == batch.offset_from && batch.logs.is_empty() {
            return Ok(None);
        }
        loop {
            match self.store.ingest(self.run, self.attempt, batch).await {
                Ok(_) => return Ok(None),
                Err(StoreError::OffsetMismatch { stored, .. }) => return Ok(Some(stored)),
                Err(error) if error.may_pass() && !*self.stop.borrow() => {
                    tracing::warn!(run = %self.run, "failed to ingest, trying again: {error}");
                    self.wait(RETRY_EVERY).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn wait(&mut self, at_most: Duration) {
        tokio::select! {
            () = self.hint.notified() => {}
            () = tokio::time::sleep(at_most) => {}
            _ = self.stop.changed() => {}
        }
    }

    /// Alive where the kernel does not answer: a living run is never taken for dead.
    async fn lives(&self, position: &mut Position, absence: &mut Absence) -> bool {
        if let Life::Word(word) = &self.life {
            let word = *word.borrow();
            return match word {
                Word::Lives => true,
                Word::Unheard => !self.has_ended_by_folder(position),
                Word::Ended => false,
            };
        }
        let is_held = match holder::is_held(&self.folder, Some(self.attempt)) {
            Ok(is_held) => is_held,
            Err(error) => {
                tracing::warn!(run = %self.run, "{error}");
                return true;
            }
        };
        let (run, attempt) = (self.run, self.attempt);
        // Who removes a folder removes its files one by one.
        let is_there = |path: PathBuf| path.try_exists().unwrap_or(true);
        if is_held || is_there(self.folder.lock()) && is_there(self.folder.attempt_dir(attempt)) {
            if absence.end() {
                self.tell(Fact::Back { run, attempt }).await;
            }
            return is_held;
        }
        match absence.look(&self.store, run, attempt, &self.folder, self.folder_patience).await {
            Ok(Sight::Unchanged) => true,
            Ok(Sight::Away(seen)) => {
                self.tell(Fact::Away { run, attempt, seen }).await;
                true
            }
            Ok(Sight::Over) => false,
            Err(error) => {
                tracing::warn!(%run, "failed to read who worked on it: {error}");
                true
            }
        }
    }

    /// The exit record is there, or the journal's end record has been for so long that none will come.
    fn has_ended_by_folder(&self, position: &mut Position) -> bool {
        if self.folder.exit(self.attempt).exists() {
            return true;
        }
        position.end.is_some()
            && position.end_since.get_or_insert_with(Instant::now).elapsed() >= EXIT_AFTER_END
    }

    async fn tell(&self, fact: Fact) {
        // Nobody listens when the supervisor ends; the next one reads on from the store's offset.
        let _ = self.facts.send(fact).await;
    }
}

/// Where a tail stands in its journal.
struct Position {
    offset: u64,
    reader: Option<Reader>,
    end: Option<EndOfAttempt>,
    /// Since when that is all that tells of an end.
    end_since: Option<Instant>,
    pace: Pace,
}

impl Position {
    /// The reader at `offset`; `None` while there is no journal.
    fn open(&mut self, path: PathBuf) -> Result<Option<Reader>> {
        if let Some(reader) = self.reader.take().filter(|reader| reader.offset() == self.offset) {
            return Ok(Some(reader));
        }
        match Reader::open(&path, self.offset) {
            Ok(reader) => Ok(Some(reader)),
            Err(JournalError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
