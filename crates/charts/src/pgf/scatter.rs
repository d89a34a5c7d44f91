//! A scatter plot as an axis of pgfplots: runs and means in the values that are shown; stops stand beside the axis.

use super::lines::begin;
use super::{Tex, bp, dashes, number, tex};
use crate::axis::Axis;
use crate::clip::Place;
use crate::scatter::{BARS, Frame, HALO, MEAN, RUN, STOP_DASH, Scatter};

pub(super) fn write(out: &mut Tex, plot: &Scatter, place: Place) {
    let look = out.look;
    let (unit, theme) = (look.unit, look.theme);
    let frame = Frame::of(plot, place, &look);
    // The axis reaches from edge to edge of the plane, the scale not quite.
    let per_pixel = (frame.x.high - frame.x.low) / (frame.x.end - frame.x.start);
    let (low, high) = (
        frame.x.low - (frame.x.start - frame.plane.left) * per_pixel,
        frame.x.high + (frame.plane.right - frame.x.end) * per_pixel,
    );
    let x = Axis { low, high, start: frame.plane.left, end: frame.plane.right, log: false };
    begin(out, frame.plane, (&x, &frame.y));
    let list =
        |ticks: &[(f64, String)]| ticks.iter().map(|tick| number(tick.0)).collect::<Vec<_>>().join(",");
    let ticks = frame.y_ticks(unit);
    out.line(
        &format!(" xtick={{{}}},xticklabels=\\empty,", list(&frame.x_ticks(unit))),
        &format!("ytick={{{}}},yticklabels=\\empty]", list(&ticks)),
    );
    for group in &plot.groups {
        let (mark, color) = (out.shape(group.index, false), out.color(theme.category(group.index)));
        let placed: Vec<(f64, f64)> =
            group.runs.iter().filter_map(|run| Some((run.x?, run.y? * plot.scale))).collect();
        if !placed.is_empty() {
            out.part(&format!(
                "\\addplot[only marks,{color},mark={mark},mark size={},mark options={{fill={color}}}]",
                bp(RUN * unit)
            ));
            out.table(placed);
            out.line(";", "");
        }
    }
    for group in &plot.groups {
        let name = out.color(theme.category(group.index));
        let behind = out.color(look.behind());
        for mean in &group.means {
            let (x, y) = (mean.x, mean.y * plot.scale);
            let upright = mean.y_interval.map(|(low, high)| [(x, low * plot.scale), (x, high * plot.scale)]);
            let along = mean.x_interval.map(|(low, high)| [(low, y), (high, y)]);
            for ends in [upright, along].into_iter().flatten() {
                out.part(&format!("\\addplot[{name},opacity={BARS},line width={},mark=none]", bp(unit)));
                out.table(ends);
                out.line(";", "");
            }
            let hollow = mean.y_interval.is_none();
            let halo = out.shape(group.index, false);
            let mark = out.shape(group.index, hollow);
            let fill = if hollow { &behind } else { &name };
            for (mark, color, fill, size) in
                [(halo, &behind, &behind, MEAN + HALO), (mark, &name, fill, MEAN)]
            {
                out.line(
                    &format!("\\addplot[only marks,{color},mark={mark},mark size={},mark options={{fill={fill}}}] ", bp(size * unit)),
                    &format!("coordinates {{({},{})}};", number(x), number(y)),
                );
            }
        }
    }
    out.line("\\end{axis}", "");
    stops(out, plot, &frame);
    words(out, plot, &frame, place);
}

/// Marks that have no place in the plane.
fn stops(out: &mut Tex, plot: &Scatter, frame: &Frame) {
    let (unit, theme) = (out.look.unit, out.look.theme);
    for (group, places) in plot.groups.iter().zip(frame.places(plot)) {
        for (run, (x, y)) in group.runs.iter().zip(places) {
            if run.x.is_some() && run.y.is_some() {
                continue;
            }
            let (mark, color) = (out.shape(group.index, false), out.color(theme.category(group.index)));
            let at = format!("coordinates {{({},{})}};", bp(x), bp(-y));
            out.line(
                &format!("\\path[{color},fill={color}] plot[mark={mark},mark size={},mark options={{fill={color}}}] ", bp(RUN * unit)),
                &at,
            );
            if run.y.is_none() {
                let nan = out.color(theme.nan);
                let style = format!(
                    "mark size={},mark options={{{nan},line width={}}}",
                    bp(2.8 * unit),
                    bp(1.1 * unit)
                );
                out.line(&format!("\\path[{nan}] plot[mark=x,{style}] "), &at);
            }
        }
    }
    let line = out.color(theme.line);
    let style = format!("{line},line width={}{}", bp(unit), dashes(STOP_DASH, unit));
    let Place { left, right, top, bottom } = frame.plane;
    let sides = [
        frame.foot.map(|_| ((left, bottom), (right, bottom))),
        frame.side.map(|_| ((left, top), (left, bottom))),
    ];
    for (from, to) in sides.into_iter().flatten() {
        out.line(
            &format!("\\draw[{style}] ({},{}) -- ", bp(from.0), bp(-from.1)),
            &format!("({},{});", bp(to.0), bp(-to.1)),
        );
    }
}

fn words(out: &mut Tex, plot: &Scatter, frame: &Frame, place: Place) {
    let look = out.look;
    let (unit, size) = (look.unit, look.axis);
    let (axis, nan, faint) =
        (out.color(look.theme.axis), out.color(look.theme.nan), out.color(look.theme.faint));
    let font = out.font();
    let style = |color: &str| format!(",text={color},font={font}");
    for (value, label) in frame.y_ticks(unit) {
        out.node(
            (place.left - 7.0 * unit, frame.y.at(value) + 0.36 * size),
            "base east",
            &style(&axis),
            &tex(&label),
        );
    }
    let label_y = place.bottom + 15.0 * unit;
    let room = frame.plane.right - crate::fonts::width(&plot.x_title, size) - 8.0 * unit;
    for (value, label) in frame.x_ticks(unit) {
        let x = frame.x.at(value);
        if x + 0.5 * crate::fonts::width(&label, size) < room {
            out.node((x, label_y), "base", &style(&axis), &tex(&label));
        }
    }
    out.node((frame.plane.right, label_y), "base east", &style(&axis), &tex(&plot.x_title));
    if let Some(foot) = frame.foot {
        out.node((frame.plane.right, foot + 0.36 * size), "base east", &style(&nan), &tex(&plot.foot));
    }
    if frame.side.is_some() {
        out.node((place.left, label_y + 12.0 * unit), "base west", &style(&faint), &tex(&plot.side));
    }
}
