//! Forest plots and pairs by seed as axes of pgfplots, one row a unit of height; words stand beside them.

use super::lines::begin;
use super::{Tex, bp, number, tex};
use crate::axis::Axis;
use crate::clip::Place;
use crate::color::Color;
use crate::effect::{self, Effect, Verdict};
use crate::forest::{self, Forest};
use crate::marks::DIAMOND;
use crate::pairs::{self, PairRow, Pairs};

pub(super) fn forest(out: &mut Tex, plot: &Forest, place: Place) {
    let look = out.look;
    let x = forest::scale(plot, place, &look);
    let rows = plot.rows.len();
    let y = axis(out, &x, (place, rows), true);
    zone(out, plot.delta, &x, rows);
    for (row, arm) in plot.rows.iter().enumerate() {
        if arm.effect.verdict == Verdict::NotComparable {
            hatch(out, &x, row);
        } else {
            write_effect(out, &arm.effect, row);
        }
    }
    out.line("\\end{axis}", "");
    let (text, quiet) = (out.color(look.theme.text), out.color(look.theme.quiet));
    for (row, arm) in plot.rows.iter().enumerate() {
        let at = y.at(row as f64) + 0.36 * look.axis;
        let (mark, color) = (out.shape(arm.index, false), out.color(look.theme.category(arm.index)));
        let size = bp(3.2 * look.unit);
        let name = format!(
            "\\tikz[baseline=-0.6ex]\\path plot[mark={mark},mark size={size},mark options={{fill={color}}}] \
             coordinates{{(0,0)}};\\enspace {}",
            tex(&arm.label)
        );
        out.node((place.left - 10.0 * look.unit, at), "base east", &format!(",text={text}"), &name);
        let sign = out.color(arm.effect.verdict.color(look.theme));
        let note = format!(
            "\\textcolor{{{sign}}}{{\\textbf{{{}}}}}\\enspace {}",
            tex(arm.effect.verdict.sign()),
            tex(&arm.note)
        );
        out.node((x.end + 10.0 * look.unit, at), "base west", &format!(",text={quiet}"), &note);
    }
    let axis = out.color(look.theme.axis);
    let below = place.bottom + (15.0 + forest::TITLE_ROOM) * look.unit;
    out.node((place.right, below), "base east", &format!(",text={axis}"), &tex(&plot.x_title));
}

pub(super) fn pairs(out: &mut Tex, plot: &Pairs, place: Place) {
    let look = out.look;
    let (values, differences) = pairs::scales(plot, place, &look);
    let rows = plot.rows.len();
    let sides = |out: &mut Tex, (arm, base): (Option<f64>, Option<f64>), row: usize| {
        for (value, index) in [(base, plot.base.1), (arm, plot.arm.1)] {
            let Some(value) = value else { continue };
            let color = look.theme.category(index);
            dot(out, (value, row), index, color, false);
        }
    };
    let y = axis(out, &values, (place, rows + 1), false);
    let line = out.color(look.theme.line);
    for (row, pair) in plot.rows.iter().enumerate() {
        if let Some((arm, base)) = pair.arm.zip(pair.base) {
            let [arm, base] = [arm, base].map(number);
            out.line(
                &format!("\\addplot[{line},line width={},mark=none] ", bp(1.4 * look.unit)),
                &format!("coordinates {{({base},{row}) ({arm},{row})}};"),
            );
        }
        sides(out, (pair.arm, pair.base), row);
    }
    sides(out, pairs::means(plot), rows);
    out.line("\\end{axis}", "");
    axis(out, &differences, (place, rows + 1), true);
    zone(out, plot.delta, &differences, rows + 1);
    for (row, difference) in plot.rows.iter().map(PairRow::difference).enumerate() {
        if let Some(difference) = difference {
            dot(out, (difference, row), 0, look.theme.quiet, false);
        }
    }
    write_effect(out, &Effect { singles: Vec::new(), ..plot.effect.clone() }, rows);
    out.line("\\end{axis}", "");
    let words =
        plot.rows.iter().map(|row| (&row.label, &row.note)).chain([(&plot.mean_label, &plot.effect_note)]);
    for (row, (label, note)) in words.enumerate() {
        let color = out.color(if row == rows { look.theme.text } else { look.theme.quiet });
        let at = y.at(row as f64) + 0.36 * look.axis;
        let style = format!(",text={color}");
        out.node((place.left - 7.0 * look.unit, at), "base east", &style, &tex(label));
        out.node((place.right, at), "base east", &style, &tex(note));
    }
}

