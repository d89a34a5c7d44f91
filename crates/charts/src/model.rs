//! What a figure shows: panels below each other on one step axis, each with lines, bands and markers.

use vitals_series::Frame;

/// A figure; sizes are in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub title: String,
    pub subtitle: String,
    pub width: u32,
    pub height: u32,
    /// Stands at the end of the step axis: `step`, `스텝`.
    pub x_label: String,
    pub panels: Vec<Panel>,
}

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub title: String,
    /// Stands behind the title; empty for a plain number.
    pub unit: String,
    /// Values are multiplied by this before they are shown: 100 for a fraction in %.
    pub scale: f64,
    pub log_y: bool,
    /// Values that the axis must reach besides the panel's own, so that panels can share a scale.
    pub y_reach: Option<(f64, f64)>,
    /// Share of the height; 1 is usual.
    pub height_share: f64,
    pub lines: Vec<Line>,
    pub bands: Vec<Band>,
    pub markers: Vec<Marker>,
}

impl Panel {
    /// An empty panel with a linear axis.
    pub fn new(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            unit: unit.into(),
            scale: 1.0,
            log_y: false,
            y_reach: None,
            height_share: 1.0,
            lines: Vec::new(),
            bands: Vec::new(),
            markers: Vec::new(),
        }
    }
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Lines of one label share one legend entry (the seeds of one recipe).
    pub label: String,
    /// 0 is the first categorical colour (frozen), 1 the second (learned); colours repeat after ten.
    pub color_index: usize,
    /// 0 is solid (frozen), 1 dashed (learned); patterns repeat after ten.
    pub dash_index: usize,
    /// Place on the depth scale, 0 (input) to 1 (output); replaces the categorical colour.
    pub depth: Option<f64>,
    pub frame: Frame,
}

impl Line {
    /// A line with colour n and dash n (screens §8).
    pub fn new(label: impl Into<String>, index: usize, frame: Frame) -> Self {
        Self { label: label.into(), color_index: index, dash_index: index, depth: None, frame }
    }

    /// A solid line coloured by depth: a layer between input (0) and output (1).
    pub fn layer(label: impl Into<String>, depth: f64, frame: Frame) -> Self {
        Self { label: label.into(), color_index: 0, dash_index: 0, depth: Some(depth), frame }
    }
}

/// Two levels that give a curve its meaning, as the loss's start and floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub low: f64,
    pub high: f64,
    pub low_label: String,
    pub high_label: String,
}

/// Something that happened at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    pub step: u64,
    pub label: String,
}
