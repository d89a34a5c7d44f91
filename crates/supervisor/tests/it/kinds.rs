//! The kinds of faults that a siege deals, and what may follow for the run that one strikes. Data only.

use vitals_run::RunState;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Worker,
    Guard,
    GuardAndWorker,
    Supervisor,
    SupervisorAndWorker,
    Everything,
    SupervisorAtStart,
    StoppedWorker,
    StoppedSupervisor,
    SecondSupervisor,
    Client,
    Window,
    TornRecord,
    LockedDatabase,
    LeftOverLocks,
    ReusedPid,
    OtherBoot,
    RemovedFolder,
    RemovedUnderWorker,
    FullDisk,
    ClockJump,
    PauseAndResume,
    Cancel,
    FolderAway,
    MountedOver,
    WorkspaceAway,
    FullWorkspace,
    NoInodes,
    CopiedDatabase,
    RemovedLog,
    NoDescriptors,
    FullDiskAndWorker,
    NoDescriptorsAtStart,
    BrokenWorkerAtStart,
    ForgedMark,
    Links,
    ManyClients,
    SilentScheduler,
    SilentSchedulerAndWorker,
    LateRefusal,
}

impl Fault {
    pub const ALL: [(Self, &'static str); 37] = [
        (Self::Worker, "worker: kill -9"),
        (Self::Guard, "guard: kill -9"),
        (Self::GuardAndWorker, "guard and worker: kill -9"),
        (Self::Supervisor, "supervisor: kill -9"),
        (Self::SupervisorAndWorker, "supervisor and worker: kill -9"),
        (Self::Everything, "all three: kill -9"),
        (Self::SupervisorAtStart, "supervisor: kill -9 while it starts a run"),
        (Self::StoppedWorker, "worker: SIGSTOP until stalled, SIGCONT"),
        (Self::StoppedSupervisor, "supervisor: SIGSTOP, SIGCONT"),
        (Self::SecondSupervisor, "a second supervisor"),
        (Self::Client, "client: kill -9 amid a request"),
        (Self::Window, "window: kill -9 amid ingestion"),
        (Self::TornRecord, "last record torn"),
        (Self::LockedDatabase, "database locked for seconds by a program"),
        (Self::LeftOverLocks, "lock files left over, with rubbish in them"),
        (Self::ReusedPid, "worker's process id reused"),
        (Self::OtherBoot, "boot id changed"),
        (Self::RemovedFolder, "run folder removed after its end"),
        (Self::RemovedUnderWorker, "run folder removed under a living worker"),
        (Self::FullDisk, "disk full (tmpfs)"),
        (Self::ClockJump, "clock jumps by hours"),
        (Self::PauseAndResume, "pause asked for"),
        (Self::Cancel, "cancel asked for"),
        (Self::FolderAway, "run folder moved away and back"),
        (Self::MountedOver, "a disk mounted over the run folders"),
        (Self::WorkspaceAway, "workspace moved away and back"),
        (Self::FullWorkspace, "disk of the database full (tmpfs)"),
        (Self::NoInodes, "disk without inodes (tmpfs)"),
        (Self::CopiedDatabase, "a second supervisor on a copied database"),
        (Self::RemovedLog, "write-ahead log removed"),
        (Self::NoDescriptors, "no descriptor left, worker: kill -9"),
        (Self::FullDiskAndWorker, "disk full (tmpfs), worker: kill -9"),
        (Self::NoDescriptorsAtStart, "no descriptor left at a start"),
        (Self::BrokenWorkerAtStart, "a worker that cannot be executed"),
        (Self::ForgedMark, "cancel with a mark that names a bystander"),
        (Self::Links, "pause with links to files outside"),
        (Self::ManyClients, "forty clients at once"),
    ];

    /// Those that a cluster makes different.
    pub const ON_CLUSTER: [(Self, &'static str); 14] = [
        (Self::Worker, "job: worker: kill -9"),
        (Self::Supervisor, "job: supervisor: kill -9"),
        (Self::SupervisorAndWorker, "job: supervisor and worker: kill -9"),
        (Self::StoppedSupervisor, "job: supervisor: SIGSTOP, SIGCONT"),
        (Self::FullDisk, "job: disk full (tmpfs)"),
        (Self::FullWorkspace, "job: disk of the database full (tmpfs)"),
        (Self::RemovedLog, "job: write-ahead log removed"),
        (Self::ForgedMark, "job: cancel with a forged mark"),
        (Self::PauseAndResume, "job: pause asked for"),
        (Self::Cancel, "job: cancel asked for"),
        (Self::ManyClients, "job: forty clients at once"),
        (Self::SilentScheduler, "scheduler cannot be asked"),
        (Self::SilentSchedulerAndWorker, "scheduler cannot be asked, worker: kill -9"),
        (Self::LateRefusal, "sbatch takes a job and fails"),
    ];
}

/// What must follow for the struck run.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// The same attempt goes on.
    GoesOn,
    /// It may be in any state on its way to run: the fault struck while it was being started.
    Starts,
    /// It ends so.
    Ends(RunState, &'static str),
    /// It stops as it was asked to, behind its last step.
    Stops(RunState),
    /// It is lost with evidence that begins as one of these, and its folder is gone for ever.
    Vanishes(&'static [&'static str]),
    /// The machine does not allow this fault; why.
    Impossible(&'static str),
}
