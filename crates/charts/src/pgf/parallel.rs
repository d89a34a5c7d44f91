//! Parallel coordinates as an axis of pgfplots whose units are axes and shares of them: of each run, axis by axis, its place and in a
//! third column what was recorded. Lines are straight: TeX bends none without a handler of its own.

use super::{Tex, bp, dashes, number, tex};
use crate::clip::Place;
use crate::parallel::{
    BRUSH, BRUSH_OPACITY, Frame, Parallel, Stroke, boxes, color_scale, head, labels, name, names, strokes,
};

/// More points in one axis than this may be more than pdfLaTeX has memory for.
const MOST_POINTS: usize = 10_000;
/// Colours of the scale.
const SCALE: usize = 33;

/// `scale_end`: where the scale of colours ends, on its baseline.
pub(super) fn write(out: &mut Tex, plot: &Parallel, place: Place, scale_end: (f64, f64)) {
    let look = out.look;
    let frame = Frame::of(plot, place, &look);
    if plot.axes.is_empty() {
        return;
    }
    let drawn = strokes(plot, &look);
    let mut points = usize::MAX;
    let mut open = false;
    for stroke in drawn.ghosts.iter().chain(&drawn.inside).chain(&drawn.marked) {
        let own = stroke.runs.len() * (plot.axes.len() + 1);
        if points.saturating_add(own) > MOST_POINTS {
            if open {
                out.line("\\end{axis}", "");
            }
            begin(out, &frame);
            (points, open) = (0, true);
        }
        points += own;
        lines(out, plot, &frame, stroke);
    }
    if open {
        out.line("\\end{axis}", "");
    }
    for at in 0..plot.axes.len() {
        axis(out, plot, at, &frame, place);
    }
    scale(out, plot, scale_end);
}

/// An axis without rules from the first of the axes to the last, from foot (0) to head (1).
fn begin(out: &mut Tex, frame: &Frame) {
    let (left, right) = (frame.xs[0], frame.xs.last().copied().unwrap_or_default());
    let wide = (right - left).max(1.0);
    out.line("\\begin{axis}[", "scale only axis,anchor=north west,hide axis,clip=false,");
    out.line(
        &format!(" at={{({},{})}},", bp(left), bp(-frame.top)),
        &format!("width={},height={},", bp(wide), bp(frame.bottom - frame.top)),
    );
    out.line(
        &format!(" xmin=0,xmax={},", frame.xs.len().saturating_sub(1).max(1)),
        "ymin=0,ymax=1,unbounded coords=jump]",
    );
}

/// Axis, place, what was recorded; runs are parted by rows without a place.
fn lines(out: &mut Tex, plot: &Parallel, frame: &Frame, stroke: &Stroke) {
    let unit = frame.unit;
    let color = out.color(stroke.color);
    out.line(
        &format!(
            "\\addplot[{color},opacity={},line width={}{},mark=none] ",
            number((stroke.opacity * 1e3).round() / 1e3),
            bp(stroke.width * unit),
            dashes(stroke.dash, unit)
        ),
        "table[row sep=newline,x index=0,y index=1] {",
    );
    for (place, &run) in stroke.runs.iter().enumerate() {
        if place > 0 {
            out.line("0 nan nan", "");
        }
        for (at, axis) in plot.axes.iter().enumerate() {
            let share = (frame.bottom - frame.ys[at][run]) / (frame.bottom - frame.top);
            let share = (share * 1e4).round() / 1e4;
            out.line(&format!("{at} {share}"), &format!(" {}", recorded(axis.number(run))));
        }
    }
    out.line("};", "");
}

fn recorded(value: f64) -> String {
    if value.is_finite() { number(value) } else { "nan".to_owned() }
}

/// A rule with its name, numbers, stops and brushes, at their places on the page.
fn axis(out: &mut Tex, plot: &Parallel, at: usize, frame: &Frame, place: Place) {
    let look = out.look;
    let (unit, theme, axis, x) = (look.unit, look.theme, &plot.axes[at], frame.xs[at]);
    let point = |x: f64, y: f64| format!("({},{})", bp(x), bp(-y));
    let line = out.color(theme.line);
    let width = bp(unit);
    out.line(
        &format!("\\draw[{line},line width={width}] "),
        &format!("{} -- {};", point(x, frame.top - 4.0 * unit), point(x, frame.bottom + 4.0 * unit)),
    );
    if let Some((_, last)) = frame.stops[at].last() {
        out.line(
            &format!("\\draw[{line},line width={width}{}] ", dashes(&[2.0, 3.0], unit)),
            &format!("{} -- {};", point(x, frame.bottom + 4.0 * unit), point(x, *last)),
        );
    }
    let ((head_x, head_y), _) = head(axis, at, frame, (place, &look));
    let (text, faint) = (out.color(theme.text), out.color(theme.faint));
    out.node((head_x, head_y), "base", &format!(",text={text}"), &format!("\\textbf{{{}}}", tex(&axis.name)));
    if !axis.note.is_empty() {
        out.node((head_x, head_y + 11.0 * unit), "base", &format!(",text={faint}"), &tex(&axis.note));
    }
    let behind = out.color(look.behind());
    for (y, words, color) in labels(axis, at, frame, &look) {
        let color = out.color(color);
        out.line(
            &format!("\\draw[{line},line width={width}] "),
            &format!("{} -- {};", point(x - 4.0 * unit, y), point(x + 4.0 * unit, y)),
        );
        let style = format!(",text={color},fill={behind},fill opacity=0.86,text opacity=1");
        out.node((x + 8.0 * unit, y + 0.36 * look.axis), "base west", &style, &tex(&words));
    }
    for (y, one) in names(axis, at, frame) {
        if let Some(index) = one.index {
            let (mark, color) = (out.shape(index, false), out.color(theme.category(index)));
            let size = bp(3.4 * unit);
            out.line(
                &format!("\\path[{color},fill={color}] plot[mark={mark},mark size={size},mark options={{fill={color}}}] "),
                &format!("coordinates {{{}}};", point(x - 12.0 * unit, y)),
            );
        }
        let style = format!(",text={text}");
        out.node(
            (x - 20.0 * unit, y + 0.36 * look.axis),
            "base east",
            &style,
            &tex(&name(&one.label, &look)),
        );
    }
    let band = out.color(theme.band);
    let half = 0.5 * BRUSH * unit;
    for (top, bottom) in boxes(axis, at, frame) {
        out.line(
            &format!("\\filldraw[{band},fill opacity={BRUSH_OPACITY},line width={}] ", bp(1.5 * unit)),
            &format!("{} rectangle {};", point(x - half, top), point(x + half, bottom)),
        );
    }
}

/// The colours with their ends and what they say.
fn scale(out: &mut Tex, plot: &Parallel, end: (f64, f64)) {
    let Some(words) = color_scale(plot) else { return };
    let look = out.look;
    let parts = words.parts(end, &look);
    let place = parts.colors;
    let each = place.width() / SCALE as f64;
    for at in 0..SCALE {
        let color = out.color(look.theme.tide(at as f64 / (SCALE - 1) as f64));
        let left = place.left + at as f64 * each;
        out.line(
            &format!("\\fill[{color}] ({},{}) ", bp(left), bp(-place.top)),
            &format!("rectangle ({},{});", bp(left + each), bp(-place.bottom)),
        );
    }
    let quiet = out.color(look.theme.quiet);
    for (x, word) in words.words(&parts) {
        out.node((x, end.1), "base west", &format!(",text={quiet}"), &tex(word));
    }
}
