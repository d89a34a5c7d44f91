//! Parallel coordinates as files: every run is a line, every value is in the data, and ten thousand runs stay small.

use vitals_charts::{
    AxisValues, Figure, Ground, Page, Parallel, Plot, Stop, figure, pdf, pgfplots, png_within,
};

use crate::pages;

fn plot(figure: &Figure) -> &Parallel {
    let Plot::Parallel(plot) = &figure.panels[0].plot else { panic!("{figure:?}") };
    plot
}

/// Points of each line of the paths of an SVG: where it begins and where each of its pieces ends, in tenths of a pixel.
fn lines(svg: &str) -> Vec<(String, Vec<(f64, f64)>)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let paths = document.descendants().filter(|node| node.has_tag_name("path"));
    let of_path = |node: roxmltree::Node<'_, '_>| {
        let color = node.attribute("stroke").unwrap().to_owned();
        let line = |text: &str| {
            let pieces = text.split('C').map(|piece| {
                let numbers: Vec<f64> = piece.split(' ').map(|number| number.parse().unwrap()).collect();
                (numbers[numbers.len() - 2], numbers[numbers.len() - 1])
            });
            pieces.collect::<Vec<_>>()
        };
        let path = node.attribute("d").unwrap().to_owned();
        path.split('M').skip(1).map(|text| (color.clone(), line(text))).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn every_run_is_a_line_through_all_axes() {
    let drawn = pages::parallel(Page::two_columns(), 120, |run| run % 3 == 0);
    let svg = figure(&drawn).unwrap();
    let found = lines(&svg);
    assert_eq!(found.len(), 120 + 1, "and the marked one once more");
    assert!(found.iter().all(|(_, points)| points.len() == plot(&drawn).axes.len()));
    let colored = |color: &str| found.iter().filter(|(one, _)| one == color).count();
    // 7, 36, 65, 94 are broken, of which 36 lies inside.
    assert_eq!((colored("#838C96"), colored("#B01C62")), (80 - 3, 4), "ghosts, and what is not finite");
    assert_eq!(colored("#14181D"), 1, "the marked one");
    let words = texts(&svg);
    for word in [
        "Base learning rate",
        "log",
        "frozen patch",
        "× NaN · n",
        "none · n",
        "0 · n",
        "15.0",
        "75.0",
        "LAMB",
        "0.9",
    ] {
        assert!(words.iter().any(|text| text == word), "{word} in {words:?}");
    }
    assert!(svg.contains("n = 40 of 120;"), "said in words too");
    let boxes = svg.matches("opacity=\"0.24\"").count();
    assert_eq!(boxes, 3, "a range and two categories");
}

#[test]
fn a_line_stands_where_its_value_is() {
    let drawn = pages::parallel(Page::two_columns(), 40, |_| true);
    let found = lines(&figure(&drawn).unwrap());
    let AxisValues::Numbers { values, .. } = &plot(&drawn).axes[7].values else { panic!("numbers") };
    let mut finite: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    let broken = (0..40).filter(|&run| plot(&drawn).axes[7].stop(run) == Some(Stop::NotFinite)).count();
    // Ranks rise in the order of drawing, and what is not finite comes first.
    let ys: Vec<f64> = found[broken..40].iter().map(|(_, points)| points[7].1).collect();
    let (low, high) = (finite[0], finite[finite.len() - 1]);
    let (foot, head) = (ys[0], ys[ys.len() - 1]);
    for (y, value) in ys.iter().zip(&finite) {
        let expected = foot + (value - low) / (high - low) * (head - foot);
        assert!((y - expected).abs() <= 1.0, "{y} {expected}: a tenth of a pixel");
    }
    assert!(found[..broken].iter().all(|(_, points)| points[7].1 > foot), "at the stop below");
}

#[test]
fn the_data_of_pgfplots_are_the_recorded_values() {
    let drawn = pages::parallel(Page::two_columns(), 120, |run| run % 3 == 0);
    let tex = pgfplots(&drawn).unwrap();
    assert_eq!(tex.matches("\\begin{axis}").count(), tex.matches("\\end{axis}").count());
    let tables = tex.split("table[row sep=newline,x index=0,y index=1] {\n").skip(1);
    let rows: Vec<Vec<String>> = tables
        .flat_map(|table| table.split("};").next().unwrap().lines())
        .map(|row| row.split(' ').map(str::to_owned).collect())
        .collect();
    assert!(rows.iter().all(|row| row.len() == 3), "{rows:?}");
    for (at, axis) in plot(&drawn).axes.iter().enumerate() {
        let AxisValues::Numbers { values, .. } = &axis.values else { continue };
        let own = rows.iter().filter(|row| row[0] == at.to_string() && row[1] != "nan");
        let mut written: Vec<f64> = own.map(|row| row[2].parse().unwrap()).collect();
        assert_eq!(written.len(), 121);
        for value in values.iter().map(|value| value.unwrap_or(f64::NAN)) {
            let near =
                |one: &f64| one.is_nan() && value.is_nan() || (one - value).abs() <= 1e-6 * value.abs();
            let place = written.iter().position(near).unwrap();
            written.swap_remove(place);
        }
    }
    for word in ["\\textbf{Base learning rate}", "frozen patch", "$\\times$ NaN", "vshape1", "line width="] {
        assert!(tex.contains(word), "{word}");
    }
}

#[test]
fn ten_thousand_runs_are_small_and_none_is_lost() {
    for (every, ground) in [(97, Ground::White), (1, Ground::Transparent)] {
        let drawn = pages::parallel(Page::two_columns().on(ground), 10_000, |run| run % every == 0);
        let svg = figure(&drawn).unwrap();
        let (bytes, tex) = (pdf(&drawn).unwrap(), pgfplots(&drawn).unwrap());
        let picture = png_within(&svg, 2.0, 200_000).unwrap();
        let path = pages::folder().join(format!("ten-thousand-{every}"));
        std::fs::write(path.with_extension("pdf"), &bytes).unwrap();
        std::fs::write(path.with_extension("png"), &picture).unwrap();
        println!(
            "every {every}: PDF {}, PNG {}, SVG {}, pgfplots {}",
            bytes.len(),
            picture.len(),
            svg.len(),
            tex.len()
        );
        assert!(
            bytes.len() < 200_000 && picture.len() < 200_000,
            "PDF {}, PNG {}",
            bytes.len(),
            picture.len()
        );
        assert!(svg.len() < 2_000_000 && tex.len() < 2_000_000, "SVG {}, pgfplots {}", svg.len(), tex.len());
        // What is brushed stays lines as long as it is less than all; ghosts are a picture that has all of them.
        let expected = if every == 1 { 1 } else { 10_000_usize.div_ceil(every) + 1 };
        assert_eq!((lines(&svg).len(), svg.matches("<image ").count()), (expected, 2));
        assert_eq!(tex.matches("nan nan").count() + tex.matches("\\addplot[").count(), 10_001, "a line each");
    }
    let vector = figure(&pages::parallel(Page::two_columns(), 800, |run| run % 2 == 0)).unwrap();
    assert_eq!(lines(&vector).len(), 801);
    assert!(pdf(&pages::parallel(Page::two_columns(), 850, |run| run % 2 == 0)).unwrap().len() < 200_000);
}
