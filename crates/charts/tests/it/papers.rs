//! What stands in the SVG and the pgfplots of a page: ground, sizes, colours, dashes, limits, data, words.

use vitals_charts::{
    Event, EventKind, Figure, Ground, Interval, Line, Lines, Page, Panel, Trace, XAxis, figure, pgfplots,
    png_within,
};
use vitals_series::frame;

use crate::pages;

/// A figure of one panel.
fn of(lines: Lines) -> Figure {
    Figure::new("t", Page::one_column(), vec![Panel::new("Loss", "", lines)])
}

fn attributes(svg: &str, tag: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let nodes = document.descendants().filter(|node| node.has_tag_name(tag));
    nodes.filter_map(|node| node.attribute(name).map(str::to_owned)).collect()
}

#[test]
fn letters_and_lengths_are_those_of_the_page() {
    for (width, font) in [(85.0, 7.0), (178.0, 8.0), (400.0, 14.0), (40.0, 5.0)] {
        let svg = figure(&pages::curves(Page::new(width, font).unwrap())).unwrap();
        assert!(svg.starts_with(&format!("<svg width=\"{width}mm\"")), "{}", &svg[..60]);
        // Tenths of a pixel, of which 96 are an inch.
        let points = |text: &String| text.parse::<f64>().unwrap() / 10.0 * 0.75;
        let sizes: Vec<f64> = attributes(&svg, "text", "font-size").iter().map(points).collect();
        assert!(sizes.iter().filter(|size| (**size - font).abs() < 1e-3).count() > 10, "{sizes:?}");
        assert!(sizes.iter().all(|size| *size > font - 1e-3), "nothing is smaller: {sizes:?}");
    }
}

#[test]
fn the_ground_is_what_was_asked_for() {
    let fills = |ground| {
        let svg = figure(&pages::curves(Page::one_column().on(ground))).unwrap();
        attributes(&svg, "rect", "fill")
    };
    let whole = |fills: &[String]| fills.iter().take(3).cloned().collect::<Vec<_>>();
    assert_eq!(fills(Ground::White)[0], "#FFFFFF");
    assert!(!fills(Ground::Transparent).contains(&"#FFFFFF".to_owned()));
    assert_eq!(whole(&fills(Ground::Light)), ["#EFF1F3", "#FFFFFF", "#FFFFFF"]);
    assert_eq!(whole(&fills(Ground::Dark)), ["#0C0E11", "#121519", "#121519"]);
    let svg = figure(&pages::curves(Page::one_column().on(Ground::Transparent))).unwrap();
    // The type of a PNG's pixels and, for indexed ones, that some of its colours are transparent.
    let png = png_within(&svg, 2.0, 60_000).unwrap();
    assert!(png.len() <= 60_000 && png[25] == 3, "{} bytes, type {}", png.len(), png[25]);
    assert!(png.windows(4).any(|bytes| bytes == b"tRNS"));
}

