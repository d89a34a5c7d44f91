//! The pictures of Explore on a page: the host finds runs, brushes, colours and numbers anew, and says no other thing than the screen.

use serde_json::{Value, json};
use vitals_api::RunState;
use vitals_api::decide::sensitivity;
use vitals_api::dto::{FigureAsk, FigureSave};
use vitals_api::figure::{figure, save};
use vitals_charts::{AxisValues, Lines, Parallel, Plot, Stop, Tint};

use crate::decide::{Made, run};
use crate::sensitivity::two_arms;
use crate::world::World;

fn ask(plot: Value) -> FigureAsk {
    serde_json::from_value(json!({
        "title": "Explore", "subtitle": "", "runs": [], "x_title": "", "x_divisor": 1.0, "from": 0.0, "to": 0.0,
        "page": { "width_mm": 178.0, "font_pt": 8.0, "ground": "white" },
        "panels": [{ "title": "Explore", "unit": "", "height_share": 1.0, "plot": plot }],
    }))
    .unwrap()
}

fn rates(metric: &str) -> Value {
    json!({ "kind": "rates", "of": { "by": ["frozen_patch_projection"], "metric": metric }, "scale": 100.0, "x_title": "rate",
        "arms": [{ "written": "false", "label": "learned", "slot": 2 }, { "written": "true", "label": "frozen", "slot": 1 }],
        "entry": "{arm}: {sensitivity}, usable {usable}", "unit": "pt" })
}

async fn lines(world: &World) -> Lines {
    let mut drawn = figure(&world.context, &ask(rates("knn_top1.last"))).await.unwrap();
    let lines = match drawn.panels.remove(0).plot {
        Plot::Lines(lines) => Some(lines),
        _ => None,
    };
    lines.unwrap()
}

#[tokio::test]
async fn rate_sensitivity_is_drawn_with_the_numbers_of_the_screen() {
    let world = two_arms().await;
    let drawn = lines(&world).await;
    assert!(drawn.x.log && drawn.x.only == [1e-4, 2e-4, 4e-4, 8e-4], "{:?}", drawn.x);
    let labels: Vec<&str> = drawn.lines.iter().map(|line| line.label.as_str()).collect();
    // Frozen loses .04 and .0267, learned .0667 and .2333; of .70 a hundredth is lost a ninth of a doubling below 2e-4.
    assert_eq!(labels, ["frozen: 3.3 ± 0.9 pt, usable 2.2 ×", "learned: 15.0 ± 11.8 pt, usable 1.1 ×"]);
    let asked = serde_json::from_value(rates("knn_top1.last")["of"].clone()).unwrap();
    let found = sensitivity(&world.context, &asked).await.unwrap();
    for (line, written) in drawn.lines.iter().zip(["true", "false"]) {
        let arm = found.arms.iter().find(|arm| arm.written == written).unwrap();
        let means: Vec<(f64, Option<f64>, bool)> = (line.trace.columns.iter())
            .map(|column| (column.first_x, Some(column.values.last), column.hollow))
            .collect();
        let expected: Vec<_> =
            arm.points.iter().map(|point| (point.rate, point.mean, point.failed > 0)).collect();
        assert_eq!(means, expected, "a point whose seeds failed in part is hollow");
        let bands: Vec<_> = line.intervals.iter().map(|band| Some((band.low, band.high))).collect();
        assert_eq!(bands, arm.points.iter().map(|point| point.range).collect::<Vec<_>>());
        assert!(line.marks && line.joined);
    }
    assert_eq!((drawn.lines[0].color_index, drawn.lines[1].dash_index), (0, 1));
}

