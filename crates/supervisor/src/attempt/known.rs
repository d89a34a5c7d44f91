//! What a run folder tells of one attempt: by what it can be found while it works, what was asked of it, and everything
//! that its end is judged by. Reads files; decides nothing.

use std::io::{Read as _, Seek, SeekFrom};
use std::path::PathBuf;

use serde_json::{Value, json};
use vitals_files::open_regular;
use vitals_journal::{Command, ExitRecord, RunFolder};
use vitals_run::Job;
use vitals_store::EndOfAttempt;

use crate::error::{Result, SupervisorError};
use crate::guard::GuardMark;
use crate::system::{ProcessMark, boot_id};

/// Of a worker's log, when it ended without a word in the journal.
const LAST_WORDS_BYTES: u64 = 4096;
const LAST_WORDS_CHARS: usize = 300;

/// Everything that is known of an attempt whose lock is free.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// `exit.json`.
    pub exit: Option<ExitRecord>,
    /// The journal's end record.
    pub end: Option<EndOfAttempt>,
    /// What was asked of this attempt: the last command in `control` that came after its start.
    pub asked: Option<Command>,
    /// The supervisor sent SIGKILL when the grace after SIGTERM was over.
    pub grace_spent: bool,
    /// The machine was started again since the attempt began.
    pub rebooted: bool,
    /// The run folder, or the attempt's part of it, is gone.
    pub folder_missing: bool,
    /// Where the folder was when its process was last seen to work, somewhere else than here.
    pub last_seen: Option<PathBuf>,
    /// The process whose folder was removed while it worked.
    pub outlived: Option<ProcessMark>,
    /// The last line that the worker printed.
    pub last_words: Option<String>,
    /// The guard, the worker or the journal left something: without it the attempt never began.
    pub left_a_trace: bool,
}

impl Known {
    /// A start that was interrupted before anything ran: it may simply be done again.
    pub(crate) fn never_began(&self) -> bool {
        !self.left_a_trace && !self.folder_missing
    }
}

/// All that a run folder tells of an attempt that nobody works on. `end` is the journal's end record, where one came.
///
/// # Errors
/// A file cannot be read now, and can be later: what nobody could open is not what was never written.
pub(crate) fn what_is_known(folder: &RunFolder, attempt: u32, end: Option<EndOfAttempt>) -> Result<Known> {
    let exit = match folder.read_exit(attempt).map_err(SupervisorError::from) {
        Ok(exit) => exit,
        Err(error) if error.may_pass() => return Err(error),
        Err(error) => {
            tracing::warn!("{error}");
            None
        }
    };
    let mark = GuardMark::read(folder, attempt);
    let there = |path: PathBuf| path.try_exists().unwrap_or(true);
    let known = Known {
        exit,
        end,
        asked: asked(folder, attempt),
        grace_spent: false,
        last_seen: None,
        outlived: None,
        rebooted: mark.and_then(|mark| mark.boot_id).zip(boot_id()).is_some_and(|(then, now)| then != now),
        folder_missing: !there(folder.attempt_dir(attempt)),
        last_words: last_words(folder, attempt),
        left_a_trace: left_a_trace(folder, attempt),
    };
    // The rest was read with an eye to what is not there, as which a shortage of descriptors or memory passes.
    let read = [GuardMark::path(folder, attempt), folder.control(), folder.job(), folder.worker_log(attempt)];
    for path in read {
        let opened = open_regular(&path).map_err(SupervisorError::io("read", &path));
        if let Some(error) = opened.err().filter(SupervisorError::may_pass) {
            return Err(error);
        }
    }
    Ok(known)
}

/// The last line of `worker.log` that says something: what a worker that wrote no end record died of.
fn last_words(folder: &RunFolder, attempt: u32) -> Option<String> {
    let mut log = open_regular(&folder.worker_log(attempt)).ok()?;
    let length = log.metadata().ok()?.len();
    log.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS_BYTES))).ok()?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let says = |line: &&str| !line.is_empty() && !line.starts_with("note: ");
    text.lines().rev().map(str::trim).find(says).map(|line| line.chars().take(LAST_WORDS_CHARS).collect())
}

/// Whether guard or worker of an attempt ever came so far as to write something.
pub(crate) fn left_a_trace(folder: &RunFolder, attempt: u32) -> bool {
    let there = |path: PathBuf| path.try_exists().unwrap_or(true);
    GuardMark::read(folder, attempt).is_some()
        || there(folder.journal(attempt))
        || there(folder.exit(attempt))
}

/// What was asked of this very attempt: the command in `control`, if it came after the attempt was prepared.
pub(crate) fn asked(folder: &RunFolder, attempt: u32) -> Option<Command> {
    let control = folder.read_control().ok().flatten()?;
    let job = Job::read(&folder.job()).ok()?;
    (job.attempt == attempt && control.seq > job.acknowledged_control).then_some(control.command)
}

/// What shows that an attempt works: its process, which is known by this even where the folder is gone.
pub(crate) fn proof(folder: &RunFolder, attempt: u32) -> Value {
    let worker = GuardMark::read(folder, attempt).and_then(|mark| mark.worker);
    json!({ "attempt": attempt, "worker": worker })
}