/// Opens the axis of a scale over rows and gives the heights of the rows.
fn axis(out: &mut Tex, x: &Axis, (place, rows): (Place, usize), signs: bool) -> Axis {
    let look = out.look;
    let y = Axis { low: -0.5, high: rows as f64 - 0.5, start: place.top, end: place.bottom, log: false };
    begin(out, Place { left: x.start, right: x.end, ..place }, (x, &y));
    let ticks = effect::ticks(x, look.unit, signs);
    let values: Vec<String> = ticks.iter().map(|tick| number(tick.0)).collect();
    let labels: Vec<String> = ticks.iter().map(|tick| format!("{{{}}}", tex(&tick.1))).collect();
    out.line(&format!(" xtick={{{}}},", values.join(",")), &format!("xticklabels={{{}}},", labels.join(",")));
    out.line(" ytick=\\empty,y dir=reverse,clip=false", "]");
    if signs && (x.low..=x.high).contains(&0.0) {
        let color = out.color(look.theme.line);
        out.line(
            &format!("\\draw[{color},line width={}] ", bp(look.unit)),
            &format!("(axis cs:0,{}) -- (axis cs:0,{});", y.low, y.high),
        );
    }
    y
}

/// Strokes where nothing can be told.
fn hatch(out: &mut Tex, x: &Axis, row: usize) {
    let color = out.color(out.look.theme.frame);
    let wide = x.high - x.low;
    let count = ((x.end - x.start) / (7.0 * out.look.unit)) as usize;
    for place in 0..count {
        let from = x.low + wide * (place as f64 + 0.1) / count as f64;
        let [from, to] = [from, from + 0.8 * wide / count as f64].map(number);
        let style = format!("{color},line width={}", bp(out.look.unit));
        out.line(
            &format!("\\draw[{style}] (axis cs:{from},{}) -- ", row as f64 + 0.3),
            &format!("(axis cs:{to},{});", row as f64 - 0.3),
        );
    }
}

fn zone(out: &mut Tex, delta: Option<f64>, x: &Axis, rows: usize) {
    let Some(delta) = delta else { return };
    let color = out.color(out.look.theme.info_quiet);
    let [low, high] = [-delta, delta].map(|end| number(end.clamp(x.low, x.high)));
    out.line(
        &format!("\\fill[{color},opacity=0.75] (axis cs:{low},-0.5) "),
        &format!("rectangle (axis cs:{high},{});", rows as f64 - 0.5),
    );
}

fn dot(out: &mut Tex, (value, row): (f64, usize), shape: usize, color: Color, hollow: bool) {
    let unit = out.look.unit;
    let radius = if shape == DIAMOND { 4.0 } else { 3.2 };
    let (mark, name) = (out.shape(shape, hollow), out.color(color));
    let behind = out.color(out.look.behind());
    let fill = if hollow { behind } else { name.clone() };
    out.line(
        &format!(
            "\\addplot[only marks,{name},mark={mark},mark size={},mark options={{fill={fill}}}] ",
            bp(radius * unit)
        ),
        &format!("coordinates {{({},{row})}};", number(value)),
    );
}

fn write_effect(out: &mut Tex, effect: &Effect, row: usize) {
    let look = out.look;
    if effect.own.is_none() {
        for &value in &effect.singles {
            dot(out, (value, row), 0, look.theme.quiet, false);
        }
        return;
    }
    let color = effect.verdict.color(look.theme);
    let name = out.color(color);
    for (interval, width) in [(effect.corrected, 1.3), (effect.own, 4.0)] {
        let Some((low, high)) = interval else { continue };
        let [low, high] = [low, high].map(number);
        out.line(
            &format!("\\addplot[{name},line width={},mark=none] ", bp(width * look.unit)),
            &format!("coordinates {{({low},{row}) ({high},{row})}};"),
        );
    }
    if let Some(mean) = effect.mean {
        dot(out, (mean, row), DIAMOND, color, effect.verdict == Verdict::Undecided);
    }
}