#[tokio::test]
async fn where_all_seeds_failed_stands_a_cross_and_the_line_goes_on() {
    let world = two_arms().await;
    for seed in 0..2 {
        let failed = Made { seed, values: vec![0.1], ended: RunState::Failed, ..Made::default() };
        run(&world, Made { change: |recipe| recipe.base_learning_rate = 8e-4, ..failed }).await;
    }
    let drawn = lines(&world).await;
    assert_eq!((drawn.lines.len(), drawn.lines[0].label.as_str(), drawn.lines[0].joined), (3, "", false));
    let cross = &drawn.lines[0].trace.columns;
    assert_eq!((cross.len(), cross[0].first_x, cross[0].values.nonfinite), (1, 8e-4, 1));
    assert_eq!(drawn.lines[2].trace.columns.len(), 3, "only where there is a mean");
    let all = figure(&world.context, &ask(rates("knn_top1.last"))).await.unwrap();
    let (svg, tex) = (vitals_charts::figure(&all).unwrap(), vitals_charts::pgfplots(&all).unwrap());
    assert_eq!(svg.matches("stroke=\"#B01C62\"").count(), 2, "two strokes of one cross");
    assert!(tex.contains("mark=x") && tex.contains("0.0008 ") && !tex.contains("{\n}"), "no empty table");
}

/// A learned run at each of five rates, one of which failed, and a frozen one.
async fn six() -> World {
    let world = World::new().await;
    let rates: [fn(&mut vitals_recipe::Recipe); 5] = [
        |recipe| recipe.base_learning_rate = 1e-4,
        |recipe| recipe.base_learning_rate = 2e-4,
        |recipe| recipe.base_learning_rate = 4e-4,
        |recipe| recipe.base_learning_rate = 8e-4,
        |recipe| recipe.base_learning_rate = 0.0,
    ];
    for (seed, change) in (0..).zip(rates) {
        let ended = if seed == 3 { RunState::Failed } else { RunState::Finished };
        run(&world, Made { seed, values: vec![0.5 + 0.05 * seed as f64], ended, change, ..Made::default() })
            .await;
    }
    let frozen = Made { seed: 5, frozen: true, values: vec![f64::NAN], change: rates[1], ..Made::default() };
    run(&world, frozen).await;
    world
}

fn parallel(brushes: [Value; 3], colour: &str) -> Value {
    let [arm, rate, metric] = brushes;
    let axis = |title: &str, column: &str, more: Value| {
        let mut axis =
            json!({ "title": title, "note": "", "turned": false, "columns": [column], "scale": 1.0 });
        axis.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        axis
    };
    let brushed = |brush: &Value| if brush.is_null() { json!({}) } else { json!({ "brush": brush }) };
    let mut arms = json!({ "categories": [{ "value": false, "label": "learned", "slot": 2 }] });
    arms.as_object_mut().unwrap().extend(brushed(&arm).as_object().unwrap().clone());
    json!({ "kind": "parallel", "colour": colour, "metric": "knn_top1.last", "marked": [],
        "of": { "where": "", "sort": "seed", "columns": ["frozen_patch_projection", "base_learning_rate", "knn_top1.last", "stability"] },
        "axes": [axis("Arm", "frozen_patch_projection", arms), axis("Rate", "base_learning_rate", brushed(&rate)),
            axis("Accuracy", "knn_top1.last", brushed(&metric))],
        "words": { "count": "{n} of {of} runs", "end": "{value} · {n}", "nan": "NaN · {n}", "none": "none · {n}", "colour": "kNN, %" } })
}

async fn drawn_of(world: &World, plot: Value) -> (Parallel, String) {
    let mut drawn = figure(&world.context, &ask(plot)).await.unwrap();
    let panel = drawn.panels.remove(0);
    let parallel = match panel.plot {
        Plot::Parallel(parallel) => Some(parallel),
        _ => None,
    };
    (parallel.unwrap(), panel.unit)
}

fn inside(drawn: &Parallel) -> Vec<bool> {
    drawn.runs.iter().map(|run| run.inside).collect()
}

