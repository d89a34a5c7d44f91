//! The map on a page and as a table: the host finds cells, boundary and sensitivity anew, and says no other thing than the screen.

use serde_json::{Value, json};
use vitals_api::RunState;
use vitals_api::boundary::boundaries;
use vitals_api::dto::{BoundariesBy, FigureAsk, FigureSave, MapBy, MapTextBy};
use vitals_api::figure::{figure, save};
use vitals_api::importance::importance;
use vitals_api::stability_map::{map, text};
use vitals_charts::{CellMargin, CellScale, Cells, Plot, Scatter, Shares};

use crate::boundary::two_batches;
use crate::decide::{Made, run};
use crate::importance::grid;
use crate::sensitivity::two_arms;
use crate::stability_map::seven;
use crate::world::World;

fn ask(plot: Value) -> FigureAsk {
    serde_json::from_value(json!({
        "title": "Map", "subtitle": "", "runs": [], "x_title": "", "x_divisor": 1.0, "from": 0.0, "to": 0.0,
        "page": { "width_mm": 178.0, "font_pt": 8.0, "ground": "white" },
        "panels": [{ "title": "Map", "unit": "", "height_share": 1.0, "plot": plot }],
    }))
    .unwrap()
}

/// Axes with the labels of their values.
fn cells(x: (&str, Value), y: (&str, Value), others: &[&str], maps: Value) -> Value {
    let axis = |(name, values): (&str, Value)| json!({ "name": name, "title": name, "values": values });
    json!({ "kind": "map", "of": { "where": "", "leads": false }, "x": axis(x), "y": axis(y), "others": others, "maps": maps,
        "measure": "metric", "boundary": false,
        "words": { "count": "{n} runs, {failed} failed", "n": "n {n}", "failed": "{n} failed", "none": "no runs", "without": "–",
            "lost": "failed", "colour": "kNN, %" } })
}

async fn drawn(world: &World, plot: Value) -> (Plot, String) {
    let mut drawn = figure(&world.context, &ask(plot)).await.unwrap();
    let panel = drawn.panels.remove(0);
    (panel.plot, panel.unit)
}

async fn map_of(world: &World, plot: Value) -> (Cells, String) {
    let (plot, unit) = drawn(world, plot).await;
    let cells = match plot {
        Plot::Cells(cells) => Some(cells),
        _ => None,
    };
    (cells.unwrap(), unit)
}

fn sides() -> Value {
    json!([{ "value": false, "label": "learned" }, { "value": true, "label": "frozen" }])
}

#[tokio::test]
async fn cells_have_the_numbers_of_the_screen_and_count_what_failed() {
    let world = seven().await;
    // The larger batch came after the window asked.
    let batches = json!([{ "value": 256, "label": "256 images" }]);
    let (drawn, count) = map_of(
        &world,
        cells(
            ("frozen_patch_projection", sides()),
            ("batch_size", batches),
            &[],
            json!([{ "values": [], "title": "all" }]),
        ),
    )
    .await;
    assert_eq!(count, "7 runs, 1 failed");
    assert_eq!(drawn.xs, ["learned", "frozen"]);
    assert_eq!(drawn.ys, ["512", "256 images"], "where it belongs, as it is");
    assert_eq!((drawn.maps.len(), drawn.maps[0].title.as_str()), (1, "all"));
    let said: Vec<Option<[&str; 3]>> = (drawn.maps[0].cells.iter())
        .map(|cell| cell.as_ref().map(|cell| [cell.value.as_str(), &cell.spread, &cell.failed]))
        .collect();
    assert_eq!(
        said,
        [
            Some(["20.0", "n 1/3", ""]),
            None,
            // Of three one failed and one is not a number.
            Some(["40.0", "n 1/3", "1 failed"]),
            Some(["60.0", "±10.0 n 3", ""]),
        ]
    );
    let looks: Vec<(Option<f64>, bool)> = (drawn.maps[0].cells.iter().flatten())
        .map(|cell| (cell.share.map(|share| (share * 1e9).round() / 1e9), cell.single))
        .collect();
    assert_eq!(looks, [(Some(0.0), true), (Some(0.5), true), (Some(1.0), false)]);
    assert_eq!(drawn.colors, Some(("20.0".to_owned(), "60.0".to_owned(), "kNN, %".to_owned())));
    assert_eq!((drawn.scale, drawn.margin), (CellScale::Tide, None));
}

