//! Lays a figure out: title, legend, then panels below each other with one left margin. Draws nothing.

use crate::axis::with_room;
use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::fonts;
use crate::laid::Laid;
use crate::legend::{self, Entry};
use crate::lines::XAxis;
use crate::model::{Figure, Panel, Plot};
use crate::page::{Ground, Look};
use crate::{cells, forest, heat, line_plot, pairs, parallel, scatter, shares};

/// Left margin of the window's figures, and its least on other pages.
const WINDOW_LEFT: f64 = 58.0;
const LEAST_LEFT: f64 = 30.0;
const BOTTOM: f64 = 30.0;
/// Room above a plot for its title, and between panels.
const PANEL_HEAD: f64 = 32.0;
/// Room below a plot for the numbers of its axis, where the next panel has another one.
const AXIS_ROOM: f64 = 20.0;
/// From the foot of the panels to the first line of notes, and from line to line.
const NOTE: f64 = 14.0;
/// A plot below this height shows nothing.
const LEAST_PLOT: f64 = 40.0;

pub(crate) struct Layout {
    pub look: Look,
    /// Pixels.
    pub width: f64,
    pub height: f64,
    /// Where titles and legends begin: at the plots, or at the edge where names of rows stand between.
    pub left: f64,
    /// From there to the right margin.
    pub available: f64,
    pub shared_legend: Vec<Entry>,
    pub legend_y: f64,
    pub panels: Vec<Laid>,
    /// Lines below the panels, and the baseline of the first.
    pub notes: Vec<String>,
    pub notes_y: f64,
}

impl Layout {
    /// `look` is that of the figure's page, with letters as wide as they will be.
    pub fn of(figure: &Figure, look: Look) -> Result<Self, ChartError> {
        if look.is_window {
            return Self::with_left(figure, look, WINDOW_LEFT);
        }
        // Labels of ticks are known when the plots have a height, which does not hang on the left margin.
        let least = (figure.panels.iter().map(|panel| row_names(panel, &look)))
            .fold(LEAST_LEFT * look.unit, f64::max);
        let first = Self::with_left(figure, look, least)?;
        // From the edge of the page, or of a card, to the longest number; and from there to the plot.
        let around = if matches!(look.ground, Ground::Light | Ground::Dark) { 14.0 } else { 10.0 };
        let labels = figure.panels.iter().zip(&first.panels).filter_map(|(panel, laid)| match &panel.plot {
            Plot::Lines(lines) => Some(line_plot::label_width(lines, laid.place, &look) + around * look.unit),
            Plot::Scatter(plot) => Some(scatter::label_width(plot, laid.place, &look) + around * look.unit),
            _ => None,
        });
        Self::with_left(figure, look, labels.fold(least, f64::max))
    }

    fn with_left(figure: &Figure, look: Look, left: f64) -> Result<Self, ChartError> {
        let (unit, width) = (look.unit, figure.page.width());
        let has_names = figure.panels.iter().any(|panel| row_names(panel, &look) > 0.0);
        let plots_left = left;
        let left = if has_names { look.right } else { left };
        let available = width - left - look.right;
        let (shared_legend, legends) = legends(&figure.panels, &look, available);
        // A page without words above its panels begins with the first of them.
        let is_bare = figure.title.is_empty() && figure.subtitle.is_empty() && !look.is_window;
        let mut y = if is_bare { -6.0 * unit } else { 14.0 * unit };
        y += if figure.title.is_empty() { 0.0 } else { 20.0 * unit };
        y += if figure.subtitle.is_empty() { 0.0 } else { 18.0 * unit };
        let legend_y = y + 13.0 * unit;
        let row = legend::ROW * unit;
        if !shared_legend.is_empty() {
            y += row * legend::rows(&shared_legend, available, &look) as f64 + 2.0 * unit;
        }
        let last = figure.panels.len().saturating_sub(1);
        let shows_x = |place: usize| {
            let axis = x_axis(&figure.panels[place]);
            place == last || axis.is_none() || axis != x_axis(&figure.panels[place + 1])
        };
        let rows: Vec<usize> = (figure.panels.iter().zip(&legends))
            .map(|(panel, entries)| extra_rows(panel, entries, available, &look))
            .collect();
        let head = |place: usize| {
            let above = match place.checked_sub(1).filter(|&before| shows_x(before)) {
                Some(before) => AXIS_ROOM * unit + below(&figure.panels[before], unit),
                None => 0.0,
            };
            above + PANEL_HEAD * unit + row * rows[place] as f64
        };
        let heads: Vec<f64> = (0..figure.panels.len()).map(head).collect();
        let weights: Vec<f64> = figure
            .panels
            .iter()
            .map(|panel| panel.height_share * natural_height(panel, width - 2.0 * look.right, &look))
            .collect();
        let notes: Vec<String> =
            figure.notes.iter().flat_map(|note| fonts::lines(note, look.subtitle, available)).collect();
        let below_all = NOTE * unit * notes.len() as f64;
        let foot = BOTTOM * unit + figure.panels.last().map_or(0.0, |panel| below(panel, unit)) + below_all;
        let taken = y + foot + heads.iter().sum::<f64>();
        let all: f64 = weights.iter().sum();
        let height = figure.page.height().unwrap_or((taken + all).ceil());
        let mut panels = Vec::new();
        for (place, (panel, legend)) in figure.panels.iter().zip(legends).enumerate() {
            let plot = (height - taken) * weights[place] / all;
            // Not the least height itself, which a division may miss by a hair.
            if plot < (LEAST_PLOT - 1e-6) * unit {
                let missing = (LEAST_PLOT * unit - plot) * all / weights[place];
                let (width, panels) = (width.round() as u32, figure.panels.len());
                let needed = (height + missing).ceil() as u32;
                return Err(ChartError::TooSmall { width, height: height as u32, panels, needed });
            }
            let top = y + heads[place];
            let place_of = Place { left: plots_left, right: width - look.right, top, bottom: top + plot };
            let x = x_axis(panel).map_or((0.0, 1.0), |axis| x_range(axis, &figure.panels));
            let (legend_rows, shows_x) = (rows[place], shows_x(place));
            panels.push(Laid { place: place_of, legend, legend_rows, x, shows_x });
            y = top + plot;
        }
        let notes_y = height - below_all + 0.3 * NOTE * unit;
        Ok(Self { look, width, height, left, available, shared_legend, legend_y, panels, notes, notes_y })
    }
}