#[test]
fn line_n_has_colour_and_dash_n_everywhere() {
    let mut lines = Lines::new(XAxis::steps("step"));
    let steps: Vec<u64> = (0..100).collect();
    for n in 0..10 {
        let values: Vec<f64> = steps.iter().map(|step| n as f64 + *step as f64 / 100.0).collect();
        lines.lines.push(Line::new(format!("line {n}"), n, frame(&steps, &values, 0, 100, 300)));
    }
    let drawn = of(lines);
    let (svg, tex) = (figure(&drawn).unwrap(), pgfplots(&drawn).unwrap());
    let sheet =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/styles/tokens.css"))
            .unwrap();
    let light = sheet.split_once(":root[data-theme=\"light\"]").unwrap().1;
    let token = |block: &str, name: &str| {
        let rest = block.split_once(&format!("--{name}: ")).unwrap().1;
        rest.split_once(';').unwrap().0.to_owned()
    };
    let document = roxmltree::Document::parse(&svg).unwrap();
    let unit = 7.0 / 72.0 * 96.0 / 10.5;
    for n in 0..10 {
        let color = token(light, &format!("cat-{}", n + 1)).to_uppercase();
        let strokes = document.descendants().filter(|node| node.attribute("stroke") == Some(color.as_str()));
        let dashes: Vec<Option<&str>> = strokes.map(|node| node.attribute("stroke-dasharray")).collect();
        assert_eq!(dashes.len(), 2, "its legend and itself");
        let pattern = token(&sheet, &format!("dash-{}", n + 1));
        let lengths: Vec<f64> = pattern.split(' ').filter_map(|length| length.parse().ok()).collect();
        for dash in dashes {
            let drawn: Vec<f64> = dash
                .unwrap_or_default()
                .split_whitespace()
                .map(|text| text.parse::<f64>().unwrap() / 10.0 / unit)
                .collect();
            assert_eq!(drawn.len(), lengths.len(), "line {n}");
            assert!(
                drawn.iter().zip(&lengths).all(|(one, other)| (one - other).abs() < 1e-3),
                "line {n}: {drawn:?}"
            );
        }
        let name = format!("v{}", &color[1..]);
        assert!(tex.contains(&format!("\\definecolor{{{name}}}{{HTML}}{{{}}}", &color[1..])));
        let plot = tex.lines().find(|line| line.starts_with(&format!("\\addplot[{name}"))).unwrap();
        let lengths = lengths.iter().enumerate().map(|(at, length)| {
            format!("{} {}bp", ["on", "off"][at % 2], (length * unit * 75.0).round() / 100.0)
        });
        let lengths = lengths.collect::<Vec<_>>().join(" ");
        assert_eq!(plot.contains("dash pattern"), !lengths.is_empty(), "{plot}");
        assert!(lengths.is_empty() || plot.contains(&format!("dash pattern={lengths},")), "{plot} {lengths}");
    }
}

#[test]
fn nothing_is_drawn_beyond_fixed_limits() {
    let mut lines = Lines::new(XAxis { window: Some((10.0, 60.0)), ..XAxis::steps("step") });
    lines.y_limits = Some((0.0, 1.0));
    let steps: Vec<u64> = (0..100).collect();
    let values: Vec<f64> = steps.iter().map(|step| if step % 10 == 0 { 1e30 } else { 0.5 }).collect();
    let mut line = Line::new("zoomed", 0, frame(&steps, &values, 0, 100, 300));
    line.intervals =
        vec![Interval { x: 0.0, low: -5.0, high: 0.5 }, Interval { x: 99.0, low: 0.2, high: 7.0 }];
    lines.lines.push(line);
    lines.events = vec![
        Event::new(EventKind::Spike, 5.0),
        Event { end: Some(200.0), ..Event::new(EventKind::Dip, 50.0) },
    ];
    let drawn = of(lines);
    let svg = figure(&drawn).unwrap();
    let (mut left, mut right, mut top, mut bottom) = (f64::INFINITY, 0.0_f64, f64::INFINITY, 0.0_f64);
    for text in attributes(&svg, "polygon", "points").iter().chain(&attributes(&svg, "polyline", "points")) {
        for (x, y) in text.split_whitespace().map(|point| point.split_once(',').unwrap()) {
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
        }
    }
    let size: Vec<f64> = svg
        .split_once("viewBox=\"0 0 ")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .split(' ')
        .map(|text| text.parse().unwrap())
        .collect();
    assert!(
        left > 0.0 && right < size[0] && top > 0.0 && bottom < size[1],
        "{left} {right} {top} {bottom} of {size:?}"
    );
    let tex = pgfplots(&drawn).unwrap();
    assert!(tex.contains("xmin=10,xmax=60,ymin=0,ymax=1,"), "{tex}");
    // TeX cannot count so far.
    assert!(!tex.contains("e30") && !tex.contains("e29"));
    assert!(!tex.contains("vspike"), "an event outside of the window");
}

