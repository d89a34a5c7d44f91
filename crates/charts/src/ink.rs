//! Draws on plotters' SVG backend with fractions of a pixel. The backend counts in whole units, so the figure is drawn many times
//! larger and shown through a view box. What the backend lacks, dashes and pictures, is written into its text afterwards.

use std::borrow::Cow;
use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoTextStyle, RGBColor, ShapeStyle};

use crate::clip::Place;
use crate::color::Color;
use crate::curve::{Point, dashed};
use crate::error::ChartError;
use crate::fonts::FAMILY;
use crate::lines::EventKind;
use crate::marks::{Glyph, corners, glyph};
use crate::page::{Look, Page};

/// plotters divides font sizes by this before it writes them.
const PLOTTERS_FONT: f64 = 1.24;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// What becomes of a shape that the backend has written.
enum Amend {
    Nothing,
    Dash(String),
    /// Another shape stands in its place.
    Instead(String),
    /// The size of a text, which the backend rounds.
    Size(f64),
}

pub(crate) struct Ink<'a> {
    backend: SVGBackend<'a>,
    pub look: Look,
    /// Units of the drawing in one pixel.
    fine: f64,
    /// One for each polyline, rectangle and text, in the order in which they were drawn.
    amends: Vec<Amend>,
}

/// Draws a figure of this height in pixels and returns its SVG, with a title and a description for those who cannot see it.
pub(crate) fn svg(
    page: &Page,
    height: f64,
    title: &str,
    description: &str,
    draw: impl FnOnce(&mut Ink<'_>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let mut text = String::new();
    let (look, width) = (page.look(), page.width());
    // A tenth of a pixel is 0.03 mm: finer than a printer, and a digit less in each number of a PDF.
    let fine = if look.is_window { 20.0 } else { 10.0 };
    let amends = {
        let size = ((width * fine).ceil() as u32, (height * fine).ceil() as u32);
        let backend = SVGBackend::with_string(&mut text, size);
        let mut ink = Ink { backend, look, fine, amends: Vec::new() };
        draw(&mut ink)?;
        ink.backend.present().map_err(draw_error)?;
        ink.amends
    };
    let body = text.find('>').map_or("", |end| &text[end + 1..]);
    let mut svg = String::with_capacity(text.len() + 512);
    let size = if look.is_window {
        format!("width=\"{width}\" height=\"{height}\"")
    } else {
        format!("width=\"{}mm\" height=\"{}mm\"", mm(width), mm(height))
    };
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg {size} viewBox=\"0 0 {} {}\" role=\"img\" \
         stroke-linejoin=\"round\" stroke-linecap=\"butt\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title>{}</title>\n<desc>{}</desc>",
        decimals(width * fine),
        decimals(height * fine),
        escape(title),
        description.lines().map(escape).collect::<Vec<_>>().join("\n")
    );
    amend(&mut svg, body, &amends);
    Ok(svg)
}

/// Pixels as millimetres; a ten-thousandth more or less is nothing.
fn mm(pixels: f64) -> f64 {
    decimals(pixels / 96.0 * 25.4)
}

