//! A panel of lines as an axis of pgfplots. The data are those that the SVG is drawn from: of each column its smallest and largest
//! value.

use super::{Tex, bp, dashes, number, tex};
use crate::axis::Axis;
use crate::clip::Place;
use crate::curve::{Curve, Point, curve};
use crate::events;
use crate::fonts;
use crate::laid::Laid;
use crate::legend::color_of;
use crate::line_plot::{
    FEW, GHOST_OPACITY, INTERVAL_OPACITY, axes, covers_area, finite_parts, x_ticks, y_ticks,
};
use crate::lines::{EventKind, Line, Lines, XAxis};
use crate::theme;

/// More points in one axis than this may be more than pdfLaTeX has memory for.
const MOST_POINTS: usize = 10_000;
/// The axis on which values stand for themselves.
const ITSELF: Axis = Axis { low: 0.0, high: 1.0, start: 0.0, end: 1.0, log: false };

pub(super) fn write(out: &mut Tex, plot: &Lines, laid: &Laid) {
    let (x, y) = axes(plot, laid);
    begin(out, laid.place, (&x, &y));
    x_numbers(out, &plot.x, laid, &x);
    let unit = out.look.unit;
    let ticks = y_ticks(&y, unit);
    let values: Vec<String> = ticks.iter().map(|tick| number(tick.0)).collect();
    let labels: Vec<String> = ticks.iter().map(|tick| format!("{{{}}}", tex(&tick.1))).collect();
    out.line(&format!(" ytick={{{}}},", values.join(",")), &format!("yticklabels={{{}}},", labels.join(",")));
    out.line("]", "");
    shades(out, plot, (&x, &y));
    for line in plot.lines.iter().rev() {
        intervals(out, line, plot, (&x, &y));
    }
    event_lines(out, plot, (&x, &y));
    // The first line lies over the others, as in the window.
    let ghosts = plot.lines.iter().rev().filter(|line| line.ghost);
    let lines: Vec<&Line> = ghosts.chain(plot.lines.iter().rev().filter(|line| !line.ghost)).collect();
    let mut points = 0;
    for line in lines {
        // Each axis of its own gives TeX the memory of the one before back.
        points += 2 * line.trace.columns.len();
        if points > MOST_POINTS && points > 2 * line.trace.columns.len() {
            out.line("\\end{axis}", "");
            begin(out, laid.place, (&x, &y));
            out.line(" grid=none,axis x line=none,axis y line=none]", "");
            points = 2 * line.trace.columns.len();
        }
        let row = plot.lines.iter().position(|other| std::ptr::eq(other, line)).unwrap_or_default();
        write_line(out, line, plot, (&x, &y), row);
    }
    out.line("\\end{axis}", "");
}

/// Opens an axis at its place with its limits.
pub(super) fn begin(out: &mut Tex, place: Place, (x, y): (&Axis, &Axis)) {
    let look = out.look;
    let (grid, axis, frame) =
        (out.color(look.theme.grid), out.color(look.theme.axis), out.color(look.theme.frame));
    let font = out.font();
    out.line("\\begin{axis}[", "scale only axis,anchor=north west,");
    out.line(
        &format!(" at={{({},{})}},", bp(place.left), bp(-place.top)),
        &format!("width={},height={},", bp(place.width()), bp(place.height())),
    );
    out.line(
        &format!(" xmin={},xmax={},", number(x.low), number(x.high)),
        &format!("ymin={},ymax={},", number(y.low), number(y.high)),
    );
    if x.log {
        out.line(" xmode=log,", "");
    }
    if y.log {
        out.line(" ymode=log,", "");
    }
    out.line(
        " axis x line*=bottom,axis y line*=left,",
        &format!("x axis line style={{{frame}}},y axis line style={{draw=none}},"),
    );
    out.line(
        &format!(" tick style={{draw=none}},minor tick style={{draw=none}},grid=major,grid style={{{grid},line width={}}},", bp(look.unit)),
        &format!("tick label style={{{axis},font={font}}},label style={{{axis},font={font}}},"),
    );
    out.line(" unbounded coords=jump,clip marker paths=true,", "scaled ticks=false,");
    let below = bp(-15.0 * look.unit);
    out.line(&format!(" xticklabel style={{anchor=base,inner sep=0,yshift={below}}},"), "");
}

