//! Maps of cells, each an axis of pgfplots whose units are cells: fills and the boundary as coordinates, words at their places.

use super::lines::begin;
use super::{Tex, bp, dashes, number, tex};
use crate::axis::Axis;
use crate::cells::{
    BAND_EDGE, BAND_OPACITY, Boundary, Cell, CellMap, CellMargin, Cells, Grid, LINE_DASH, NEXT_RADIUS, PITCH,
    Ramps, color_scale, ink_on, lines_of, whole,
};
use crate::clip::Place;
use crate::color::Color;

/// Colours of the scale.
const SCALE: usize = 33;

/// `scale_end`: where the scale of colours ends, on its baseline.
pub(super) fn write(out: &mut Tex, cells: &Cells, place: Place, scale_end: (f64, f64)) {
    let look = out.look;
    let grid = Grid::of(cells, whole(place, &look), &look);
    let ramps = Ramps::of(cells, &look);
    for (map, &body) in cells.maps.iter().zip(&grid.bodies) {
        let x = Axis {
            low: 0.0,
            high: cells.xs.len().max(1) as f64,
            start: body.left,
            end: body.right,
            log: false,
        };
        let y = Axis {
            low: 0.0,
            high: cells.ys.len().max(1) as f64,
            start: body.bottom,
            end: body.top,
            log: false,
        };
        begin(out, body, (&x, &y));
        out.line(
            " xtick=\\empty,ytick=\\empty,y dir=reverse,grid=none,clip=false,",
            "axis line style={draw=none}]",
        );
        let columns = cells.xs.len().max(1);
        for (at, cell) in map.cells.iter().enumerate() {
            ground(out, cell.as_ref(), (at % columns, at / columns), &ramps);
        }
        if let Some(boundary) = &map.boundary {
            drawn(out, boundary);
        }
        out.line("\\end{axis}", "");
        for (at, cell) in map.cells.iter().enumerate() {
            let middle = grid.at(body, ((at % columns) as f64 + 0.5, (at / columns) as f64 + 0.5));
            said(out, cell.as_ref(), middle, cells, &ramps);
        }
        for (number, place) in map.boundary.iter().flat_map(|boundary| &boundary.next) {
            let (x, y) = grid.at(body, *place);
            let (accent, behind) = (out.color(look.theme.band), out.color(look.behind()));
            out.line(
                &format!("\\path[draw={accent},fill={behind},line width={}] ", bp(1.5 * look.unit)),
                &format!("({},{}) circle[radius={}];", bp(x), bp(-y), bp(NEXT_RADIUS * look.unit)),
            );
            line(out, &format!("\\textbf{{{number}}}"), (x, y + 0.36 * look.axis), look.theme.band);
        }
        axes(out, cells, map, (&grid, body));
        ends(out, cells, map, (&grid, body), &ramps);
    }
    scale(out, cells, scale_end);
}

fn rectangle(out: &mut Tex, options: &str, (left, top, right, bottom): (f64, f64, f64, f64)) {
    let [left, top, right, bottom] = [left, top, right, bottom].map(number);
    out.line(
        &format!("\\path[{options}] (axis cs:{left},{top}) "),
        &format!("rectangle (axis cs:{right},{bottom});"),
    );
}

fn ground(out: &mut Tex, cell: Option<&Cell>, (column, row): (usize, usize), ramps: &Ramps) {
    let theme = out.look.theme;
    let (x, y) = (column as f64, row as f64);
    let whole = (x + 0.02, y + 0.02, x + 0.98, y + 0.98);
    let Some(cell) = cell else {
        let color = out.color(theme.grid);
        return rectangle(out, &format!("draw={color}"), whole);
    };
    let fill = out.color(cell.share.map_or(theme.inset, |share| ramps.cell(share)));
    rectangle(out, &format!("fill={fill}"), whole);
    if cell.share.is_some() && cell.single {
        let inset = out.color(theme.inset);
        rectangle(out, &format!("fill={inset}"), (x + 0.07, y + 0.1, x + 0.93, y + 0.9));
    }
    if cell.lost {
        let nan = out.color(theme.nan);
        let width = bp(1.5 * out.look.unit);
        rectangle(out, &format!("draw={nan},line width={width}"), (x + 0.04, y + 0.04, x + 0.96, y + 0.96));
    }
}

fn drawn(out: &mut Tex, boundary: &Boundary) {
    let look = out.look;
    let text = out.color(look.theme.text);
    for band in &boundary.bands {
        let style = format!(
            "{text},fill={text},fill opacity={BAND_OPACITY},draw opacity={BAND_EDGE},line width={},mark=none",
            bp(0.7 * look.unit)
        );
        out.part(&format!("\\addplot[{style}]"));
        out.table(band.iter().copied());
        out.line(" -- cycle;", "");
    }
    for line in &boundary.lines {
        let behind = out.color(look.behind());
        for style in [
            format!("{behind},opacity=0.75,line width={}", bp(2.6 * look.unit)),
            format!("{text},line width={}{}", bp(1.5 * look.unit), dashes(LINE_DASH, look.unit)),
        ] {
            out.part(&format!("\\addplot[{style},mark=none]"));
            out.table(line.iter().copied());
            out.line(";", "");
        }
    }
}

