//! An attempt's job: its number, noted beside the journal, and what the scheduler last said of it. A job's name says run and
//! attempt, so that a number that nobody came to note is found again.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use vitals_journal::{RunFolder, atomic_write, read_regular};
use vitals_run::{Evidence, Grounds};
use vitals_store::RunId;

use super::super::Followed;
use super::ask::Polled;
use super::{GONE, JobWord, SLURM};
use crate::error::Result;

/// Looks that must miss a job before it counts as unknown: one that was just submitted may not be listed yet.
const MISSED: u32 = 3;

/// `attempt-NNNN/slurm.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMark {
    pub format: u32,
    pub job: u64,
    pub name: String,
}

impl JobMark {
    fn path(folder: &RunFolder, attempt: u32) -> PathBuf {
        folder.attempt_dir(attempt).join("slurm.json")
    }

    pub fn read(folder: &RunFolder, attempt: u32) -> Option<Self> {
        serde_json::from_slice(&read_regular(&Self::path(folder, attempt)).ok()?).ok()
    }

    pub fn write(folder: &RunFolder, attempt: u32, job: u64, name: &str) -> Result<()> {
        let mark = Self { format: 1, job, name: name.to_owned() };
        let bytes = serde_json::to_vec(&mark).expect("a number and a name are always JSON");
        Ok(atomic_write(&Self::path(folder, attempt), &bytes)?)
    }
}

/// Known to Slurm by this name.
pub fn job_name(run: RunId, attempt: u32) -> String {
    format!("vitals-{run}-{attempt}")
}

/// A living attempt's job, as the supervisor remembers it.
#[derive(Debug)]
pub struct Job {
    at: Followed,
    /// `None`: the supervisor that submitted it died before it noted the number.
    pub id: Option<u64>,
    name: String,
    pub word: Option<JobWord>,
    /// Looks in a row that did not find it.
    missing: u32,
    /// What its tail goes by.
    pub alive: watch::Sender<bool>,
}

impl Job {
    /// The job of an attempt, as far as its folder tells.
    pub fn of(at: Followed) -> Self {
        let id = JobMark::read(&at.folder, at.attempt).map(|mark| mark.job);
        let name = job_name(at.run, at.attempt);
        Self { at, id, name, word: None, missing: 0, alive: watch::channel(true).0 }
    }

    /// Nobody has said that it has ended.
    pub fn is_open(&self) -> bool {
        *self.alive.borrow()
    }

    /// Takes what a look found of it. `Some`: it waits, and for something else than before.
    pub fn hear(&mut self, polled: &Polled) -> Option<Grounds> {
        if !self.is_open() {
            return None;
        }
        let listed = polled.listed.iter().rev().find(|l| Some(l.id) == self.id || l.name == self.name);
        if let (None, Some(listed)) = (self.id, listed) {
            self.id = Some(listed.id);
            if let Err(error) = JobMark::write(&self.at.folder, self.at.attempt, listed.id, &self.name) {
                tracing::warn!(run = %self.at.run, "failed to note its job {}: {error}", listed.id);
            }
        }
        let accounted = || self.id.and_then(|id| polled.accounted.get(&id)).cloned();
        let word = listed.map(|listed| listed.word.clone()).or_else(accounted);
        self.missing = if word.is_some() { 0 } else { self.missing + 1 };
        let gone = JobWord { state: GONE.to_owned(), reason: String::new(), nodes: String::new() };
        let word = word.or_else(|| (self.missing >= MISSED).then_some(gone))?;
        let news = (self.word.as_ref() != Some(&word)).then(|| self.grounds(&word));
        let ended = word.has_ended();
        self.word = Some(word);
        if ended {
            self.alive.send_replace(false);
            self.at.hint.notify_one();
        }
        news.filter(|_| !ended)
    }

    fn grounds(&self, word: &JobWord) -> Grounds {
        let (scheduler, state) = (SLURM.to_owned(), word.state.clone());
        let evidence = match word.reason.as_str() {
            "" => Evidence::Scheduler { scheduler, word: state },
            why => Evidence::SchedulerWaits { scheduler, word: state, why: why.to_owned() },
        };
        evidence.with(json!({ "job": self.id, "slurm": word, "device": SLURM }))
    }
}
