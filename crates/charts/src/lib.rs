//! The charts of the window as figures for papers: SVG, PNG and PDF of that very SVG, and pgfplots with its data. The fonts
//! bundled, no clock and no file: a figure in, text or bytes out. Every stored extreme is drawn, every non-finite value leaves a ✕.

mod axis;
mod cells;
mod clip;
mod color;
mod color_scale;
mod comparison;
mod curve;
mod effect;
mod ember;
mod error;
mod events;
mod figure;
mod fonts;
mod forest;
mod heat;
mod ink;
mod laid;
mod layout;
mod legend;
mod line_plot;
mod lines;
mod marks;
mod model;
mod number;
mod page;
mod pairs;
mod palette;
mod parallel;
mod pdf;
mod pgf;
mod png;
mod scatter;
mod shares;
mod sign;
mod theme;
mod trace;
mod tree;

pub use cells::{Boundary, Cell, CellEnd, CellMap, CellMargin, CellScale, Cells};
pub use comparison::{ComparedRun, Comparison, Marker, Words, comparison, comparison_in};
pub use effect::{Effect, Verdict};
pub use error::ChartError;
pub use figure::{figure, plot_width};
pub use fonts::WEB_FONT;
pub use forest::{Forest, ForestRow};
pub use heat::{Heat, HeatRow};
pub use lines::{Band, Event, EventKind, Interval, Line, Lines, XAxis};
pub use model::{Figure, Panel, Plot};
pub use page::{Ground, Page};
pub use pairs::{PairRow, Pairs};
pub use parallel::{
    AxisBrush, AxisValues, Category, Parallel, ParallelAxis, ParallelRun, Spacing, Stop, Tint,
};
pub use pdf::pdf;
pub use pgf::pgfplots;
pub use png::{png, png_within};
pub use scatter::{Scatter, ScatterGroup, ScatterMean, ScatterRun};
pub use shares::{Share, Shares};
pub use sign::mark;
pub use trace::{Column, Trace};
