//! Why a run's state is claimed: every sentence that is written beside a state, as kinds with fields. The English is what
//! `Display` makes of them and what is stored as text; nobody reads it back. What programs need of a claim stands beside
//! it as [`Grounds::data`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_recipe::{Bytes, Names, Told, sentences};

sentences! {
    /// The evidence of a state (contract, section 4).
    #[derive(TS)]
    pub enum Evidence in "evidence" {
        /// Of a version that knew no kinds.
        Said { text: String } = "{text}";

        // How a run came in, and into the queue.
        QueuedBySweep = "queued by the sweep";
        QueuedForSeeds = "queued for more seeds";
        QueuedForBoundary = "queued to find where training becomes unstable";
        QueuedAsProbe = "queued as a probe";
        ReadFromFolder = "read from its folder";
        Imported { path: String } = "imported from {path}";
        /// From the first moment of an import to its last: what is killed in between leaves it so.
        ImportUnfinished { path: String } =
            "import interrupted, or going on at this moment: not all rows of {path} are here";
        ResumeRequested = "resume requested";
        RetryRequested = "retry requested";
        RewindRequested { step: u64 } = "rewind to step {step} requested";
        /// Nobody asked for it but the setting.
        RetriedBySetting { number: u64, times: u32 } = "retry {number} of {times} by the setting `retry`";
        RequeuedAfterTimeLimit = "requeued after its time limit: it goes on from its checkpoint";
        RequeuedAfterPreemption = "requeued after preemption: it goes on from its last checkpoint";
        RequeuedAfterNodeFailure = "requeued after its node failed: it goes on from its last checkpoint";
        StartInterrupted = "its start was interrupted: lock free, no guard, no journal";
        WaitsForMemory { device: String, need: Bytes, room: Bytes } =
            "waits for memory on {device}: it needs about {need}, {room} are free for it";
        /// For a cause that may pass.
        PutOff { why: String } = "start put off: {why}";

        // How it starts, or does not.
        Started { attempt: u32, device: String } = "attempt {attempt} on {device}";
        StartedFrom { attempt: u32, device: String, step: u64 } =
            "attempt {attempt} on {device} from step {step}";
        /// `auto`, on a machine where a GPU was to be expected.
        StartedWithoutGpu { attempt: u32, why: Told } = "attempt {attempt} on the CPU, for no GPU can be used: {why}";
        StartedFromWithoutGpu { attempt: u32, step: u64, why: Told } =
            "attempt {attempt} on the CPU from step {step}, for no GPU can be used: {why}";
        SchedulerSilent { scheduler: String, why: String } = "{scheduler} gave no answer: {why}";
        SchedulerWaits { scheduler: String, word: String, why: String } = "{scheduler}: {word} ({why})";
        /// It ended with success, so there is a job.
        SchedulerNamedNoJob { scheduler: String, said: String } =
            "{scheduler} took it and told no job number; its job is looked for by its name; it said: {said}";
        SchedulerUnasked { scheduler: String, program: String, why: String } =
            "{program} cannot be asked, so {scheduler} tells nothing of its job: {why}";
        /// Of a run that was said to have failed, or to be lost.
        SchedulerHasJob { scheduler: String, job: u64 } = "{scheduler} has its job {job} all the same";
        /// The same, by what the folder holds.
        StartedAllTheSame = "its folder shows that it was started all the same";
        NotStarted { why: Told } = "not started: {why}";

        // Of the living.
        Records = "the worker is recording";
        RecordsAgain = "records come in again";
        LockHeld = "its lock is held: a process is working on it";
        JournalDamaged { what: String } =
            "its journal is damaged and cannot be read on; the run goes on: {what}";
        Silent { seconds: u64 } = "no record for {seconds} s";
        SilentStopped { seconds: u64 } = "no record for {seconds} s, the process is stopped by a signal";
        SilentDiskFull { seconds: u64 } = "no record for {seconds} s, the disk of the run folder is full";
        SilentWaiting { seconds: u64 } =
            "no record for {seconds} s, the process waits for a disk or a device";
        /// Moved, hidden by a mount, or never here: this workspace is a copy.
        FolderElsewhere { folder: String } =
            "its run folder is not here: its process works in {folder} and is left alone";
        FolderUnseen { seconds: u64 } =
            "its run folder is not here; it is looked for again for {seconds} s before anything is decided";
        FolderBack = "its run folder is here again, and its lock is held";
        PauseRequested = "pause requested";
        CancelRequested = "cancel requested";
        CancelRefused { program: String, why: String } = "cancel requested, {program} refuses: {why}";
        KillSent = "cancel requested, SIGKILL sent when the grace after SIGTERM was over";

        // How it ended.
        PausedBeforeStart = "paused before it was started";
        /// The worker stopped as it was asked to, and had written a checkpoint.
        PausedAtCheckpoint { step: u64 } = "paused by you, checkpoint at step {step}";
        CancelledAtCheckpoint { step: u64 } = "as you asked, checkpoint at step {step}";
        /// No attempt of it was alive.
        CancelledOnRequest = "cancelled on request";
        Exit { code: i32 } = "exit {code}";
        /// By what the code stands for.
        ExitMeaning { code: i32, meaning: Told } = "exit {code}: {meaning}";
        /// By the worker's own words.
        ExitSaid { code: i32, words: String } = "exit {code}: {words}";
        StoppedFromOutside { code: i32 } = "exit {code}, stopped by a signal from outside";
        WorkerNotStarted { code: i32, words: String } =
            "exit {code}: the worker could not be started: {words}";
        Signal { signal: i32 } = "killed (signal {signal})";
        MemoryKiller { signal: i32 } = "killed (signal {signal}) by the kernel's memory killer";
        SignalAfterGrace { signal: i32 } = "killed (signal {signal}) when the grace after SIGTERM was over";
        ByJournal { what: Told } = "{what} (journal's end record; no exit.json)";
        EmptyExit = "exit.json names neither code nor signal";
        FolderRemoved = "run folder removed while it ran, its processes were ended";
        FolderMissing = "lock free, run folder missing";
        FolderLastSeen { folder: String } =
            "its run folder is not here; its process worked in {folder} to its end: bring that folder back, or run `vitals ingest` on it";
        Rebooted = "lock free, no end record, boot id changed";
        NoEvidence = "lock free, no exit.json, no end record";
        /// By a scheduler's word alone.
        Scheduler { scheduler: String, word: String } = "{scheduler}: {word}";
        SchedulerSaid { scheduler: String, word: String, words: String } = "{scheduler}: {word}: {words}";
        SchedulerCancelRequested { scheduler: String, word: String } =
            "{scheduler}: {word}, cancel requested";
        SchedulerCancelledByOthers { scheduler: String, word: String } = "{scheduler}: {word}, not by Vitals";
        SchedulerTimeLimit { scheduler: String, word: String } =
            "{scheduler}: {word}, no new checkpoint before the time limit; allow more time";
        SchedulerNoRecord { scheduler: String, word: String } =
            "{scheduler}: {word}, no exit.json, no end record";
        SchedulerForgot { scheduler: String, word: String } =
            "{scheduler}: {word}: neither squeue nor sacct knows the job, no exit.json, no end record";
        SchedulerForgotUnaccounted { scheduler: String, word: String, why: String } =
            "{scheduler}: {word}: squeue no longer lists the job and sacct cannot be asked ({why}), no exit.json, no end record";
    }
}