fn decimals(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Copies the backend's text; the backend writes each shape into a line of its own.
fn amend(svg: &mut String, body: &str, amends: &[Amend]) {
    let mut amends = amends.iter();
    for line in body.split_inclusive('\n') {
        let is_shape = ["<polyline ", "<rect ", "<text "].iter().any(|tag| line.starts_with(tag));
        match is_shape.then(|| amends.next()).flatten() {
            Some(Amend::Dash(pattern)) => {
                svg.push_str("<polyline stroke-dasharray=\"");
                svg.push_str(pattern);
                svg.push('"');
                svg.push_str(&line["<polyline".len()..]);
            }
            Some(Amend::Instead(text)) => svg.push_str(text),
            Some(Amend::Size(size)) => {
                let (before, rest) = line.split_once("font-size=\"").unwrap_or((line, ""));
                let after = rest.split_once('"').map_or("", |parts| parts.1);
                let _ = write!(svg, "{before}font-size=\"{size}\"{after}");
            }
            Some(Amend::Nothing) | None => svg.push_str(line),
        }
    }
}

/// XML has no controls, not even escaped ones, and two code points that are no characters: labels of others may have them.
fn in_xml(text: &str) -> Cow<'_, str> {
    let is_none = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if !text.contains(is_none) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_none(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown.into()
}

fn escape(text: &str) -> String {
    in_xml(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Ink<'_> {
    pub fn stroke(
        &mut self,
        points: &[Point],
        color: Color,
        width: f64,
        opacity: f64,
    ) -> Result<(), ChartError> {
        self.polyline(points, color, width, opacity, Amend::Nothing)
    }

    /// A stroke in dashes of these lengths (ink, gap, …), in the window's pixels; without lengths it is whole.
    pub fn dashed(
        &mut self,
        points: &[Point],
        pattern: &[f64],
        color: Color,
        width: f64,
        opacity: f64,
    ) -> Result<(), ChartError> {
        if self.look.is_window {
            return dashed(points, pattern)
                .iter()
                .try_for_each(|dash| self.stroke(dash, color, width, opacity));
        }
        let lengths = self.lengths(pattern);
        let amend = if lengths.is_empty() { Amend::Nothing } else { Amend::Dash(lengths) };
        self.polyline(points, color, width, opacity, amend)
    }

    fn polyline(
        &mut self,
        points: &[Point],
        color: Color,
        width: f64,
        opacity: f64,
        amend: Amend,
    ) -> Result<(), ChartError> {
        let style = self.shape(color, opacity, width);
        let mut points: Vec<(i32, i32)> = points.iter().map(|&point| self.fine(point)).collect();
        points.dedup();
        if !self.look.is_window {
            drop_between(&mut points);
        }
        // A path without length cannot be stroked: points that fall together become a dash of half a pixel.
        if let [(x, y)] = points[..] {
            let reach = (self.fine / 4.0).ceil() as i32;
            points = vec![(x - reach, y), (x + reach, y)];
        }
        self.amends.push(amend);
        self.backend.draw_path(points, &style).map_err(draw_error)
    }

    pub fn rect(&mut self, from: Point, to: Point, color: Color, opacity: f64) -> Result<(), ChartError> {
        self.amends.push(Amend::Nothing);
        let style = self.shape(color, opacity, 0.0);
        let (from, to) = (self.fine(from), self.fine(to));
        self.backend.draw_rect(from, to, &style, true).map_err(draw_error)
    }

    /// A PNG stretched over a place, its pixels as they are.
    pub fn picture(&mut self, png: &[u8], place: Place) -> Result<(), ChartError> {
        self.image(png, place, " image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\"")
    }

    /// A PNG stretched over a place, of things that have no pixels.
    pub fn smooth_picture(&mut self, png: &[u8], place: Place) -> Result<(), ChartError> {
        self.image(png, place, "")
    }

    fn image(&mut self, png: &[u8], place: Place, rendering: &str) -> Result<(), ChartError> {
        let ((left, top), (right, bottom)) =
            (self.fine((place.left, place.top)), self.fine((place.right, place.bottom)));
        let picture = format!(
            "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\"{rendering} \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"data:image/png;base64,{}\"/>\n",
            right - left,
            bottom - top,
            BASE64_STANDARD.encode(png)
        );
        self.written(picture)
    }

    /// A path in units of the drawing (see [`Self::fine`]), with dashes of these lengths in the window's pixels.
    pub fn path(
        &mut self,
        path: &str,
        pattern: &[f64],
        color: Color,
        width: f64,
        opacity: f64,
    ) -> Result<(), ChartError> {
        let (red, green, blue) = color;
        let dash = match self.lengths(pattern) {
            lengths if lengths.is_empty() => String::new(),
            lengths => format!(" stroke-dasharray=\"{lengths}\""),
        };
        let width = decimals(width * self.fine);
        let opacity = decimals(opacity);
        self.written(format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#{red:02X}{green:02X}{blue:02X}\" stroke-width=\"{width}\"{dash} \
             opacity=\"{opacity}\"/>\n"
        ))
    }

    fn lengths(&self, pattern: &[f64]) -> String {
        let lengths = pattern.iter().map(|length| decimals(length * self.look.unit * self.fine).to_string());
        lengths.collect::<Vec<String>>().join(" ")
    }

    /// What the backend has no word for, in place of a shape that it has.
    fn written(&mut self, text: String) -> Result<(), ChartError> {
        self.rect((0.0, 0.0), (0.0, 0.0), self.look.theme.inset, 1.0)?;
        if let Some(last) = self.amends.last_mut() {
            *last = Amend::Instead(text);
        }
        Ok(())
    }

    /// A filled area; of fewer than three corners nothing is left.
    pub fn area(&mut self, corners: &[Point], color: Color, opacity: f64) -> Result<(), ChartError> {
        let style = self.shape(color, opacity, 0.0);
        let mut points: Vec<(i32, i32)> = corners.iter().map(|&point| self.fine(point)).collect();
        points.dedup();
        drop_between(&mut points);
        if points.len() < 3 {
            return Ok(());
        }
        self.backend.fill_polygon(points, &style).map_err(draw_error)
    }

    /// Shape n, filled, or as an outline over the ground where the evidence is weak.
    pub fn mark(
        &mut self,
        shape: usize,
        at: Point,
        radius: f64,
        color: Color,
        hollow: bool,
    ) -> Result<(), ChartError> {
        let inside = if hollow { self.look.behind() } else { color };
        let mut points = corners(shape, at, radius);
        if points.is_empty() {
            self.disc(at, radius, inside, true)?;
            return if hollow { self.disc(at, radius, color, false) } else { Ok(()) };
        }
        self.area(&points, inside, 1.0)?;
        if hollow {
            points.extend(points.first().copied());
            points.extend(points.get(1).copied());
            self.stroke(&points, color, 1.5 * self.look.unit, 1.0)?;
        }
        Ok(())
    }

    fn disc(&mut self, at: Point, radius: f64, color: Color, filled: bool) -> Result<(), ChartError> {
        let style = self.shape(color, 1.0, if filled { 0.0 } else { 1.5 * self.look.unit });
        let (at, radius) = (self.fine(at), (radius * self.fine) as u32);
        self.backend.draw_circle(at, radius, &style, filled).map_err(draw_error)
    }

    /// The mark of a kind of event.
    pub fn event(&mut self, kind: EventKind, at: Point, radius: f64, color: Color) -> Result<(), ChartError> {
        let place = |&(dx, dy): &Point| (at.0 + dx * radius, at.1 + dy * radius);
        match glyph(kind) {
            Glyph::Filled(points) => self.area(&points.iter().map(place).collect::<Vec<_>>(), color, 1.0),
            Glyph::Strokes(strokes) => strokes
                .iter()
                .try_for_each(|ends| self.stroke(&ends.each_ref().map(place), color, 0.5 * radius, 1.0)),
            Glyph::Circle => self.disc(at, 0.65 * radius, color, true),
        }
    }

    /// A text whose baseline stands at `at`.
    pub fn text(
        &mut self,
        text: &str,
        at: Point,
        size: f64,
        color: Color,
        (align, bold): (Align, bool),
    ) -> Result<(), ChartError> {
        if text.is_empty() && !self.look.is_window {
            return Ok(());
        }
        let horizontal = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let ink = rgb(color);
        let style = (FAMILY, size * self.fine * PLOTTERS_FONT, weight)
            .into_text_style(&(1, 1))
            .color(&ink)
            .pos(Pos::new(horizontal, VPos::Bottom));
        // The backend lifts such a text by half an x-height, about a quarter of its size.
        let (x, y) = at;
        let at = self.fine((x, y + 0.26 * size));
        let is_rounded = !self.look.is_window;
        self.amends.push(if is_rounded { Amend::Size(decimals(size * self.fine)) } else { Amend::Nothing });
        self.backend.draw_text(&in_xml(text), &style, at).map_err(draw_error)
    }

    /// Units of the drawing.
    pub fn fine(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.fine).round() as i32, (y * self.fine).round() as i32)
    }

    fn shape(&self, color: Color, opacity: f64, width: f64) -> ShapeStyle {
        ShapeStyle {
            color: rgb(color).mix(opacity),
            filled: true,
            stroke_width: (width * self.fine).round() as u32,
        }
    }
}

