//! Maps of cells, accuracy against stability and shares as files: every number stands in its place, nothing that failed is left out.

use vitals_charts::{
    Boundary, Cell, CellEnd, CellMap, CellMargin, CellScale, Cells, Figure, Ground, Page, Panel, Plot,
    Scatter, ScatterGroup, ScatterMean, ScatterRun, Share, Shares, figure, pgfplots,
};

/// Two sides over four batch sizes and three rates: whole cells, a single run, one that lost all, one without a run.
pub fn cells(page: Page) -> Figure {
    let cell = |at: usize| {
        let mean = 0.5 + 0.02 * at as f64;
        let found = Cell {
            share: Some(at as f64 / 11.0),
            value: format!("{:.1}", 100.0 * mean),
            spread: format!("±{:.1} n 3", 0.1 * at as f64),
            failed: if at == 4 { "1 failed".into() } else { String::new() },
            single: at == 5,
            lost: false,
        };
        let lost = Cell {
            share: None,
            value: "failed".into(),
            spread: String::new(),
            failed: "3 failed".into(),
            single: false,
            lost: true,
        };
        match at {
            7 => Some(lost),
            11 => None,
            _ => Some(found),
        }
    };
    let end = |at: usize| {
        let found = CellEnd { share: at as f64 / 3.0, value: format!("{at}.5"), spread: "± 0.2".into() };
        (at != 2).then_some(found)
    };
    let map = |title: &str, boundary| CellMap {
        title: title.into(),
        cells: (0..12).map(cell).collect(),
        ends: (0..4).map(end).collect(),
        boundary,
    };
    let boundary = Boundary {
        lines: vec![vec![(0.0, 1.0), (0.5, 1.0), (3.5, 2.0), (4.0, 2.0)]],
        bands: vec![vec![(0.0, 0.5), (4.0, 1.5), (4.0, 2.5), (0.0, 1.5)]],
        next: vec![(1, (2.1, 1.5)), (2, (3.1, 2.0))],
    };
    let plot = Cells {
        x_title: "Batch size".into(),
        y_title: "Base learning rate".into(),
        xs: [256, 512, 1024, 2048].map(|batch| batch.to_string()).to_vec(),
        ys: ["4e−3", "2e−3", "1e−3"].map(str::to_owned).to_vec(),
        maps: vec![map("frozen patch", None), map("learned patch", Some(boundary))],
        scale: CellScale::Tide,
        colors: Some(("50.0".into(), "72.0".into(), "kNN accuracy, %".into())),
        margin: Some((CellMargin::Above, "Sensitivity, pt".into())),
        none: "no runs".into(),
    };
    Figure::new(
        "Stability map",
        page,
        vec![Panel::new("kNN accuracy, %", "n = 66 runs, of which 8 failed", plot)],
    )
}

pub fn scatter(page: Page) -> Figure {
    let group = |label: &str, index: usize| ScatterGroup {
        label: label.into(),
        index,
        runs: (0..20)
            .map(|run| ScatterRun {
                x: (run != 3).then_some((0.05 * run as f64 + 0.3 * index as f64).min(1.0)),
                y: (run % 9 != 5).then_some(0.4 + 0.015 * run as f64),
            })
            .collect(),
        means: vec![
            ScatterMean { x: 0.3, y: 0.5, x_interval: Some((-0.2, 0.5)), y_interval: Some((0.45, 0.55)) },
            ScatterMean { x: 0.7, y: 0.6, x_interval: None, y_interval: None },
        ],
    };
    let plot = Scatter {
        x_title: "Stability score".into(),
        x_ends: (0.0, 1.0),
        scale: 100.0,
        groups: vec![group("frozen patch", 0), group("learned patch", 1)],
        foot: "failed or NaN: 4".into(),
        side: "no score: 2".into(),
    };
    Figure::new("Stability", page, vec![Panel::new("kNN accuracy, % against stability", "n = 40 runs", plot)])
}