/// The numbers and the title of the axis below, as far as they stand there.
pub(super) fn x_numbers(out: &mut Tex, axis: &XAxis, laid: &Laid, x: &Axis) {
    let look = out.look;
    let title = if laid.shows_x { axis.title.as_str() } else { "" };
    let room = laid.place.right - fonts::width(title, look.axis) - 8.0 * look.unit;
    let ticks = x_ticks(axis, x, &look);
    let values: Vec<String> = ticks.iter().map(|tick| number(tick.0)).collect();
    let label = |(value, label): &(f64, String)| {
        let fits = laid.shows_x && x.at(*value) + 0.5 * fonts::width(label, look.axis) < room;
        if fits { format!("{{{}}}", tex(label)) } else { "{}".to_owned() }
    };
    let labels: Vec<String> = ticks.iter().map(label).collect();
    out.line(&format!(" xtick={{{}}},", values.join(",")), &format!("xticklabels={{{}}},", labels.join(",")));
    if laid.shows_x {
        let below = bp(-15.0 * look.unit);
        out.line(
            &format!(" xlabel={{{}}},", tex(title)),
            &format!("xlabel style={{at={{(1,0)}},anchor=base east,inner sep=0,yshift={below}}},"),
        );
    }
}

fn shades(out: &mut Tex, plot: &Lines, (x, y): (&Axis, &Axis)) {
    let theme = out.look.theme;
    let rect = |from: (f64, f64), to: (f64, f64)| {
        let [a, b, c, d] = [from.0, from.1, to.0, to.1].map(number);
        format!("(axis cs:{a},{b}) rectangle (axis cs:{c},{d});")
    };
    for event in plot.events.iter().filter(|event| event.kind == EventKind::Dip) {
        let Some(end) = event.end else { continue };
        let (from, to) = (event.at.clamp(x.low, x.high), end.clamp(x.low, x.high));
        if from < to {
            let color = out.color(theme.dip);
            out.line(
                &format!("\\fill[{color},opacity={}] ", number(theme.dip_opacity)),
                &rect((from, y.low), (to, y.high)),
            );
        }
    }
    let color = out.color(theme.band);
    let style = format!(
        "{color},dash pattern=on {0} off {0},line width={1},opacity=0.6",
        bp(3.0 * out.look.unit),
        bp(out.look.unit)
    );
    for band in &plot.bands {
        let [low, high] = [band.low, band.high].map(|value| value * plot.scale);
        let (from, to) = (low.clamp(y.low, y.high), high.clamp(y.low, y.high));
        out.line(&format!("\\fill[{color},opacity=0.045] "), &rect((x.low, from), (x.high, to)));
        for (value, label, anchor) in
            [(low, &band.low_label, "south east"), (high, &band.high_label, "north east")]
        {
            if !(y.low..=y.high).contains(&value) {
                continue;
            }
            let [left, right, at] = [x.low, x.high, value].map(number);
            out.line(
                &format!("\\draw[{style}] (axis cs:{left},{at}) -- "),
                &format!(
                    "(axis cs:{right},{at}) node[anchor={anchor},opacity=1,inner sep=2bp] {{{}}};",
                    tex(label)
                ),
            );
        }
    }
}

/// Closed areas between the finite intervals that follow each other.
fn intervals(out: &mut Tex, line: &Line, plot: &Lines, axes: (&Axis, &Axis)) {
    let color = color_of(line, &out.look);
    for part in finite_parts(&line.intervals) {
        let upper = part.iter().map(|interval| (interval.x, interval.high * plot.scale));
        let lower = part.iter().rev().map(|interval| (interval.x, interval.low * plot.scale));
        let corners: Vec<Point> = upper.chain(lower).map(|point| shown(point, axes.1)).collect();
        let name = out.color(color);
        out.part(&format!("\\addplot[draw=none,fill={name},fill opacity={INTERVAL_OPACITY}]"));
        out.table(corners);
        out.line(" -- cycle;", "");
    }
}

