//! From a frame to strokes. Every column is drawn from its first value over its smallest and largest to its last, so
//! that no extreme is lost; a non-finite value breaks the stroke and leaves a place for a ✕.

use vitals_series::{Frame, Summary};

use crate::axis::Axis;

/// Pixels.
pub(crate) type Point = (f64, f64);

/// A curve, ready to draw.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Curve {
    /// All values, through every extreme.
    pub strokes: Vec<Vec<Point>>,
    /// Where many values share few pixels: the mean of each four pixels, to lead the eye.
    pub means: Vec<Vec<Point>>,
    /// Where there are few values: each of them.
    pub points: Vec<Point>,
    /// Places of non-finite values.
    pub gaps: Vec<f64>,
}

/// Values a pixel above which a curve gets a line of means.
const CROWDED: f64 = 0.5;
/// Pixels of one mean.
const MEAN_PIXELS: f64 = 4.0;
/// A series with no more values than this shows each as a point.
const FEW: u64 = 64;

/// Draws a frame on two axes; values are multiplied by `scale` first.
pub(crate) fn curve(frame: &Frame, scale: f64, x: &Axis, y: &Axis) -> Curve {
    let mut curve = Curve::default();
    let few = frame.count() <= FEW;
    let mut stroke = Vec::new();
    for column in frame.columns.iter().filter(|column| column.count > 0) {
        let (first_x, last_x) = (x.at(column.first_step as f64), x.at(column.last_step as f64));
        let middle_x = f64::midpoint(first_x, last_x);
        let at = |pixel: f64, value: f64| (pixel, y.at(value * scale));
        if column.first.is_finite() {
            stroke.push(at(first_x, column.first));
        } else {
            end(&mut curve.strokes, &mut stroke);
        }
        if column.finite() > 0 && column.count > 1 {
            let (one, other) =
                if column.last < column.first { (column.max, column.min) } else { (column.min, column.max) };
            stroke.extend([at(middle_x, one), at(middle_x, other)]);
        }
        if column.finite() > 0 && few {
            curve.points.extend([at(middle_x, column.min), at(middle_x, column.max)]);
            curve.points.dedup();
        }
        if column.last.is_finite() {
            stroke.push(at(last_x, column.last));
        } else {
            end(&mut curve.strokes, &mut stroke);
        }
        if column.nonfinite > 0 {
            curve.gaps.push(middle_x);
        }
        stroke.dedup();
    }
    end(&mut curve.strokes, &mut stroke);
    if frame.count() as f64 > CROWDED * (x.end - x.start) {
        curve.means = means(frame, scale, x, y);
    }
    curve
}

/// Means of the finite values of each few pixels; a stretch without a finite value breaks the line.
fn means(frame: &Frame, scale: f64, x: &Axis, y: &Axis) -> Vec<Vec<Point>> {
    let (mut strokes, mut stroke) = (Vec::new(), Vec::new());
    let mut group = Summary::EMPTY;
    let mut close = |group: &Summary, strokes: &mut Vec<Vec<Point>>| {
        if group.finite() > 0 {
            let middle = f64::midpoint(x.at(group.first_step as f64), x.at(group.last_step as f64));
            stroke.push((middle, y.at(group.mean() * scale)));
        } else {
            end(strokes, &mut stroke);
        }
    };
    let place = |step: u64| ((x.at(step as f64) - x.start) / MEAN_PIXELS) as i64;
    for column in frame.columns.iter().filter(|column| column.count > 0) {
        if group.count > 0 && place(group.first_step) != place(column.first_step) {
            close(&group, &mut strokes);
            group = Summary::EMPTY;
        }
        group.merge(column);
    }
    close(&group, &mut strokes);
    // Nothing finite ends the last stroke.
    close(&Summary::EMPTY, &mut strokes);
    strokes
}

/// Ends a stroke. One of a single point becomes a short dash, so that it is seen.
fn end(strokes: &mut Vec<Vec<Point>>, stroke: &mut Vec<Point>) {
    if let [(x, y)] = stroke[..] {
        *stroke = vec![(x - 0.75, y), (x + 0.75, y)];
    }
    if !stroke.is_empty() {
        strokes.push(std::mem::take(stroke));
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
        let curve = curve(&vitals_series::frame(&steps, &values, 0, 100, 10), 1.0, &x, &y);
        let top = curve.strokes.iter().flatten().map(|point| point.1).fold(f64::INFINITY, f64::min);
        assert_eq!(top, 0.5);
        assert_eq!(curve.strokes.len(), 1);
        assert_eq!(curve.means[0].len(), 10, "one mean a column where columns are wider than four pixels");
    }

    #[test]
    fn nan_breaks_the_stroke_and_leaves_its_place() {
        let steps: Vec<u64> = (0..10).collect();
        let mut values = vec![1.0; 10];
        values[4] = f64::NAN;
        values[6] = f64::INFINITY;
        let (x, y) = axes();
        let curve = curve(&vitals_series::frame(&steps, &values, 0, 100, 100), 1.0, &x, &y);
        assert_eq!(curve.gaps, [4.0, 6.0]);
        let round = |x: f64| (x * 100.0).round() / 100.0;
        let spans: Vec<_> = curve
            .strokes
            .iter()
            .map(|s| (s.first().map(|p| round(p.0)), s.last().map(|p| round(p.0))))
            .collect();
        assert_eq!(spans, [(Some(0.0), Some(3.0)), (Some(4.25), Some(5.75)), (Some(7.0), Some(9.0))]);
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
