//! Places, stops and numbers of axes worked out by hand, and that lines run here as in the window, whose constants are read.

use super::*;

fn numbers(spacing: Spacing, values: &[f64]) -> ParallelAxis {
    ParallelAxis {
        name: "rate".into(),
        note: String::new(),
        turned: false,
        values: AxisValues::Numbers {
            spacing,
            scale: 1.0,
            values: values.iter().copied().map(Some).collect(),
        },
        stop_labels: ["≤ 0".into(), "NaN".into(), "none".into()],
        brush: AxisBrush::default(),
    }
}

#[test]
fn shares_are_even_along_the_spacing() {
    let log = numbers(Spacing::Log, &[1e-4, 1e-2, 0.0, f64::NAN]);
    assert_eq!([1e-4, 1e-3, 1e-2].map(|value| (log.share(value) * 1e9).round() / 1e9), [0.0, 0.5, 1.0]);
    assert_eq!([0, 2, 3].map(|run| log.stop(run)), [None, Some(Stop::Beyond), Some(Stop::NotFinite)]);
    assert_eq!(log.stop(4), Some(Stop::Nothing), "a run that the axis knows nothing of");
    assert_eq!(log.stops(5), [(Stop::Beyond, 1), (Stop::NotFinite, 1), (Stop::Nothing, 1)]);
    let to_one = numbers(Spacing::LogToOne, &[0.9, 0.999, 1.0]);
    assert!((to_one.share(0.99) - 0.5).abs() < 1e-9);
    assert_eq!(to_one.stop(2), Some(Stop::Beyond));
    assert_eq!(numbers(Spacing::Linear, &[3.0, 3.0]).share(3.0), 0.5);
}

#[test]
fn few_values_are_ruled_at_themselves_and_many_at_round_ones() {
    let texts =
        |axis: &ParallelAxis| ticks(axis, 200.0, 1.0).into_iter().map(|tick| tick.1).collect::<Vec<_>>();
    assert_eq!(texts(&numbers(Spacing::Log, &[1e-4, 4e-4, 1e-4, 2e-4])), ["1e−4", "2e−4", "4e−4"]);
    let many: Vec<f64> = (0..40).map(|n| 1e-5 * 1.3_f64.powi(n)).collect();
    assert_eq!(texts(&numbers(Spacing::Log, &many)), ["1e−5", "1e−4", "0.001", "0.01", "0.1"]);
    let shares: Vec<f64> = (0..40).map(|n| 0.5 + 0.01 * f64::from(n)).collect();
    let percent = AxisValues::Numbers {
        spacing: Spacing::Linear,
        scale: 100.0,
        values: shares.iter().copied().map(Some).collect(),
    };
    let percent = ParallelAxis { values: percent, ..numbers(Spacing::Linear, &[]) };
    let found = ticks(&percent, 200.0, 1.0);
    assert_eq!(found.iter().map(|tick| tick.1.as_str()).collect::<Vec<_>>(), ["50", "60", "70", "80"]);
    assert!((found[1].0 - 0.1 / 0.39).abs() < 1e-9, "{found:?}");
    let rests: Vec<f64> = (0..40).map(|n| 1.0 - 0.1 * 0.8_f64.powi(n)).collect();
    let found = texts(&numbers(Spacing::LogToOne, &rests));
    assert!(found.contains(&"0.99".to_owned()) && found.contains(&"0.999".to_owned()), "{found:?}");
}

/// As the window draws them: what is tuned there by eye is tuned for both.
#[test]
fn lines_run_as_in_the_window() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/screens/runs/explore");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let (lines, draw) = (read("lines.ts"), read("draw.ts"));
    for constant in [
        format!("const [STOP_GAP, STOP_PX] = [{STOP_GAP}, {STOP_ROW}];"),
        format!("const SPREAD = {SPREAD};"),
        format!("const STOP_SPREAD = {STOP_SPREAD};"),
        format!("const BEND = {BEND};"),
        "const GOLDEN = 0.618_033_988_749_895;".to_owned(),
    ] {
        assert!(lines.contains(&constant), "{constant}");
    }
    for constant in [
        "const BATCH = 40;",
        "const SHADES = 32;",
        "const DASH = [4, 3];",
        "const CLEAR = 70;",
        "const FROM = 0.3;",
        "const BRUSH_PX = 14;",
        "alphaOf(count, 0.3, 0.05)",
        "alphaOf(runs.length, 0.85, 0.16)",
    ] {
        assert!(draw.contains(constant), "{constant}");
    }
}
