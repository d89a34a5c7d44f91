//! What an arm of a question is called in a figure, and how it looks there. Plain data only: no logic, no handles.

use serde::Deserialize;
use ts_rs::TS;

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureArm {
    /// The arm's value, as it is written in conditions.
    pub written: String,
    pub label: String,
    /// 1 … 10: colour n and shape n; 0: without a category.
    pub slot: u32,
}
