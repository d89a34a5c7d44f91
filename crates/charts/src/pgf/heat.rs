//! A heat map as a matrix plot: each cell with its value, of which the colour scale takes the logarithm.

use super::lines::{begin, x_numbers};
use super::{Tex, bp, number, tex};
use crate::axis::Axis;
use crate::events;
use crate::heat::Heat;
use crate::laid::Laid;

/// `scale_end`: where the colour scale ends, on its baseline.
pub(super) fn write(out: &mut Tex, heat: &Heat, laid: &Laid, scale_end: (f64, f64)) {
    let look = out.look;
    let place = laid.place;
    let x = Axis { low: laid.x.0, high: laid.x.1, start: place.left, end: place.right, log: heat.x.log };
    let rows = heat.rows.len().max(1) as f64;
    let y = Axis { low: -0.5, high: rows - 0.5, start: place.bottom, end: place.top, log: false };
    let (low, high) = (heat.low.log10(), heat.high.log10());
    begin(out, place, (&x, &y));
    x_numbers(out, &heat.x, laid, &x);
    let ticks: Vec<String> = (0..heat.rows.len()).map(|row| row.to_string()).collect();
    let names: Vec<String> = heat.rows.iter().map(|row| format!("{{{}}}", tex(&row.name))).collect();
    out.line(
        &format!(" ytick={{{}}},", ticks.join(",")),
        &format!("yticklabels={{{}}},y dir=reverse,", names.join(",")),
    );
    let stops: Vec<String> =
        look.theme.embers(33).iter().map(|(r, g, b)| format!("rgb255=({r},{g},{b})")).collect();
    out.line(" colormap={ember}{", &format!("{}}},", stops.join(" ")));
    out.line(
        &format!(" point meta min={},point meta max={},", number(low), number(high)),
        "colorbar horizontal,colorbar style={",
    );
    let words = heat.color_scale();
    let scale = words.parts(scale_end, &look);
    out.line(
        &format!(
            "  at={{({},{})}},anchor=south west,",
            // As shares of the axis, from its lower left corner.
            number((scale.colors.left - place.left) / place.width()),
            number((place.bottom - scale.colors.bottom) / place.height())
        ),
        &format!(
            "width={},height={},xtick=\\empty,axis line style={{draw=none}}}},grid=none",
            bp(scale.colors.width()),
            bp(scale.colors.height())
        ),
    );
    out.line("]", "");
    let inset = out.color(look.theme.inset);
    let [left, right] = [x.low, x.high].map(number);
    out.line(
        &format!("\\fill[{inset}] (axis cs:{left},-0.5) "),
        &format!("rectangle (axis cs:{right},{});", rows - 0.5),
    );
    cells(out, heat, (low, high));
    let color = out.color(look.theme.nan);
    let wide = (heat.to - heat.from) / heat.columns().max(1) as f64;
    for (number_of_row, row) in heat.rows.iter().enumerate() {
        for &column in &row.nonfinite {
            let from = heat.from + column as f64 * wide;
            let to = from + wide.max(1.5 * look.unit * (x.high - x.low) / place.width());
            let [from, to] = [from, to].map(number);
            let (top, bottom) = (number_of_row as f64 - 0.5, number_of_row as f64 + 0.5);
            out.line(
                &format!("\\fill[{color}] (axis cs:{from},{top}) "),
                &format!("rectangle (axis cs:{to},{bottom});"),
            );
        }
        if row.frozen {
            let quiet = out.color(look.theme.faint);
            let (on, off) = (bp(4.0 * look.unit), bp(3.0 * look.unit));
            let (top, bottom) = (number_of_row as f64 - 0.45, number_of_row as f64 + 0.45);
            let [from, to] = [x.low, x.high].map(number);
            out.line(
                &format!("\\draw[{quiet},dash pattern=on {on} off {off},line width={}] ", bp(look.unit)),
                &format!("(axis cs:{from},{top}) rectangle (axis cs:{to},{bottom});"),
            );
        }
    }
    for event in heat.events.iter().filter(|event| (x.low..=x.high).contains(&event.at)) {
        let color = out.color(events::color_of(event.kind, look.theme));
        let (at, dash) = (number(event.at), bp(2.0 * look.unit));
        out.line(
            &format!(
                "\\draw[{color},opacity=0.75,dash pattern=on {dash} off {dash},line width={}] ",
                bp(look.unit)
            ),
            &format!("(axis cs:{at},-0.5) -- (axis cs:{at},{});", rows - 0.5),
        );
    }
    out.line("\\end{axis}", "");
    let quiet = out.color(look.theme.quiet);
    for (x, word) in words.words(&scale) {
        out.node((x, scale_end.1), "base west", &format!(",text={quiet}"), &tex(word));
    }
}

/// Place of the cell's middle, row, logarithm of its value.
fn cells(out: &mut Tex, heat: &Heat, (low, high): (f64, f64)) {
    let columns = heat.columns();
    if columns == 0 {
        return;
    }
    let wide = (heat.to - heat.from) / columns as f64;
    out.line(
        "\\addplot[matrix plot*,mesh/check=false,point meta=explicit,",
        &format!("mesh/cols={columns}] table[row sep=newline,meta index=2] {{"),
    );
    for (row, cells) in heat.rows.iter().enumerate() {
        for column in 0..columns {
            let value = cells.values.get(column).copied().unwrap_or(f64::NAN);
            let middle = heat.from + (column as f64 + 0.5) * wide;
            let meta = if value.is_nan() {
                "nan".to_owned()
            } else {
                number(value.max(f64::MIN_POSITIVE).log10().clamp(low, high))
            };
            out.line(&number(middle), &format!(" {row} {meta}"));
        }
    }
    out.line("};", "");
}
