//! What a sweep file may be told: its mistakes, and what is worth a second look. Where it stands, what to do and how to
//! mend it are the finding's.

use crate::sentence::{Names, Told};

crate::sentences! {
    /// Something about the text of a sweep file.
    pub enum Mistake in "sweep" {
        UnknownKey { key: String, place: Told } = "unknown key `{key}` in {place}";
        WrongType { what: Told, expected: Told, found: Told } = "{what} must be {expected}, not {found}";
        Unusable { found: Told } = "{found} cannot be used here";
        NoFormat = "the file does not say its `format`";
        UnknownFormat { found: u64, known: u64 } =
            "`format` {found} is not known; this version reads format {known}";
        UnknownPreset { name: String } = "there is no preset `{name}`";
        SeedAndSeeds = "`seed` and `seeds` are both set";
        RepeatedSeed { seed: String } = "seed {seed} stands twice";
        TooManySeeds { count: u64, most: u64 } = "{count} seeds are more than the {most} runs of a sweep";
        NoSeeds = "without a seed the sweep has no runs";
        Overridden { name: String } = "an axis sets `{name}`; this value has no effect";
        NoValues = "the axis has no values";
        SeveralForms = "the axis has more than one kind of values";
        NoParameter = "the axis names no `parameter`";
        RepeatedAxis { name: String } = "`{name}` has an axis already";
        SeedAxis = "`seed` cannot be an axis";
        IdleAxis { name: String } = "`{name}` cannot be an axis: it does not change what is trained";
        EmptyAxis = "the axis is empty, so the sweep has no runs";
        RepeatedValue { value: String } = "the axis has {value} twice";
        UnequalZip { lengths: Names } = "the lists of a zip must be equally long: {lengths}";
        Needs { form: String, key: String } = "`{form}` needs `{key}`";
        NeedsNumbers { form: String, name: String, found: String } =
            "`{form}` needs a parameter with numbers; `{name}` is {found}";
        StepsLeadAway { step: i64, from: i64, to: i64 } = "steps of {step} do not lead from {from} to {to}";
        RangeEnds { last: i64, step: i64, to: i64 } =
            "the range ends at {last}: steps of {step} do not meet {to}";
        WrongCount { most: u64, found: String } =
            "`count` must be a whole number from 2 to {most}, not {found}";
        LogThroughZero { from: String, to: String } =
            "a logarithmic axis from {from} to {to} would meet or cross 0";
        CountedRange = "`range` goes in steps and has no `count`: `log` and `linear` have one";
        SteppedSpacing { form: String } = "`{form}` has a `count`, not a `step`";
        FractionalRange = "`range` goes through whole numbers only";
        LooseRange = "the ends of a range stand in a table of their own";
        EmptyExclusion = "an empty exclusion would leave out every run";
        ExcludedSeed = "a seed cannot be excluded";
        NoCondition { name: String } = "nothing is said of `{name}`";
        NoOrder { name: String, word: String } = "`{word}` needs numbers, and `{name}` has none";
        IdleExclusion = "the exclusion matches no run";
        NothingLeft = "the exclusions leave no runs";
        SampleNeedsCount = "[sample] needs a `count`";
        EmptySample = "a sample of 0 points leaves no runs";
        SmallSample { count: u64, points: u64 } =
            "only {points} points were found for a sample of {count}: the exclusions leave next to none";
        WholeSample { count: u64, points: u64 } = "a sample of {count} takes all {points} points";
        ObjectiveNeeds = "[objective] needs a `metric` and a `goal`";
        UnknownGoal { found: String } = "`goal` must be maximize or minimize, not `{found}`";
        UnknownReading { found: String } =
            "`value` must be last, best, min, max, or mean with a number of values such as mean10, not `{found}`";
        SmallestEffect = "`smallest_effect` must be larger than 0";
        LooksRise = "`looks` must be numbers of pairs from 2 on, each larger than the one before";
        Unread { name: String, by: String, choices: Names, others: Names } =
            "`{name}` does nothing with {by} {others}: only {choices} reads it";
        SometimesUnread { name: String, by: String, choices: Names, points: u64, all: u64 } =
            "`{name}` does nothing at {points} of {all} points: only {by} {choices} reads it";
        UnequalEpochs { steps: u64, least: String, most: String } =
            "`max_steps` stays {steps} while the batch size changes: points train from {least} to {most} epochs";
        TooManyRuns { runs: String, most: u64 } = "the sweep has {runs} runs; at most {most} are allowed";
    }
}
