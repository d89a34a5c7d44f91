//! Draws maps of cells: colours, boundary, then words over both.

use super::{Cell, CellMap, CellMargin, Cells, Grid, INSIDE, LONGEST_NAME, PITCH, Ramps, SEAM, ink_on};
use crate::clip::Place;
use crate::color::Color;
use crate::curve::Point;
use crate::error::ChartError;
use crate::fonts;
use crate::ink::{Align, Ink};
use crate::page::Look;

/// Width of the frame of a cell of one run.
const FRAME: f64 = 3.0;
/// From stroke to stroke in a cell without a run.
const HATCH: f64 = 6.0;
pub(crate) const BAND_OPACITY: f64 = 0.1;
pub(crate) const BAND_EDGE: f64 = 0.55;
pub(crate) const LINE_DASH: &[f64] = &[6.0, 4.0];
/// Of the circle around the number of a run that would tell most.
pub(crate) const NEXT_RADIUS: f64 = 6.5;

/// What stands in a cell, the mean first.
pub(crate) fn lines_of(cell: &Cell) -> Vec<&str> {
    [&cell.value, &cell.spread, &cell.failed]
        .into_iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty())
        .collect()
}

pub(crate) fn draw(ink: &mut Ink<'_>, cells: &Cells, place: Place) -> Result<(), ChartError> {
    let look = ink.look;
    let grid = Grid::of(cells, super::whole(place, &look), &look);
    let ramps = Ramps::of(cells, &look);
    for (map, &body) in cells.maps.iter().zip(&grid.bodies) {
        for (at, cell) in map.cells.iter().enumerate() {
            ground(ink, cell.as_ref(), cell_at(cells, &grid, body, at), &ramps)?;
        }
        boundary(ink, map, &grid, body)?;
        for (at, cell) in map.cells.iter().enumerate() {
            words(ink, cell.as_ref(), cell_at(cells, &grid, body, at), cells, &ramps)?;
        }
        numbers_of_next(ink, map, &grid, body)?;
        axes(ink, cells, map, (&grid, body))?;
        ends(ink, cells, map, (&grid, body), &ramps)?;
    }
    Ok(())
}

/// The place of a cell by its number, row by row.
fn cell_at(cells: &Cells, grid: &Grid, body: Place, at: usize) -> Place {
    let columns = cells.xs.len().max(1);
    let (left, top) = grid.at(body, ((at % columns) as f64, (at / columns) as f64));
    Place { left, top, right: left + grid.cell.0, bottom: top + grid.cell.1 }
}

/// Without its seam.
fn inner(place: Place, by: f64) -> Place {
    Place { left: place.left + by, top: place.top + by, right: place.right - by, bottom: place.bottom - by }
}

fn rect(ink: &mut Ink<'_>, place: Place, color: Color) -> Result<(), ChartError> {
    if place.width() <= 0.0 || place.height() <= 0.0 {
        return Ok(());
    }
    ink.rect((place.left, place.top), (place.right, place.bottom), color, 1.0)
}

fn outline(ink: &mut Ink<'_>, place: Place, color: Color, width: f64) -> Result<(), ChartError> {
    let Place { left, right, top, bottom } = place;
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (right, top)];
    ink.stroke(&corners, color, width, 1.0)
}

fn ground(ink: &mut Ink<'_>, cell: Option<&Cell>, place: Place, ramps: &Ramps) -> Result<(), ChartError> {
    let Look { unit, theme, .. } = ink.look;
    let place = inner(place, SEAM * unit);
    let Some(cell) = cell else { return hatch(ink, place) };
    match cell.share {
        Some(share) => {
            rect(ink, place, ramps.cell(share))?;
            if cell.single {
                outline(ink, place, theme.frame, 0.5 * unit)?;
                rect(ink, inner(place, FRAME * unit), theme.inset)?;
            }
        }
        None => rect(ink, place, theme.inset)?,
    }
    if cell.lost { outline(ink, inner(place, 0.75 * unit), theme.nan, 1.5 * unit) } else { Ok(()) }
}

fn hatch(ink: &mut Ink<'_>, place: Place) -> Result<(), ChartError> {
    let Look { unit, theme, .. } = ink.look;
    let high = place.height();
    let count = ((place.width() + high) / (HATCH * unit)) as usize;
    for number in 1..=count {
        let x = place.left + number as f64 * HATCH * unit;
        for part in place.strokes(&[(x, place.top), (x - high, place.bottom)]) {
            ink.stroke(&part, theme.grid, 0.7 * unit, 1.0)?;
        }
    }
    Ok(())
}

fn words(
    ink: &mut Ink<'_>,
    cell: Option<&Cell>,
    place: Place,
    cells: &Cells,
    ramps: &Ramps,
) -> Result<(), ChartError> {
    let theme = ink.look.theme;
    let Some(cell) = cell else { return lines(ink, &[&cells.none], place, theme.faint, false) };
    let color = match cell.share {
        Some(share) if !cell.single => ink_on(ramps.cell(share)),
        Some(_) => theme.text,
        None if cell.lost => theme.nan,
        None => theme.text,
    };
    lines(ink, &lines_of(cell), place, color, cell.share.is_some())
}

