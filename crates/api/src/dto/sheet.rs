//! A table of runs, or of groups of runs, as it goes into a paper.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Number;

/// Asks for a table.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct SheetBy {
    /// A condition of the filter language; absent or empty takes all runs.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub filter: String,
    /// Only runs of this sweep.
    #[ts(optional)]
    pub sweep: Option<String>,
    /// Names of the filter language, and `METRIC.last|best|min|max|meanK`; empty: axes, seed, state and what the sweeps are
    /// after.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub columns: Vec<String>,
    /// Names whose values make a row, of all runs that share them; empty: a row for each run.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub group: Vec<String>,
}

/// The table as a text.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct SheetTextBy {
    pub of: SheetBy,
    #[ts(type = "\"markdown\" | \"latex\" | \"csv\"")]
    pub format: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct SheetText {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Sheet {
    pub columns: Vec<SheetColumn>,
    /// One cell a column.
    pub rows: Vec<Vec<SheetCell>>,
    /// Runs that the rows are made of.
    pub runs: u64,
    /// In English: what stands in the table, for below it.
    pub caption: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct SheetColumn {
    /// As it was asked for.
    pub name: String,
    /// In English.
    pub title: String,
    /// Values are fractions, shown in percent.
    pub percent: bool,
    /// Whether more is better, where that can be said of it.
    pub higher_is_better: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SheetCell {
    /// The runs have none.
    Nothing,
    /// The runs of the row differ in it.
    Several,
    Text {
        text: String,
    },
    Number {
        value: Number,
    },
    /// Of a group's runs that have a finite value.
    Mean {
        mean: f64,
        /// Standard deviation (n − 1), from two runs on.
        std: Option<f64>,
        n: u64,
        /// The best of its column.
        best: bool,
        /// Not the best, and not separated from it.
        tied: bool,
    },
}