#[test]
fn pgfplots_is_well_formed_and_escaped() {
    for page in [Page::one_column(), Page::two_columns().on(Ground::Dark)] {
        for (kind, mut figure) in pages::all(page) {
            figure.title = "100 % of_{x} & #1 $\\n ~ ^ −1 × 2".into();
            let tex = pgfplots(&figure).unwrap();
            // Escaped braces do not count.
            let bare = tex.replace("\\{", "").replace("\\}", "");
            let depth = bare.chars().try_fold(0_i64, |depth, letter| {
                let depth = depth + i64::from(letter == '{') - i64::from(letter == '}');
                (depth >= 0).then_some(depth)
            });
            assert_eq!(depth, Some(0), "{kind}");
            assert_eq!(tex.matches("\\begin{axis}").count(), tex.matches("\\end{axis}").count(), "{kind}");
            assert_eq!(
                (tex.matches("\\begin{tikzpicture}").count(), tex.matches("\\end{tikzpicture}").count()),
                (1, 1)
            );
            let caption = "100 \\% of\\_\\{x\\} \\& \\#1 \\$\\textbackslash{}n \\textasciitilde{} \\textasciicircum{} $-$1 $\\times$ 2";
            assert!(tex.starts_with(&format!("% {caption}")), "{kind}: {}", tex.lines().next().unwrap());
            assert!(tex.contains(&format!("\\def\\vitalscaption{{{caption}")), "{kind}");
            assert!(tex.is_ascii(), "{kind}: {:?}", tex.chars().find(|letter| !letter.is_ascii()));
        }
    }
    let tex = pgfplots(&pages::curves(Page::one_column())).unwrap();
    assert!(tex.contains("(a3f9c1, b7\\_02)}"), "ids in the caption");
    assert!(!tex.contains("xmode=log") && tex.contains("ymode=log"));
    assert!(pgfplots(&pages::sensitivity(Page::one_column())).unwrap().contains("xmode=log"));
}

#[test]
fn pgfplots_has_the_data_with_what_is_not_finite() {
    let mut lines = Lines::new(XAxis::steps("스텝"));
    let values = [1.5, f64::NAN, 3.25, -2.0, f64::INFINITY, 4.0, 4.5, 1e-9, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0];
    let steps: Vec<u64> = (0..values.len() as u64).collect();
    lines.lines.push(Line::new("손실", 0, frame(&steps, &values, 0, 14, 300)));
    let tex = pgfplots(&of(lines)).unwrap();
    let rows = |start: &str| -> Vec<String> {
        let plot = tex.split(start).nth(1).unwrap();
        plot.lines().skip(1).take_while(|line| !line.starts_with('}')).map(str::to_owned).collect()
    };
    let data = rows("\\addplot[v2466C3,");
    assert_eq!(data[..6], ["0 1.5", "2 NaN", "2 3.25", "3 -2", "5 NaN", "5 4"]);
    assert!(data.contains(&"7 1e-9".to_owned()));
    let crosses: Vec<String> = rows("\\addplot[vB01C62,only marks,mark=x")
        .iter()
        .map(|row| row.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(crosses, ["1", "4"]);
    assert!(tex.contains("kotex") && tex.contains("{손실}") && tex.contains("xlabel={스텝}"));
}

#[test]
fn along_hours_and_at_points() {
    let steps: Vec<u64> = (0..1000).collect();
    let values: Vec<f64> = steps.iter().map(|step| *step as f64).collect();
    let hours = Trace::along(&frame(&steps, &values, 0, 1000, 10), |step| step as f64 * 0.01);
    assert_eq!((hours.from, hours.to, hours.columns[3].first_x), (0.0, 10.0, 3.0));
    let mut lines = Lines::new(XAxis::numbers("hours"));
    lines.lines.push(Line::new("a", 0, hours));
    lines.lines.push(Line::scatter("b", 1, &[(2.5, 10.0), (7.5, f64::NAN), (12.0, 30.0)]));
    let tex = pgfplots(&of(lines)).unwrap();
    assert!(tex.contains("only marks,mark=vshape1"));
    assert!(tex.contains("\n2.5 10\n12 30\n"), "{tex}");
}
