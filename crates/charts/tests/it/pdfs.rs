//! PDFs as a reader of the file sees them: their page, their fonts, their text, their paths.

use std::collections::HashMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object};
use vitals_charts::{ChartError, Figure, Page, Panel, Plot, Words, comparison_in, figure, pdf, png};

use crate::{fixtures, pages};

/// The content of the drawing, which is a form of its own, with the resources of each form.
fn forms(document: &Document) -> Vec<(Vec<lopdf::content::Operation>, Dictionary)> {
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    let forms = streams.filter(|stream| {
        stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form")
    });
    forms
        .map(|stream| {
            let content = Content::decode(&stream.decompressed_content().unwrap()).unwrap();
            let resources = stream.dict.get(b"Resources").unwrap();
            (content.operations, follow(document, resources).as_dict().unwrap().clone())
        })
        .collect()
}

fn follow<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).unwrap().1
}

/// Letters by code, from the map that the file gives for copying text.
fn letters(document: &Document, font: &Dictionary) -> HashMap<u16, String> {
    let map = follow(document, font.get(b"ToUnicode").unwrap()).as_stream().unwrap();
    let text = String::from_utf8(map.decompressed_content().unwrap_or_else(|_| map.content.clone())).unwrap();
    let hex = |part: &str| {
        let digits = part.trim_matches(['<', '>']);
        let units =
            (0..digits.len() / 4).map(|at| u16::from_str_radix(&digits[4 * at..4 * at + 4], 16).unwrap());
        units.collect::<Vec<u16>>()
    };
    let pairs = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|pair| pair.0.starts_with('<') && pair.1.starts_with('<'));
    pairs
        .filter_map(|(code, letter)| Some((*hex(code).first()?, String::from_utf16(&hex(letter)).ok()?)))
        .collect()
}

/// All letters as they are shown, and how many fonts there are; each must be in the file.
fn shown(document: &Document) -> (String, usize) {
    let (mut text, mut fonts) = (String::new(), 0);
    for (operations, resources) in forms(document) {
        let Ok(named) = resources.get(b"Font") else { continue };
        let mut maps = HashMap::new();
        for (name, font) in follow(document, named).as_dict().unwrap() {
            let font = follow(document, font).as_dict().unwrap();
            let below = follow(document, font.get(b"DescendantFonts").unwrap()).as_array().unwrap();
            let below = follow(document, &below[0]).as_dict().unwrap();
            let descriptor = follow(document, below.get(b"FontDescriptor").unwrap()).as_dict().unwrap();
            let file = descriptor.get(b"FontFile2").or_else(|_| descriptor.get(b"FontFile3"));
            assert!(!follow(document, file.expect("embedded")).as_stream().unwrap().content.is_empty());
            maps.insert(name.clone(), letters(document, font));
            fonts += 1;
        }
        let mut map = None;
        for operation in &operations {
            match (operation.operator.as_str(), operation.operands.first()) {
                ("Tf", Some(name)) => map = maps.get(name.as_name().unwrap()),
                ("Tj", Some(code)) => {
                    let code = code.as_str().unwrap();
                    let code = u16::from_be_bytes([code[0], code[1]]);
                    text.push_str(&map.unwrap()[&code]);
                }
                _ => {}
            }
        }
    }
    (text, fonts)
}

/// Coordinates of each path with more points than a shape has.
fn long_paths(document: &Document) -> Vec<Vec<(f64, f64)>> {
    let mut paths = Vec::new();
    let mut path = Vec::new();
    for operation in forms(document).into_iter().flat_map(|form| form.0) {
        match operation.operator.as_str() {
            "m" | "l" => {
                let [x, y] = [0, 1].map(|at| f64::from(operation.operands[at].as_float().unwrap()));
                path.push((x, y));
            }
            "S" if path.len() > 100 => paths.push(std::mem::take(&mut path)),
            "S" | "f" | "h" => path.clear(),
            _ => {}
        }
    }
    paths
}

fn open(figure: &Figure) -> Document {
    Document::load_mem(&pdf(figure).unwrap()).unwrap()
}

fn number(object: &Object) -> f64 {
    f64::from(object.as_float().unwrap())
}

