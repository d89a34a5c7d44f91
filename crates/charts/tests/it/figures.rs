//! Whole figures: what stands in them, and that they become pictures.

use std::path::Path;

use vitals_charts::{
    ChartError, Figure, Line, Lines, Page, Panel, Words, XAxis, comparison, comparison_in, figure, png,
};
use vitals_series::frame;

use crate::fixtures;

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

/// Width, height and how many different colours a PNG has, read from its own header.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn two_real_runs_side_by_side() {
    let compared = fixtures::calm();
    let drawn = comparison(&compared, 960);
    let titles: Vec<&str> = drawn.panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Loss",
            "kNN accuracy",
            "Learning rate",
            "Gradient norm by layer · frozen",
            "Gradient norm by layer · learned"
        ]
    );
    let svg = figure(&drawn).unwrap();
    let texts = texts(&svg);
    for word in ["Frozen or learned patch projection", "frozen", "learned", "step", "floor", "patch_embed"] {
        assert_eq!(texts.iter().filter(|text| *text == word).count(), 1, "{word} stands once in {texts:?}");
    }
    let bytes = png(&svg, 2.0).unwrap();
    assert_eq!(size(&bytes), (1920, 2 * 1067));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("calm.svg"), &svg).unwrap();
    std::fs::write(folder.join("calm.png"), bytes).unwrap();
}

#[test]
fn hangul_is_drawn_with_the_bundled_font() {
    let compared = fixtures::kicked();
    let svg = figure(&comparison_in(&compared, &Words::korean(), 960)).unwrap();
    let bytes = png(&svg, 2.0).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("kicked.png"), &bytes).unwrap();
    let without = png(&svg.replace("교란을 넣은 실행", ""), 2.0).unwrap();
    assert_ne!(bytes, without);
}

fn small(values: &[f64], log_y: bool) -> Figure {
    let steps: Vec<u64> = (0..values.len() as u64).collect();
    let mut plot = Lines::new(XAxis::steps("step"));
    plot.log_y = log_y;
    plot.lines.push(Line::new("a <b> & c", 0, frame(&steps, values, 0, values.len().max(1) as u64, 500)));
    Figure::new("A & B", Page::window(600, 300), vec![Panel::new("Loss & <more>", "", plot)])
}

#[test]
fn every_nan_leaves_a_cross() {
    let crosses = |values: &[f64]| {
        let svg = figure(&small(values, false)).unwrap();
        svg.matches("stroke-width=\"26\"").count() / 2
    };
    assert_eq!(crosses(&[1.0; 50]), 0);
    let mut values = [1.0; 50];
    values[7] = f64::NAN;
    values[20] = f64::INFINITY;
    values[49] = f64::NEG_INFINITY;
    assert_eq!(crosses(&values), 3);
    // Where hundreds stand side by side, one cross each seven pixels is left.
    assert!((60..90).contains(&crosses(&[f64::NAN; 500])));
}

#[test]
fn odd_data_makes_a_figure_all_the_same() {
    for log_y in [false, true] {
        for values in [
            vec![],
            vec![1.0],
            vec![0.0, 0.0, 0.0],
            vec![-1.0, 2.0, 0.0],
            vec![f64::NAN, f64::INFINITY],
            vec![1e300, -1e300],
            vec![1e-320, 1e300],
        ] {
            let svg = figure(&small(&values, log_y)).unwrap();
            png(&svg, 1.0).unwrap();
            assert!(svg.contains("<title>A &amp; B</title>"));
        }
    }
}

#[test]
fn too_many_panels_are_refused_with_the_height_they_need() {
    let mut figure_of_many = small(&[1.0, 2.0], false);
    figure_of_many.panels = vec![figure_of_many.panels[0].clone(); 9];
    let error = figure(&figure_of_many).unwrap_err();
    let ChartError::TooSmall { needed, .. } = error else { panic!("{error}") };
    figure_of_many.page = Page::window(600, needed);
    figure(&figure_of_many).unwrap();
}

#[test]
fn no_svg_is_an_error() {
    assert!(matches!(png("<p>no</p>", 1.0), Err(ChartError::Svg(_))));
    let svg = figure(&small(&[1.0], false)).unwrap();
    assert!(matches!(png(&svg, 0.0), Err(ChartError::Paint { .. })));
}

#[test]
fn long_words_are_cut_and_stay_inside() {
    let mut long = small(&[1.0, 2.0], false);
    long.title = "A title of very many words ".repeat(9);
    long.subtitle = "frozen patch projection, base learning rate 1e−4 · ".repeat(9);
    let texts = texts(&figure(&long).unwrap());
    assert!(texts.iter().filter(|text| text.ends_with('…')).count() == 2, "{texts:?}");
}
