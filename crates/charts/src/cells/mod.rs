//! Small maps beside each other: a cell for each pair of values with its mean, spread and n, coloured by one scale over all maps; over
//! the cells a boundary with its band, at the ends of lines what each line comes to.

mod draw;

use crate::clip::Place;
use crate::color::Color;
use crate::color_scale::ColorScale;
use crate::curve::Point;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::Ink;
use crate::page::Look;
use crate::theme::Theme;

pub(crate) use draw::{BAND_EDGE, BAND_OPACITY, LINE_DASH, NEXT_RADIUS, draw, lines_of};

/// Colours of the scale.
const SHADES: usize = 256;
/// Above the cells of a map: its title, and the name of the upright axis.
const HEAD: f64 = 30.0;
/// Below them: values, and the name of the other axis.
const FOOT: f64 = 28.0;
/// Between maps.
const GAP: f64 = 16.0;
/// Between cells.
const SEAM: f64 = 1.0;
/// Of words in a cell to its edges.
const INSIDE: f64 = 4.0;
const LEAST_CELL: f64 = 34.0;
const MOST_CELL: f64 = 96.0;
const LONGEST_NAME: f64 = 90.0;
/// From line to line in a cell, in sizes of letters.
pub(crate) const PITCH: f64 = 1.25;
/// Dark letters stand on colours of at least this luminance.
const LIGHT_FROM: f64 = 0.18;

/// Small maps over the same two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    pub x_title: String,
    pub y_title: String,
    /// From left to right.
    pub xs: Vec<String>,
    /// From top to bottom.
    pub ys: Vec<String>,
    pub maps: Vec<CellMap>,
    pub scale: CellScale,
    /// What stands at both ends of the scale of colours, and what it says; none where no cell has a number.
    pub colors: Option<(String, String, String)>,
    /// Where lines end, and what their numbers are.
    pub margin: Option<(CellMargin, String)>,
    /// In cells without a run.
    pub none: String,
}

/// The colours of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellScale {
    /// Accuracies and scores.
    Tide,
    /// What is better low.
    Ember,
}

/// Rows end at the right, columns above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellMargin {
    Right,
    Above,
}

/// One map.
#[derive(Debug, Clone, PartialEq)]
pub struct CellMap {
    pub title: String,
    /// Row by row; none where there is no run.
    pub cells: Vec<Option<Cell>>,
    /// At the end of each row or column; none where there is no number.
    pub ends: Vec<Option<CellEnd>>,
    pub boundary: Option<Boundary>,
}

/// Runs that differ in nothing but their seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// On the scale, from 0 to 1; none without a number.
    pub share: Option<f64>,
    /// The number, or a word in its place.
    pub value: String,
    /// Spread and n; empty without a number.
    pub spread: String,
    /// How many failed; empty where none did.
    pub failed: String,
    /// One run says nothing of its spread: its colour is a frame.
    pub single: bool,
    /// No run is left.
    pub lost: bool,
}

/// What a line comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct CellEnd {
    /// On the ember scale, from 0 to 1.
    pub share: f64,
    pub value: String,
    pub spread: String,
}

/// A boundary over the cells of a map. Places count in cells, from the left and from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    pub lines: Vec<Vec<(f64, f64)>>,
    /// Corners of areas.
    pub bands: Vec<Vec<(f64, f64)>>,
    /// Runs that would tell most, by their numbers.
    pub next: Vec<(u32, (f64, f64))>,
}

impl Cells {
    fn ramp(&self, theme: &Theme) -> Vec<Color> {
        match self.scale {
            CellScale::Tide => theme.tides(SHADES),
            CellScale::Ember => theme.embers(SHADES),
        }
    }
}

/// The colours that cells and ends are drawn with, mixed once.
pub(crate) struct Ramps {
    cells: Vec<Color>,
    ends: Vec<Color>,
}

impl Ramps {
    pub fn of(cells: &Cells, look: &Look) -> Self {
        Self { cells: cells.ramp(look.theme), ends: look.theme.embers(SHADES) }
    }

    pub fn cell(&self, share: f64) -> Color {
        at(&self.cells, share)
    }

    pub fn end(&self, share: f64) -> Color {
        at(&self.ends, share)
    }
}

fn at(colors: &[Color], share: f64) -> Color {
    let place = (share.clamp(0.0, 1.0) * (SHADES - 1) as f64).round() as usize;
    colors.get(place).copied().unwrap_or_default()
}

/// From 0 (black) to 1 (white), as eyes have it.
fn luminance((red, green, blue): Color) -> f64 {
    let light = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue)
}

/// Black or white, whichever is read on a colour.
pub(crate) fn ink_on(color: Color) -> Color {
    if luminance(color) > LIGHT_FROM { (0, 0, 0) } else { (0xff, 0xff, 0xff) }
}

/// Where the maps stand, in pixels.
pub(crate) struct Grid {
    /// Of each map its cells.
    pub bodies: Vec<Place>,
    /// Size of a cell.
    pub cell: (f64, f64),
    /// From the cells to their left edge: names of rows.
    pub names: f64,
    /// Width of a map with its names and ends.
    pub wide: f64,
    /// Height of a row above the cells for ends; 0 without.
    pub above: f64,
}

