//! Forms of series: what a run has recorded, and the binary frames that charts draw.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::{Panel, Role};

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SeriesInfo {
    pub name: String,
    pub unit: String,
    /// What it means; absent for series of other programs that the table of metrics does not know.
    pub role: Option<Role>,
    /// The tab of the run page that draws it.
    pub panel: Panel,
    /// The place among the run's layers of the one that it belongs to.
    pub layer: Option<u32>,
    pub values: u64,
    pub first_step: u64,
    pub last_step: u64,
}

/// Asks for what a chart shows. Answered by one binary frame (see `frames`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameRequest {
    pub runs: Vec<String>,
    /// Those that a run lacks are left out of the answer. One name may be asked for in several ways.
    pub series: Vec<SeriesAsk>,
    /// First step of the window, inclusive; absent means the first recorded.
    pub from: Option<f64>,
    /// Last step, inclusive; absent means the last recorded.
    pub to: Option<f64>,
    /// Pixel columns.
    pub columns: u32,
    /// What `x` counts; absent means steps, and then there is no array of it.
    #[ts(optional)]
    pub axis: Option<FrameAxis>,
    /// Also the value before the window and the one behind it, so that lines run to the edges.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub edges: bool,
}

/// One series of a frame, and how it is wanted. Series that are wanted alike are cut on one grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SeriesAsk {
    pub name: String,
    /// Divide by the series' own running median (gradient norms).
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub relative: bool,
    /// Steps over which a moving average reaches, 0 = none; computed on raw data before columns are cut.
    #[serde(default)]
    #[ts(as = "Option<f64>", optional)]
    pub smoothing: f64,
    /// Also what later attempts have superseded, as series of their own, one for each attempt.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub superseded: bool,
}

impl SeriesAsk {
    /// The recorded values of a series, as they are.
    pub fn raw(name: impl Into<String>) -> Self {
        Self { name: name.into(), relative: false, smoothing: 0.0, superseded: false }
    }
}

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FrameAxis {
    Step,
    Epoch,
    /// Seconds of training, attempts added up.
    Elapsed,
    /// Images seen.
    Images,
}

/// The header of a binary frame: `u32` little-endian length, this as JSON, zero padding to a multiple of 8, then for
/// each series `columns` rows as consecutive f64 arrays: step, min, max, mean, first, last, nonfinite (count), and,
/// where `arrays` is 8, x (of the column's first step, in units of the axis asked for). Empty pixel columns are left out;
/// a column whose values are all non-finite has NaN min and max. A column is a whole number of steps, and there are at
/// most as many as asked for.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameHeader {
    /// f64 arrays of each series: 7, or 8 with x.
    pub arrays: u32,
    pub series: Vec<FrameSeries>,
    pub from: f64,
    pub to: f64,
    /// Values that its columns stand for.
    pub values: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameSeries {
    pub run: String,
    pub name: String,
    pub unit: String,
    /// As asked for: over its own running median.
    pub relative: bool,
    /// As asked for: steps over which a moving average reaches, 0 = none.
    pub smoothing: f64,
    /// The attempt whose superseded values these are; absent: the values in force.
    #[ts(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_attempt: Option<u32>,
    /// Rows (non-empty pixel columns).
    pub columns: u32,
    /// Values of the window that they stand for.
    pub values: u64,
    /// The first row is the one value before the window, the last one the value behind it.
    pub before: bool,
    pub after: bool,
    /// Byte offset of the first array from the start of the frame.
    pub offset: u32,
}

/// Asks for the mean curves of arms. Answered by one binary frame (`ArmsHeader`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ArmsRequest {
    /// Runs of each arm, which differ in nothing but their seeds.
    pub arms: Vec<Vec<String>>,
    pub series: Vec<SeriesAsk>,
    /// First and last step, inclusive; absent means all that is recorded.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// Pixel columns.
    pub columns: u32,
}

/// The header of a frame of arms: laid out as that of `FrameHeader`, with eight arrays for each series: step, n (seeds with a
/// finite value), mean (of each seed's mean in the column), low and high (its 95 % interval; NaN below three seeds), min and max
/// (of all seeds' values), nonfinite (count).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ArmsHeader {
    pub series: Vec<ArmSeries>,
    pub from: f64,
    pub to: f64,
    /// Values that the columns stand for.
    pub values: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ArmSeries {
    /// The place of the arm among those asked for.
    pub arm: u32,
    pub name: String,
    pub unit: String,
    pub relative: bool,
    pub smoothing: f64,
    /// Runs of the arm that have the series.
    pub runs: u32,
    pub columns: u32,
    pub values: u64,
    pub offset: u32,
}

/// What the `series` door answers: curves, or a heat map (`{heatmap: {…}}`), or the curves of arms (`{arms: {…}}`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum SeriesRequest {
    Heatmap { heatmap: HeatmapRequest },
    Arms { arms: ArmsRequest },
    Curves(FrameRequest),
}

/// Asks for depth × steps of one run as cells. Answered by one binary frame (`HeatmapHeader`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HeatmapRequest {
    pub run: String,
    /// What stands before the slash: grad_norm, update_ratio or grad_max.
    pub metric: String,
    /// Layers or tensors, top row first; empty means all layers in network order. Unknown ones are left out.
    pub layers: Vec<String>,
    pub cell: HeatmapCell,
    /// First and last step, inclusive; absent means all.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// Pixel columns.
    pub columns: u32,
}

/// What a cell shows of its values; always the largest in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HeatmapCell {
    /// Over the median of the layer's last hundred finite values.
    Relative,
    Absolute,
    /// Over the patch projection's value of the same step.
    Ratio,
}

/// The header of a heat map: `u32` little-endian length, this as JSON, space padding to a multiple of 8, then at `offset`
/// `rows × columns` f32 cells, row after row: the largest finite value, NaN where there is none. Behind them as many f32:
/// how many values of the cell are NaN or infinite. Column k holds the steps `from + k·stride` to `from + (k+1)·stride − 1`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HeatmapHeader {
    pub run: String,
    pub metric: String,
    pub cell: HeatmapCell,
    pub rows: Vec<HeatmapRow>,
    pub columns: u32,
    /// First step of the first column; at or before the `from` that was asked for.
    pub from: f64,
    /// Steps to a column, a whole number.
    pub stride: f64,
    /// Extent of the finite cells; absent where there is none.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Values represented by the cells.
    pub values: u64,
    pub offset: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HeatmapRow {
    /// The series, `grad_norm/blocks.3`.
    pub name: String,
    /// Behind the slash.
    pub layer: String,
    /// Whether it is a single tensor.
    pub tensor: bool,
    pub values: u64,
}