#[test]
fn a_page_of_the_width_asked_for_with_its_fonts_and_its_words() {
    for (width, font) in [(85.0, 7.0), (178.0, 8.0), (120.5, 10.0)] {
        let page = Page::new(width, font).unwrap();
        for (kind, figure) in pages::all(page) {
            let document = open(&figure);
            let sheet = document.get_pages()[&1];
            let sheet = document.get_dictionary(sheet).unwrap();
            let corners = sheet.get(b"MediaBox").unwrap().as_array().unwrap();
            assert!((number(&corners[2]) - width / 25.4 * 72.0).abs() < 0.1, "{kind}: {corners:?}");
            let (text, fonts) = shown(&document);
            assert!(fonts >= 2, "{kind}: regular and semi-bold, {fonts}");
            assert!(text.contains(&figure.title), "{kind}: {text}");
            for panel in &figure.panels {
                assert!(text.contains(&panel.title), "{kind}: {text}");
                if let Plot::Lines(plot) = &panel.plot {
                    assert!(plot.lines.iter().all(|line| text.contains(&line.label)), "{kind}: {text}");
                }
            }
        }
    }
    let fixed = pages::curves(Page::two_columns().with_height_mm(150.0));
    let document = open(&fixed);
    let sheet = document.get_dictionary(document.get_pages()[&1]).unwrap();
    let height = number(&sheet.get(b"MediaBox").unwrap().as_array().unwrap()[3]);
    assert!((height - 150.0 / 25.4 * 72.0).abs() < 0.1, "{height}");
}

#[test]
fn letters_have_the_size_asked_for() {
    for font in [5.0, 7.0, 8.5, 14.0] {
        let document = open(&pages::curves(Page::new(178.0, font).unwrap()));
        let sizes: Vec<f64> = forms(&document)
            .into_iter()
            .flat_map(|form| form.0)
            .filter(|operation| operation.operator == "Tf")
            // The drawing counts in tenths of a pixel, of which 96 are 72 points.
            .map(|operation| number(&operation.operands[1]) / 10.0 * 0.75)
            .collect();
        assert!(
            sizes.iter().all(|size| (size - font).abs() < 0.01 || (size - 1.2 * font).abs() < 0.01),
            "{sizes:?}"
        );
        assert!(sizes.iter().any(|size| (size - font).abs() < 0.01));
    }
}

#[test]
fn the_file_says_what_it_is() {
    let document = open(&pages::curves(Page::one_column()));
    let info = document.trailer.get(b"Info").unwrap();
    let info = follow(&document, info).as_dict().unwrap();
    let text = |name: &[u8]| lopdf::decode_text_string(info.get(name).unwrap()).unwrap();
    assert_eq!(text(b"Title"), "Frozen or learned: 50 % & more_of #1");
    assert!(text(b"Subject").contains("MoCo v3") && text(b"Subject").contains("b7_02"));
}

#[test]
fn hangul_is_embedded_from_the_bundled_font() {
    let (text, fonts) = shown(&open(&comparison_in(&fixtures::kicked(), &Words::korean(), 960)));
    for word in ["교란을 넣은 실행", "손실", "학습률", "주입된 교란"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert_eq!(fonts, 2, "Inter and Pretendard, which stands in for the semi-bold letters too");
}

#[test]
fn letters_that_no_font_has_are_named() {
    // Of a script that is written nowhere, so that no machine has a font for it: the private use area's end.
    let mut figure = pages::curves(Page::one_column());
    figure.title = "soft\u{ad}hyphen, joined\u{200d}letters".into();
    pdf(&figure).unwrap();
    figure.title = "\u{10fffd}".into();
    assert!(matches!(pdf(&figure), Err(ChartError::Letters { .. })), "a text of nothing else");
    figure.title = "Loss \u{10fffd}".into();
    let error = pdf(&figure).unwrap_err();
    assert!(matches!(&error, ChartError::Letters { letters } if letters.contains('\u{10fffd}')), "{error}");
    let svg = vitals_charts::figure(&figure).unwrap();
    assert!(svg.contains('\u{10fffd}'), "the SVG keeps it");
    assert!(matches!(png(&svg, 1.0), Err(ChartError::Letters { .. })));
}

/// Pixels of a figure's plot: top and bottom, from the upright grid lines of its SVG.
fn plot_of(svg: &str) -> (f64, f64) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let grid = document.descendants().filter(|node| node.attribute("stroke") == Some("#ECEEF1"));
    let ends = grid.filter_map(|node| {
        let number = |text: &str| text.parse::<f64>().unwrap() / 10.0;
        let points: Vec<(f64, f64)> = (node.attribute("points")?.split_whitespace())
            .map(|point| point.split_once(',').unwrap())
            .map(|(x, y)| (number(x), number(y)))
            .collect();
        (points[0].0 == points[1].0).then_some((points[0].1, points[1].1))
    });
    ends.into_iter().next().unwrap()
}