sentences! {
    /// What keeps one run from being started; trying again would not help before something is changed.
    #[derive(Eq)]
    pub enum Obstacle in "obstacle" {
        NoDevice { device: String, devices: Names } =
            "device {device} does not exist here; this machine has {devices}; set device to one of them or to auto";
        UnusableDevice { device: String, why: Told } =
            "device {device} cannot be used: {why}; set device to auto or cpu";
        TooLarge { need: Bytes, device: String, room: Bytes } =
            "it needs about {need} and {device} has {room} for runs; make it smaller (batch_size, micro_batch_size), or raise the memory of {device} in the settings";
        UnknownDataset { name: String } =
            "data set `{name}` is not known here; add it with `vitals dataset add {name} PATH`";
        UnreadableDataset { name: String, why: String } = "data set `{name}` cannot be read: {why}";
        DatasetNotUnderstood { name: String, why: String } =
            "what is known of data set `{name}` cannot be understood: {why}";
        CheckpointGone { path: String } = "the checkpoint {path} is gone";
        CheckpointsDamaged { folder: String } =
            "its checkpoints are all damaged; without them, with {folder} moved away, it begins anew";
        TooManyAttempts { most: u32 } =
            "it has had {most} attempts, more than a run can have; queue it anew as a run of its own";
        LockHeldByOthers = "its lock is held by another process, and no attempt says which";
        SchedulerRefused { scheduler: String, why: String } =
            "{scheduler} refused it: {why}; change the settings of {scheduler}, then retry";
        FolderNotWritable { what: String } =
            "failed to {what}; make sure that its folder is writable, then retry";
        Failed { what: String } = "failed to {what}";
    }
}