#[tokio::test]
async fn a_cell_that_lost_all_says_so_and_every_combination_has_a_map() {
    let world = seven().await;
    let small: fn(&mut vitals_recipe::Recipe) =
        |recipe| (recipe.batch_size, recipe.base_learning_rate) = (256, 0.5);
    run(&world, Made { values: vec![0.1], ended: RunState::Failed, change: small, ..Made::default() }).await;
    let rates = json!([{ "value": 0.5, "label": ".5" }]);
    let plot = cells(
        ("batch_size", json!([])),
        ("base_learning_rate", rates),
        &["frozen_patch_projection"],
        json!([{ "values": [true], "title": "frozen" }]),
    );
    let (drawn, count) = map_of(&world, plot).await;
    let titles: Vec<&str> = drawn.maps.iter().map(|map| map.title.as_str()).collect();
    assert_eq!(
        (titles, count.as_str()),
        (vec!["frozen", "frozen_patch_projection false"], "8 runs, 2 failed")
    );
    let lost = drawn.maps[1].cells.iter().flatten().find(|cell| cell.lost).unwrap();
    assert_eq!((lost.value.as_str(), lost.failed.as_str(), lost.share), ("failed", "1 failed", None));
}

#[tokio::test]
async fn the_boundary_lies_where_the_host_finds_it() {
    let world = two_batches().await;
    let asked = BoundariesBy { filter: String::new(), across: "batch_size".to_owned() };
    let found = boundaries(&world.context, &asked).await.unwrap();
    let mut plot = cells(("batch_size", json!([])), ("base_learning_rate", json!([])), &[], json!([]));
    let (without, _) = map_of(&world, plot.clone()).await;
    assert_eq!((without.maps.len(), &without.maps[0].boundary), (1, &None));
    plot["boundary"] = json!(true);
    let (drawn, _) = map_of(&world, plot.clone()).await;
    let boundary = drawn.maps[0].boundary.clone().unwrap();
    let [line] = &boundary.lines[..] else { panic!("over batch sizes one curve: {boundary:?}") };
    let at: Vec<f64> = line.iter().map(|point| point.0).collect();
    assert_eq!(at, [0.0, 0.5, 1.5, 2.0], "over the whole of the first and the last cell");
    // Eight rates from the top down, the largest first: 1e-4 is the middle of the last cell. Neighbours are a factor of about 1.6 apart.
    for (point, at) in line[1..3].iter().zip(&found.groups[0].line) {
        let near = 7.5 - (at.rate / 1e-4).ln() / 1.585_f64.ln();
        assert!((point.1 - near).abs() < 0.1, "{point:?} {at:?} {near}");
    }
    assert!(line[1].1 < line[2].1, "larger batches break at lower rates");
    assert_eq!(boundary.bands[0].len(), 8);
    let numbers: Vec<u32> = boundary.next.iter().map(|next| next.0).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    // On its side the same, mirrored.
    let mut turned = cells(("base_learning_rate", json!([])), ("batch_size", json!([])), &[], json!([]));
    turned["boundary"] = json!(true);
    let (turned, _) = map_of(&world, turned).await;
    let side = turned.maps[0].boundary.clone().unwrap();
    assert_eq!(turned.ys, ["512", "256"]);
    let mirrored = &side.lines[0][1];
    assert!(
        (mirrored.1 - 0.5).abs() < 1e-9 && (8.0 - mirrored.0 - line[2].1).abs() < 1e-9,
        "{side:?} {line:?}"
    );
}

#[tokio::test]
async fn lines_along_the_rate_end_in_their_sensitivity() {
    let world = two_arms().await;
    let mut plot =
        cells(("base_learning_rate", json!([])), ("frozen_patch_projection", sides()), &[], json!([]));
    let (without, _) = map_of(&world, plot.clone()).await;
    assert_eq!((without.margin, without.maps[0].ends.len()), (None, 0));
    plot["lines"] = json!({ "title": "Sensitivity, pt", "scale": 100.0 });
    let (drawn, _) = map_of(&world, plot).await;
    assert_eq!(drawn.margin, Some((CellMargin::Right, "Sensitivity, pt".to_owned())));
    let ends: Vec<(&str, &str, f64)> = drawn.maps[0]
        .ends
        .iter()
        .flatten()
        .map(|end| (end.value.as_str(), end.spread.as_str(), end.share))
        .collect();
    // As Explore has them: 3.3 ± 0.9 frozen, 15.0 ± 11.8 learned.
    assert_eq!(ends, [("15.0", "± 11.8", 1.0), ("3.3", "± 0.9", 0.0)]);
}

#[tokio::test]
async fn every_run_is_a_mark_of_its_side_or_stands_at_a_stop() {
    let world = seven().await;
    let plot = json!({ "kind": "scatter", "of": { "where": "", "leads": false }, "axes": ["batch_size", "frozen_patch_projection"],
        "facet": "frozen_patch_projection", "groups": [{ "value": false, "label": "learned", "slot": 2 }], "x_title": "Score",
        "count": "{n} runs, {means} means", "broken": "failed or NaN: {n}", "unscored": "no score: {n}" });
    let (plot, count) = drawn(&world, plot).await;
    let scatter: Option<Scatter> = match plot {
        Plot::Scatter(scatter) => Some(scatter),
        _ => None,
    };
    let scatter = scatter.unwrap();
    // Too short for a score, all of them; a side that came later is drawn by its value.
    let sides: Vec<(&str, usize, usize)> =
        scatter.groups.iter().map(|group| (group.label.as_str(), group.index, group.runs.len())).collect();
    assert_eq!(sides, [("learned", 1, 4), ("true", 9, 3)]);
    assert_eq!((scatter.at_foot(), scatter.at_side(), scatter.scale), (2, 5, 100.0));
    assert_eq!(
        (scatter.foot.as_str(), scatter.side.as_str(), count.as_str()),
        ("failed or NaN: 2", "no score: 5", "7 runs, 0 means")
    );
}

