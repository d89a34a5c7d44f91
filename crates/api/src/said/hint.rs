//! What to do after a failure.

use vitals_recipe::Names;

vitals_recipe::sentences! {
    /// What to do.
    pub enum Advice in "advice" {
        UpdateVitals = "update Vitals, or choose another workspace with --workspace";
        OpenOnce = "open the workspace once with a command that writes";
        OtherWorkspace = "choose another workspace with --workspace; nothing was changed in this one";
        EmptyWorkspace = "nothing was stored in this workspace yet; `vitals sweep add` begins";
        NameWorkspace = "name one with --workspace DIR, or set HOME";
        MakeWritable = "make the folder writable, or choose another workspace with --workspace";
        EndSupervisor { pid: String, supported: i64 } =
            "`kill {pid}` ends it, and runs go on; the next command brings the database to version {supported}";
        EndOlderSupervisor { supported: i64 } =
            "end it, runs go on without; the next command brings the database to version {supported}";
        MakeRoom = "nothing was changed; `vitals doctor` names what can be removed to make room";
        RemoveStrange = "remove it, if you know nothing of it, and try again";
        OwnDatabase = "if it is this workspace's own, it is damaged: `vitals doctor` says how its runs come back";
        ListRuns = "`vitals runs` lists the runs";
        ListSweeps = "`vitals sweep list` lists the sweeps";
        ListRunsOfSweep { sweep: String } = "`vitals sweep show {sweep}` lists its runs with their states";
        MoreCharacters = "give more characters of the id";
        TryAgain = "try again; nothing was changed";
        CheckDatabase = "`vitals doctor` checks the database";
        LookForCause = "`vitals doctor` looks for the cause";
        NothingToDo = "it serves every window and command of this workspace; there is nothing to do";
        StartNotifications = "start the desktop's notification service, or switch notifications off in Settings";

        OneOf { choices: Names } = "one of {choices}";
        Use { choices: Names } = "use {choices}";
        UseOneOf { choices: Names } = "use one of {choices}";
        FewestRates { value: String, count: u64 } = "{value} has {count} of them: leave it out, or train more of its rates";
        ItHas { names: Names } = "it has {names}";
        ItTakes { names: Names } = "it takes {names}";
        Choices { names: Names } = "{names}";
        FewerLayers = "choose fewer layers";
        NoCheckpointsKept =
            "the run keeps none; `keep_checkpoints` of its recipe says how many there are";
        CheckpointsKept { steps: Names } = "checkpoints are kept at {steps}";
        Kept { steps: Names } = "kept: {steps}";

        SweepFileName = "use letters, digits and dashes, with the ending .toml";
        CompareVersions = "compare both versions and choose one";
        OtherName = "choose another name";
        ChooseFile = "choose the file with the button beside its path";
        ReportEnding = "end its name with .html or .md";
        ReportFields { names: Names } = "there are {names}";
        NameFolder = "name a folder with --out, or export one run at a time";
        MakeFolder = "make it first, if it is meant";
        DatasetName = "use letters, digits, dashes, underscores and dots";
        AddDataset = "`vitals dataset list` shows the data sets, `vitals dataset add NAME PATH` adds one";
        ListDatasets = "`vitals dataset list` shows them";
        CheckDataset { name: String } = "`vitals dataset check {name}` reads it again";
        SplitNames = "use train or heldout";
        ChooseOneOf { choices: Names } = "choose one of {choices}";
        RunFolder = "give a run's folder: the one with job.json or import.json in it";

        ProbeTheJudged = "probe the run that it judges";
        WriteSetting = "write it as name=value, as in epochs=10";
        AskForCheckpoint =
            "`vitals run checkpoint ID` asks a running one for one; `--checkpoint random` judges its untrained network";
        StepOrRandom = "give the number of its steps, or `random` for the untrained network";
        OtherCheckpoint = "choose another checkpoint with --checkpoint STEP";

        PauseQueue = "`vitals queue pause` starts nothing, on any device";
        AllMemory = "leave it out to give runs all the memory of the device";
        Devices { names: Names } = "this machine has {names}";
        NeverRetried = "bad input and a non-finite loss are never retried";
        NameACause { causes: Names } = "name at least one of {causes}, or set retry.times to 0";
        SettingNames { names: Names } = "settings are {names}";
        DidYouMean { name: String } = "did you mean {name}?";
        SizeForms = "bytes, or a number with KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as 20GiB";
        ClusterName = "letters, digits, `_`, `-`, `.`; empty for the cluster's default";
        TimeLimitForms =
            "minutes, hours:minutes:seconds or days-hours:minutes:seconds, such as 90, 12:00:00 or 2-00:00:00";
        SubmitNothing { name: String } = "{name} = false submits nothing";
    }
}