/// A line of words in the middle of a place.
fn line(out: &mut Tex, words: &str, at: (f64, f64), color: Color) {
    let color = out.color(color);
    let font = out.font();
    out.node(at, "base", &format!(",text={color},font={font}"), words);
}

fn lines(out: &mut Tex, said: &[&str], (x, y): (f64, f64), color: Color, bold: bool) {
    let size = out.look.axis;
    let first = y - 0.5 * PITCH * size * (said.len() as f64 - 1.0) + 0.36 * size;
    for (row, words) in said.iter().enumerate() {
        let words = tex(words);
        let words = if bold && row == 0 { format!("\\textbf{{{words}}}") } else { words };
        line(out, &words, (x, first + PITCH * size * row as f64), color);
    }
}

fn said(out: &mut Tex, cell: Option<&Cell>, middle: (f64, f64), cells: &Cells, ramps: &Ramps) {
    let theme = out.look.theme;
    let Some(cell) = cell else { return lines(out, &[&cells.none], middle, theme.faint, false) };
    let color = match cell.share {
        Some(share) if !cell.single => ink_on(ramps.cell(share)),
        None if cell.lost => theme.nan,
        _ => theme.text,
    };
    lines(out, &lines_of(cell), middle, color, cell.share.is_some());
}

fn axes(out: &mut Tex, cells: &Cells, map: &CellMap, (grid, body): (&Grid, Place)) {
    let look = out.look;
    let (unit, size) = (look.unit, look.axis);
    let (text, axis) = (out.color(look.theme.text), out.color(look.theme.axis));
    let (left, top) = (body.left - grid.names, body.top - grid.above);
    out.node(
        (left, top - 19.0 * unit),
        "base west",
        &format!(",text={text}"),
        &format!("\\textbf{{{}}}", tex(&map.title)),
    );
    let style = format!(",text={axis}");
    out.node((left, top - 5.0 * unit), "base west", &style, &tex(&cells.y_title));
    for (row, value) in cells.ys.iter().enumerate() {
        let (_, y) = grid.at(body, (0.0, row as f64 + 0.5));
        out.node((body.left - 5.0 * unit, y + 0.36 * size), "base east", &style, &tex(value));
    }
    for (column, value) in cells.xs.iter().enumerate() {
        let (x, _) = grid.at(body, (column as f64 + 0.5, 0.0));
        out.node((x, body.bottom + 11.0 * unit), "base", &style, &tex(value));
    }
    out.node((body.right, body.bottom + 23.0 * unit), "base east", &style, &tex(&cells.x_title));
}

fn ends(out: &mut Tex, cells: &Cells, map: &CellMap, (grid, body): (&Grid, Place), ramps: &Ramps) {
    let Some((margin, title)) = &cells.margin else { return };
    let look = out.look;
    let unit = look.unit;
    let right = body.left - grid.names + grid.wide;
    for (at, end) in map.ends.iter().enumerate() {
        let (from, to) = match margin {
            CellMargin::Right => {
                let (_, top) = grid.at(body, (0.0, at as f64));
                ((body.right + 5.0 * unit, top + unit), (right - unit, top + grid.cell.1 - unit))
            }
            CellMargin::Above => {
                let (left, _) = grid.at(body, (at as f64, 0.0));
                (
                    (left + unit, body.top - grid.above + unit),
                    (left + grid.cell.0 - unit, body.top - 4.0 * unit),
                )
            }
        };
        let middle = (0.5 * (from.0 + to.0), 0.5 * (from.1 + to.1));
        let Some(end) = end else {
            lines(out, &["–"], middle, look.theme.quiet, false);
            continue;
        };
        let color = ramps.end(end.share);
        let fill = out.color(color);
        out.line(
            &format!("\\fill[{fill}] ({},{}) ", bp(from.0), bp(-from.1)),
            &format!("rectangle ({},{});", bp(to.0), bp(-to.1)),
        );
        let said = [end.value.as_str(), end.spread.as_str()];
        lines(out, if end.spread.is_empty() { &said[..1] } else { &said[..] }, middle, ink_on(color), true);
    }
    let axis = out.color(look.theme.axis);
    let at = (right, body.top - grid.above - 5.0 * unit);
    out.node(at, "base east", &format!(",text={axis}"), &tex(title));
}

/// The scale as so many rectangles, with its words.
fn scale(out: &mut Tex, cells: &Cells, end: (f64, f64)) {
    let Some(words) = color_scale(cells) else { return };
    let look = out.look;
    let ramps = Ramps::of(cells, &look);
    let parts = words.parts(end, &look);
    let Place { left, top, bottom, .. } = parts.colors;
    let each = parts.colors.width() / SCALE as f64;
    for place in 0..SCALE {
        let color = out.color(ramps.cell(place as f64 / (SCALE - 1) as f64));
        let x = left + each * place as f64;
        out.line(
            &format!("\\fill[{color}] ({},{}) ", bp(x), bp(-top)),
            &format!("rectangle ({},{});", bp(x + 1.02 * each), bp(-bottom)),
        );
    }
    let quiet = out.color(look.theme.quiet);
    for (x, word) in words.words(&parts) {
        out.node((x, end.1), "base west", &format!(",text={quiet}"), &tex(word));
    }
}