fn event_lines(out: &mut Tex, plot: &Lines, (x, y): (&Axis, &Axis)) {
    let look = out.look;
    let unit = look.unit;
    let mut taken = f64::NEG_INFINITY;
    for event in plot.events.iter().filter(|event| (x.low..=x.high).contains(&event.at)) {
        let color = out.color(events::color_of(event.kind, look.theme));
        let [at, low, high] = [event.at, y.low, y.high].map(number);
        if event.kind != EventKind::Dip || event.end.is_none() {
            let opacity = if event.injected { 0.45 } else { 0.75 };
            let dash = bp(2.0 * unit);
            out.line(
                &format!(
                    "\\draw[{color},opacity={opacity},dash pattern=on {dash} off {dash},line width={}] ",
                    bp(unit)
                ),
                &format!("(axis cs:{at},{low}) -- (axis cs:{at},{high});"),
            );
        }
        let (mark, radius) = (out.event(event.kind), 3.2 * unit);
        let top = number(value_at(y, (y.start - y.end - radius) / (y.start - y.end)));
        let options = format!(
            "only marks,mark={mark},mark size={},{color},line width={}",
            bp(radius),
            bp(0.5 * radius)
        );
        let options = if mark == "x" { options } else { format!("{options},mark options={{solid}}") };
        out.line(&format!("\\addplot[{options}] "), &format!("coordinates {{({at},{top})}};"));
        let (from, width) = (x.at(event.at) + 6.0 * unit, fonts::width(&event.label, look.label));
        let (from, anchor, shift) = if from + width < x.end {
            (from, "north west", 5.0)
        } else {
            (from - 12.0 * unit - width, "north east", -5.0)
        };
        if !event.label.is_empty() && from > taken {
            taken = from + width + 8.0 * unit;
            out.line(
                &format!("\\node[{color},anchor={anchor},inner sep=1bp,xshift={}] ", bp(shift * unit)),
                &format!("at (axis cs:{at},{high}) {{{}}};", tex(&event.label)),
            );
        }
    }
}

fn write_line(out: &mut Tex, line: &Line, plot: &Lines, axes: (&Axis, &Axis), row: usize) {
    let look = out.look;
    let unit = look.unit;
    let (x, y) = axes;
    let few = if line.marks { u64::MAX } else { FEW };
    let drawn = curve(&line.trace, plot.scale, x, y, few);
    let data = curve(&line.trace, plot.scale, &ITSELF, &ITSELF, few);
    let color = out.color(color_of(line, &look));
    let slim = if line.depth.is_some_and(|depth| depth > 0.0) { 0.75 } else { 1.0 };
    let has_marks = !data.points.is_empty() && !line.ghost;
    let mut style = vec![color.clone()];
    let width = if line.ghost { 1.0 } else { 1.4 * slim };
    style.push(format!("line width={}", bp(width * unit)));
    if line.ghost {
        style.push(format!("opacity={GHOST_OPACITY}"));
    }
    let dash = if covers_area(&drawn) { &[] } else { theme::dash(line.dash_index) };
    style.extend(dashes(dash, unit).strip_prefix(',').map(str::to_owned));
    let mark = out.shape(line.shape_index, false);
    let marks = format!("mark={mark},mark size={},mark options={{solid,fill={color}}}", bp(2.6 * unit));
    // One plot holds the line, whose parts an empty value divides, and the marks on it.
    let all_solid = data.points.iter().all(|(_, hollow)| !hollow);
    let is_one =
        line.joined && has_marks && all_solid && data.points.len() == data.strokes.iter().map(Vec::len).sum();
    style.push(match (line.joined, is_one) {
        (false, _) => format!("only marks,{marks}"),
        (true, true) => marks.clone(),
        (true, false) => "mark=none".to_owned(),
    });
    let points = if line.joined { parted(&data, axes) } else { solid(&data, y, false) };
    // What holds nothing but values that are not finite has no plot of its own.
    if !points.is_empty() {
        out.part(&format!("\\addplot[{}]", style.join(",")));
        out.table(points);
        out.line(";", "");
    }
    if line.joined && has_marks && !is_one {
        out.part(&format!("\\addplot[{color},only marks,{marks}]"));
        out.table(solid(&data, y, false));
        out.line(";", "");
    }
    if has_marks && !all_solid {
        let (behind, mark) = (out.color(look.behind()), out.shape(line.shape_index, true));
        out.part(&format!(
            "\\addplot[{color},only marks,mark={mark},mark size={},line width={},mark options={{solid,fill={behind}}}]",
            bp(2.6 * unit),
            bp(1.5 * unit)
        ));
        out.table(solid(&data, y, true));
        out.line(";", "");
    }
    gaps(out, &data, y, row);
}

