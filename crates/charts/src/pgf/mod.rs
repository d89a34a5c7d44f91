//! A figure as pgfplots with its data, to be set with the fonts of a paper. Colours, dashes, limits, ticks and legends are those of
//! the SVG; the title is left to the caption.

mod decided;
mod escape;
mod heat;
mod lines;
mod tex;

use escape::{bp, number, tex};
use tex::Tex;

use crate::clip::Place;
use crate::error::ChartError;
use crate::layout::{Laid, Layout};
use crate::legend;
use crate::model::{Figure, Panel, Plot};
use crate::page::Ground;

/// Draws a figure as a `tikzpicture` of its page's width, which needs only pgfplots. Its head says how to include it; it defines
/// `\vitalscaption`, which says title, subtitle and ids.
///
/// # Errors
/// The figure is too small for its panels.
pub fn pgfplots(figure: &Figure) -> Result<String, ChartError> {
    let untitled = Figure { title: String::new(), subtitle: String::new(), ..figure.clone() };
    let layout = Layout::of(&untitled)?;
    let mut out = Tex::new(layout.look);
    out.line(
        "\\useasboundingbox (0,0) rectangle (",
        &format!("{},{});", bp(layout.width), bp(-layout.height)),
    );
    ground(&mut out, &layout);
    let is_shared = !layout.shared_legend.is_empty();
    for (place, (panel, laid)) in figure.panels.iter().zip(&layout.panels).enumerate() {
        head(&mut out, panel, laid, &layout);
        let legend = match (&laid.legend, place) {
            (own, _) if !own.is_empty() => Some(own),
            (_, 0) if is_shared => Some(&layout.shared_legend),
            _ => None,
        };
        match &panel.plot {
            Plot::Lines(plot) => lines::write(&mut out, plot, laid, &layout, legend.is_some()),
            Plot::Heat(plot) => heat::write(&mut out, plot, laid),
            Plot::Forest(plot) => decided::forest(&mut out, plot, laid.place),
            Plot::Pairs(plot) => decided::pairs(&mut out, plot, laid, layout.left),
        }
    }
    let body = out.finish();
    Ok(format!(
        "{}\\begin{{tikzpicture}}[line join=round,font={}]\n{body}\\end{{tikzpicture}}\n",
        preamble(figure),
        font(layout.look.axis)
    ))
}

/// A size of letters in pixels as TeX's command, with lines a fifth higher.
pub(crate) fn font(pixels: f64) -> String {
    let size = |pixels: f64| (pixels * 75.0).round() / 100.0;
    format!("\\fontsize{{{0}bp}}{{{1}bp}}\\selectfont", size(pixels), size(1.2 * pixels))
}

/// Comments and the caption.
fn preamble(figure: &Figure) -> String {
    let mut caption = tex(&figure.title);
    if !figure.subtitle.is_empty() {
        caption += &format!(". {}", tex(&figure.subtitle));
    }
    if !figure.ids.is_empty() {
        caption += &format!(" ({})", tex(&figure.ids.join(", ")));
    }
    let texts = [&figure.title, &figure.subtitle].into_iter().chain(&figure.ids);
    let texts = texts.chain(figure.panels.iter().flat_map(words));
    let other = texts.clone().any(|text| escape::needs_other_engine(text));
    let engine = if other {
        "% Its letters need XeLaTeX or LuaLaTeX with a font that has them (for Hangul: \\usepackage{kotex}).\n"
    } else {
        ""
    };
    format!(
        "% {caption}\n\
         % In the preamble: \\usepackage{{pgfplots}} \\pgfplotsset{{compat=1.16}}\n{engine}\
         % In the figure: \\input{{this file}} \\caption{{\\vitalscaption}}\n\
         % Where TeX's memory ends, LuaLaTeX has more.\n\
         \\def\\vitalscaption{{{caption}}}\n"
    )
}

/// The words of a panel that may be in any script.
fn words(panel: &Panel) -> Vec<&String> {
    let own: Vec<&String> = match &panel.plot {
        Plot::Lines(plot) => plot
            .lines
            .iter()
            .map(|line| &line.label)
            .chain([&plot.x.title])
            .chain(plot.events.iter().map(|event| &event.label))
            .collect(),
        Plot::Heat(plot) => {
            plot.rows.iter().map(|row| &row.name).chain([&plot.x.title, &plot.scale_label]).collect()
        }
        Plot::Forest(plot) => {
            plot.rows.iter().flat_map(|row| [&row.label, &row.note]).chain([&plot.x_title]).collect()
        }
        Plot::Pairs(plot) => plot
            .rows
            .iter()
            .flat_map(|row| [&row.label, &row.note])
            .chain([&plot.arm.0, &plot.base.0])
            .collect(),
    };
    [&panel.title, &panel.unit].into_iter().chain(own).collect()
}

/// The window's ground, and cards on it.
fn ground(out: &mut Tex, layout: &Layout) {
    let look = layout.look;
    if matches!(look.ground, Ground::White | Ground::Transparent) {
        return;
    }
    for (Place { left, top, right, bottom }, color) in layout.grounds() {
        let color = out.color(color);
        out.line(
            &format!("\\fill[{color}] "),
            &format!("({},{}) rectangle ({},{});", bp(left), bp(-top), bp(right), bp(-bottom)),
        );
    }
}

/// Title and unit above a plot, in one node.
fn head(out: &mut Tex, panel: &Panel, laid: &Laid, layout: &Layout) {
    let look = layout.look;
    let y = laid.place.top - (9.0 + legend::ROW * laid.legend_rows as f64) * look.unit;
    let (text, quiet) = (out.color(look.theme.text), out.color(look.theme.axis));
    let words = format!(
        "\\textcolor{{{text}}}{{\\textbf{{{}}}}}\\enspace\\textcolor{{{quiet}}}{{{}}}",
        tex(&panel.title),
        tex(&panel.unit)
    );
    out.node((layout.left, y), "base west", "", &words);
}
