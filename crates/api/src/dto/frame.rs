//! Forms of series: what a run has recorded, and the binary frames that charts draw.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SeriesInfo {
    pub name: String,
    pub unit: String,
    /// Position in network order for `grad_norm/<layer>` and its kin.
    pub layer: Option<u32>,
    pub values: u64,
    pub first_step: u64,
    pub last_step: u64,
}

/// Asks for what a chart shows. Answered by one binary frame (see `frames`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameRequest {
    pub runs: Vec<String>,
    /// Series names; those that a run lacks are left out of the answer.
    pub series: Vec<String>,
    /// First step of the window, inclusive; absent means the first recorded.
    pub from: Option<f64>,
    /// Last step, inclusive; absent means the last recorded.
    pub to: Option<f64>,
    /// Pixel columns.
    pub columns: u32,
    /// Divide by the series' own running median (gradient norms).
    pub relative: bool,
    /// EMA weight of the past, 0 = none; computed on raw data before columns are cut.
    pub smoothing: f64,
}

/// The header of a binary frame: `u32` little-endian length, this as JSON, zero padding to a multiple of 8, then for
/// each series `columns` rows as seven consecutive f64 arrays: step, min, max, mean, first, last, and nonfinite
/// (count). Empty pixel columns are left out; a column whose values are all non-finite has NaN min and max.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameHeader {
    pub series: Vec<FrameSeries>,
    pub from: f64,
    pub to: f64,
    /// Values read to make this frame.
    pub values: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameSeries {
    pub run: String,
    pub name: String,
    pub unit: String,
    /// Rows (non-empty pixel columns).
    pub columns: u32,
    /// Values represented by them.
    pub values: u64,
    /// Byte offset of the first array from the start of the frame.
    pub offset: u32,
}
