//! From a trace to strokes. Every column is drawn over its smallest and largest value, so that no extreme is lost; a non-finite
//! value breaks the stroke and leaves a place for a ✕.

use vitals_series::Summary;

use crate::axis::Axis;
use crate::trace::{Column, Trace};

/// Pixels.
pub(crate) type Point = (f64, f64);

/// A curve, ready to draw.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Curve {
    /// All values, through every extreme.
    pub strokes: Vec<Vec<Point>>,
    /// Where many values share few pixels: the mean of each four pixels, to lead the eye.
    pub means: Vec<Vec<Point>>,
    /// Where there are few values: each of them, and whether its evidence is weak.
    pub points: Vec<(Point, bool)>,
    /// Places of non-finite values.
    pub gaps: Vec<f64>,
}

/// Values a pixel above which a curve gets a line of means.
const CROWDED: f64 = 0.5;
/// Pixels of one mean.
const MEAN_PIXELS: f64 = 4.0;

/// Draws a trace on two axes. Values are multiplied by `scale` first; where there are no more than `few`, each is a point.
pub(crate) fn curve(trace: &Trace, scale: f64, x: &Axis, y: &Axis, few: u64) -> Curve {
    drawn(trace, few, (x, y, scale), extremes)
}

/// As [`curve`], but each column also begins with its first value and ends with its last, and crowded values get a line of means.
pub(crate) fn curve_with_means(trace: &Trace, scale: f64, x: &Axis, y: &Axis, few: u64) -> Curve {
    let curve = drawn(trace, few, (x, y, scale), first_to_last);
    let is_crowded = trace.count() as f64 > CROWDED * (x.end - x.start);
    Curve { means: if is_crowded { means(trace, scale, x, y) } else { Vec::new() }, ..curve }
}

/// The axes, and what values are multiplied by before they stand on the second.
type Scales<'a> = (&'a Axis, &'a Axis, f64);

