//! The frames of the window as figures for papers: SVG, and PNG of that very SVG. Light theme only, the fonts bundled, no
//! clock and no file: a figure in, text or bytes out. Every stored extreme is drawn, every non-finite value leaves a ✕.

mod axis;
mod comparison;
mod curve;
mod error;
mod figure;
mod fonts;
mod ink;
mod legend;
mod model;
mod number;
mod panel;
mod png;
mod theme;

pub use comparison::{ComparedRun, Comparison, Words, comparison, comparison_in};
pub use error::ChartError;
pub use figure::{figure, plot_width};
pub use model::{Band, Figure, Line, Marker, Panel};
pub use png::png;
