//! What `doctor` finds, line by line, and what to do about what is wrong.

use vitals_recipe::{Bytes, Names};

vitals_recipe::sentences! {
    /// What a line says.
    pub enum Finding in "check" {
        Writable { path: String } = "{path} is writable";
        NotWritable { path: String, reason: String } = "{path} is not writable: {reason}";
        ProgramsInPlace = "vitals and vitals-worker are in place";
        LibtorchLoads { devices: Names } = "loads; devices: {devices}";
        WorkerEnded { status: String, words: String } = "the worker ended with {status}: {words}";
        WorkerNotStarted { reason: String } = "the worker did not start: {reason}";
        WorkerSilent { seconds: u64 } = "the worker gave no answer in {seconds} s";
        Whole { size: Bytes } = "intact, {size}";
        DatabaseProblems { problems: String } = "{problems}";
        DatasetThere { name: String, images: u64, path: String } = "{name}: {images} images in {path}";
        DatasetGone { name: String, path: String } = "{name}: {path} is gone";
        /// As stored when the data set was last looked at, or as the supervisor says it.
        Problem { text: String } = "{text}";
        SupervisorRuns { pid: String } = "runs as process {pid}";
        SupervisorComes = "is coming up";
        SupervisorNotNeeded = "none is needed now; the next start of a run brings one";
        ProgramAnswers { program: String } = "{program} can be called";
        NoAccounts { program: String, why: String } =
            "{program} cannot be asked, so run folders alone tell of jobs that squeue has forgotten: {why}";
        ProgramRefuses { program: String, why: String } = "{program} cannot be asked: {why}";
        Free { bytes: Bytes } = "{bytes} free for runs";
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
        IngestAgain = "move vitals.db away and run `vitals ingest` on the run folders: they hold everything";
        LookAtDisk = "check that the disk is healthy and that nothing else writes to it";
        DatabaseAbove = "see the database above";
        InstallDataset = "install it, or add it again with `vitals dataset add NAME PATH`";
        DatasetBack = "put it back, or add it again with `vitals dataset add NAME PATH`";
        SupervisorLog = "see supervisor.log in the workspace";
        TryInShell =
            "try it in a shell of this user on this machine; until it answers, run folders alone tell how jobs ended";
        MakeRoom = "make room, or remove old runs with `vitals run remove`";
        RunsFolder = "check that the runs folder exists";
    }
}
