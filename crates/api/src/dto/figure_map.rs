//! Both faces of the stability map for a paper, and its cells as a table: questions that the host answers anew, and words for its
//! answers. Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::stability_map::MapBy;

/// Small maps: runs over two parameters, one map for each combination of what else tells them apart.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMap {
    pub of: MapBy,
    pub x: FigureMapAxis,
    pub y: FigureMapAxis,
    /// The parameters that tell maps apart.
    pub others: Vec<String>,
    /// In their order; a combination that is missing here is drawn last, by its values.
    pub maps: Vec<FigureMapPanel>,
    pub measure: FigureMeasure,
    /// Whether the boundary is drawn where an axis is the learning rate.
    pub boundary: bool,
    /// What lines along the learning rate come to, at their ends.
    #[ts(optional)]
    pub lines: Option<FigureMapLines>,
    pub words: FigureMapWords,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMapAxis {
    /// As conditions take it.
    pub name: String,
    pub title: String,
    /// From the left, or from the top. A value that is missing here stands where it belongs, as it is.
    pub values: Vec<FigureMapValue>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMapValue {
    pub value: Value,
    pub label: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMapPanel {
    /// One for each of the parameters; null where its runs were given none.
    pub values: Vec<Value>,
    pub title: String,
}

/// What cells are coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FigureMeasure {
    Metric,
    /// The stability score.
    Score,
    /// Spikes per 1,000 steps.
    Spikes,
    /// Steps from the onset of a spike in the first layer to that in the last.
    Lead,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMapLines {
    pub title: String,
    /// Sensitivities are multiplied by this before they are shown.
    pub scale: f64,
}

/// `{n}`, `{failed}`, `{of}` stand for what the host counts.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureMapWords {
    /// Behind the title: how many runs, and how many of them failed.
    pub count: String,
    /// In a cell: of how many runs its number is.
    pub n: String,
    pub failed: String,
    /// In a cell without a run.
    pub none: String,
    /// In a cell without a number.
    pub without: String,
    /// In a cell all of whose runs failed.
    pub lost: String,
    /// What the colours say.
    pub colour: String,
}

/// The metric against the stability score, a mark a run.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureScatter {
    pub of: MapBy,
    /// The parameters of both axes of the map: who was given only one of them has no place.
    pub axes: (String, String),
    /// Whose values have colours.
    #[ts(optional)]
    pub facet: Option<String>,
    /// What its values are called and how they look; one that is missing here is grey.
    pub groups: Vec<FigureGroup>,
    pub x_title: String,
    /// Behind the title: `{n}` runs, `{means}` means, `{waiting}` without a value so far.
    pub count: String,
    /// `{n}` stands for how many stand there.
    pub broken: String,
    pub unscored: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureGroup {
    pub value: Value,
    pub label: String,
    /// 1 … 10: colour n and shape n; 0: without a category.
    pub slot: u32,
}

/// The cells of a map as a text.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct MapTextBy {
    pub of: MapBy,
    #[ts(type = "\"markdown\" | \"latex\" | \"csv\"")]
    pub format: String,
}