impl Layout {
    /// The window's ground over the whole page, then the card of each panel.
    pub fn grounds(&self) -> Vec<(Place, Color)> {
        let Self { look, width, height, panels, notes, .. } = self;
        let gap = 4.0 * look.unit;
        let foot = height - NOTE * look.unit * notes.len() as f64 - gap;
        let top = |laid: &Laid| laid.place.top - (26.0 + legend::ROW * laid.legend_rows as f64) * look.unit;
        let card = |place: usize, laid: &Laid| {
            let bottom = panels.get(place + 1).map_or(foot, |next| top(next) - gap);
            (Place { left: gap, right: width - gap, top: top(laid), bottom }, look.theme.panel)
        };
        let page = Place { left: 0.0, right: *width, top: 0.0, bottom: *height };
        let cards = panels.iter().enumerate().map(|(place, laid)| card(place, laid));
        [(page, look.theme.app)].into_iter().chain(cards).collect()
    }
}

impl Layout {
    /// The notes with their baselines.
    pub fn notes(&self) -> impl Iterator<Item = (f64, &String)> {
        let at = |line: usize| self.notes_y + NOTE * self.look.unit * line as f64;
        self.notes.iter().enumerate().map(move |(line, note)| (at(line), note))
    }

    /// Where the legend of a panel begins.
    pub fn legend_at(&self, laid: &Laid) -> (f64, f64) {
        let title_y = self.title_y(laid);
        match laid.legend_rows {
            0 => (laid.place.right - legend::row_width(&laid.legend, &self.look), title_y),
            _ => (self.left, title_y + legend::ROW * self.look.unit),
        }
    }

    /// Where the colour scale of a heat map ends, and its baseline.
    pub fn scale_at(&self, laid: &Laid) -> (f64, f64) {
        let below = if laid.legend_rows == 0 { 0.0 } else { legend::ROW * self.look.unit };
        (laid.place.right, self.title_y(laid) + below)
    }

    /// The baseline of a panel's title.
    pub fn title_y(&self, laid: &Laid) -> f64 {
        laid.place.top - (9.0 + legend::ROW * laid.legend_rows as f64) * self.look.unit
    }
}

/// Room that names of rows take left of a plot.
fn row_names(panel: &Panel, look: &Look) -> f64 {
    match &panel.plot {
        Plot::Lines(_) => 0.0,
        Plot::Heat(heat) => heat::names_width(heat, look),
        Plot::Forest(forest) => forest::names_width(forest, look),
        Plot::Pairs(pairs) => pairs::names_width(pairs, look),
        Plot::Parallel(plot) => parallel::names_width(plot, look),
        // Names stand beside each of its maps.
        Plot::Cells(_) => look.right,
        Plot::Scatter(_) => 0.0,
        Plot::Shares(plot) => shares::names_width(plot, look),
    }
}

/// Room below the numbers of an axis for a title of its own.
fn below(panel: &Panel, unit: f64) -> f64 {
    match &panel.plot {
        Plot::Forest(_) => forest::TITLE_ROOM * unit,
        Plot::Scatter(plot) => scatter::below(plot, unit),
        Plot::Shares(_) => shares::TITLE_ROOM * unit,
        _ => 0.0,
    }
}

