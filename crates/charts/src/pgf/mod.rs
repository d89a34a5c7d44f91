//! A figure as pgfplots with its data, to be set with the fonts of a paper. Colours, dashes, limits, ticks and legends are those of
//! the SVG; the title is left to the caption.

mod cells;
mod decided;
mod escape;
mod heat;
mod lines;
mod parallel;
mod scatter;
mod shares;
mod tex;

use escape::{bp, number, tex};
use tex::Tex;

use crate::clip::Place;
use crate::error::ChartError;
use crate::laid::Laid;
use crate::layout::Layout;
use crate::legend::{self, Entry};
use crate::model::{Figure, Panel, Plot};
use crate::page::Ground;

/// How much wider the letters of TeX's own fonts are than those that figures are laid out with.
const WIDER: f64 = 1.07;

/// Draws a figure as a `tikzpicture` of its page's width, which needs only pgfplots. Its head says how to include it; it defines
/// `\vitalscaption`, which says title, subtitle, notes and ids.
///
/// # Errors
/// The figure is too small for its panels.
pub fn pgfplots(figure: &Figure) -> Result<String, ChartError> {
    let (title, subtitle, notes) = (String::new(), String::new(), Vec::new());
    let untitled = Figure { title, subtitle, notes, ..figure.clone() };
    let look = figure.page.look();
    let layout = Layout::of(&untitled, look.with_wider_letters(WIDER))?;
    let mut out = Tex::new(look, layout.look);
    out.line(
        "\\useasboundingbox (0,0) rectangle (",
        &format!("{},{});", bp(layout.width), bp(-layout.height)),
    );
    ground(&mut out, &layout);
    let top = (layout.left, layout.legend_y);
    legend_of(
        &mut out,
        &layout.shared_legend,
        legend::places(&layout.shared_legend, top, layout.available, &layout.look),
    );
    for (panel, laid) in figure.panels.iter().zip(&layout.panels) {
        head(&mut out, panel, laid, &layout);
        let (at, available) = (layout.legend_at(laid), layout.available + 1.0);
        legend_of(&mut out, &laid.legend, legend::places(&laid.legend, at, available, &layout.look));
        match &panel.plot {
            Plot::Lines(plot) => lines::write(&mut out, plot, laid),
            Plot::Heat(plot) => heat::write(&mut out, plot, laid, layout.scale_at(laid)),
            Plot::Forest(plot) => decided::forest(&mut out, plot, laid.place),
            Plot::Pairs(plot) => decided::pairs(&mut out, plot, laid.place),
            Plot::Parallel(plot) => parallel::write(&mut out, plot, laid.place, layout.scale_at(laid)),
            Plot::Cells(plot) => cells::write(&mut out, plot, laid.place, layout.scale_at(laid)),
            Plot::Scatter(plot) => scatter::write(&mut out, plot, laid.place),
            Plot::Shares(plot) => shares::write(&mut out, plot, laid.place),
        }
    }
    let body = out.finish();
    Ok(format!(
        "{}\\begin{{tikzpicture}}[line join=round,font={}]\n{body}\\end{{tikzpicture}}%\n",
        preamble(figure),
        font(look.axis)
    ))
}

/// A size of letters in pixels as TeX's command, with lines a fifth higher.
pub(crate) fn font(pixels: f64) -> String {
    let size = |pixels: f64| (pixels * 75.0).round() / 100.0;
    format!("\\fontsize{{{0}bp}}{{{1}bp}}\\selectfont", size(pixels), size(1.2 * pixels))
}

