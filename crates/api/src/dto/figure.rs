//! A figure for a paper: what charts of the window show, told so that the host can draw it on a page.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::decide::DecideBy;
use super::figure_arm::FigureArm;
use super::figure_explore::{FigureParallel, FigureRates, FigureShares};
use super::figure_map::{FigureMap, FigureScatter};
use super::frame::{FrameAxis, HeatmapCell, SeriesAsk};

/// A figure, and the file that it is written to.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureSave {
    pub path: String,
    /// `pdf`, `png`, `svg` or `tex`.
    pub format: String,
    pub figure: FigureAsk,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureAsk {
    pub title: String,
    pub subtitle: String,
    /// Sentences that stand below the panels: which tests, what was changed after looking.
    #[serde(default)]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub notes: Vec<String>,
    /// Ids of the runs, for the caption.
    pub runs: Vec<String>,
    pub page: FigurePage,
    /// At the end of the horizontal axis.
    pub x_title: String,
    /// What the horizontal axis counts; absent means steps. The window is in steps whatever it is.
    #[ts(optional)]
    pub axis: Option<FrameAxis>,
    /// What it counts is divided by this before it is shown: 3600 for hours.
    pub x_divisor: f64,
    /// First and last step, inclusive.
    pub from: f64,
    pub to: f64,
    /// What its plots of arms are drawn of.
    #[ts(optional)]
    pub decision: Option<FigureDecision>,
    pub panels: Vec<FigurePanel>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct FigurePage {
    pub width_mm: f64,
    /// Absent: as high as the panels ask for.
    #[ts(optional)]
    pub height_mm: Option<f64>,
    /// Of the letters at that width.
    pub font_pt: f64,
    pub ground: FigureGround,
}

/// What a figure stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FigureGround {
    White,
    Transparent,
    /// As the window's light theme.
    Light,
    /// As its dark theme.
    Dark,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigurePanel {
    pub title: String,
    pub unit: String,
    /// Share of the height; 1 is usual.
    pub height_share: f64,
    pub plot: FigurePlot,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum FigurePlot {
    Lines(FigureLines),
    Heat(FigureHeat),
    Forest(FigureForest),
    Pairs(FigurePairs),
    Rates(FigureRates),
    Parallel(FigureParallel),
    Map(FigureMap),
    Scatter(FigureScatter),
    Shares(FigureShares),
}

/// A question about arms, which is answered anew when the figure is drawn, and the words for its answer. No number comes from the
/// window.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureDecision {
    pub of: DecideBy,
    /// Values and differences are multiplied by this before they are shown.
    pub scale: f64,
    /// What arms are called and how they look; one that is missing here is drawn by its value.
    pub arms: Vec<FigureArm>,
    pub words: FigureWords,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureWords {
    /// Before the number of a seed.
    pub seed: String,
    pub mean: String,
    pub failed: String,
    /// The seed has no run on the other side.
    pub missing: String,
    /// A run of the pair has not ended.
    pub on_the_way: String,
    pub not_comparable: String,
    /// Behind every p of several arms for which nothing was corrected.
    pub uncorrected: String,
}

/// Every arm against the baseline, the best first.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureForest {
    /// At the end of the scale: the difference and its unit.
    pub x_title: String,
}

/// Pairs by seed of one arm and the baseline.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigurePairs {
    /// The arm's value, as it is written in conditions.
    pub arm: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureLines {
    /// Values are multiplied by this before they are shown.
    pub scale: f64,
    pub log: bool,
    /// Ends of the vertical axis, as recorded.
    pub y: [f64; 2],
    pub lines: Vec<FigureLine>,
    #[ts(optional)]
    pub band: Option<FigureBand>,
    pub events: Vec<FigureEvent>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureLine {
    pub label: String,
    /// 1 … 10: colour n and dash n; 0: a quiet line without a category.
    pub slot: u32,
    pub solid: bool,
    /// Drawn pale, behind the others.
    pub ghost: bool,
    /// One run, or runs that differ in nothing but their seeds, of which the mean is drawn.
    pub runs: Vec<String>,
    pub is_mean: bool,
    /// A mean with its interval.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub interval: bool,
    pub series: SeriesAsk,
}

/// Two levels, with what lies between them shaded.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureBand {
    pub low: f64,
    pub high: f64,
    pub low_label: String,
    pub high_label: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureEvent {
    pub kind: String,
    /// A place on the horizontal axis, as shown.
    pub at: f64,
    #[ts(optional)]
    pub end: Option<f64>,
    pub injected: bool,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct FigureHeat {
    pub run: String,
    /// What stands before the slash.
    pub metric: String,
    pub layers: Vec<String>,
    /// What the rows are called, as many as layers.
    pub labels: Vec<String>,
    pub cell: HeatmapCell,
    /// What the colours say, behind their scale.
    pub scale_label: String,
    /// Rows that are computed for the picture and not applied.
    pub frozen: Vec<String>,
    pub events: Vec<FigureEvent>,
}