pub fn shares(page: Page) -> Figure {
    let share = |at: usize, label: &str| {
        let mean = 40.0 / (at + 1) as f64;
        let (low, high) = (0.7 * mean, 1.4 * mean);
        Share {
            label: label.into(),
            mean,
            low,
            high,
            is_clear: at < 3,
            note: format!("{mean:.0} ({low:.0} – {high:.0})"),
        }
    };
    let names = ["Base learning rate", "Optimizer", "Batch size × Base learning rate", "Seed"];
    let plot = Shares {
        rows: names.iter().enumerate().map(|(at, name)| share(at, name)).collect(),
        chance: Some((12.0, "a random column: 12".into())),
    };
    Figure::new("Depends", page, vec![Panel::new("What it depends on", "n = 240 runs, R² 0.86", plot)])
}

/// Words of an SVG with their places.
fn words(svg: &str) -> Vec<(String, f64, f64)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let place = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse().unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts
        .map(|node| (node.text().unwrap_or_default().trim().to_owned(), place(node, "x"), place(node, "y")))
        .collect()
}

fn count(svg: &str, word: &str) -> usize {
    words(svg).iter().filter(|(text, ..)| text == word).count()
}

#[test]
fn every_cell_says_its_number_its_spread_and_who_failed() {
    let svg = figure(&cells(Page::two_columns())).unwrap();
    for (word, times) in [
        ("50.0", 3),
        ("±0.3 n 3", 2),
        ("1 failed", 2),
        ("3 failed", 2),
        ("failed", 2),
        ("no runs", 2),
        ("4e−3", 2),
        ("2048", 2),
        ("Base learning rate", 2),
        ("Batch size", 2),
        ("Sensitivity, pt", 2),
        ("3.5", 2),
        ("± 0.2", 6),
        ("–", 2),
        ("n = 66 runs, of which 8 failed", 1),
    ] {
        // One 50.0 stands at the end of the scale.
        assert_eq!(count(&svg, word), times, "{word}");
    }
    assert_eq!((count(&svg, "1"), count(&svg, "2")), (1, 1), "the runs that would tell most");
    assert!(svg.contains("Base learning rate 2e−3, Batch size 256: 58.0 ±0.4 n 3 1 failed;"), "in words too");
}

#[test]
fn cells_stand_in_rows_and_columns_beside_their_names() {
    let svg = figure(&cells(Page::two_columns())).unwrap();
    let words = words(&svg);
    let find = |word: &str| words.iter().filter(|(text, ..)| text == word).cloned().collect::<Vec<_>>();
    let at = |word: &str| find(word)[0].clone();
    // 52.0 is the second of the first row, 60.0 below it; columns stand over their names.
    let (second, below, name) = (at("52.0"), at("60.0"), at("512"));
    assert!((second.1 - name.1).abs() < 2.0, "{second:?} {name:?}");
    assert!(second.2 < below.2 && below.2 < name.2);
    let (row, cell) = (at("2e−3"), at("±0.4 n 3"));
    assert!(row.1 < cell.1 && (row.2 - cell.2).abs() < 150.0, "{row:?} {cell:?}");
    // Both maps beside each other where the page is wide, below each other where it is not.
    let both = find("52.0");
    assert!(both[0].1 < both[1].1 && both[0].2 == both[1].2, "{both:?}");
    let narrow = figure(&cells(Page::one_column())).unwrap();
    let both: Vec<_> = self::words(&narrow).into_iter().filter(|(text, ..)| text == "52.0").collect();
    assert!(both[0].1 == both[1].1 && both[0].2 < both[1].2, "{both:?}");
}

