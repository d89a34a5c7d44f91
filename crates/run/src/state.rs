//! The states of a run and which may follow which. The store refuses a change that this table lacks, and a correction by
//! later evidence is a change like any other.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::{Told, sentences};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for a slot.
    Queued,
    /// A worker is being started; its journal has no record yet.
    Starting,
    /// The worker lives and records.
    Running,
    /// The worker lives and does not record, for a known reason.
    Stalled,
    /// Asked to pause; writes its checkpoint.
    Pausing,
    /// Stopped on request with a checkpoint; its device is free.
    Paused,
    /// Reached its last step.
    Finished,
    /// Ended otherwise than asked.
    Failed,
    /// Ended because someone, or a rule, asked for it.
    Cancelled,
    /// No evidence can be had.
    Lost,
}

impl RunState {
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Stalled,
        Self::Pausing,
        Self::Paused,
        Self::Finished,
        Self::Failed,
        Self::Cancelled,
        Self::Lost,
    ];

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stalled => "stalled",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// The state that bears this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// A process may be alive: starting, running, stalled, pausing.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stalled | Self::Pausing)
    }

    /// The attempt is over and nothing will happen by itself: finished, failed, cancelled, lost.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Cancelled | Self::Lost)
    }

    /// The machine: the states that may follow this one.
    pub fn next(self) -> &'static [Self] {
        use RunState::{
            Cancelled, Failed, Finished, Lost, Paused, Pausing, Queued, Running, Stalled, Starting,
        };
        match self {
            // A lock held or a journal found may show that a queued run is alive or over already.
            Queued => &[Starting, Running, Paused, Finished, Failed, Cancelled, Lost],
            // Any outcome, or back into the queue when the start was refused before a worker existed.
            Starting => &[Queued, Running, Stalled, Pausing, Paused, Finished, Failed, Cancelled, Lost],
            // The living may do all but start again without having ended.
            Running => &[Stalled, Pausing, Paused, Finished, Failed, Cancelled, Lost],
            Stalled => &[Running, Pausing, Paused, Finished, Failed, Cancelled, Lost],
            Pausing => &[Running, Stalled, Paused, Finished, Failed, Cancelled, Lost],
            // Resume goes through the queue; a paused run may be given up; later evidence may correct it, or show life.
            Paused => &[Queued, Running, Finished, Failed, Cancelled, Lost],
            // Retry, rewind and extension go through the queue; later evidence may correct an ending, or show life.
            Finished => &[Queued, Running, Stalled, Paused, Failed, Cancelled, Lost],
            Cancelled => &[Queued, Running, Stalled, Paused, Finished, Failed, Lost],
            // A start that was said to be refused may turn out to be under way.
            Failed => &[Queued, Starting, Running, Stalled, Paused, Finished, Cancelled, Lost],
            Lost => &[Queued, Starting, Running, Stalled, Paused, Finished, Failed, Cancelled],
        }
    }

    /// Whether `next` may follow. The same state may always be stated again with new evidence.
    pub fn may_become(self, next: Self) -> bool {
        self == next || self.next().contains(&next)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

sentences! {
    /// A state's word inside a sentence.
    pub(crate) enum StateWord in "run_state" {
        Queued = "queued";
        Starting = "starting";
        Running = "running";
        Stalled = "stalled";
        Pausing = "pausing";
        Paused = "paused";
        Finished = "finished";
        Failed = "failed";
        Cancelled = "cancelled";
        Lost = "lost";
    }
}

impl From<RunState> for Told {
    fn from(state: RunState) -> Self {
        let word = match state {
            RunState::Queued => StateWord::Queued,
            RunState::Starting => StateWord::Starting,
            RunState::Running => StateWord::Running,
            RunState::Stalled => StateWord::Stalled,
            RunState::Pausing => StateWord::Pausing,
            RunState::Paused => StateWord::Paused,
            RunState::Finished => StateWord::Finished,
            RunState::Failed => StateWord::Failed,
            RunState::Cancelled => StateWord::Cancelled,
            RunState::Lost => StateWord::Lost,
        };
        word.into()
    }
}