/// Comments and the caption.
fn preamble(figure: &Figure) -> String {
    let parts = [&figure.title, &figure.subtitle].into_iter().chain(&figure.notes);
    let parts = parts.map(|part| tex(part.trim_end_matches('.'))).filter(|part| !part.is_empty());
    let mut caption = parts.collect::<Vec<_>>().join(". ");
    if !figure.ids.is_empty() {
        caption += &format!(" ({})", tex(&figure.ids.join(", ")));
    }
    let texts = [&figure.title, &figure.subtitle].into_iter().chain(&figure.notes).chain(&figure.ids);
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
         \\def\\vitalscaption{{{caption}}}%\n"
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
        Plot::Parallel(plot) => {
            let colors = plot.colors.iter().map(|(_, _, label)| label);
            let axes = plot.axes.iter().flat_map(|axis| {
                let names = axis.categories().iter().map(|one| &one.label);
                [&axis.name, &axis.note].into_iter().chain(&axis.stop_labels).chain(names)
            });
            axes.chain(colors).collect()
        }
        Plot::Cells(plot) => {
            let in_cells = plot.maps.iter().flat_map(|map| map.cells.iter().flatten());
            let in_cells = in_cells.flat_map(|cell| [&cell.value, &cell.spread, &cell.failed]);
            let around = plot.colors.iter().map(|one| &one.2).chain(plot.margin.iter().map(|one| &one.1));
            let titles =
                plot.maps.iter().map(|map| &map.title).chain([&plot.x_title, &plot.y_title, &plot.none]);
            titles.chain(&plot.xs).chain(&plot.ys).chain(around).chain(in_cells).collect()
        }
        Plot::Scatter(plot) => {
            let labels = plot.groups.iter().map(|group| &group.label);
            labels.chain([&plot.x_title, &plot.foot, &plot.side]).collect()
        }
        Plot::Shares(plot) => {
            let rows = plot.rows.iter().flat_map(|row| [&row.label, &row.note]);
            rows.chain(plot.chance.iter().map(|chance| &chance.1)).collect()
        }
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
    let (text, quiet) = (out.color(look.theme.text), out.color(look.theme.axis));
    let words = format!(
        "\\textcolor{{{text}}}{{\\textbf{{{}}}}}\\enspace\\textcolor{{{quiet}}}{{{}}}",
        tex(&panel.title),
        tex(&panel.unit)
    );
    out.node((layout.left, layout.title_y(laid)), "base west", "", &words);
}

/// Entries of a legend at the places that they have in the SVG.
fn legend_of(out: &mut Tex, entries: &[Entry], places: Vec<(f64, f64)>) {
    let look = out.look;
    let unit = look.unit;
    for (entry, (x, y)) in entries.iter().zip(places) {
        let (color, middle) = (out.color(entry.color), y - 0.36 * look.legend);
        let at = |x: f64| format!("({},{})", bp(x), bp(-middle));
        if let Some(dash) = entry.dash {
            let style = format!("{color},line width={}{}", bp(1.8 * unit), dashes(dash, unit));
            out.line(
                &format!("\\draw[{style}] "),
                &format!("{} -- {};", at(x), at(x + legend::SAMPLE * unit)),
            );
        }
        if let Some(shape) = entry.shape {
            let mark = out.shape(shape, false);
            let size = bp(3.0 * unit);
            out.line(
                &format!("\\path[{color},fill={color}] plot[mark={mark},mark size={size},mark options={{fill={color}}}] "),
                &format!("coordinates {{{}}};", at(x + 0.5 * legend::SAMPLE * unit)),
            );
        }
        let quiet = out.color(look.theme.quiet);
        let words_x = x + (legend::SAMPLE + 5.0) * unit;
        out.node((words_x, y), "base west", &format!(",text={quiet}"), &tex(&entry.label));
    }
}

/// The option for dashes of these lengths in the window's pixels, after a comma; none for a whole line.
fn dashes(lengths: &[f64], unit: f64) -> String {
    let length =
        |(place, length): (usize, &f64)| format!("{} {}", ["on", "off"][place % 2], bp(length * unit));
    let lengths: Vec<String> = lengths.iter().enumerate().map(length).collect();
    if lengths.is_empty() { String::new() } else { format!(",dash pattern={}", lengths.join(" ")) }
}