#[tokio::test]
async fn every_run_has_its_place_its_stop_and_its_colour() {
    let world = six().await;
    let (drawn, count) = drawn_of(&world, parallel([json!(null), json!(null), json!(null)], "metric")).await;
    assert_eq!((count.as_str(), inside(&drawn)), ("6 of 6 runs", vec![true; 6]));
    let AxisValues::Categories { categories, values } = &drawn.axes[0].values else { panic!("arms") };
    // The frozen arm came after the window asked: it is drawn by its value.
    let names: Vec<_> = categories.iter().map(|one| (one.label.as_str(), one.index)).collect();
    assert_eq!((names, values[5]), (vec![("learned", Some(1)), ("true", None)], Some(1)));
    let stops = (drawn.axes[1].stop(4), drawn.axes[2].stop(5));
    assert_eq!(stops, (Some(Stop::Beyond), Some(Stop::NotFinite)), "a rate of 0, and NaN");
    assert_eq!(drawn.axes[1].stop_labels[0], "0 · 1");
    assert_eq!(drawn.axes[2].stop_labels[1], "NaN · 1");
    let broken: Vec<bool> = drawn.runs.iter().map(|run| run.broken).collect();
    assert_eq!(
        broken,
        [false, false, false, true, false, true],
        "what failed keeps its place, and has another look"
    );
    // 50, 55, 60 and 70 %: the one that failed is no end of the colours.
    assert_eq!(drawn.colors, Some(("50.0".to_owned(), "70.0".to_owned(), "kNN, %".to_owned())));
    let Tint::Share(share) = drawn.runs[1].tint else { panic!("{:?}", drawn.runs[1]) };
    assert!((share - 0.25).abs() < 1e-9, "{share}");
    let (drawn, _) = drawn_of(&world, parallel([json!(null), json!(null), json!(null)], "arm")).await;
    assert_eq!((drawn.runs[0].tint, drawn.colors), (Tint::Category(1), None));
}

#[tokio::test]
async fn brushes_take_what_they_take_on_the_screen() {
    let world = six().await;
    let taken = async |arm: Value, rate: Value, metric: Value| {
        let (drawn, count) = drawn_of(&world, parallel([arm, rate, metric], "score")).await;
        (
            inside(&drawn)
                .iter()
                .enumerate()
                .filter(|(_, inside)| **inside)
                .map(|(run, _)| run)
                .collect::<Vec<_>>(),
            count,
        )
    };
    let brush = |more: Value| {
        let mut brush = json!({ "values": [], "stops": [] });
        brush.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        brush
    };
    let none = || json!(null);
    let range = brush(json!({ "range": [1e-4, 2e-4] }));
    assert_eq!(
        taken(none(), range.clone(), none()).await,
        (vec![0, 1, 5], "3 of 6 runs".to_owned()),
        "both ends"
    );
    let or_stop = brush(json!({ "range": [1e-4, 1e-4], "stops": ["end"] }));
    assert_eq!(taken(none(), or_stop, none()).await.0, [0, 4], "or within an axis");
    let learned = brush(json!({ "values": [false] }));
    assert_eq!(taken(learned, range, none()).await.0, [0, 1], "and between axes");
    assert_eq!(taken(none(), none(), brush(json!({ "stops": ["nan"] }))).await.0, [5]);
}

#[tokio::test]
async fn both_pictures_are_written_in_every_format() {
    let world = two_arms().await;
    let folder = tempfile::tempdir().unwrap();
    let mut asked = ask(rates("knn_top1.last"));
    asked.panels.extend(ask(parallel([json!(null), json!(null), json!(null)], "metric")).panels);
    for (format, begins) in
        [("pdf", &b"%PDF-1."[..]), ("png", b"\x89PNG\r\n"), ("svg", b"<svg "), ("tex", b"%")]
    {
        let path = folder.path().join(format!("explore.{format}")).display().to_string();
        save(
            &world.context,
            &FigureSave { path: path.clone(), format: format.to_owned(), figure: asked.clone() },
        )
        .await
        .unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins), "{format}: {:?}", &bytes[..20]);
    }
    let mut unknown = parallel([json!(null), json!(null), json!(null)], "metric");
    unknown["axes"][1]["columns"] = json!(["beta2"]);
    let error = figure(&world.context, &ask(unknown)).await.unwrap_err();
    assert!(error.exit_code() == 2 && error.message.contains("beta2"), "{error:?}");
    let lonely = figure(&world.context, &ask(rates("loss.last"))).await;
    assert!(lonely.is_ok(), "any metric that the runs have");
}