#[test]
fn the_colour_of_a_cell_is_that_of_its_share_on_the_whole_scale() {
    let svg = figure(&cells(Page::two_columns())).unwrap();
    assert_eq!(svg.matches("stroke=\"#B01C62\"").count(), 2, "a frame for each cell that lost all");
    let fills = |page: Page| {
        let svg = figure(&cells(page)).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let rects = document.descendants().filter(|node| node.has_tag_name("rect"));
        rects
            .filter_map(|node| node.attribute("fill").map(str::to_owned))
            .collect::<std::collections::BTreeSet<_>>()
    };
    // Ten shares of cells with a number and three of lines, beside grounds.
    assert!(fills(Page::two_columns()).len() >= 13, "{:?}", fills(Page::two_columns()));
    assert_ne!(fills(Page::two_columns()), fills(Page::two_columns().on(Ground::Dark)));
}

#[test]
fn maps_of_pgfplots_are_axes_whose_units_are_cells() {
    let tex = pgfplots(&cells(Page::two_columns())).unwrap();
    assert_eq!((tex.matches("\\begin{axis}").count(), tex.matches("\\end{axis}").count()), (2, 2));
    assert!(tex.contains("xmin=0,xmax=4,ymin=0,ymax=3"), "{tex}");
    assert!(tex.contains("{\n0 1\n0.5 1\n3.5 2\n4 2\n};"), "the line in cells");
    for word in
        ["\\textbf{52.0}", "$\\pm$0.3 n 3", "1 failed", "no runs", "\\textbf{learned patch}", "4e$-$3"]
    {
        assert!(tex.contains(word), "{word}");
    }
}

#[test]
fn a_run_without_a_place_stands_at_a_stop_and_none_is_left_out() {
    let drawn = scatter(Page::two_columns());
    let Plot::Scatter(plot) = &drawn.panels[0].plot else { panic!("{drawn:?}") };
    assert_eq!((plot.at_foot(), plot.at_side()), (4, 2));
    let svg = figure(&drawn).unwrap();
    let crosses = svg.matches("stroke=\"#B01C62\"").count();
    assert_eq!(crosses, 2 * 4, "two strokes of a cross for each at the foot");
    for word in ["failed or NaN: 4", "no score: 2", "Stability score", "frozen patch", "learned patch", "0.2"]
    {
        assert_eq!(count(&svg, word), 1, "{word}");
    }
    assert!(svg.contains("frozen patch: n = 20, 2 means;") && svg.contains("failed or NaN: 4;"));
    let tex = pgfplots(&drawn).unwrap();
    // Values as they are shown: 20 runs but two at the foot and one at the side, in each group.
    let table = tex.split("table[row sep=newline] {\n").nth(1).unwrap().split("};").next().unwrap();
    assert_eq!(table.lines().count(), 17, "{table}");
    assert!(table.contains("0.1 43\n"), "{table}");
    assert_eq!(tex.matches("mark=x,").count(), 4);
    assert!(tex.contains("\n-0.2 50\n0.5 50\n"), "the whole interval is in the data");
}

#[test]
fn bars_end_at_their_share_and_grey_ones_are_told() {
    let drawn = shares(Page::one_column());
    let svg = figure(&drawn).unwrap();
    for word in ["Optimizer", "20 (14 – 28)", "a random column: 12", "Seed"] {
        assert_eq!(count(&svg, word), 1, "{word}");
    }
    assert!(svg.contains("Seed: 10.0, 7.00 to 14.0, not told from chance;"), "{svg}");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let number =
        |node: &roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let bars: Vec<f64> = document
        .descendants()
        .filter(|node| {
            node.has_tag_name("rect") && number(node, "height") > 40.0 && number(node, "height") < 150.0
        })
        .map(|node| number(&node, "width"))
        .collect();
    assert_eq!(bars.len(), 4, "{bars:?}");
    for (bar, expected) in bars.iter().zip([1.0, 0.5, 1.0 / 3.0, 0.25]) {
        assert!((bar / bars[0] - expected).abs() < 0.01, "{bars:?}");
    }
    let tex = pgfplots(&drawn).unwrap();
    assert!(tex.contains("rectangle (axis cs:20,") && tex.contains("{(14,1) (28,1)};"), "{tex}");
}
