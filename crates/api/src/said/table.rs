//! What is said of a table of another program: where it cannot be read, and what was made of it where it can.

use vitals_recipe::{Names, Told};

vitals_recipe::sentences! {
    /// Why a table cannot be read, at a place that stands beside it.
    pub enum Misfit in "table" {
        OtherKind { what: Told } = "this is no CSV: {what}";
        NoText = "this is no text in UTF-8";
        NoHeader = "the file has no header";
        NoSteps { columns: Names } = "no column holds the steps; there are {columns}";
        NoMetric = "there is no column of values beside the steps";
        NoRows = "the file has a header and no rows";
        NoValues = "no row has a value";
        BadName { name: String } = "`{name}` cannot be the name of another column";
        NamelessValues = "a column without a name has values";
        Cells { found: usize, wanted: usize } = "{found} cells, but the header has {wanted}";
        NeverClosed = "a quote is never closed";
        TooLong { mib: usize } = "a row is longer than {mib} MiB; perhaps a quote is never closed";
        NoStep { found: String } = "`{found}` is no step: a whole number from 0 on";
        StepMissing = "the row has values and no step";
        StepBeyond { found: String, most: u64 } = "step {found} is out of range: the greatest is {most}";
        NoNumber { found: String } = "`{found}` is no number";
        Beyond { found: String } = "`{found}` is beyond what a number holds: about 1.8e308";
        DecimalComma { found: String } = "`{found}` has a decimal comma";
        NoMetricName = "the row names no metric";
        SeveralRuns { runs: Names } = "the file holds several runs: {runs}";
    }
}

vitals_recipe::sentences! {
    /// What to do about it.
    pub enum TableAdvice in "table_hint" {
        Header = "begin with `step`, then `elapsed_seconds` if times are known, then one metric a column";
        Rows = "write one row a step below the header";
        Names = "give each column a name of its own";
        Cells = "give each row a cell for each column; an empty cell is no value";
        CellsOrCommas =
            "give each row a cell for each column; a number with a decimal comma counts as two: write a point";
        Steps = "count steps in whole numbers";
        Numbers = "write a number, NaN, inf or -inf, or leave the cell empty";
        Point = "write a decimal point, and nothing between thousands";
        OneRun = "write one run a file";
        Utf8 = "save it as UTF-8";
        Kind { advice: Told } = "{advice}";
        JsonConfig = "write one JSON object of names and values";
    }
}

vitals_recipe::sentences! {
    /// What was made of a table, beside its counts.
    pub enum Noticed in "noticed" {
        Separator { separator: String } = "cells are separated by {separator}";
        StepColumn { name: String } = "steps are those of the column `{name}`";
        IndexIsStep = "no column is called `step`: the index counts the steps";
        TimeColumn { name: String } = "times are those of the column `{name}`, counted from the earliest";
        RunName { name: String } = "the run is called `{name}` there";
        LeftOutBounds { columns: Names } = "left out, least and greatest of what was drawn: {columns}";
        LeftOutIndex { name: String } = "left out, the number of the row: `{name}`";
        LeftOutText { columns: Names } = "left out, no numbers: {columns}";
        LeftOutTimes { columns: Names } = "left out, further times: {columns}";
        LeftOutOthers { columns: Names } = "left out, neither a value nor its name, step or time: {columns}";
        LeftOutEmpty { columns: Names } = "left out, without a value: {columns}";
        Merged { rows: u64 } =
            "rows at a step that was there already, joined with it: {rows}";
        Replaced { values: u64 } =
            "values that stood twice at a step, of which the last one counts: {values}";
        HeadersAgain { lines: u64 } = "headers within the file, left out: {lines}";
        InPercent { names: Names } = "in percent there, stored as fractions: {names}";
    }
}
