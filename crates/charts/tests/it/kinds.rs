//! What each kind of panel draws, read from its SVG.

use vitals_charts::{
    Event, EventKind, Figure, Heat, HeatRow, Interval, Line, Lines, Page, Panel, Plot, XAxis, figure,
    png_within,
};
use vitals_series::frame;

use crate::pages;

type Node<'a> = roxmltree::Node<'a, 'a>;

/// Numbers of each node that `keep` keeps.
fn counted(svg: &str, keep: impl Fn(&Node<'_>) -> bool) -> usize {
    let document = roxmltree::Document::parse(svg).unwrap();
    document.descendants().filter(|node| keep(node)).count()
}

fn is(node: &Node<'_>, tag: &str, attributes: &[(&str, &str)]) -> bool {
    node.has_tag_name(tag) && attributes.iter().all(|(name, value)| node.attribute(*name) == Some(*value))
}

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn every_kind_fits_into_a_small_picture() {
    for page in [Page::one_column(), Page::two_columns()] {
        for (kind, figure_of) in pages::all(page) {
            let picture = png_within(&figure(&figure_of).unwrap(), 2.0, 200_000).unwrap();
            assert!(picture.len() <= 200_000, "{kind}: {}", picture.len());
        }
    }
}

#[test]
fn events_have_the_colour_and_the_shape_of_their_kind() {
    let drawn = |kind, end| {
        let mut lines = Lines::new(XAxis::steps("step"));
        lines.lines.push(Line::new("a", 0, frame(&[0, 99], &[1.0, 2.0], 0, 100, 100)));
        lines.events.push(Event { end, label: "word".into(), ..Event::new(kind, 50.0) });
        figure(&Figure::new("t", Page::one_column(), vec![Panel::new("Loss", "", lines)])).unwrap()
    };
    for (kind, color, corners) in [
        (EventKind::Spike, "#8C5A00", 3),
        (EventKind::Shock, "#8C5A00", 3),
        (EventKind::Dip, "#6644D6", 3),
        (EventKind::Collapse, "#C0271D", 4),
    ] {
        let svg = drawn(kind, None);
        let shape = |node: &Node<'_>| {
            is(node, "polygon", &[("fill", color)])
                && node.attribute("points").is_some_and(|points| points.split_whitespace().count() == corners)
        };
        assert_eq!(counted(&svg, shape), 1, "{kind:?}");
        assert_eq!(counted(&svg, |node| is(node, "polyline", &[("stroke", color), ("opacity", "0.75")])), 1);
        assert!(texts(&svg).contains(&"word".to_owned()));
    }
    let nan = drawn(EventKind::Nonfinite, None);
    assert_eq!(
        counted(&nan, |node| is(node, "polyline", &[("stroke", "#B01C62")])),
        3,
        "its line and its cross"
    );
    let dip = drawn(EventKind::Dip, Some(70.0));
    assert_eq!(counted(&dip, |node| is(node, "rect", &[("fill", "#6644D6")])), 1, "shaded");
    assert_eq!(counted(&dip, |node| is(node, "polyline", &[("stroke", "#6644D6")])), 0);
}

#[test]
fn ghosts_are_pale_and_intervals_are_areas_that_nan_parts() {
    let mut lines = Lines::new(XAxis::steps("step"));
    let steps: Vec<u64> = (0..100).collect();
    let values: Vec<f64> = steps.iter().map(|step| (*step as f64 / 9.0).sin()).collect();
    let mut line = Line::new("mean", 1, frame(&steps, &values, 0, 100, 100));
    let interval = |x: u32| {
        let broken = if x == 4 { f64::NAN } else { 0.0 };
        Interval { x: f64::from(x) * 10.0, low: -0.5 + broken, high: 0.5 }
    };
    line.intervals = (0..10).map(interval).collect();
    lines.lines.push(line);
    lines.lines.push(Line { ghost: true, ..Line::new("", 1, frame(&steps, &values, 0, 100, 100)) });
    let svg = figure(&Figure::new("t", Page::one_column(), vec![Panel::new("Loss", "", lines)])).unwrap();
    let areas = |node: &Node<'_>| is(node, "polygon", &[("fill", "#AD5010"), ("opacity", "0.16")]);
    assert_eq!(counted(&svg, areas), 2);
    assert_eq!(counted(&svg, |node| is(node, "polyline", &[("stroke", "#AD5010"), ("opacity", "0.35")])), 1);
    assert_eq!(
        counted(&svg, |node| is(node, "polyline", &[("stroke", "#AD5010"), ("opacity", "1")])),
        2,
        "itself and its legend"
    );
}

