//! Draws on plotters' SVG backend with fractions of a pixel. The backend counts in whole units, so the figure is drawn
//! twenty times larger and shown through a view box.

use std::borrow::Cow;
use std::fmt::Write;

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoTextStyle, RGBColor, ShapeStyle};

use crate::curve::Point;
use crate::error::ChartError;
use crate::fonts::FAMILY;
use crate::theme::Color;

/// Units of the drawing in one pixel.
const FINE: f64 = 20.0;
/// plotters divides font sizes by this before it writes them.
const PLOTTERS_FONT: f64 = 1.24;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

pub(crate) struct Ink<'a>(SVGBackend<'a>);

/// Draws a figure of this size and returns its SVG, with a title and a description for those who cannot see it.
pub(crate) fn svg(
    (width, height): (u32, u32),
    title: &str,
    description: &str,
    draw: impl FnOnce(&mut Ink<'_>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let mut text = String::new();
    let size = ((f64::from(width) * FINE) as u32, (f64::from(height) * FINE) as u32);
    {
        let mut ink = Ink(SVGBackend::with_string(&mut text, size));
        draw(&mut ink)?;
        ink.0.present().map_err(|error| ChartError::Draw(error.to_string()))?;
    }
    let body = text.find('>').map_or("", |end| &text[end + 1..]);
    let mut svg = String::with_capacity(text.len() + 512);
    let (fine_width, fine_height) = size;
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {fine_width} {fine_height}\" role=\"img\" \
         stroke-linejoin=\"round\" stroke-linecap=\"butt\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title>{}</title>\n<desc>{}</desc>{body}",
        escape(title),
        escape(description)
    );
    Ok(svg)
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
        let style = shape(color, opacity, width);
        let mut points: Vec<(i32, i32)> = points.iter().map(|&point| fine(point)).collect();
        points.dedup();
        // A path without length cannot be stroked: points that fall together become a dash of half a pixel.
        if let [(x, y)] = points[..] {
            let reach = (FINE / 4.0) as i32;
            points = vec![(x - reach, y), (x + reach, y)];
        }
        self.0.draw_path(points, &style).map_err(draw_error)
    }

    pub fn rect(&mut self, from: Point, to: Point, color: Color, opacity: f64) -> Result<(), ChartError> {
        self.0.draw_rect(fine(from), fine(to), &shape(color, opacity, 0.0), true).map_err(draw_error)
    }

    pub fn disc(&mut self, at: Point, radius: f64, color: Color) -> Result<(), ChartError> {
        self.0
            .draw_circle(fine(at), (radius * FINE) as u32, &shape(color, 1.0, 0.0), true)
            .map_err(draw_error)
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
        let horizontal = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let ink = rgb(color);
        let style = (FAMILY, size * FINE * PLOTTERS_FONT, weight)
            .into_text_style(&(1, 1))
            .color(&ink)
            .pos(Pos::new(horizontal, VPos::Bottom));
        // The backend lifts such a text by half an x-height, about a quarter of its size.
        let (x, y) = at;
        self.0.draw_text(&in_xml(text), &style, fine((x, y + 0.26 * size))).map_err(draw_error)
    }
}

fn fine((x, y): Point) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

fn rgb((red, green, blue): Color) -> RGBColor {
    RGBColor(red, green, blue)
}

fn shape(color: Color, opacity: f64, width: f64) -> ShapeStyle {
    ShapeStyle { color: rgb(color).mix(opacity), filled: true, stroke_width: (width * FINE).round() as u32 }
}

fn draw_error(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_fall_together_are_a_short_dash() {
        let text = svg((10, 10), "t", "d", |ink| {
            ink.stroke(&[(5.0, 5.0), (5.001, 5.001), (5.002, 5.0)], (0, 0, 0), 1.0, 1.0)
        });
        assert!(text.unwrap().contains("95,100 105,100"));
    }

    #[test]
    fn a_label_of_others_leaves_the_figure_well_formed() {
        let label = "a\u{1}\u{1b}[2J<&>\u{9b}\u{fffe}";
        let text = svg((100, 20), label, label, |ink| {
            ink.text(label, (5.0, 5.0), 9.0, (0, 0, 0), (Align::Start, false))
        });
        let text = text.unwrap();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        let shown = r"a\u{1}\u{1b}[2J&lt;&amp;&gt;\u{9b}\u{fffe}";
        assert_eq!(text.matches(shown).count(), 3, "{text}");
        crate::png(&text, 1.0).unwrap();
    }
}
