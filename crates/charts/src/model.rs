//! What a figure shows: panels below each other on one page. What a panel plots stands in the file of its kind.

use crate::cells::Cells;
use crate::forest::Forest;
use crate::heat::Heat;
use crate::lines::Lines;
use crate::page::Page;
use crate::pairs::Pairs;
use crate::parallel::Parallel;
use crate::scatter::Scatter;
use crate::shares::Shares;

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub title: String,
    pub subtitle: String,
    /// Names of what is shown, as ids of runs: for the caption and the description, not for the drawing.
    pub ids: Vec<String>,
    /// Sentences that belong to the figure, below its panels, each whole: which tests, what was changed after looking.
    pub notes: Vec<String>,
    pub page: Page,
    pub panels: Vec<Panel>,
}

impl Figure {
    pub fn new(title: impl Into<String>, page: Page, panels: Vec<Panel>) -> Self {
        let (subtitle, ids, notes) = (String::new(), Vec::new(), Vec::new());
        Self { title: title.into(), subtitle, ids, notes, page, panels }
    }
}

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub title: String,
    /// Stands behind the title; empty for a plain number.
    pub unit: String,
    /// Share of the height; 1 is usual.
    pub height_share: f64,
    pub plot: Plot,
}

impl Panel {
    pub fn new(title: impl Into<String>, unit: impl Into<String>, plot: impl Into<Plot>) -> Self {
        Self { title: title.into(), unit: unit.into(), height_share: 1.0, plot: plot.into() }
    }
}

/// What a panel plots.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    Lines(Lines),
    Heat(Heat),
    Forest(Forest),
    Pairs(Pairs),
    Parallel(Parallel),
    Cells(Cells),
    Scatter(Scatter),
    Shares(Shares),
}

impl From<Shares> for Plot {
    fn from(shares: Shares) -> Self {
        Self::Shares(shares)
    }
}

impl From<Cells> for Plot {
    fn from(cells: Cells) -> Self {
        Self::Cells(cells)
    }
}

impl From<Scatter> for Plot {
    fn from(scatter: Scatter) -> Self {
        Self::Scatter(scatter)
    }
}

impl From<Parallel> for Plot {
    fn from(parallel: Parallel) -> Self {
        Self::Parallel(parallel)
    }
}

impl From<Lines> for Plot {
    fn from(lines: Lines) -> Self {
        Self::Lines(lines)
    }
}

impl From<Heat> for Plot {
    fn from(heat: Heat) -> Self {
        Self::Heat(heat)
    }
}

impl From<Forest> for Plot {
    fn from(forest: Forest) -> Self {
        Self::Forest(forest)
    }
}

impl From<Pairs> for Plot {
    fn from(pairs: Pairs) -> Self {
        Self::Pairs(pairs)
    }
}
