//! What can be asked of a run, and what it means in each state: the one table that the supervisor obeys by, the api and
//! the command line refuse by, and the window offers by.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::{Told, sentences};

use crate::RunState;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Start,
    Pause,
    Resume,
    Cancel,
    Retry,
    Checkpoint,
    /// Arguments: `{"to_step": n}`.
    Rewind,
    Remove,
    PauseQueue,
    ResumeQueue,
    /// The supervisor ends when nothing needs it.
    Shutdown,
}

impl Command {
    pub const ALL: [Self; 11] = [
        Self::Start,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Retry,
        Self::Checkpoint,
        Self::Rewind,
        Self::Remove,
        Self::PauseQueue,
        Self::ResumeQueue,
        Self::Shutdown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Checkpoint => "checkpoint",
            Self::Rewind => "rewind",
            Self::Remove => "remove",
            Self::PauseQueue => "pause_queue",
            Self::ResumeQueue => "resume_queue",
            Self::Shutdown => "shutdown",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == word)
    }

    /// Asked of the queue or of the supervisor, not of a run.
    pub fn is_for_all(self) -> bool {
        matches!(self, Self::PauseQueue | Self::ResumeQueue | Self::Shutdown)
    }

    /// What it means for a run in this state.
    pub fn meaning(self, state: RunState) -> Meaning {
        use Meaning::{Already, CheckpointComes, Does, Refused};
        use RunState::{
            Cancelled, Failed, Finished, Lost, Paused, Pausing, Queued, Running, Stalled, Starting,
        };
        match (self, state) {
            (Self::Pause, Queued) => Does(Deed::PauseInQueue),
            (Self::Pause, Starting | Running | Stalled) => Does(Deed::Pause),
            (Self::Pause, Pausing | Paused) => Already,
            (Self::Pause, _) => Refused(Refusal::is(state)),
            (Self::Resume | Self::Start, Paused) => Does(Deed::Resume),
            (Self::Retry, Paused) => Refused(Refusal::Paused),
            (Self::Resume | Self::Start | Self::Retry, Pausing) => Refused(Refusal::Pausing),
            (Self::Resume | Self::Start | Self::Retry, Queued | Starting | Running | Stalled) => Already,
            (Self::Resume, _) => Refused(Refusal::Ended { state: state.into() }),
            (Self::Start | Self::Retry, Failed | Cancelled | Lost) => Does(Deed::Retry),
            (Self::Start | Self::Retry, Finished) => Refused(Refusal::is(state)),
            (Self::Cancel, Queued | Paused) => Does(Deed::CancelInQueue),
            (Self::Cancel, Starting | Running | Stalled | Pausing) => Does(Deed::Cancel),
            (Self::Cancel, _) => Already,
            (Self::Checkpoint, Starting | Running | Stalled) => Does(Deed::Checkpoint),
            (Self::Checkpoint, Pausing) => CheckpointComes,
            (Self::Checkpoint, _) => Refused(Refusal::is(state)),
            (Self::Rewind, state) if state.is_active() => {
                Refused(Refusal::AliveForRewind { state: state.into() })
            }
            (Self::Rewind, _) => Does(Deed::Rewind),
            (Self::Remove, state) if state.is_active() => {
                Refused(Refusal::AliveForRemoval { state: state.into() })
            }
            (Self::Remove, _) => Does(Deed::Remove),
            (Self::PauseQueue | Self::ResumeQueue | Self::Shutdown, _) => Does(Deed::ForAll),
        }
    }

    /// What it means for a run in this state that was imported: there is nothing to train, so it can only be removed.
    pub fn meaning_for_imported(self, state: RunState) -> Meaning {
        match self.meaning(state) {
            Meaning::Does(Deed::Remove) => Meaning::Does(Deed::Remove),
            Meaning::Does(Deed::ForAll) => Meaning::Does(Deed::ForAll),
            _ => Meaning::Refused(Refusal::Imported),
        }
    }

    /// Whether it changes something in this state: what is offered, and what a client may ask for.
    pub fn applies(self, state: RunState) -> bool {
        matches!(self.meaning(state), Meaning::Does(_))
    }
}

