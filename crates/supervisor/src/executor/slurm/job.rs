//! An attempt's job: its number, noted beside the journal, and what the scheduler last said of it. A job's name says run and
//! attempt, so that a number that nobody came to note is found again.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{oneshot, watch};
use vitals_files::read_regular;
use vitals_journal::{Command, RunFolder, atomic_write};
use vitals_run::{Evidence, ExitCode, Grounds};
use vitals_store::RunId;

use super::super::{Followed, Word};
use super::ask::{Polled, Refused};
use super::{GONE, JobWord, SLURM};
use crate::attempt::known::asked;
use crate::error::Result;

/// Looks that must miss a job before it counts as unknown: one that was just submitted may not be listed yet.
const MISSED: u32 = 3;
/// The same for one that Slurm took without telling its number.
const MISSED_BY_NAME: u32 = 30;
/// Looks in a row that must be refused before an end that only the folder tells of is believed where the scheduler's word
/// could say why, as of a time limit: after a refusal that will not pass by itself, and after one that may.
const UNHEARD: u32 = 3;
const UNHEARD_FOR_NOW: u32 = 60;

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

/// The run and attempt of a job that bears one of our names.
pub fn of_name(name: &str) -> Option<(RunId, u32)> {
    let (run, attempt) = name.strip_prefix("vitals-")?.rsplit_once('-')?;
    Some((run.parse().ok()?, attempt.parse().ok()?))
}

/// A living attempt's job, as the supervisor remembers it.
#[derive(Debug)]
pub struct Job {
    at: Followed,
    /// `None`: the supervisor that submitted it died before it noted the number.
    pub id: Option<u64>,
    name: String,
    pub word: Option<JobWord>,
    /// What `sbatch` printed when it took the job without telling its number.
    pub unnumbered: Option<String>,
    /// Looks in a row that did not find it.
    missing: u32,
    /// Looks in a row that were refused.
    unheard: u32,
    /// What its tail goes by.
    pub alive: watch::Sender<Word>,
    /// The answer to a cancel that is under way.
    pub cancel: Option<oneshot::Receiver<Result<(), Refused>>>,
    /// Why the last cancel was refused; it is asked again at the next look.
    pub uncancelled: Option<String>,
}

impl Job {
    /// The job of an attempt, as far as its folder tells.
    pub fn of(at: Followed) -> Self {
        let id = JobMark::read(&at.folder, at.attempt).map(|mark| mark.job);
        let name = job_name(at.run, at.attempt);
        Self {
            at,
            id,
            name,
            word: None,
            unnumbered: None,
            missing: 0,
            unheard: 0,
            alive: watch::channel(Word::Lives).0,
            cancel: None,
            uncancelled: None,
        }
    }

    /// Nobody has said that it has ended.
    pub fn is_open(&self) -> bool {
        *self.alive.borrow() != Word::Ended
    }

    /// The last cancel was refused, and no other is under way.
    pub fn owes_cancel(&self) -> bool {
        self.is_open() && self.uncancelled.is_some() && self.cancel.is_none()
    }

    fn say(&self, word: Word) {
        if self.alive.send_replace(word) != word {
            self.at.hint.notify_one();
        }
    }

    /// A look was refused. Where the folder's exit record tells of a worker that ended by itself, the scheduler's word would
    /// add nothing; else that is waited for a while. `true`: it is the first in a row.
    pub fn miss(&mut self, refused: &Refused) -> bool {
        if !self.is_open() {
            return false;
        }
        self.unheard += 1;
        let exit = self.at.folder.read_exit(self.at.attempt).ok().flatten();
        let as_asked = || {
            let asked = asked(&self.at.folder, self.at.attempt);
            matches!(asked, Some(Command::Pause | Command::Cancel))
        };
        let by_itself = exit
            .and_then(|exit| exit.code)
            .is_some_and(|code| ExitCode(code) != ExitCode::STOPPED || as_asked());
        let patience = match refused {
            Refused::Final(_) => UNHEARD,
            Refused::Passing(_) => UNHEARD_FOR_NOW,
        };
        if by_itself || self.unheard >= patience {
            self.say(Word::Unheard);
        }
        self.unheard == 1
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
        self.unheard = 0;
        self.say(Word::Lives);
        let accounted = || self.id.and_then(|id| polled.accounted.get(&id)).cloned();
        let word = listed.map(|listed| listed.word.clone()).or_else(accounted);
        self.missing = if word.is_some() { 0 } else { self.missing + 1 };
        let reason = polled.unaccounted.clone().unwrap_or_default();
        let gone = JobWord { state: GONE.to_owned(), reason, nodes: String::new() };
        let patience = if self.id.is_none() && self.unnumbered.is_some() { MISSED_BY_NAME } else { MISSED };
        let word = word.or_else(|| (self.missing >= patience).then_some(gone))?;
        let news = (self.word.as_ref() != Some(&word)).then(|| self.grounds(&word));
        let ended = word.has_ended();
        self.word = Some(word);
        if ended {
            self.say(Word::Ended);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_s_name_tells_run_and_attempt() {
        let run: RunId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(of_name(&job_name(run, 12)), Some((run, 12)));
        for other in ["vitals", "vitals-a-1", "interactive", "vitals-01890000-0000-7000-8000-000000000000-x"]
        {
            assert_eq!(of_name(other), None, "{other}");
        }
    }
}