impl Grid {
    pub fn of(cells: &Cells, place: Place, look: &Look) -> Self {
        let Shape { beside, cell, names, above, wide } = Shape::of(cells, place.width(), look);
        let unit = look.unit;
        let rows = cells.maps.len().div_ceil(beside).max(1) as f64;
        let taken = rows * ((HEAD + FOOT) * unit + above) + (rows - 1.0) * GAP * unit;
        let count = cells.ys.len().max(1) as f64;
        let height = ((place.height() - taken) / (rows * count)).max(unit);
        let each = (HEAD + FOOT + GAP) * unit + above + height * count;
        let body = |map: usize| {
            let left = place.left + (map % beside) as f64 * (wide + GAP * unit) + names;
            let top = place.top + (map / beside) as f64 * each + HEAD * unit + above;
            let right = left + cell * cells.xs.len() as f64;
            Place { left, right, top, bottom: top + height * count }
        };
        let bodies = (0..cells.maps.len()).map(body).collect();
        Self { bodies, cell: (cell, height), names, wide, above }
    }

    /// A place that counts in cells.
    pub fn at(&self, body: Place, (x, y): (f64, f64)) -> Point {
        (body.left + x * self.cell.0, body.top + y * self.cell.1)
    }
}

/// How wide everything is.
struct Shape {
    /// Maps in a row.
    beside: usize,
    cell: f64,
    names: f64,
    above: f64,
    wide: f64,
}

impl Shape {
    fn of(cells: &Cells, width: f64, look: &Look) -> Self {
        let (unit, size) = (look.unit, look.axis);
        let names = widest(cells.ys.iter(), size).min(LONGEST_NAME * unit) + 7.0 * unit;
        let found = cells.maps.iter().flat_map(|map| map.cells.iter().flatten());
        let words = found.flat_map(|cell| [&cell.value, &cell.spread, &cell.failed]);
        let words = widest(words.chain(&cells.xs).chain([&cells.none]), size);
        let least = (fonts::BOLD * words + 2.0 * INSIDE * unit).max(LEAST_CELL * unit);
        let ends = cells.maps.iter().flat_map(|map| map.ends.iter().flatten());
        let ends_wide =
            widest(ends.flat_map(|end| [&end.value, &end.spread]), size) + (2.0 * INSIDE + 4.0) * unit;
        let (right, above) = match &cells.margin {
            None => (0.0, 0.0),
            Some((CellMargin::Right, _)) => (ends_wide, 0.0),
            Some((CellMargin::Above, _)) => (0.0, (2.0 * PITCH + 0.6) * size),
        };
        let count = cells.xs.len().max(1) as f64;
        let gap = GAP * unit;
        let one = names + right + least * count;
        let beside = (((width + gap) / (one + gap)) as usize).clamp(1, cells.maps.len().max(1));
        let wide = (width - gap * (beside - 1) as f64) / beside as f64;
        // One map alone is not stretched over the page.
        let cell = ((wide - names - right) / count).clamp(unit, (MOST_CELL * unit).max(least));
        Self { beside, cell, names, above, wide: names + right + cell * count }
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a String>, size: f64) -> f64 {
    texts.map(|text| fonts::width(text, size)).fold(0.0, f64::max)
}

/// Height that the maps like to have in so many pixels of width: room for all lines of a cell.
pub(crate) fn natural_height(cells: &Cells, width: f64, look: &Look) -> f64 {
    let Shape { beside, above, .. } = Shape::of(cells, width, look);
    let found = || cells.maps.iter().flat_map(|map| map.cells.iter().flatten());
    let lines = found().map(|cell| lines_of(cell).len()).max().unwrap_or(1).max(2) as f64;
    let each = (lines * PITCH + 0.7) * look.axis * cells.ys.len() as f64;
    let rows = cells.maps.len().div_ceil(beside).max(1) as f64;
    rows * (each + (HEAD + FOOT) * look.unit + above) + (rows - 1.0) * GAP * look.unit
}

/// The maps have names of their own, from one edge of the page to the other.
pub(crate) fn whole(place: Place, look: &Look) -> Place {
    Place { left: look.right, ..place }
}

pub(crate) fn color_scale(cells: &Cells) -> Option<ColorScale> {
    cells.colors.clone().map(|(low, high, label)| ColorScale { low, high, label })
}

/// Draws the colour scale so that it ends at a place, on its baseline.
pub(crate) fn draw_scale(ink: &mut Ink<'_>, cells: &Cells, end: (f64, f64)) -> Result<(), ChartError> {
    let colors = cells.ramp(ink.look.theme);
    color_scale(cells).map_or(Ok(()), |scale| scale.draw(ink, colors, end))
}

/// Of each map its cells with what stands in them.
pub(crate) fn describe(cells: &Cells) -> String {
    let map = |map: &CellMap| {
        let said = map.cells.iter().enumerate().filter_map(|(at, cell)| {
            let (row, column) = (at / cells.xs.len().max(1), at % cells.xs.len().max(1));
            let words = lines_of(cell.as_ref()?).join(" ");
            Some(format!(
                " {} {}, {} {}: {words};",
                cells.y_title,
                cells.ys.get(row)?,
                cells.x_title,
                cells.xs.get(column)?
            ))
        });
        format!(" {}:{}", map.title, said.collect::<String>())
    };
    cells.maps.iter().map(map).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{DARK, LIGHT};

    #[test]
    fn letters_are_read_on_every_colour_of_both_scales() {
        for theme in [&LIGHT, &DARK] {
            for color in theme.tides(SHADES).into_iter().chain(theme.embers(SHADES)) {
                let (ground, ink) = (luminance(color), luminance(ink_on(color)));
                let contrast = (ground.max(ink) + 0.05) / (ground.min(ink) + 0.05);
                assert!(contrast >= 4.5, "{color:?}: {contrast}");
            }
        }
    }
}
