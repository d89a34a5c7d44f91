//! Lays a figure out: title, legend, then panels below each other with one left margin and one step axis.

use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink, svg};
use crate::legend::{self, Entry};
use crate::model::{Figure, Panel};
use crate::number::short;
use crate::panel::{self, Place};
use crate::theme;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 18.0;
const BOTTOM: f64 = 30.0;
/// Room above a plot for its title, and between panels.
const PANEL_HEAD: f64 = 32.0;
/// How much wider semi-bold letters are than regular ones.
const BOLD: f64 = 1.045;
/// A plot below this height shows nothing.
const LEAST_PLOT: f64 = 40.0;

/// Pixel columns of a plot in a figure of this width: what a frame should be asked for (times the scale of the PNG).
pub fn plot_width(figure_width: u32) -> usize {
    (f64::from(figure_width) - LEFT - RIGHT).max(1.0) as usize
}

/// Draws a figure as SVG.
///
/// # Errors
/// The figure is too small for its panels.
pub fn figure(figure: &Figure) -> Result<String, ChartError> {
    let layout = Layout::of(figure)?;
    svg((figure.width, figure.height), &figure.title, &describe(figure), |ink| layout.draw(figure, ink))
}

struct Layout {
    shared_legend: Vec<Entry>,
    /// Legend of each panel; empty where the one above, or the figure's, says the same.
    legends: Vec<Vec<Entry>>,
    places: Vec<Place>,
    legend_y: f64,
    steps: (u64, u64),
}

impl Layout {
    fn of(figure: &Figure) -> Result<Self, ChartError> {
        let width = f64::from(figure.width);
        let available = width - LEFT - RIGHT;
        let (shared_legend, legends) = legends(&figure.panels);
        let mut y = 14.0;
        y += if figure.title.is_empty() { 0.0 } else { 20.0 };
        y += if figure.subtitle.is_empty() { 0.0 } else { 18.0 };
        let legend_y = y + 13.0;
        if !shared_legend.is_empty() {
            y += legend::ROW * legend::rows(&shared_legend, available) as f64 + 2.0;
        }
        let heads: Vec<f64> = (figure.panels.iter().zip(&legends))
            .map(|(panel, entries)| PANEL_HEAD + legend::ROW * extra_rows(panel, entries, available) as f64)
            .collect();
        let free = f64::from(figure.height) - y - BOTTOM - heads.iter().sum::<f64>();
        let shares: f64 = figure.panels.iter().map(|panel| panel.height_share).sum();
        let mut places = Vec::new();
        for (panel, head) in figure.panels.iter().zip(&heads) {
            let height = free * panel.height_share / shares;
            if height < LEAST_PLOT {
                let missing = (LEAST_PLOT - height) * shares / panel.height_share;
                let (width, height, panels) = (figure.width, figure.height, figure.panels.len());
                let needed = (f64::from(height) + missing).ceil() as u32;
                return Err(ChartError::TooSmall { width, height, panels, needed });
            }
            let top = y + head;
            places.push(Place { left: LEFT, right: width - RIGHT, top, bottom: top + height });
            y = top + height;
        }
        let frames = || figure.panels.iter().flat_map(|panel| &panel.lines).map(|line| &line.frame);
        let from = frames().map(|frame| frame.from).min().unwrap_or(0);
        let to = frames().map(|frame| frame.to).max().unwrap_or(1).max(from + 1);
        Ok(Self { shared_legend, legends, places, legend_y, steps: (from, to) })
    }

    fn draw(&self, figure: &Figure, ink: &mut Ink<'_>) -> Result<(), ChartError> {
        let (width, height) = (f64::from(figure.width), f64::from(figure.height));
        ink.rect((0.0, 0.0), (width, height), theme::PAPER, 1.0)?;
        let available = width - LEFT - RIGHT;
        // The semi-bold title is wider than the measured regular one.
        let title = fonts::fit(&figure.title, 15.0 * BOLD, available);
        let subtitle = fonts::fit(&figure.subtitle, 12.0, available);
        ink.text(&title, (LEFT, 28.0), 15.0, theme::TEXT, (Align::Start, true))?;
        let subtitle_y = if figure.title.is_empty() { 28.0 } else { 47.0 };
        ink.text(&subtitle, (LEFT, subtitle_y), 12.0, theme::TEXT_QUIET, (Align::Start, false))?;
        legend::draw(ink, &self.shared_legend, (LEFT, self.legend_y), available)?;
        let last = figure.panels.len().saturating_sub(1);
        for (number, (panel, place)) in figure.panels.iter().zip(&self.places).enumerate() {
            let entries = &self.legends[number];
            let extra = extra_rows(panel, entries, available);
            let title_y = place.top - 9.0 - legend::ROW * extra as f64;
            ink.text(&panel.title, (LEFT, title_y), 12.5, theme::TEXT, (Align::Start, true))?;
            let unit_x = LEFT + title_width(panel);
            ink.text(&panel.unit, (unit_x, title_y), 11.0, theme::AXIS, (Align::Start, false))?;
            let legend_at = match extra {
                0 => (place.right - legend::row_width(entries), title_y),
                _ => (LEFT, title_y + legend::ROW),
            };
            legend::draw(ink, entries, legend_at, available + 1.0)?;
            let x_label = (number == last).then_some(figure.x_label.as_str());
            panel::draw(ink, panel, *place, self.steps, x_label)?;
        }
        Ok(())
    }
}

/// Where a panel's unit begins, behind its title.
fn title_width(panel: &Panel) -> f64 {
    fonts::width(&panel.title, 12.5 * BOLD) + 8.0
}

/// Rows below the title that a panel's legend needs when it does not fit beside the title.
fn extra_rows(panel: &Panel, entries: &[Entry], available: f64) -> usize {
    let beside = available - title_width(panel) - fonts::width(&panel.unit, 11.0) - 20.0;
    if entries.is_empty() || legend::row_width(entries) <= beside {
        0
    } else {
        legend::rows(entries, available)
    }
}

/// A legend that several panels share stands once, above them; others stand in their panels, each where it changes.
fn legends(panels: &[Panel]) -> (Vec<Entry>, Vec<Vec<Entry>>) {
    let all: Vec<Vec<Entry>> = panels.iter().map(legend::entries).collect();
    let shared = all.first().filter(|first| all.iter().filter(|other| other == first).count() > 1);
    let shared = shared.cloned().unwrap_or_default();
    let mut shown: Vec<Vec<Entry>> = Vec::new();
    let mut said = vec![&shared];
    for entries in &all {
        shown.push(if said.contains(&entries) { Vec::new() } else { entries.clone() });
        said.push(entries);
    }
    (shared, shown)
}

/// The figure in words: of each line its last value and its extremes.
fn describe(figure: &Figure) -> String {
    let mut text = figure.subtitle.clone();
    for panel in &figure.panels {
        text += &format!("\n{}:", [panel.title.as_str(), panel.unit.as_str()].join(" ").trim_end());
        for line in &panel.lines {
            let last =
                line.frame.columns.iter().rev().find(|column| column.count > 0).map(|column| column.last);
            let nonfinite: u64 = line.frame.columns.iter().map(|column| column.nonfinite).sum();
            text += &match (last, line.frame.extent()) {
                (Some(last), Some((min, max))) => {
                    let [last, min, max] = [last, min, max].map(|value| short(value * panel.scale));
                    format!(" {}: last {last}, smallest {min}, largest {max};", line.label)
                }
                _ => format!(" {}: no finite value;", line.label),
            };
            if nonfinite > 0 {
                text += &format!(" {nonfinite} non-finite;");
            }
        }
    }
    text
}
