//! A run folder that is not in its place while its run should live: moved, hidden by a mount, removed, or never here because
//! the database is a copy. It is looked for with patience; a process that works in it somewhere else lives on.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;
use tokio::time::Instant;
use vitals_journal::RunFolder;
use vitals_store::{RunId, Store, StoreError};

use crate::attempt::known::Known;
use crate::attempt::place::{Place, place};
use crate::system::ProcessMark;

/// What is known of an absence; nothing while the folder is in its place.
#[derive(Debug, Default)]
pub(super) struct Absence {
    /// Since when nobody is seen to work in it.
    since: Option<Instant>,
    /// By the evidence of the run's running.
    worker: Option<ProcessMark>,
    last_seen: Option<PathBuf>,
    is_removed: bool,
}

/// What a look at an absence came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// As before.
    Unchanged,
    /// Its process works in this folder; `None`: nobody is seen to, and it is looked for again.
    Away(Option<PathBuf>),
    /// Nobody has been seen to work on it for as long as the patience lasts.
    Over,
}

impl Absence {
    /// One look. Errors: the store does not say who worked on it.
    pub async fn look(
        &mut self,
        store: &Store,
        run: RunId,
        attempt: u32,
        folder: &RunFolder,
        patience: Duration,
    ) -> Result<Sight, StoreError> {
        if self.worker.is_none() {
            self.worker = recorded_worker(store, run, attempt).await?;
        }
        let seen = self.worker.as_ref().map_or(Place::Nowhere, |worker| place(worker, folder));
        self.is_removed = seen == Place::Removed;
        if self.is_removed {
            // Where it was before it was removed is no place to look for it.
            self.last_seen = None;
        }
        Ok(match seen {
            // It came back between two looks.
            Place::Here => Sight::Unchanged,
            Place::Elsewhere(there) => {
                self.since = None;
                let is_news = self.last_seen.as_ref() != Some(&there);
                self.last_seen = Some(there.clone());
                if is_news { Sight::Away(Some(there)) } else { Sight::Unchanged }
            }
            Place::Removed | Place::Nowhere => match self.since {
                None => {
                    self.since = Some(Instant::now());
                    Sight::Away(None)
                }
                Some(since) if since.elapsed() >= patience => Sight::Over,
                Some(_) => Sight::Unchanged,
            },
        })
    }

    /// The folder is in its place. `true`: it had been away.
    pub fn end(&mut self) -> bool {
        let was_away = self.since.is_some() || self.last_seen.is_some();
        *self = Self::default();
        was_away
    }

    /// What it adds to what is known of the end.
    pub fn tell(self, known: &mut Known) {
        if known.folder_missing {
            known.outlived = self.worker.filter(|_| self.is_removed);
            known.last_seen = self.last_seen;
        }
    }
}

/// The process that an attempt's states name, which is known by this even where the folder is gone.
async fn recorded_worker(store: &Store, run: RunId, attempt: u32) -> Result<Option<ProcessMark>, StoreError> {
    let history = store.transitions(run).await?;
    let of_attempt = |data: &&Value| data.get("attempt").and_then(Value::as_u64) == Some(attempt.into());
    let named = history.iter().rev().map(|change| &change.data).filter(of_attempt);
    Ok(named.filter_map(|data| data.get("worker")).find_map(|mark| ProcessMark::deserialize(mark).ok()))
}
