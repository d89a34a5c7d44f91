//! Shares as an axis of pgfplots, one row a unit of height; words stand beside it.

use super::lines::begin;
use super::{Tex, bp, dashes, number, tex};
use crate::axis::Axis;
use crate::clip::Place;
use crate::effect;
use crate::shares::{BAR, CHANCE_DASH, GAP, Shares, TITLE_ROOM, WHISKER, name, scale};

pub(super) fn write(out: &mut Tex, plot: &Shares, place: Place) {
    let look = out.look;
    let (unit, theme) = (look.unit, look.theme);
    let x = scale(plot, place, &look);
    let rows = plot.rows.len().max(1) as f64;
    let y = Axis { low: -0.5, high: rows - 0.5, start: place.top, end: place.bottom, log: false };
    begin(out, Place { right: x.end, ..place }, (&x, &y));
    let ticks = effect::ticks(&x, unit, false);
    let values: Vec<String> = ticks.iter().map(|tick| number(tick.0)).collect();
    let labels: Vec<String> = ticks.iter().map(|tick| format!("{{{}}}", tex(&tick.1))).collect();
    out.line(&format!(" xtick={{{}}},", values.join(",")), &format!("xticklabels={{{}}},", labels.join(",")));
    out.line(" ytick=\\empty,y dir=reverse,clip=false", "]");
    let text = out.color(theme.text);
    let per_pixel = rows / place.height();
    for (row, share) in plot.rows.iter().enumerate() {
        let fill = out.color(if share.is_clear { theme.band } else { theme.line });
        let [mean, low, high] = [share.mean, share.low, share.high].map(number);
        let reach = |pixels: f64| {
            let half = pixels * unit * per_pixel;
            (number(row as f64 - half), number(row as f64 + half))
        };
        let (top, bottom) = reach(BAR);
        out.line(
            &format!("\\fill[{fill}] (axis cs:0,{top}) "),
            &format!("rectangle (axis cs:{mean},{bottom});"),
        );
        out.line(
            &format!("\\addplot[{text},line width={},mark=none] ", bp(1.1 * unit)),
            &format!("coordinates {{({low},{row}) ({high},{row})}};"),
        );
        let (top, bottom) = reach(WHISKER);
        for end in [low, high] {
            out.line(
                &format!("\\draw[{text},line width={}] ", bp(1.1 * unit)),
                &format!("(axis cs:{end},{top}) -- (axis cs:{end},{bottom});"),
            );
        }
    }
    if let Some((chance, _)) = &plot.chance {
        let (warn, at) = (out.color(theme.warn), number(*chance));
        out.line(
            &format!("\\draw[{warn},line width={}{}] ", bp(1.2 * unit), dashes(CHANCE_DASH, unit)),
            &format!("(axis cs:{at},{}) -- (axis cs:{at},{});", y.low, y.high),
        );
    }
    out.line("\\end{axis}", "");
    for (row, share) in plot.rows.iter().enumerate() {
        let color = out.color(if share.is_clear { theme.text } else { theme.faint });
        let (at, style) = (y.at(row as f64) + 0.36 * look.axis, format!(",text={color}"));
        out.node((place.left - 7.0 * unit, at), "base east", &style, &tex(&name(share, &look)));
        out.node((x.end + GAP * unit, at), "base west", &style, &tex(&share.note));
    }
    if let Some((_, label)) = &plot.chance {
        let warn = out.color(theme.warn);
        let at = (x.start, place.bottom + (15.0 + TITLE_ROOM) * unit);
        out.node(at, "base west", &format!(",text={warn}"), &tex(label));
    }
}