#[tokio::test]
async fn bars_have_the_shares_of_the_host() {
    let world = World::new().await;
    grid(&world, 5).await;
    let of = json!({ "where": "", "metric": "knn_top1.last", "failing": false });
    let plot = json!({ "kind": "shares", "of": of, "names": [{ "name": "base_learning_rate", "label": "Rate" }],
        "random": "chance: {share}", "note": "{share} ({low} – {high})", "count": "n = {n}, {failed} failed, {r2}" });
    let found = importance(&world.context, &serde_json::from_value(of).unwrap()).await.unwrap();
    let (plot, count) = drawn(&world, plot).await;
    let shares: Option<Shares> = match plot {
        Plot::Shares(shares) => Some(shares),
        _ => None,
    };
    let shares = shares.unwrap();
    assert!(count.starts_with("n = 40, 0 failed, ") && !count.contains('{'), "{count}");
    assert_eq!(shares.rows.len(), found.shares.len());
    for (row, share) in shares.rows.iter().zip(&found.shares) {
        assert!(
            (row.mean - 100.0 * share.mean).abs() < 1e-9 && row.is_clear == share.is_clear,
            "{row:?} {share:?}"
        );
    }
    assert!(
        shares.rows.iter().any(|row| row.label == "Rate") && shares.chance.unwrap().1.starts_with("chance: ")
    );
    // Where nothing varies there is none, and the reason is said.
    let lonely = World::new().await;
    let plot = json!({ "kind": "shares", "of": { "metric": "knn_top1.last" }, "names": [], "random": "", "note": "", "count": "" });
    assert_eq!(figure(&lonely.context, &ask(plot)).await.unwrap_err().exit_code(), 2);
}

#[tokio::test]
async fn the_table_has_a_row_a_cell_with_n_and_failures() {
    let world = seven().await;
    let asked = |format: &str| MapTextBy { of: MapBy::default(), format: format.to_owned() };
    let csv = text(&world.context, &asked("csv")).await.unwrap().text;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 1 + map(&world.context, &MapBy::default()).await.unwrap().cells.len());
    assert!(rows[0].starts_with("batch_size,frozen_patch_projection,runs,failed,knn_top1.last mean,knn_top1.last std,knn_top1.last n"), "{csv}");
    assert!(rows[1].starts_with("256,false,3,1,0.4,,1"), "{csv}");
    assert!(rows[2].starts_with("256,true,3,0,0.6"), "{csv}");
    assert!(rows[3].starts_with("512,false,1,0,0.2,,1"), "{csv}");
    let markdown = text(&world.context, &asked("markdown")).await.unwrap().text;
    assert!(markdown.contains("| 256 | true | 3 | 0 | 60") && markdown.contains(" ± 10"), "{markdown}");
    assert!(markdown.contains("7 runs in 3 cells. 1 failed, collapsed or were lost"), "{markdown}");
    let latex = text(&world.context, &asked("latex")).await.unwrap().text;
    assert!(latex.contains("\\toprule") && latex.contains(" \\pm 10"), "{latex}");
    assert_eq!(text(&world.context, &asked("docx")).await.unwrap_err().exit_code(), 2);
}

#[tokio::test]
async fn the_map_is_written_in_every_format_and_a_wrong_axis_is_refused() {
    let world = two_arms().await;
    let folder = tempfile::tempdir().unwrap();
    let mut plot =
        cells(("base_learning_rate", json!([])), ("frozen_patch_projection", sides()), &[], json!([]));
    plot["lines"] = json!({ "title": "Sensitivity, pt", "scale": 100.0 });
    for (format, begins) in
        [("pdf", &b"%PDF-1."[..]), ("png", b"\x89PNG\r\n"), ("svg", b"<svg "), ("tex", b"%")]
    {
        let path = folder.path().join(format!("map.{format}")).display().to_string();
        let asked = FigureSave { path: path.clone(), format: format.to_owned(), figure: ask(plot.clone()) };
        save(&world.context, &asked).await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins), "{format}: {:?}", &bytes[..20]);
    }
    let wrong = cells(("beta2", json!([])), ("frozen_patch_projection", sides()), &[], json!([]));
    let error = figure(&world.context, &ask(wrong)).await.unwrap_err();
    assert!(error.exit_code() == 2 && error.message.contains("beta2"), "{error:?}");
}