/// Lines in the middle of a place, the first one semi-bold where it is a number. Where the page has no room for them they are smaller, and
/// none is left out.
fn lines(ink: &mut Ink<'_>, said: &[&str], place: Place, color: Color, bold: bool) -> Result<(), ChartError> {
    let Look { unit, axis, .. } = ink.look;
    let size = axis.min(place.height() / (PITCH * said.len() as f64 + 0.3));
    let middle = (0.5 * (place.left + place.right), 0.5 * (place.top + place.bottom));
    let first = middle.1 - 0.5 * PITCH * size * (said.len() as f64 - 1.0) + 0.36 * size;
    for (row, line) in said.iter().enumerate() {
        let text = fonts::fit(line, size, place.width() - INSIDE * unit);
        ink.text(
            &text,
            (middle.0, first + PITCH * size * row as f64),
            size,
            color,
            (Align::Middle, bold && row == 0),
        )?;
    }
    Ok(())
}

fn boundary(ink: &mut Ink<'_>, map: &CellMap, grid: &Grid, body: Place) -> Result<(), ChartError> {
    let Some(boundary) = &map.boundary else { return Ok(()) };
    let Look { unit, theme, .. } = ink.look;
    let at = |points: &[(f64, f64)]| points.iter().map(|&point| grid.at(body, point)).collect::<Vec<Point>>();
    for band in &boundary.bands {
        let mut corners = at(band);
        ink.area(&corners, theme.text, BAND_OPACITY)?;
        corners.extend(corners.first().copied());
        ink.stroke(&corners, theme.text, 0.7 * unit, BAND_EDGE)?;
    }
    for line in &boundary.lines {
        let line = at(line);
        ink.stroke(&line, ink.look.behind(), 2.6 * unit, 0.75)?;
        ink.dashed(&line, LINE_DASH, theme.text, 1.5 * unit, 1.0)?;
    }
    Ok(())
}

fn numbers_of_next(ink: &mut Ink<'_>, map: &CellMap, grid: &Grid, body: Place) -> Result<(), ChartError> {
    let Look { unit, axis: size, theme, .. } = ink.look;
    for (number, place) in map.boundary.iter().flat_map(|boundary| &boundary.next) {
        let (x, y) = grid.at(body, *place);
        ink.mark(0, (x, y), NEXT_RADIUS * unit, theme.band, true)?;
        ink.text(&number.to_string(), (x, y + 0.36 * size), size, theme.band, (Align::Middle, true))?;
    }
    Ok(())
}

/// Title, names of both axes, and their values.
fn axes(
    ink: &mut Ink<'_>,
    cells: &Cells,
    map: &CellMap,
    (grid, body): (&Grid, Place),
) -> Result<(), ChartError> {
    let Look { unit, axis: size, legend, theme, .. } = ink.look;
    let left = body.left - grid.names;
    let top = body.top - grid.above;
    let title = fonts::fit(&map.title, legend * fonts::BOLD, grid.wide);
    ink.text(&title, (left, top - 19.0 * unit), legend, theme.text, (Align::Start, true))?;
    let half = 0.5 * grid.wide;
    let name = fonts::fit(&cells.y_title, size, half);
    ink.text(&name, (left, top - 5.0 * unit), size, theme.axis, (Align::Start, false))?;
    for (row, value) in cells.ys.iter().enumerate() {
        let (_, y) = grid.at(body, (0.0, row as f64 + 0.5));
        let value = fonts::fit(value, size, LONGEST_NAME * unit);
        ink.text(&value, (body.left - 5.0 * unit, y + 0.36 * size), size, theme.axis, (Align::End, false))?;
    }
    for (column, value) in cells.xs.iter().enumerate() {
        let (x, _) = grid.at(body, (column as f64 + 0.5, 0.0));
        ink.text(value, (x, body.bottom + 11.0 * unit), size, theme.axis, (Align::Middle, false))?;
    }
    ink.text(&cells.x_title, (body.right, body.bottom + 23.0 * unit), size, theme.axis, (Align::End, false))
}

/// What lines come to, and what that is.
fn ends(
    ink: &mut Ink<'_>,
    cells: &Cells,
    map: &CellMap,
    (grid, body): (&Grid, Place),
    ramps: &Ramps,
) -> Result<(), ChartError> {
    let Some((margin, title)) = &cells.margin else { return Ok(()) };
    let Look { unit, axis: size, theme, .. } = ink.look;
    let right = body.left - grid.names + grid.wide;
    for (at, end) in map.ends.iter().enumerate() {
        let place = match margin {
            CellMargin::Right => {
                let (_, top) = grid.at(body, (0.0, at as f64));
                Place { left: body.right + 4.0 * unit, right, top, bottom: top + grid.cell.1 }
            }
            CellMargin::Above => {
                let (left, _) = grid.at(body, (at as f64, 0.0));
                Place {
                    left,
                    right: left + grid.cell.0,
                    top: body.top - grid.above,
                    bottom: body.top - 3.0 * unit,
                }
            }
        };
        let Some(end) = end else {
            lines(ink, &["–"], place, theme.quiet, false)?;
            continue;
        };
        let color = ramps.end(end.share);
        rect(ink, inner(place, SEAM * unit), color)?;
        let said = [end.value.as_str(), end.spread.as_str()];
        let shown = if end.spread.is_empty() { &said[..1] } else { &said[..] };
        lines(ink, shown, place, ink_on(color), true)?;
    }
    let title = fonts::fit(title, size, 0.5 * grid.wide);
    ink.text(&title, (right, body.top - grid.above - 5.0 * unit), size, theme.axis, (Align::End, false))
}