sentences! {
    /// What keeps the supervisor from starting anything.
    #[derive(Eq)]
    pub enum Standstill in "standstill" {
        /// Of an older supervisor, which knew no kinds.
        Said { text: String } = "{text}";
        ProgramMissing { program: String, folder: String } =
            "{program} is not in {folder}; build it or put it there";
        SettingMisread { setting: String, why: String } =
            "nothing is started: the setting `{setting}` is not understood ({why}); set it again with `vitals settings`";
        /// Whoever wrote the workspace's settings, it was not this user.
        Unconfirmed { what: String } =
            "nothing is started: this workspace says that its runs are sent off with {what}, and you have not confirmed that on this machine; if it is meant, confirm it under Settings or with `vitals settings --trust`";
        NoPlace { runs: String, place: String, why: String } =
            "no run folder can be made in {runs}: {place}: {why}: nothing is started before it can";
        StartsFail { times: u32, why: String } =
            "{times} runs in a row failed before their first step, all for this: {why}; see to it, then resume the queue";
        LowDisk { folder: String, left: Bytes, setting: String, wanted: Bytes } =
            "the disk of {folder} has {left} left and `{setting}` asks for {wanted}: nothing is started before there is room";
        JournalsFull { used: Bytes, setting: String, limit: Bytes } =
            "journals take {used} and `{setting}` allows {limit}: nothing is started; remove runs that nobody needs, or raise the limit";
        CheckpointsFull { used: Bytes, setting: String, limit: Bytes } =
            "checkpoints take {used} and `{setting}` allows {limit}: nothing is started; the last checkpoint of each run stays: remove runs that nobody needs, or raise the limit";
    }
}

sentences! {
    /// What hampers the supervisor while it goes on.
    #[derive(Eq)]
    pub enum Hindrance in "hindrance" {
        /// Of the supervisor's lock.
        LockSilent { path: String, seconds: u64 } =
            "{path} is held, but its holder has been silent for {seconds} s and is no supervisor of yours on this machine, so nobody starts runs here; `fuser {path}` names the process";
        LockUnseen { path: String, reason: String } =
            "whether this workspace is supervised cannot be seen: {path}: {reason}";
        SchedulerUnasked { scheduler: String, program: String, why: String } =
            "{program} cannot be asked, and until it can, run folders alone tell how jobs of {scheduler} ended: {why}";
    }
}

impl Evidence {
    /// Words without a kind.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said { text: text.into() }
    }

    /// With what programs need of it.
    pub fn with(self, data: Value) -> Grounds {
        Grounds { evidence: self, data }
    }

    /// What a row holds: a kind beside the text, or the text alone where an older version wrote it, or a version that had
    /// kinds which this one lacks.
    pub fn stored(code: Option<&str>, text: &str) -> Self {
        code.and_then(|code| serde_json::from_str(code).ok()).unwrap_or_else(|| Self::said(text))
    }

    /// What is stored beside the text; none of words that have no kind.
    pub fn code(&self) -> Option<String> {
        match self {
            Self::Said { .. } => None,
            kind => Some(serde_json::to_string(kind).expect("a sentence is always JSON")),
        }
    }
}

/// What a state rests on: a sentence for people and data for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    pub evidence: Evidence,
    pub data: Value,
}

impl From<Evidence> for Grounds {
    fn from(evidence: Evidence) -> Self {
        Self { evidence, data: Value::Null }
    }
}
