//! Failures of commands and questions, but for settings. What is somebody else's words stands in a field.

use std::path::Path;

use vitals_recipe::{Bytes, Names, Told};

vitals_recipe::sentences! {
    /// What could not be done, and why.
    pub enum Failure in "failure" {
        NoWorkspace = "no workspace is known: neither XDG_DATA_HOME nor HOME names an absolute folder";
        SupervisedOlder { path: String, found: i64, pid: String } =
            "{path} has database version {found}, and process {pid}, a supervisor of that version, works with it";
        SupervisedOlderBySomebody { path: String, found: i64 } =
            "{path} has database version {found}, and a supervisor of that version works with it";
        /// A failure of a room below, after its operation.
        FailedTo { what: Told } = "failed to {what}";
        File { operation: Told, path: String, reason: String } = "failed to {operation} {path}: {reason}";
        /// A thread of our own ended without an answer.
        NoAnswer { reason: String } = "failed to get an answer: {reason}";
        NotEncoded { reason: String } = "failed to write JSON: {reason}";
        NoMethod { method: String } = "there is no method `{method}`";
        Parameters { method: String, reason: String } = "parameters of `{method}`: {reason}";
        ProgramsNotFound { reason: String } = "failed to find the programs beside this one: {reason}";
        NoNotification { reason: String } = "the desktop refused the notification: {reason}";

        Filter { column: usize, said: Told } = "filter, column {column}: {said}";
        Sort { said: Told } = "sorting: {said}";
        At { file: String, line: u32, column: u32, said: Told } = "{file}:{line}:{column}: {said}";
        NoRun { id: String } = "no run {id}";
        NotApplicable { run: String, state: String, command: String } =
            "run {run} is {state}, so `{command}` does not apply";
        NotForImported { run: String, command: String } =
            "run {run} was imported, so `{command}` does not apply: Vitals has nothing to train it by";
        ProbeOfImported { run: String } = "run {run} was imported: it has no checkpoint that a probe could judge";
        Refused { run: String, command: String, why: Told } =
            "`{command}` does not apply to run {run}: {why}";
        NoRunOfSweep { command: String } = "the sweep has no run to which `{command}` applies";
        StepExpected = "`to_step` must be a step, a whole number";
        NoCheckpointAt { step: u64 } = "there is no checkpoint at step {step}";
        NoSweepText = "the sweep has no text";
        NoPreset { name: String } = "there is no preset `{name}`";
        NoAlarm { name: String } = "there is no alarm `{name}`";
        NoSeries { name: String } = "the run has no series `{name}`";
        TooFewToCompare = "give at least two runs to compare";

        NoArmsAsked = "name the parameter whose values are compared";
        SeedsArePairs = "`seed` makes pairs and no arms";
        NoParameter { name: String } = "there is no parameter `{name}`";
        NoRunMatches = "no run matches that Vitals trained";
        OneArm { names: Names, value: String } = "all of these runs have {names} {value}: there is nothing to compare";
        NoSuchArm { value: String } = "no run has the value {value}";
        ArmNotComparable { value: String, why: Told } = "{value} cannot be compared with the baseline: {why}";
        NothingToTabulate = "no run matches that a table could hold";
        Column { said: Told } = "no column can be made of it: {said}";
        ViewName { most: u64 } = "a view needs a name of 1 to {most} characters";
        NoTableFormat { format: String } = "there is no table format `{format}`";
        SeedsAtOnce { found: u32, most: u32 } = "1 to {most} can be asked for at once, not {found}";
        NoReading { text: String } =
            "`{text}` says no value of a metric: last, best, min, max, or mean with a number as mean10";
        SmallestEffect = "the smallest effect of interest must be larger than 0";
        NoneEnded { count: u64 } = "none of the {count} runs has ended";
        MetricLacking { metric: String, lacking: u64, of: u64 } =
            "{lacking} of the {of} runs that have ended have no `{metric}`";
        AllFailed { count: u64 } = "all {count} runs that have ended failed: there is no value to compare";
        NothingFinite { metric: String } = "`{metric}` is not finite in any run";
        NoCommonSeed { by: String } = "no seed has ended on both sides of `{by}`: nothing can be paired";
        RateMakesNoArms { name: String } = "arms are drawn over `{name}`, and are not made of it";
        BoundaryOverRate { name: String } = "the boundary is a value of `{name}`: it is drawn over another parameter";
        OneRate { rate: f64 } = "all of these runs have the base learning rate {rate}: rate sensitivity needs several";
        FewRates { needed: u64, found: u64 } = "rate sensitivity needs {needed} rates that every arm has; {found} here";
        OneCommonSeed = "one common seed says nothing of how much seeds differ: two are needed at least";

        NoSweepFileName { file: String } = "`{file}` is not a valid name for a sweep file";
        /// Of a sweep.
        FileTooLarge { file: String, most: Bytes } =
            "{file} is larger than {most}, and a sweep file is a text that a person reads";
        FileExists { file: String } = "{file} exists already";
        FileRemoved { file: String } = "{file} was removed meanwhile";
        FileChanged { file: String } = "{file} was changed on disk meanwhile";

        DatasetRemoved { name: String } = "data set `{name}` was removed";
        NoDatasetName { name: String } = "`{name}` is not a valid name for a data set";
        BuiltIn { name: String } = "`{name}` is built in";
        BuiltInStays { name: String } = "`{name}` is built in and stays";
        NoDataset { name: String } = "no data set `{name}`";
        Dataset { name: String, said: Told } = "data set `{name}`: {said}";
        DatasetUnread { name: String, said: Told } = "failed to read data set `{name}`: {said}";
        FingerprintChanged { before: String } = "changed since it was added: fingerprint {before} before";
        NoSplit { name: String } = "there is no split `{name}`";
        NoAugmentation { name: String } = "there is no augmentation `{name}`";
        WrongImageSize { found: u32 } = "image_size {found} is not within 8 to 1024 pixels";
        WrongCropScale { found: String } = "crop_min_scale {found} is not within 0 to 1";

        ReportEnding { path: String } = "{path} says no form of a report";
        ReportField { name: String } = "there is no field `{name}` of a report";
        ReportTitle = "a report needs a title";
        ReportParagraph = "a report needs a paragraph below its title";
        NoFormat { name: String } = "there is no format `{name}`";
        SeveralFiles = "the values of several runs are several files, and standard output is one";
        /// By a person, in the window's dialog.
        NotChosen { path: String } = "{path} is not in the workspace's exports, and nobody chose it in the dialog";
        NoDialog { reason: String } = "failed to ask for a file: {reason}";
        NoFolder { path: String } = "there is no folder {path}";
        NoBase64 { reason: String } = "the content is not base64: {reason}";
        NotDrawn { reason: String } = "failed to draw the figure: {reason}";
        PngNotDrawn { reason: String } = "failed to draw the PNG: {reason}";
        NoJson { reason: String } = "this is no JSON: {reason}";
        NotImported { reason: String } = "failed to import: {reason}";
        RunNotAdded = "failed to add a run for the import";
        NotIngested { reason: String } = "failed to ingest the import: {reason}";
        FrameColumns { most: u32, found: u32 } = "a frame has 1 to {most} columns, not {found}";
        FrameSeries { most: usize } = "a frame has at most {most} series";
        Smoothing { series: String, found: String } =
            "smoothing of {series} is {found}; it must be a number of steps, or 0";
        HeatmapColumns { most: u32, found: u32 } = "a heat map has 1 to {most} columns, not {found}";
        HeatmapRows { most: usize } = "a heat map has at most {most} rows";

        ProbeOfProbe { run: String } = "run {run} is itself a probe";
        ProbeOfProbeOf { run: String, judged: String } = "run {run} is itself a probe of run {judged}";
        SetsNothing { text: String } = "`{text}` sets nothing";
        NoProbeKind { name: String } = "there is no kind of probe `{name}`";
        NotForProbes { name: String, task: String, reason: Told } =
            "`{name}` cannot be set for a probe of the kind {task}: {reason}";
        NoCheckpointYet { run: String } = "run {run} has no checkpoint yet";
        NoCheckpoint { word: String } = "`{word}` is not a checkpoint";
        NoCheckpointInForce { run: String } = "run {run} has no checkpoint in force";
        RunLacksCheckpoint { run: String, step: String } = "run {run} has no checkpoint at step {step}";
        DamagedCheckpoint { path: String, reason: String } = "the checkpoint {path} is damaged: {reason}";
        OtherGeometry { path: String, name: String, found: String, wanted: String } =
            "the checkpoint {path} has another geometry: its {name} is {found}, the run's is {wanted}";
    }
}

vitals_recipe::sentences! {
    /// What was being done with a file; completes "failed to … FILE".
    pub enum Operation in "operation" {
        Create = "create";
        Find = "find";
        List = "list";
        Read = "read";
        Rename = "rename";
        Write = "write";
        Remove = "remove";
        Copy = "copy";
    }
}

impl Failure {
    /// A file or folder that the operating system refused.
    pub fn file(operation: Operation, path: &Path, error: &std::io::Error) -> Failure {
        let (path, reason) = (path.display().to_string(), error.to_string());
        Failure::File { operation: operation.into(), path, reason }
    }

    pub(crate) fn answer(error: &dyn std::fmt::Display) -> Failure {
        Failure::NoAnswer { reason: error.to_string() }
    }

    /// What could not be written as JSON.
    pub fn json(error: &serde_json::Error) -> Failure {
        Failure::NotEncoded { reason: error.to_string() }
    }
}

/// Names of the kinds of something, in a row.
pub(crate) fn names(all: &[&str]) -> Names {
    all.iter().copied().collect()
}