/// What a command means for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// It changes something.
    Does(Deed),
    /// The run is so, or on its way, without it.
    Already,
    /// The run writes a checkpoint before it stops anyway.
    CheckpointComes,
    /// It makes no sense here.
    Refused(Refusal),
}

/// What is done with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// No worker is there: it is paused as it waits.
    PauseInQueue,
    /// The worker writes a checkpoint and stops.
    Pause,
    /// Into the queue, to its front.
    Resume,
    /// Into the queue, to its end.
    Retry,
    /// No worker is there: it is cancelled as it waits.
    CancelInQueue,
    /// The worker writes a checkpoint and stops.
    Cancel,
    /// The worker writes a checkpoint and goes on.
    Checkpoint,
    /// Into the queue, to go on from an earlier checkpoint.
    Rewind,
    /// Its folder and its rows go.
    Remove,
    /// Nothing with one run.
    ForAll,
}

sentences! {
    /// Why a command makes no sense for a run, and what does.
    pub enum Refusal in "refusal" {
        Is { state: Told } = "it is {state}";
        Pausing = "it is pausing; resume it once it is paused";
        Paused = "it is paused; resume it";
        Ended { state: Told } = "it is {state}; retry starts it again";
        AliveForRewind { state: Told } = "it is {state}; pause or cancel it first";
        AliveForRemoval { state: Told } = "it is {state}; cancel it first";
        Imported = "it was imported, and Vitals has nothing to train it by";
    }
}

impl Refusal {
    fn is(state: RunState) -> Self {
        Self::Is { state: state.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applying(state: RunState) -> String {
        let words = Command::ALL.into_iter().filter(|c| !c.is_for_all() && c.applies(state));
        words.map(Command::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_applies_in_which_state() {
        for (state, expected) in [
            (RunState::Queued, "pause cancel rewind remove"),
            (RunState::Starting, "pause cancel checkpoint"),
            (RunState::Running, "pause cancel checkpoint"),
            (RunState::Stalled, "pause cancel checkpoint"),
            (RunState::Pausing, "cancel"),
            (RunState::Paused, "start resume cancel rewind remove"),
            (RunState::Finished, "rewind remove"),
            (RunState::Failed, "start retry rewind remove"),
            (RunState::Cancelled, "start retry rewind remove"),
            (RunState::Lost, "start retry rewind remove"),
        ] {
            assert_eq!(applying(state), expected, "{state}");
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        let said = |command: Command, state| match command.meaning(state) {
            Meaning::Refused(why) => why.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(said(Command::Resume, RunState::Failed), "it is failed; retry starts it again");
        assert_eq!(said(Command::Rewind, RunState::Running), "it is running; pause or cancel it first");
        assert_eq!(said(Command::Remove, RunState::Pausing), "it is pausing; cancel it first");
        assert_eq!(said(Command::Checkpoint, RunState::Finished), "it is finished");
        assert_eq!(said(Command::Cancel, RunState::Finished), "Already");
    }

    #[test]
    fn an_imported_run_can_be_removed_and_nothing_else() {
        for state in [RunState::Finished, RunState::Lost, RunState::Failed] {
            let does = |command: &Command| matches!(command.meaning_for_imported(state), Meaning::Does(_));
            let able: Vec<Command> =
                Command::ALL.into_iter().filter(|command| !command.is_for_all()).filter(does).collect();
            assert_eq!(able, [Command::Remove], "{state}");
        }
    }

    #[test]
    fn a_command_s_word_is_read_back() {
        for command in Command::ALL {
            assert_eq!(Command::parse(command.as_str()), Some(command));
            assert_eq!(serde_json::json!(command), command.as_str());
        }
    }
}
