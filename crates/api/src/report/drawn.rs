//! Figures of a report: what is asked of the room that draws figures for papers, and its SVG. Draws nothing itself.

use vitals_series::Summary;

use super::document::{Drawing, Span};
use crate::Context;
use crate::dto::{
    Decision, FigureAsk, FigureGround, FigurePage, FigurePanel, FigurePlot, FigureWords, Language,
};
use crate::error::Result;
use crate::said::Report;
use crate::{export, figure};

/// Millimetres of a figure of the whole width, and of one of two beside each other: 856 and 414 pixels.
pub const WIDE_MM: f64 = 226.5;
pub const HALF_MM: f64 = 109.5;
const FONT_PT: f64 = 8.0;

/// A figure over steps that shows nothing yet.
pub fn blank(language: Language, width_mm: f64, (from, to): (f64, f64)) -> FigureAsk {
    FigureAsk {
        title: String::new(),
        subtitle: String::new(),
        notes: Vec::new(),
        runs: Vec::new(),
        page: FigurePage { width_mm, height_mm: None, font_pt: FONT_PT, ground: FigureGround::White },
        x_title: language.say(&Report::Step),
        axis: None,
        x_divisor: 1.0,
        from,
        to,
        decision: None,
        panels: Vec::new(),
    }
}

pub fn panel(title: &str, unit: &str, height_share: f64, plot: FigurePlot) -> FigurePanel {
    FigurePanel { title: title.to_owned(), unit: unit.to_owned(), height_share, plot }
}

pub fn words(language: Language) -> FigureWords {
    FigureWords {
        seed: language.words("decide.seed", &[("n", "")]).trim().to_owned(),
        mean: language.word("decide.mean"),
        failed: language.word("decide.failed"),
        missing: language.word("decide.twin_missing"),
        on_the_way: language.word("decide.not_ended"),
        not_comparable: language.word("decide.verdict.not_comparable"),
        uncorrected: language.word("decide.p_uncorrected"),
    }
}

/// The figure as SVG, in which text is text.
pub async fn drawing(
    context: &Context,
    ask: &FigureAsk,
    decision: Option<Decision>,
    (head, alt): (Vec<Span>, String),
) -> Result<Drawing> {
    let made = figure::figure_of(context, ask, decision).await?;
    let bytes = export::drawing("svg")?(&made)?;
    Ok(Drawing { head, svg: String::from_utf8_lossy(&bytes).into_owned(), alt })
}

/// Least and greatest of these values with some room; none where none is finite.
pub fn reach(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let room = if high > low { 0.04 * (high - low) } else { 0.05 * high.abs().max(1e-6) };
    Some([low - room, high + room])
}

/// The extremes of a column, where it has any.
pub fn extremes(column: &Summary) -> [f64; 2] {
    if column.finite() > 0 { [column.min, column.max] } else { [f64::NAN; 2] }
}

/// A number for a CSV, with no more digits than a figure can show.
pub fn csv(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // Reading back what eight digits are is the shortest way to write them.
    format!("{value:.7e}").parse::<f64>().unwrap_or(value).to_string()
}

/// A text as a cell.
pub fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