#[test]
fn fifty_runs_of_a_hundred_thousand_steps_are_small_and_lose_no_extreme() {
    let drawn = pages::fifty(Page::two_columns());
    let svg = figure(&drawn).unwrap();
    let bytes = pdf(&drawn).unwrap();
    let picture = vitals_charts::png_within(&svg, 2.0, 200_000).unwrap();
    let tex = vitals_charts::pgfplots(&drawn).unwrap();
    println!("PDF {}, PNG {}, SVG {}, pgfplots {} bytes", bytes.len(), picture.len(), svg.len(), tex.len());
    assert!(bytes.len() < 200_000 && picture.len() < 200_000, "PDF {}, PNG {}", bytes.len(), picture.len());
    assert!(svg.len() < 2_000_000 && tex.len() < 2_000_000, "SVG {}, pgfplots {}", svg.len(), tex.len());

    let extents: Vec<(f64, f64)> =
        (0..pages::RUNS).map(|run| extent(pages::values(run).into_iter())).collect();
    let (low, high) = (
        extents.iter().map(|extent| extent.0).fold(f64::INFINITY, f64::min),
        extents.iter().map(|extent| extent.1).fold(f64::NEG_INFINITY, f64::max),
    );
    let room = 0.06 * (high - low);
    let (top, bottom) = plot_of(&svg);
    let at = |value: f64| bottom - (value - low + room) / (high - low + 2.0 * room) * (bottom - top);
    let paths = long_paths(&Document::load_mem(&bytes).unwrap());
    assert_eq!(paths.len(), pages::RUNS);
    // The first run lies over the others: it is drawn last.
    for (path, (least, most)) in paths.iter().rev().zip(&extents) {
        let (highest, lowest) = extent(path.iter().map(|point| point.1 / 10.0));
        assert!((highest - at(*most)).abs() < 0.5 && (lowest - at(*least)).abs() < 0.5, "{highest} {lowest}");
    }
    // The SVG's lines are the PDF's.
    let document = roxmltree::Document::parse(&svg).unwrap();
    let points = document
        .descendants()
        .filter_map(|node| node.attribute("points").map(|text| text.matches(',').count()));
    let long: Vec<usize> = points.filter(|count| *count > 100).collect();
    assert_eq!(long, paths.iter().map(Vec::len).collect::<Vec<_>>());
    // Each run's data have the extremes of each of its columns, to seven digits.
    let plots: Vec<&str> = tex.split("\\addplot[").skip(1).collect();
    assert_eq!(plots.len(), pages::RUNS, "a plot a line");
    let Plot::Lines(lines) = &drawn.panels[0].plot else { panic!("lines") };
    for (plot, line) in plots.iter().rev().zip(&lines.lines) {
        let rows: Vec<f64> = (plot.lines().skip(1).take_while(|line| !line.starts_with('}')))
            .map(|line| line.split_once(' ').unwrap().1.parse().unwrap())
            .collect();
        let columns = &line.trace.columns;
        assert_eq!(
            (rows.len(), columns.len()),
            (2 * Page::two_columns().columns(), Page::two_columns().columns())
        );
        for (pair, column) in rows.chunks(2).zip(columns) {
            let (low, high) = extent(pair.iter().copied());
            let (least, most) = (column.values.min, column.values.max);
            assert!((low - least).abs() < 1e-6 && (high - most).abs() < 1e-6, "{low} {least} {high} {most}");
        }
    }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

#[test]
fn a_figure_without_panels_is_a_page_all_the_same() {
    let figure = Figure::new("Nothing yet", Page::one_column(), Vec::<Panel>::new());
    assert_eq!(shown(&open(&figure)).0, "Nothing yet");
    assert!(vitals_charts::pgfplots(&figure).unwrap().contains("\\end{tikzpicture}"));
}