/// A ✕ above the axis for values that are not finite.
fn gaps(out: &mut Tex, data: &Curve, y: &Axis, row: usize) {
    if data.gaps.is_empty() {
        return;
    }
    let unit = out.look.unit;
    let above = (5.0 + 8.0 * row as f64) * unit / (y.start - y.end);
    let at = value_at(y, above.min(0.95));
    let color = out.color(out.look.theme.nan);
    out.part(&format!(
        "\\addplot[{color},only marks,mark=x,mark size={},line width={}]",
        bp(2.5 * unit),
        bp(1.3 * unit)
    ));
    out.table(data.gaps.iter().map(|&x| (x, at)));
    out.line(";", "");
}

/// Points with this kind of evidence.
fn solid(data: &Curve, y: &Axis, hollow: bool) -> Vec<Point> {
    data.points.iter().filter(|(_, weak)| *weak == hollow).map(|(point, _)| shown(*point, y)).collect()
}

/// The value at a share of an axis.
fn value_at(axis: &Axis, share: f64) -> f64 {
    if axis.log {
        axis.low * (axis.high / axis.low).powf(share)
    } else {
        axis.low + share * (axis.high - axis.low)
    }
}

/// What has no logarithm stands at the lower end, as in the SVG.
fn shown((x, value): Point, y: &Axis) -> Point {
    (x, if y.log && value <= 0.0 { y.low } else { value })
}

/// All strokes in one list, parted by values that are none. What lies further outside than TeX can count is cut there.
fn parted(data: &Curve, (x, y): (&Axis, &Axis)) -> Vec<Point> {
    let strokes =
        data.strokes.iter().map(|stroke| stroke.iter().map(|&point| shown(point, y)).collect::<Vec<_>>());
    let parts: Vec<Vec<Point>> = strokes.flat_map(|stroke| within_reach(stroke, (x, y))).collect();
    let mut points = Vec::new();
    for (place, part) in parts.into_iter().enumerate() {
        if place > 0 {
            points.push((part.first().map_or(0.0, |point| point.0), f64::NAN));
        }
        points.extend(part);
    }
    points
}

/// The stroke, or where it leaves the axes by more than their own length what of it lies nearer.
fn within_reach(stroke: Vec<Point>, (x, y): (&Axis, &Axis)) -> Vec<Vec<Point>> {
    let scaled = |axis: &Axis, value: f64| {
        let span = Axis { start: 0.0, end: 1.0, ..*axis };
        span.at(value)
    };
    let shares: Vec<Point> = stroke.iter().map(|&(a, b)| (scaled(x, a), scaled(y, b))).collect();
    let reach = Place { left: -1.0, right: 2.0, top: -1.0, bottom: 2.0 };
    if shares.iter().all(|&point| reach.holds(point)) {
        return vec![stroke];
    }
    let back = |&(a, b): &Point| (value_at(x, a), value_at(y, b));
    reach.strokes(&shares).iter().map(|part| part.iter().map(back).collect()).collect()
}
