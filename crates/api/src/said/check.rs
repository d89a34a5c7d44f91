//! What `doctor` finds, line by line, and what to do about what is wrong.

use vitals_recipe::{Bytes, Names};

vitals_recipe::sentences! {
    /// What a line says.
    pub enum Finding in "check" {
        Writable { path: String } = "{path} is writable";
        NotWritable { path: String, reason: String } = "{path} is not writable: {reason}";
        /// A workspace that nobody has used yet.
        NoWorkspaceYet { path: String } = "there is no {path} yet; the first command makes it";
        ProgramsInPlace = "vitals and vitals-worker are in place";
        LibtorchLoads { devices: Names } = "loads; devices: {devices}";
        GpuWorks { device: String, name: String, memory: Bytes, driver: String, runtime: String } =
            "{device} computes: {name}, {memory}, driver {driver}, CUDA {runtime}";
        WorkerEnded { status: String, words: String } = "the worker ended with {status}: {words}";
        WorkerNotStarted { reason: String } = "the worker did not start: {reason}";
        WorkerSilent { seconds: u64 } = "the worker gave no answer in {seconds} s";
        Whole { size: Bytes } = "intact, {size}";
        NoDatabaseYet = "there is none yet; the next command makes it";
        DatabaseGone { path: String } = "{path} is missing, and there are run folders";
        DatabaseEmpty { path: String } = "{path} is empty, and there are run folders";
        DatabaseDamaged { path: String, what: String } = "{path} is damaged: {what}";
        UnlistedFolder = "1 run folder is not in the database";
        UnlistedFolders { count: usize } = "{count} run folders are not in the database";
        DatasetThere { name: String, images: u64, path: String } = "{name}: {images} images in {path}";
        DatasetGone { name: String, path: String } = "{name}: {path} is gone";
        /// As stored when the data set was last looked at, or as the supervisor says it.
        Problem { text: String } = "{text}";
        SupervisorRuns { pid: String } = "runs as process {pid}";
        SupervisorComes = "is coming up";
        SupervisorRunsUnread { pid: String } = "runs as process {pid}; what it says of itself is in the database";
        SupervisorSilent { seconds: u64 } = "its lock is held, but silent for {seconds} s";
        SupervisorSilentAs { pid: String, seconds: u64 } =
            "process {pid} holds its lock, but is silent for {seconds} s";
        SupervisorWritesNothing { pid: String, seconds: u64 } =
            "process {pid} lives, but has written nothing to the database for {seconds} s";
        SupervisorNotNeeded = "none is needed now; the next start of a run brings one";
        ProgramAnswers { program: String } = "{program} can be called";
        NoAccounts { program: String, why: String } =
            "{program} cannot be asked, so run folders alone tell of jobs that squeue has forgotten: {why}";
        ProgramRefuses { program: String, why: String } = "{program} cannot be asked: {why}";
        Free { bytes: Bytes } = "{bytes} free for runs";
        Full { path: String } = "the disk of {path} is full";
        NoFile { path: String } = "no file can be added in {path}: the inodes of its disk are used up";
        NoSpace { path: String, reason: String } = "{path}: {reason}";
    }
}

vitals_recipe::sentences! {
    /// Why a run has no stability score: none is better than one that cannot be compared.
    pub(crate) enum Unscored in "unscored" {
        TooShort { least: u64 } = "too short to say: a score needs {least} steps";
        SeldomEvaluated { times: u64, apart: u64 } =
            "not comparable: a score needs {times} evaluations, at most {apart} steps apart";
        FewQueries { least: u32 } =
            "not comparable: a score needs evaluations on {least} images";
    }
}

vitals_recipe::sentences! {
    /// What to do about it.
    pub(crate) enum Remedy in "remedy" {
        Permissions = "change its permissions";
        BuildPrograms = "`cargo xtask app` builds them beside each other";
        InstallLibtorch =
            "`cargo xtask setup` installs libtorch; `cargo xtask setup --cuda` the one for NVIDIA devices";
        IngestFolders { command: String } = "`{command}` reads them: they hold all that was recorded";
        Restore { command: String } =
            "move it away and read the run folders, which hold all but notes, tags and settings: `{command}`";
        MoveAway { command: String } = "move it away, and the next command makes a new one: `{command}`";
        LookAtDisk = "check that the disk is healthy and that nothing else writes to it";
        DatabaseAbove = "see the database above";
        InstallDataset = "install it, or add it again with `vitals dataset add NAME PATH`";
        DatasetBack = "put it back, or add it again with `vitals dataset add NAME PATH`";
        EndSilent { pid: String } =
            "wait where the machine or its disk was asleep, else end it with `kill {pid}`: runs go on, and the next start of a run brings another";
        EndHolder = "find who holds supervisor.lock, as with `lsof`, and end it: runs go on without a supervisor";
        SupervisorLog = "see supervisor.log in the workspace";
        TryInShell =
            "try it in a shell of this user on this machine; until it answers, run folders alone tell how jobs ended";
        MakeRoom = "make room, or remove old runs with `vitals run remove`";
        RemoveCheckpoints { command: String, bytes: Bytes } =
            "`{command}` frees {bytes}: older checkpoints of runs on which nobody works; the newest of each stays";
        OtherFiles = "remove or move other files of this disk: until there is room, no command can change anything";
        RunsFolder = "check that the runs folder exists";
    }
}
