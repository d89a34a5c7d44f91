//! The drawn extremes equal the stored extremes, read back from the SVG itself.

use vitals_charts::{Figure, Line, Lines, Page, Panel, XAxis, figure};
use vitals_series::frame;

const UNITS: f64 = 20.0;

/// All polylines of a colour, in pixels.
fn strokes(svg: &str, color: &str) -> Vec<Vec<(f64, f64)>> {
    let document = roxmltree::Document::parse(svg).unwrap();
    document
        .descendants()
        .filter(|node| node.has_tag_name("polyline") && node.attribute("stroke") == Some(color))
        .map(|node| {
            let points = node.attribute("points").unwrap().split_whitespace();
            let number = |text: &str| text.parse::<f64>().unwrap() / UNITS;
            points.map(|point| point.split_once(',').unwrap()).map(|(x, y)| (number(x), number(y))).collect()
        })
        .collect()
}

fn extent(strokes: &[Vec<(f64, f64)>], coordinate: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    strokes
        .iter()
        .flatten()
        .map(coordinate)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
}

/// A figure with a run of 100,000 noisy steps and ten spikes of one step, and a reference line whose ends say which pixel
/// is which value.
#[test]
fn ten_spikes_of_one_step_among_a_hundred_thousand() {
    let steps: Vec<u64> = (0..100_000).collect();
    let spikes: Vec<u64> = (0..10).map(|k| 5_003 + 9_871 * k).collect();
    let value = |step: u64| {
        let noise = (step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 24);
        spikes.iter().position(|&spike| spike == step).map_or(0.5 + noise, |k| 50.0 + k as f64)
    };
    let values: Vec<f64> = steps.iter().map(|&step| value(step)).collect();
    for (log_y, width) in [(false, 1440), (false, 1100), (true, 700)] {
        let columns = vitals_charts::plot_width(width);
        let mut plot = Lines::new(XAxis::steps("step"));
        plot.log_y = log_y;
        plot.lines.push(Line::new("noisy", 0, frame(&steps, &values, 0, 100_000, columns)));
        // Solid: the last dash of a pattern need not reach the end.
        let reference = frame(&[0, 99_999], &[0.5, 60.0], 0, 100_000, columns);
        plot.lines.push(Line { dash_index: 0, ..Line::new("reference", 1, reference) });
        let panels = vec![Panel::new("Gradient norm", "", plot)];
        let drawn = Figure::new("t", Page::window(width, 420), panels);
        let svg = figure(&drawn).unwrap();
        let reference: Vec<_> = strokes(&svg, "#AD5010")
            .into_iter()
            .filter(|stroke| stroke.iter().all(|point| point.1 > 60.0))
            .collect();
        let (top, bottom) = extent(&reference, |point| point.1);
        let (left, right) = extent(&reference, |point| point.0);
        // From pixels back to values.
        let to_value = |y: f64| {
            let share = (bottom - y) / (bottom - top);
            if log_y { 0.5 * (60.0_f64 / 0.5).powf(share) } else { 0.5 + share * 59.5 }
        };
        let noisy = strokes(&svg, "#2466C3");
        for (k, &spike) in spikes.iter().enumerate() {
            let x = left + (right - left) * spike as f64 / 99_999.0;
            let near: Vec<Vec<_>> = noisy
                .iter()
                .map(|s| s.iter().copied().filter(|p| (p.0 - x).abs() <= 1.0).collect())
                .collect();
            let highest = to_value(extent(&near, |point| point.1).0);
            let expected = 50.0 + k as f64;
            assert!((highest - expected).abs() < 0.15, "spike {k} at {width} px, log {log_y}: {highest}");
        }
        let all: Vec<Vec<_>> =
            noisy.into_iter().map(|s| s.into_iter().filter(|p| p.1 > top - 2.0).collect()).collect();
        let (highest, lowest) = extent(&all, |point| point.1);
        let stored = values.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!((to_value(highest) - stored.1).abs() < 0.1, "{} {}", to_value(highest), stored.1);
        assert!((to_value(lowest) - stored.0).abs() < 0.1, "{} {}", to_value(lowest), stored.0);
    }
}
