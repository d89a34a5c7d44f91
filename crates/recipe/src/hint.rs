//! What to do about a problem of a recipe or of a sweep file, where that can be said in a sentence. What a program can
//! do about it is an edit, which stands beside the hint.

use crate::sentence::{Names, Told};

crate::sentences! {
    /// What to do.
    pub enum Hint in "hint" {
        DidYouMean { name: String } = "did you mean `{name}`?";
        AlsoFound { names: Names } = "also found: {names}";
        ParametersListed = "`vitals parameters` lists them all";
        ForExample { text: String } = "for example `{text}`";
        DivisibleBy { number: u32, divisors: Names } = "{number} is divisible by {divisors}";
        LeaveAt { name: String, value: String } = "leave `{name}` at {value}";
        NoKnn = "set `knn_every = 0` to say so";
        CustomBackbone = "choose `backbone = \"vit_custom\"` to set it";
        AddDataset { name: String, names: Names } =
            "add it under Data sets, or with `vitals dataset add {name} PATH`; there are {names}";
        LabelledDataset = "choose a data set with labels: `vitals dataset list`";
        ProbePrecisions = "fp32 always works; fine-tuning works in bf16 too";
        StartProbe = "once a run has a checkpoint: `vitals probe RUN --kind linear --dataset NAME`";
        Knows { place: Told, names: Names } = "{place} knows {names}";
        Presets { names: Names } = "the presets are {names}";
        BelongsUnderRecipe { name: String } = "`{name}` belongs under [recipe]";
        BelongsAtTheTop { name: String } = "`{name}` belongs at the top of the file, before [recipe]";
        BeginWithFormat = "begin it with `format = 1`";
        KeepSeeds = "keep `seeds`";
        ExclusionsChoose =
            "exclusions choose among the points of the axes; every point runs with all seeds";
        OneFormOfAxis { forms: Names } = "write one of {forms}";
        ValuesThere = "put all its values there";
        SeedsAtTheTop = "list them at the top: `seeds = [0, 1, 2]`";
        SetUnderRecipe = "set it under [recipe]";
        FillAxis = "give it a value, or remove it";
        WriteValues = "write `values = […]`";
        LinearAxis = "use `linear`, or start above 0";
        TenthOfTraining = "a tenth of the training is common";
        RangeIsWritten { example: String } = "a range is written `{example}`, or with `linear`";
        Write { text: String } = "write `{text}`";
        RemoveIdle = "leave it out, or choose what reads it";
        FixEpochs = "set `epochs` and leave `max_steps` at 0 where every point should see the images equally often";
        CloseQuote = "end it with the quote that it began with, on the same line";
        CloseList = "end it with `]`";
        CloseTable = "end it with a closing brace";
        WriteValue = "write a value after the `=`";
        WriteEquals = "write `name = value`";
        KeepOne = "keep one of them";
        PutComma = "put a comma between them";
        TakeAway = "take it away";
        PlainNumber { number: String } = "TOML has it as `{number}`: a plain hyphen, and nothing between digits";
        FewerRuns = "shorten an axis, exclude combinations, or take a [sample]";
    }
}

impl Hint {
    /// The nearest of known names, as a question.
    pub fn did_you_mean(name: &str) -> Hint {
        Hint::DidYouMean { name: name.to_owned() }
    }

    pub(crate) fn range_is_written() -> Hint {
        Hint::RangeIsWritten { example: "log = { from = 1e-4, to = 1e-2, count = 5 }".to_owned() }
    }

    pub(crate) fn example(text: &str) -> Hint {
        Hint::ForExample { text: text.to_owned() }
    }
}
