//! What charts show, drawn on a page: every format, the lines of runs and of arms, and what is refused.

use serde_json::json;
use vitals_api::RunState;
use vitals_api::decide::decide;
use vitals_api::dto::{FigureAsk, FigureDecision, FigureSave};
use vitals_api::figure::{figure, save};
use vitals_charts::{Forest, Pairs, Plot, Verdict};

use crate::decide::{Made, arms, asked, run};
use crate::world::World;

/// A panel of one run, smoothed, and one of the mean over three.
fn ask(runs: &[String]) -> FigureAsk {
    let line = |runs: &[String], is_mean: bool, smoothing: f64| {
        json!({ "label": if is_mean { "learned, n = 3" } else { "learned-s0" }, "slot": 2, "solid": false, "ghost": false,
            "runs": runs, "is_mean": is_mean, "interval": is_mean, "series": { "name": "knn_top1", "smoothing": smoothing } })
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
    let mut alone = ask(&runs);
    if let vitals_api::dto::FigurePlot::Lines(lines) = &mut alone.panels[1].plot {
        lines.lines[0].interval = false;
    }
    let drawn = figure(&world.context, &alone).await.unwrap();
    let Plot::Lines(lines) = &drawn.panels[1].plot else { panic!("{drawn:?}") };
    assert_eq!(
        (lines.lines[0].intervals.len(), lines.lines[0].trace.columns.len()),
        (0, 4),
        "the mean alone"
    );
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

/// The question of the tests of decisions, with a name for each arm.
fn question(metric: &str) -> FigureDecision {
    serde_json::from_value(json!({
        "of": { "by": asked().by, "smallest_effect": asked().smallest_effect, "metric": metric }, "scale": 100.0,
        "arms": [{ "written": "true", "label": "frozen patch", "slot": 1 }, { "written": "false", "label": "learned patch", "slot": 2 }],
        "words": { "seed": "seed", "mean": "mean", "failed": "failed", "missing": "twin missing", "on_the_way": "on the way",
            "not_comparable": "no interval", "uncorrected": "uncorrected" },
    }))
    .unwrap()
}

/// A forest plot and the pairs of the frozen arm.
fn of_arms(decision: Option<FigureDecision>, width_mm: f64, arm: &str) -> FigureAsk {
    let panel = |plot: serde_json::Value| json!({ "title": "All arms", "unit": "", "height_share": 1.0, "plot": plot });
    let mut ask: FigureAsk = serde_json::from_value(json!({
        "title": "", "subtitle": "", "runs": [], "x_title": "", "x_divisor": 1.0, "from": 0.0, "to": 0.0,
        "notes": ["δ changed from 0.5 pt after looking"],
        "page": { "width_mm": width_mm, "font_pt": 8.0, "ground": "white" },
        "panels": [panel(json!({ "kind": "forest", "x_title": "difference, pt" })), panel(json!({ "kind": "pairs", "arm": arm }))],
    }))
    .unwrap();
    ask.decision = decision;
    ask
}

async fn drawn_of(world: &World, width_mm: f64) -> (Forest, Pairs) {
    let ask = of_arms(Some(question("knn_top1.last")), width_mm, "true");
    let mut drawn = figure(&world.context, &ask).await.unwrap();
    assert_eq!(drawn.notes, ["δ changed from 0.5 pt after looking"]);
    let both = match (drawn.panels.remove(0).plot, drawn.panels.remove(0).plot) {
        (Plot::Forest(forest), Plot::Pairs(pairs)) => Some((forest, pairs)),
        _ => None,
    };
    both.unwrap()
}

#[tokio::test]
async fn arms_are_drawn_with_the_numbers_of_the_decision() {
    let world = arms(&[0.021, 0.024, 0.019, 0.022, 0.018, 0.025]).await;
    let (forest, pairs) = drawn_of(&world, 178.0).await;
    let said = decide(&world.context, &question("knn_top1.last").of).await.unwrap();
    let one = &said.comparisons[0];
    let times = |value: Option<f64>| value.map(|value| value * 100.0);
    let both = |interval: Option<(f64, f64)>| interval.map(|(low, high)| (low * 100.0, high * 100.0));
    let row = &forest.rows[0];
    assert_eq!((forest.rows.len(), row.label.as_str(), row.index), (1, "frozen patch", 0));
    assert_eq!((row.effect.mean, row.effect.own), (times(one.difference), both(one.interval)));
    assert_eq!(
        (row.effect.corrected, row.effect.verdict),
        (None, Verdict::Helps),
        "one arm has nothing to correct"
    );
    assert_eq!((forest.delta, &pairs.effect), (Some(1.0), &row.effect));
    // Mean 2.15, standard deviation 0.274, t of five degrees of freedom 2.571; the e-value decides: p is 1/E.
    assert!(row.note.starts_with("+2.2 [1.9, 2.4] · p 0.0") && row.note.ends_with(" · n 6"), "{}", row.note);
    assert_eq!((pairs.arm, pairs.base), (("frozen patch".to_owned(), 0), ("learned patch".to_owned(), 1)));
    let rows: Vec<_> = pairs.rows.iter().map(|row| (row.label.as_str(), row.note.as_str())).collect();
    assert_eq!(rows[..2], [("seed 0", "+2.1"), ("seed 1", "+2.4")]);
    assert_eq!((pairs.mean_label.as_str(), pairs.effect_note.as_str()), ("mean", "+2.2"));
    // A column of a paper has no room for the interval in words.
    let (narrow, _) = drawn_of(&world, 85.0).await;
    assert!(narrow.rows[0].note.starts_with("+2.2 · p "), "{}", narrow.rows[0].note);
}

#[tokio::test]
async fn few_pairs_have_no_interval_and_no_verdict_and_what_lacks_a_side_says_so() {
    let world = arms(&[0.02, 0.011]).await;
    run(&world, Made { seed: 5, ..Made::default() }).await;
    run(&world, Made { seed: 6, ..Made::default() }).await;
    run(&world, Made { seed: 6, frozen: true, ended: RunState::Failed, ..Made::default() }).await;
    let (forest, pairs) = drawn_of(&world, 178.0).await;
    let effect = &forest.rows[0].effect;
    assert_eq!((effect.own, effect.corrected, effect.verdict), (None, None, Verdict::Undecided));
    assert_eq!(effect.singles.len(), 2);
    let notes: Vec<_> =
        pairs.rows.iter().map(|row| (row.label.as_str(), row.note.as_str(), row.arm.is_some())).collect();
    assert_eq!(notes[2..], [("seed 5", "twin missing", false), ("seed 6", "failed", false)]);
}

#[tokio::test]
async fn what_nobody_named_is_drawn_by_its_value_and_what_cannot_be_drawn_is_refused() {
    let world = arms(&[0.02, 0.011, 0.004]).await;
    let mut nameless = question("knn_top1.last");
    nameless.arms.clear();
    let drawn = figure(&world.context, &of_arms(Some(nameless), 85.0, "true")).await.unwrap();
    let Plot::Forest(forest) = &drawn.panels[0].plot else { panic!("{drawn:?}") };
    assert_eq!((forest.rows[0].label.as_str(), forest.rows[0].index), ("true", 9));
    let svg = vitals_charts::figure(&drawn).unwrap();
    assert!(svg.contains("δ changed from 0.5 pt after looking"), "said in the picture too");
    let refused = async |decision: Option<FigureDecision>, arm: &str| {
        figure(&world.context, &of_arms(decision, 85.0, arm)).await.unwrap_err().message
    };
    assert!(refused(None, "true").await.contains("question"));
    assert!(refused(Some(question("knn_top1.last")), "maybe").await.contains("maybe"));
    assert!(refused(Some(question("no_such_metric")), "true").await.contains("no_such_metric"));
}
