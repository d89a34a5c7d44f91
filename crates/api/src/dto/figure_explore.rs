//! The pictures of Explore for a paper: questions that the host answers anew, and words for its answers. No number comes from the
//! window but what was brushed. Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::figure_arm::FigureArm;
use super::importance::ImportanceBy;
use super::rates::SensitivityBy;
use super::run_table::RunTableBy;

/// Outcome against learning rate: a line an arm, in the legend how much it hangs on its rate.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureRates {
    pub of: SensitivityBy,
    /// Values are multiplied by this before they are shown.
    pub scale: f64,
    /// At the end of the horizontal axis.
    pub x_title: String,
    /// What arms are called and how they look; one that is missing here is drawn by its value.
    pub arms: Vec<FigureArm>,
    /// An entry of the legend: `{arm}`, `{sensitivity}` and `{usable}` stand for what the host finds.
    pub entry: String,
    /// Of a difference of outcomes; empty for a plain number.
    pub unit: String,
}

/// A line a run over axes of what the table holds.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureParallel {
    /// Asks for the runs, with every column that an axis or a colour is of.
    pub of: RunTableBy,
    /// From left to right.
    pub axes: Vec<FigureAxis>,
    /// The column of the outcome: what is not finite in it is broken, and the best of it lies on top.
    #[ts(optional)]
    pub metric: Option<String>,
    pub colour: FigureColour,
    /// Ids of runs that are drawn once more over the others.
    pub marked: Vec<String>,
    pub words: FigureParallelWords,
}

/// What lines are coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FigureColour {
    Metric,
    /// The stability score.
    Score,
    /// The categories of the first axis.
    Arm,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureAxis {
    pub title: String,
    /// Below the title.
    pub note: String,
    /// It stands on its head.
    pub turned: bool,
    /// The columns whose values make it; several only of arms.
    pub columns: Vec<String>,
    /// Numbers are multiplied by this before they are shown.
    pub scale: f64,
    /// From the foot to the head; absent where the axis is of numbers. A value that is missing here is drawn by itself.
    #[ts(optional)]
    pub categories: Option<Vec<FigureCategory>>,
    #[ts(optional)]
    pub brush: Option<FigureBrush>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureCategory {
    /// Of several columns an object with a value for each.
    pub value: Value,
    pub label: String,
    /// 1 … 10: colour n and shape n; 0: without a mark.
    pub slot: u32,
}

/// What is brushed of an axis: any of it takes a run.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct FigureBrush {
    /// As recorded, both ends included.
    #[ts(optional)]
    pub range: Option<(f64, f64)>,
    /// Values of categories.
    pub values: Vec<Value>,
    pub stops: Vec<FigureStop>,
}

/// Below an axis: beyond its end, not finite, without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FigureStop {
    End,
    Nan,
    None,
}

/// `{n}`, `{of}` and `{value}` stand for what the host counts.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureParallelWords {
    /// Behind the title: how many runs lie in the brushes.
    pub count: String,
    pub end: String,
    pub nan: String,
    pub none: String,
    /// What the colours say.
    pub colour: String,
}

/// What the outcome depends on: a bar a parameter.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureShares {
    pub of: ImportanceBy,
    /// What parameters are called; one that is missing here stands by its name.
    pub names: Vec<FigureName>,
    /// Of the line of what chance gets: `{share}` stands for it.
    pub random: String,
    /// Behind a bar: `{share}`, `{low}` and `{high}` stand for its numbers.
    pub note: String,
    /// Behind the title: `{n}` runs, `{failed}` of them failed, `{trees}` trees, `{r2}` is what they foretell.
    pub count: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureName {
    pub name: String,
    pub label: String,
}
