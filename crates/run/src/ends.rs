//! How an attempt ends: the exit codes of the contract (section 1.2), the words of the journal's end record, and which
//! belongs to which. The worker ends by this table, the guard and the supervisor read by it.

use vitals_recipe::sentences;

sentences! {
    /// Why an attempt ended, by the word that its journal keeps.
    #[derive(Copy, Eq)]
    pub enum EndReason in "ending" {
        Finished = "finished";
        Paused = "paused";
        Cancelled = "cancelled";
        /// A signal from outside: a checkpoint was written.
        Terminated = "stopped by a signal from outside";
        /// With `on_nonfinite = stop`.
        Nonfinite = "non-finite loss";
        OutOfMemory = "out of device memory";
        DatasetUnreadable = "data set unreadable";
        CheckpointUnreadable = "checkpoint unreadable";
        Error = "error";
        /// By the guard: no worker came to be.
        WorkerNotStarted = "the worker could not be started";
    }
}

impl EndReason {
    pub const ALL: [Self; 10] = [
        Self::Finished,
        Self::Paused,
        Self::Cancelled,
        Self::Terminated,
        Self::Nonfinite,
        Self::OutOfMemory,
        Self::DatasetUnreadable,
        Self::CheckpointUnreadable,
        Self::Error,
        Self::WorkerNotStarted,
    ];

    /// The journal's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Terminated => "terminated",
            Self::Nonfinite => "nonfinite",
            Self::OutOfMemory => "out_of_memory",
            Self::DatasetUnreadable => "dataset_unreadable",
            Self::CheckpointUnreadable => "checkpoint_unreadable",
            Self::Error => "error",
            Self::WorkerNotStarted => "worker_not_started",
        }
    }

    /// The reason that bears this word; none of a journal that somebody else wrote.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// With which code the process ends.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Finished => ExitCode::FINISHED,
            Self::Paused | Self::Cancelled | Self::Terminated => ExitCode::STOPPED,
            Self::Nonfinite => ExitCode::NONFINITE,
            Self::OutOfMemory => ExitCode::OUT_OF_MEMORY,
            Self::DatasetUnreadable => ExitCode::DATASET_UNREADABLE,
            Self::CheckpointUnreadable => ExitCode::CHECKPOINT_UNREADABLE,
            Self::Error => ExitCode::ERROR,
            Self::WorkerNotStarted => ExitCode::WORKER_NOT_STARTED,
        }
    }
}

/// What a worker, or the guard in its place, ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExitCode(pub i32);

impl ExitCode {
    pub const FINISHED: Self = Self(0);
    /// Anything else.
    pub const ERROR: Self = Self(1);
    /// On request; a checkpoint was written. What was asked tells a pause from a cancel.
    pub const STOPPED: Self = Self(3);
    const NONFINITE: Self = Self(4);
    pub const OUT_OF_MEMORY: Self = Self(5);
    const DATASET_UNREADABLE: Self = Self(6);
    pub const CHECKPOINT_UNREADABLE: Self = Self(7);
    /// A panic of a Rust program.
    pub const PANICKED: Self = Self(101);
    /// As a shell has it.
    pub const WORKER_NOT_STARTED: Self = Self(127);

    /// What the code alone stands for; none where it says no more than that something went wrong.
    pub fn meaning(self) -> Option<EndReason> {
        let told = [
            EndReason::Nonfinite,
            EndReason::OutOfMemory,
            EndReason::DatasetUnreadable,
            EndReason::CheckpointUnreadable,
            EndReason::WorkerNotStarted,
        ];
        told.into_iter().find(|reason| reason.exit_code() == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_word_and_its_code() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap()["kind"], reason.as_str());
        }
        assert_eq!(EndReason::parse("gone fishing"), None);
        let codes = EndReason::ALL.map(|reason| format!("{} {}", reason.exit_code().0, reason.as_str()));
        assert_eq!(
            codes,
            [
                "0 finished",
                "3 paused",
                "3 cancelled",
                "3 terminated",
                "4 nonfinite",
                "5 out_of_memory",
                "6 dataset_unreadable",
                "7 checkpoint_unreadable",
                "1 error",
                "127 worker_not_started",
            ]
        );
    }

    #[test]
    fn a_code_means_one_thing_or_nothing() {
        assert_eq!(ExitCode(4).meaning(), Some(EndReason::Nonfinite));
        assert_eq!(ExitCode(127).meaning(), Some(EndReason::WorkerNotStarted));
        for code in [0, 1, 2, 3, 101] {
            assert_eq!(ExitCode(code).meaning(), None);
        }
    }
}
