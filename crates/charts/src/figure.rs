//! Draws a figure as SVG, as it is laid out.

use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink, svg};
use crate::laid::Laid;
use crate::layout::{Layout, title_width};
use crate::legend;
use crate::model::{Figure, Panel, Plot};
use crate::page::Ground;
use crate::{cells, forest, heat, line_plot, pairs, parallel, scatter, shares};

/// Pixel columns of a plot in a figure of the window of this width: what a frame should be asked for (times the scale of the PNG).
pub fn plot_width(figure_width: u32) -> usize {
    (f64::from(figure_width) - 76.0).max(1.0) as usize
}

/// Draws a figure as SVG.
///
/// # Errors
/// The figure is too small for its panels.
pub fn figure(figure: &Figure) -> Result<String, ChartError> {
    let layout = Layout::of(figure, figure.page.look())?;
    let description = describe(figure);
    svg(&figure.page, layout.height, &figure.title, &description, |ink| draw(figure, &layout, ink))
}

fn draw(figure: &Figure, layout: &Layout, ink: &mut Ink<'_>) -> Result<(), ChartError> {
    let Layout { look, left, available, .. } = layout;
    draw_ground(layout, ink)?;
    let (unit, theme) = (look.unit, look.theme);
    // The semi-bold title is wider than the measured regular one.
    let title = fonts::fit(&figure.title, look.title * fonts::BOLD, *available);
    let subtitle = fonts::fit(&figure.subtitle, look.subtitle, *available);
    ink.text(&title, (*left, 28.0 * unit), look.title, theme.text, (Align::Start, true))?;
    let subtitle_y = if figure.title.is_empty() { 28.0 } else { 47.0 };
    ink.text(&subtitle, (*left, subtitle_y * unit), look.subtitle, theme.quiet, (Align::Start, false))?;
    legend::draw(ink, &layout.shared_legend, (*left, layout.legend_y), *available)?;
    for (panel, laid) in figure.panels.iter().zip(&layout.panels) {
        draw_head(panel, laid, layout, ink)?;
        match &panel.plot {
            Plot::Lines(lines) => line_plot::draw(ink, lines, laid)?,
            Plot::Heat(heat) => heat::draw(ink, heat, laid)?,
            Plot::Forest(forest) => forest::draw(ink, forest, laid.place)?,
            Plot::Pairs(pairs) => pairs::draw(ink, pairs, laid.place)?,
            Plot::Parallel(plot) => parallel::draw(ink, plot, laid.place)?,
            Plot::Cells(cells) => cells::draw(ink, cells, laid.place)?,
            Plot::Scatter(plot) => scatter::draw(ink, plot, laid.place)?,
            Plot::Shares(plot) => shares::draw(ink, plot, laid.place)?,
        }
    }
    for (y, note) in layout.notes() {
        ink.text(note, (*left, y), look.subtitle, theme.quiet, (Align::Start, false))?;
    }
    Ok(())
}

/// Paper, nothing, or cards on the window's ground.
fn draw_ground(layout: &Layout, ink: &mut Ink<'_>) -> Result<(), ChartError> {
    match layout.look.ground {
        Ground::Transparent => Ok(()),
        Ground::White => ink.rect((0.0, 0.0), (layout.width, layout.height), (0xff, 0xff, 0xff), 1.0),
        Ground::Light | Ground::Dark => layout.grounds().into_iter().try_for_each(|(place, color)| {
            ink.rect((place.left, place.top), (place.right, place.bottom), color, 1.0)
        }),
    }
}

/// Title, unit and legend above a plot.
fn draw_head(panel: &Panel, laid: &Laid, layout: &Layout, ink: &mut Ink<'_>) -> Result<(), ChartError> {
    let Layout { look, left, available, .. } = layout;
    let title_y = layout.title_y(laid);
    let (title, unit) = if look.is_window {
        (panel.title.clone(), panel.unit.clone())
    } else {
        let title = fonts::fit(&panel.title, look.head * fonts::BOLD, *available);
        let rest = available - title_width(panel, look);
        let unit = if rest > 0.0 { fonts::fit(&panel.unit, look.unit_text, rest) } else { String::new() };
        (title, unit)
    };
    ink.text(&title, (*left, title_y), look.head, look.theme.text, (Align::Start, true))?;
    let unit_x = left + title_width(panel, look);
    ink.text(&unit, (unit_x, title_y), look.unit_text, look.theme.axis, (Align::Start, false))?;
    match &panel.plot {
        Plot::Heat(heat) => return heat::draw_scale(ink, heat, layout.scale_at(laid)),
        Plot::Parallel(plot) => return parallel::draw_scale(ink, plot, layout.scale_at(laid)),
        Plot::Cells(cells) => return cells::draw_scale(ink, cells, layout.scale_at(laid)),
        Plot::Lines(_) | Plot::Forest(_) | Plot::Pairs(_) | Plot::Scatter(_) | Plot::Shares(_) => {}
    }
    legend::draw(ink, &laid.legend, layout.legend_at(laid), available + 1.0)
}

/// The figure in words: of each line its last value and its extremes.
fn describe(figure: &Figure) -> String {
    let mut text = figure.subtitle.clone();
    if !figure.ids.is_empty() {
        text += &format!("\n{}", figure.ids.join(", "));
    }
    for panel in &figure.panels {
        text += &format!("\n{}:", [panel.title.as_str(), panel.unit.as_str()].join(" ").trim_end());
        match &panel.plot {
            Plot::Lines(lines) => text += &line_plot::describe(lines),
            Plot::Heat(heat) => text += &heat::describe(heat),
            Plot::Forest(forest) => text += &forest::describe(forest),
            Plot::Pairs(pairs) => text += &pairs::describe(pairs),
            Plot::Parallel(plot) => text += &parallel::describe(plot),
            Plot::Cells(cells) => text += &cells::describe(cells),
            Plot::Scatter(plot) => text += &scatter::describe(plot),
            Plot::Shares(plot) => text += &shares::describe(plot),
        }
    }
    for note in &figure.notes {
        text += &format!("\n{note}");
    }
    text
}