#[test]
fn equal_cells_are_one_rectangle_and_many_are_one_picture() {
    let mut heat = Heat::new(XAxis::steps("step"), 0.0, 10.0);
    let values = vec![1.0, 1.0, 100.0, 1e9, f64::NAN, 0.0, -3.0, 1.0, 10.0, 10.0];
    heat.rows.push(HeatRow { name: "block 0".into(), values, nonfinite: vec![4], frozen: false });
    let svg = figure(&Figure::new("t", Page::one_column(), vec![Panel::new("Norm", "", heat)])).unwrap();
    let filled = |color: &str| counted(&svg, |node| is(node, "rect", &[("fill", color)]));
    assert_eq!(filled("#F6F7F8"), 2, "the low end and what lies below it, twice");
    assert_eq!(filled("#1E1240"), 1, "the high end and what lies beyond");
    assert_eq!(filled("#B01C62"), 1, "not finite");
    let many = figure(&pages::map(Page::two_columns(), 600)).unwrap();
    assert_eq!(counted(&many, |node| node.has_tag_name("image")), 2, "the cells and the scale");
    assert!(counted(&many, |node| node.has_tag_name("rect")) < 10 && many.len() < 40_000, "{}", many.len());
}

#[test]
fn a_decision_stands_with_its_signs_and_its_numbers() {
    let drawn = pages::decided(Page::two_columns());
    let svg = figure(&drawn).unwrap();
    let texts = texts(&svg);
    for word in
        ["+", "≈", "−", "…", "≠", "+1.2 · p 0.008 · n 8", "batch 1024", "seed 4", "twin missing", "mean"]
    {
        assert!(texts.iter().any(|text| text == word), "{word} in {texts:?}");
    }
    // Thick, thin: 4 and 1.3 units of 8 pt on 10.5 px, in tenths of a pixel.
    let thick = |color: &str, width: &str| {
        counted(&svg, |node| is(node, "polyline", &[("stroke", color), ("stroke-width", width)]))
    };
    assert_eq!((thick("#1C7A3E", "41"), thick("#1C7A3E", "13")), (2, 2), "forest and pairs");
    assert_eq!((thick("#C0271D", "41"), thick("#C0271D", "13")), (1, 1));
    let Plot::Pairs(pairs) = &drawn.panels[1].plot else { panic!("pairs") };
    let whole = pairs.rows.iter().filter(|row| row.arm.is_some() && row.base.is_some()).count();
    assert_eq!(thick("#838C96", "14"), whole, "a line joins each whole pair");
    assert!(svg.contains("seed 4: frozen patch projection none"), "said in words too");
}

#[test]
fn notes_stand_whole_below_the_panels_and_in_the_caption_of_tex() {
    let note =
        "δ changed from 0.5 pt after looking, p corrected for 5 tests by flips of whole seeds, ± δ is 0.8 pt";
    let bare = pages::decided(Page::one_column());
    let mut noted = bare.clone();
    noted.notes = vec![note.to_owned(), "Second.".to_owned()];
    let svg = figure(&noted).unwrap();
    std::fs::write(pages::folder().join("noted-one.png"), vitals_charts::png(&svg, 2.0).unwrap()).unwrap();
    let all = texts(&svg);
    let said = all[all.iter().position(|text| text.starts_with("δ changed")).unwrap()..].join(" ");
    assert!(said.starts_with(&format!("{note} Second.")), "nothing is cut off: {said}");
    let height = |svg: &str| {
        let document = roxmltree::Document::parse(svg).unwrap();
        document
            .root_element()
            .attribute("viewBox")
            .unwrap()
            .split(' ')
            .next_back()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    assert!(height(&svg) > height(&figure(&bare).unwrap()) + 20.0, "they take room of their own");
    let tex = vitals_charts::pgfplots(&noted).unwrap();
    assert!(tex.contains(". Second") && tex.contains("5 tests by flips of whole seeds"), "in the caption");
}