/// `through` lays a stroke through a column with a finite value.
fn drawn(
    trace: &Trace,
    few: u64,
    scales: Scales<'_>,
    through: fn(&mut Vec<Point>, &Column, Scales<'_>),
) -> Curve {
    let (x, y, scale) = scales;
    let mut curve = Curve::default();
    let has_points = trace.count() <= few;
    let mut stroke = Vec::new();
    for column in trace.columns.iter().filter(|column| column.values.count > 0) {
        let middle = f64::midpoint(x.at(column.first_x), x.at(column.last_x));
        if !column.values.first.is_finite() {
            end(&mut curve.strokes, &mut stroke);
        }
        if column.values.finite() > 0 {
            through(&mut stroke, column, scales);
        }
        if column.values.finite() > 0 && has_points {
            let at = |value: f64| ((middle, y.at(value * scale)), column.hollow);
            curve.points.extend([at(column.values.min), at(column.values.max)]);
            curve.points.dedup();
        }
        if !column.values.last.is_finite() {
            end(&mut curve.strokes, &mut stroke);
        }
        if column.values.nonfinite > 0 {
            curve.gaps.push(middle);
        }
        stroke.dedup();
    }
    end(&mut curve.strokes, &mut stroke);
    curve
}

/// Smallest and largest value in the order of the shorter way; two values each at its place.
fn extremes(stroke: &mut Vec<Point>, column: &Column, (x, y, scale): Scales<'_>) {
    let at = |place: f64, value: f64| (x.at(place), y.at(value * scale));
    let values = &column.values;
    if values.count <= 2 {
        let both = [(column.first_x, values.first), (column.last_x, values.last)];
        stroke
            .extend(both.into_iter().filter(|one| one.1.is_finite()).map(|(place, value)| at(place, value)));
        return;
    }
    let (low, high) = (at(column.middle(), values.min), at(column.middle(), values.max));
    let before = stroke.last().map_or(low.1, |point| point.1);
    let is_low_nearer = (before - low.1).abs() <= (before - high.1).abs();
    stroke.extend(if is_low_nearer { [low, high] } else { [high, low] });
}

fn first_to_last(stroke: &mut Vec<Point>, column: &Column, (x, y, scale): Scales<'_>) {
    let values = &column.values;
    let (first_x, last_x) = (x.at(column.first_x), x.at(column.last_x));
    let at = |pixel: f64, value: f64| (pixel, y.at(value * scale));
    if values.first.is_finite() {
        stroke.push(at(first_x, values.first));
    }
    if values.count > 1 {
        let middle = f64::midpoint(first_x, last_x);
        let (one, other) =
            if values.last < values.first { (values.max, values.min) } else { (values.min, values.max) };
        stroke.extend([at(middle, one), at(middle, other)]);
    }
    if values.last.is_finite() {
        stroke.push(at(last_x, values.last));
    }
}

/// Means of the finite values of each few pixels; a stretch without a finite value breaks the line.
fn means(trace: &Trace, scale: f64, x: &Axis, y: &Axis) -> Vec<Vec<Point>> {
    let (mut strokes, mut stroke) = (Vec::new(), Vec::new());
    let mut close = |group: Option<(Summary, f64, f64)>| match group {
        Some((values, first, last)) if values.finite() > 0 => {
            stroke.push((f64::midpoint(x.at(first), x.at(last)), y.at(values.mean() * scale)));
        }
        _ => end(&mut strokes, &mut stroke),
    };
    let mut group: Option<(Summary, f64, f64)> = None;
    let place = |at: f64| ((x.at(at) - x.start) / MEAN_PIXELS) as i64;
    for column in trace.columns.iter().filter(|column| column.values.count > 0) {
        match &mut group {
            Some((values, first, last)) if place(*first) == place(column.first_x) => {
                values.merge(&column.values);
                *last = column.last_x;
            }
            _ => {
                if group.is_some() {
                    close(group);
                }
                group = Some((column.values, column.first_x, column.last_x));
            }
        }
    }
    close(group);
    // Nothing finite ends the last stroke.
    close(None);
    strokes
}

/// Ends a stroke.
fn end(strokes: &mut Vec<Vec<Point>>, stroke: &mut Vec<Point>) {
    if !stroke.is_empty() {
        strokes.push(std::mem::take(stroke));
    }
}

/// A stroke of a single point becomes a short dash, so that it is seen.
pub(crate) fn seen(stroke: &[Point]) -> Vec<Point> {
    match stroke {
        [(x, y)] => vec![(x - 0.75, *y), (x + 0.75, *y)],
        _ => stroke.to_vec(),
    }
}

/// Cuts a stroke into the dashes of a pattern of lengths (ink, gap, …); an empty pattern leaves it whole.
pub(crate) fn dashed(stroke: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() {
        return vec![stroke.to_vec()];
    }
    let mut dashes = Vec::new();
    let mut dash = Vec::new();
    let (mut place, mut left) = (0, pattern[0]);
    for pair in stroke.windows(2) {
        let [(mut x, mut y), (to_x, to_y)] = [pair[0], pair[1]];
        loop {
            let rest = (to_x - x).hypot(to_y - y);
            if place % 2 == 0 && dash.is_empty() {
                dash.push((x, y));
            }
            if rest <= left {
                left -= rest;
                if place % 2 == 0 {
                    dash.push((to_x, to_y));
                }
                break;
            }
            let share = left / rest;
            (x, y) = (x + (to_x - x) * share, y + (to_y - y) * share);
            if place % 2 == 0 {
                dash.push((x, y));
                dashes.push(std::mem::take(&mut dash));
            }
            place = (place + 1) % pattern.len();
            left = pattern[place];
        }
    }
    if dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> (Axis, Axis) {
        let x = Axis { low: 0.0, high: 100.0, start: 0.0, end: 100.0, log: false };
        let y = Axis { low: 0.0, high: 10.0, start: 10.0, end: 0.0, log: false };
        (x, y)
    }

    #[test]
    fn a_spike_of_one_step_is_in_the_stroke() {
        let steps: Vec<u64> = (0..100).collect();
        let values: Vec<f64> = steps.iter().map(|&step| if step == 42 { 9.5 } else { 1.0 }).collect();
        let (x, y) = axes();
        let trace = vitals_series::frame(&steps, &values, 0, 100, 10).into();
        let curve = curve_with_means(&trace, 1.0, &x, &y, 64);
        let top = curve.strokes.iter().flatten().map(|point| point.1).fold(f64::INFINITY, f64::min);
        assert_eq!(top, 0.5);
        assert_eq!(curve.strokes.len(), 1);
        let lean = super::curve(&trace, 1.0, &x, &y, 64);
        let top = lean.strokes.iter().flatten().map(|point| point.1).fold(f64::INFINITY, f64::min);
        assert_eq!(
            (top, lean.strokes[0].len(), lean.means.len()),
            (0.5, 11, 0),
            "flat columns are one point each"
        );
        assert_eq!(curve.means[0].len(), 10, "one mean a column where columns are wider than four pixels");
    }

    #[test]
    fn nan_breaks_the_stroke_and_leaves_its_place() {
        let steps: Vec<u64> = (0..10).collect();
        let mut values = vec![1.0; 10];
        values[4] = f64::NAN;
        values[6] = f64::INFINITY;
        let (x, y) = axes();
        let curve = curve(&vitals_series::frame(&steps, &values, 0, 100, 100).into(), 1.0, &x, &y, 64);
        assert_eq!(curve.gaps, [4.0, 6.0]);
        let round = |x: f64| (x * 100.0).round() / 100.0;
        let spans: Vec<_> = curve
            .strokes
            .iter()
            .map(|s| (s.first().map(|p| round(p.0)), s.last().map(|p| round(p.0))))
            .collect();
        assert_eq!(spans, [(Some(0.0), Some(3.0)), (Some(5.0), Some(5.0)), (Some(7.0), Some(9.0))]);
        assert_eq!(seen(&[(5.0, 9.0)]), [(4.25, 9.0), (5.75, 9.0)]);
    }

    #[test]
    fn dashes_cover_their_share() {
        let stroke = [(0.0, 0.0), (30.0, 40.0), (30.0, 90.0)];
        let dashes = dashed(&stroke, &[7.0, 3.0]);
        let length = |points: &[Point]| {
            points.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum::<f64>()
        };
        assert_eq!(dashes.len(), 10);
        assert!((dashes.iter().map(|dash| length(dash)).sum::<f64>() - 70.0).abs() < 1e-9);
        assert_eq!(dashed(&stroke, &[]), [stroke.to_vec()]);
    }
}