/// Leaves out points on the straight way between their neighbours; no extreme is one.
fn drop_between(points: &mut Vec<(i32, i32)>) {
    let mut kept: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for &next in points.iter() {
        if let [.., before, last] = kept[..] {
            let vector = |from: (i32, i32), to: (i32, i32)| {
                (i64::from(to.0) - i64::from(from.0), i64::from(to.1) - i64::from(from.1))
            };
            let ((a, b), (c, d)) = (vector(before, last), vector(last, next));
            if a * d == b * c && a * c + b * d > 0 {
                kept.pop();
            }
        }
        kept.push(next);
    }
    *points = kept;
}

fn rgb((red, green, blue): Color) -> RGBColor {
    RGBColor(red, green, blue)
}

fn draw_error(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_fall_together_are_a_short_dash() {
        let text = svg(&Page::window(10, 10), 10.0, "t", "d", |ink| {
            ink.stroke(&[(5.0, 5.0), (5.001, 5.001), (5.002, 5.0)], (0, 0, 0), 1.0, 1.0)
        });
        assert!(text.unwrap().contains("95,100 105,100"));
    }

    #[test]
    fn points_between_go_and_turns_stay() {
        let mut points = vec![(0, 0), (1, 2), (2, 4), (4, 8), (2, 4), (2, 5), (3, 5)];
        drop_between(&mut points);
        assert_eq!(points, [(0, 0), (4, 8), (2, 4), (2, 5), (3, 5)]);
    }

    #[test]
    fn a_label_of_others_leaves_the_figure_well_formed() {
        let label = "a\u{1}\u{1b}[2J<&>\u{9b}\u{fffe}";
        let text = svg(&Page::window(100, 20), 20.0, label, label, |ink| {
            ink.text(label, (5.0, 5.0), 9.0, (0, 0, 0), (Align::Start, false))
        });
        let text = text.unwrap();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let shown = r"a\u{1}\u{1b}[2J&lt;&amp;&gt;\u{9b}\u{fffe}";
        assert_eq!(text.matches(shown).count(), 3, "{text}");
        crate::png(&text, 1.0).unwrap();
    }
}
