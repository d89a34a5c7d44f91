//! What charts show, drawn on a page: every format, the lines of runs and of arms, and what is refused.

use serde_json::json;
use vitals_api::RunState;
use vitals_api::dto::{FigureAsk, FigureSave};
use vitals_api::figure::{figure, save};
use vitals_charts::Plot;

use crate::decide::{Made, run};
use crate::world::World;

/// A panel of one run, smoothed, and one of the mean over three.
fn ask(runs: &[String]) -> FigureAsk {
    let line = |runs: &[String], is_mean: bool, smoothing: f64| {
        json!({ "label": if is_mean { "learned, n = 3" } else { "learned-s0" }, "slot": 2, "solid": false, "ghost": false,
            "runs": runs, "is_mean": is_mean, "series": { "name": "knn_top1", "smoothing": smoothing } })
    };
    let panel = |title: &str, line: serde_json::Value| {
        json!({ "title": title, "unit": "%", "height_share": 1.0, "plot": { "kind": "lines", "scale": 100.0, "log": false,
            "y": [0.0, 1.0], "lines": [line], "events": [{ "kind": "spike", "at": 2.0, "injected": false }] } })
    };
    serde_json::from_value(json!({
        "title": "Learned", "subtitle": "three seeds", "runs": runs, "x_title": "step", "x_divisor": 1.0, "from": 0.0, "to": 3.0,
        "page": { "width_mm": 85.0, "font_pt": 7.0, "ground": "white" },
        "panels": [panel("One", line(&runs[..1], false, 2.0)), panel("Mean", line(runs, true, 0.0))],
    }))
    .unwrap()
}

async fn three(world: &World) -> Vec<String> {
    let mut runs = Vec::new();
    for seed in 0..3 {
        let values = (0..4).map(|step| 0.1 * (step + seed) as f64).collect();
        let made = Made { seed, values, ended: RunState::Finished, ..Made::default() };
        runs.push(run(world, made).await.to_string());
    }
    runs
}

#[tokio::test]
async fn lines_of_runs_and_of_arms_are_drawn_with_what_they_are_made_of() {
    let world = World::new().await;
    let runs = three(&world).await;
    let drawn = figure(&world.context, &ask(&runs)).await.unwrap();
    assert_eq!(
        (drawn.title.as_str(), drawn.subtitle.as_str(), &drawn.ids),
        ("Learned", "three seeds", &runs)
    );
    let lines: Vec<_> = drawn
        .panels
        .iter()
        .map(|panel| match &panel.plot {
            Plot::Lines(lines) => lines,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lines[0].y_limits, Some((0.0, 100.0)));
    assert_eq!(lines[0].events.len(), 1);
    let told: Vec<_> = lines[0].lines.iter().map(|line| (line.label.as_str(), line.ghost)).collect();
    assert_eq!(told, [("learned-s0", false), ("", true)], "the smoothed line, and what it is smoothed from");
    let raw: Vec<f64> = lines[0].lines[1].trace.columns.iter().map(|column| column.values.max).collect();
    assert_eq!(raw, [0.0, 0.1, 0.2, 0.30000000000000004]);
    let mean = &lines[1].lines[0];
    assert_eq!((mean.color_index, mean.intervals.len(), mean.trace.columns.len()), (1, 4, 4));
    let (low, high) = (mean.intervals[0].low, mean.intervals[0].high);
    // Mean 0.1, standard deviation 0.1, t of two degrees of freedom.
    let reach = 4.302_652_729_911_275 * 0.1 / 3_f64.sqrt();
    assert!((low - (0.1 - reach)).abs() < 1e-9 && (high - (0.1 + reach)).abs() < 1e-9, "{low} {high}");
}

#[tokio::test]
async fn each_format_is_written_and_what_is_no_figure_is_refused() {
    let world = World::new().await;
    let runs = three(&world).await;
    let folder = tempfile::tempdir().unwrap();
    for (format, begins) in
        [("pdf", &b"%PDF-1."[..]), ("png", b"\x89PNG\r\n"), ("svg", b"<svg "), ("tex", b"%")]
    {
        let path = folder.path().join(format!("shown.{format}"));
        let asked =
            FigureSave { path: path.display().to_string(), format: format.to_owned(), figure: ask(&runs) };
        save(&world.context, &asked).await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins), "{format}: {:?}", &bytes[..20]);
    }
    let refused = async |format: &str, change: fn(&mut FigureAsk)| {
        let mut figure = ask(&runs);
        change(&mut figure);
        let path = folder.path().join("none").display().to_string();
        let error =
            save(&world.context, &FigureSave { path, format: format.to_owned(), figure }).await.unwrap_err();
        assert!(!folder.path().join("none").exists());
        error.message
    };
    assert!(refused("csv", |_| ()).await.contains("`csv`"));
    assert!(refused("pdf", |figure| figure.page.width_mm = 4_000.0).await.contains("40"));
    assert!(refused("pdf", |figure| figure.page.font_pt = f64::NAN).await.contains("pt"));
    assert!(refused("pdf", |figure| figure.page.height_mm = Some(5.0)).await.contains("height"));
    let unknown = |figure: &mut FigureAsk| {
        if let vitals_api::dto::FigurePlot::Lines(lines) = &mut figure.panels[0].plot {
            lines.lines[0].runs = vec!["ffffffff".to_owned()];
        }
    };
    assert!(refused("svg", unknown).await.contains("ffffffff"));
}