/// Height of a plot that nothing forces, in pixels; `width`: from one margin of the page to the other.
fn natural_height(panel: &Panel, width: f64, look: &Look) -> f64 {
    look.unit
        * match &panel.plot {
            Plot::Lines(_) => 150.0,
            Plot::Heat(heat) => (heat.rows.len() as f64 * 13.0).clamp(60.0, 300.0),
            Plot::Forest(forest) => (forest.rows.len() as f64 * forest::ROW).max(LEAST_PLOT),
            Plot::Pairs(pairs) => ((pairs.rows.len() + 1) as f64 * pairs::ROW).max(LEAST_PLOT),
            Plot::Parallel(_) => parallel::NATURAL,
            Plot::Cells(plot) => cells::natural_height(plot, width, look) / look.unit,
            Plot::Scatter(_) => scatter::NATURAL,
            Plot::Shares(plot) => (plot.rows.len() as f64 * shares::ROW).max(LEAST_PLOT),
        }
}

/// The step axis below a panel that has one.
fn x_axis(panel: &Panel) -> Option<&XAxis> {
    match &panel.plot {
        Plot::Lines(lines) => Some(&lines.x),
        Plot::Heat(heat) => Some(&heat.x),
        Plot::Forest(_)
        | Plot::Pairs(_)
        | Plot::Parallel(_)
        | Plot::Cells(_)
        | Plot::Scatter(_)
        | Plot::Shares(_) => None,
    }
}

/// The range of all panels of one axis.
fn x_range(axis: &XAxis, panels: &[Panel]) -> (f64, f64) {
    if let Some(window) = axis.window {
        return window;
    }
    let ends =
        panels.iter().filter(|panel| x_axis(panel) == Some(axis)).flat_map(|panel| match &panel.plot {
            Plot::Lines(lines) => lines.lines.iter().flat_map(|line| ends_of(line, axis)).collect(),
            Plot::Heat(heat) => vec![heat.from, heat.to],
            _ => Vec::new(),
        });
    let ends = ends.filter(|place| place.is_finite() && (!axis.log || *place > 0.0));
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
    match (low <= high, axis.is_steps) {
        (false, _) => (if axis.log { 0.1 } else { 0.0 }, 1.0),
        (true, true) if high > low || axis.log => (low, high.max(low * 1.001)),
        (true, true) => (low, low + 1.0),
        (true, false) => with_room(low, high, axis.log),
    }
}

/// On an axis of steps the windows, on one of numbers the values themselves.
fn ends_of(line: &crate::lines::Line, axis: &XAxis) -> Vec<f64> {
    let intervals = line.intervals.iter().map(|interval| interval.x);
    if axis.is_steps && !axis.log {
        return intervals.chain([line.trace.from, line.trace.to]).collect();
    }
    line.trace.columns.iter().flat_map(|column| [column.first_x, column.last_x]).chain(intervals).collect()
}

/// Where a panel's unit begins, behind its title.
pub(crate) fn title_width(panel: &Panel, look: &Look) -> f64 {
    fonts::width(&panel.title, look.head * fonts::BOLD) + 8.0 * look.unit
}

/// Rows below the title that a panel's legend needs when it does not fit beside the title.
fn extra_rows(panel: &Panel, entries: &[Entry], available: f64, look: &Look) -> usize {
    let scale = match &panel.plot {
        Plot::Heat(heat) => Some(heat.color_scale()),
        Plot::Parallel(plot) => parallel::color_scale(plot),
        Plot::Cells(plot) => cells::color_scale(plot),
        Plot::Lines(_) | Plot::Forest(_) | Plot::Pairs(_) | Plot::Scatter(_) | Plot::Shares(_) => None,
    };
    let scale = scale.map_or(0.0, |scale| scale.width(look));
    let beside =
        available - title_width(panel, look) - fonts::width(&panel.unit, look.unit_text) - 20.0 * look.unit;
    if scale > beside {
        return 1;
    }
    if entries.is_empty() || legend::row_width(entries, look) <= beside {
        0
    } else {
        legend::rows(entries, available, look)
    }
}

/// A legend that several panels share stands once, above them; others stand in their panels, each where it changes.
fn legends(panels: &[Panel], look: &Look, available: f64) -> (Vec<Entry>, Vec<Vec<Entry>>) {
    let all: Vec<Vec<Entry>> = panels
        .iter()
        .map(|panel| match &panel.plot {
            Plot::Lines(lines) => legend::entries(lines, look, available),
            Plot::Pairs(pairs) => pairs::entries(pairs, look, available),
            Plot::Scatter(plot) => scatter::entries(plot, look, available),
            Plot::Heat(_) | Plot::Forest(_) | Plot::Parallel(_) | Plot::Cells(_) | Plot::Shares(_) => {
                Vec::new()
            }
        })
        .collect();
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
