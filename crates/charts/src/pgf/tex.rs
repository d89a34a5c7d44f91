//! The picture as it is written: lines of TeX, and the colours and marks that they use, which are defined before them.

use std::collections::{BTreeMap, BTreeSet};

use super::escape::{bp, number};
use super::font;
use crate::color::Color;
use crate::curve::Point;
use crate::lines::EventKind;
use crate::marks::{Glyph, SHAPES, corners, glyph};
use crate::page::Look;

pub(crate) struct Tex {
    /// With letters as wide as TeX's.
    pub look: Look,
    font: f64,
    body: String,
    colors: BTreeSet<Color>,
    /// Corners by name, from −1 to 1, none for a circle; and whether the mark is an outline too.
    marks: BTreeMap<String, (Vec<Point>, bool)>,
}

impl Tex {
    /// `wide`: the same look with letters as wide as TeX's.
    pub fn new(look: Look, wide: Look) -> Self {
        Self {
            look: wide,
            font: look.axis,
            body: String::new(),
            colors: BTreeSet::new(),
            marks: BTreeMap::new(),
        }
    }

    pub fn line(&mut self, one: &str, other: &str) {
        self.body.push_str(one);
        self.body.push_str(other);
        self.body.push('\n');
    }

    /// The name of a colour.
    pub fn color(&mut self, color: Color) -> String {
        self.colors.insert(color);
        name(color)
    }

    /// The name of the mark of shape n.
    pub fn shape(&mut self, shape: usize, hollow: bool) -> String {
        let name = format!("vshape{}{}", shape % SHAPES, if hollow { "o" } else { "" });
        self.mark(name, corners(shape, (0.0, 0.0), 1.0), hollow)
    }

    /// The name of the mark of a kind of event.
    pub fn event(&mut self, kind: EventKind) -> String {
        match glyph(kind) {
            Glyph::Filled(points) => self.mark(format!("v{kind:?}").to_lowercase(), points.to_vec(), false),
            Glyph::Strokes(_) => "x".to_owned(),
            Glyph::Circle => self.shape(0, false),
        }
    }

    fn mark(&mut self, name: String, corners: Vec<Point>, outline: bool) -> String {
        self.marks.insert(name.clone(), (corners, outline));
        name
    }

    /// A text at a place of the page in pixels.
    pub fn node(&mut self, (x, y): Point, anchor: &str, options: &str, words: &str) {
        let at = format!("({},{})", bp(x), bp(-y));
        self.line(
            &format!("\\node[anchor={anchor},inner sep=0{options}] at {at} "),
            &format!("{{{words}}};"),
        );
    }

    /// The letters of axes and legends.
    pub fn font(&self) -> String {
        font(self.font)
    }

    /// A table of points, each on a line of its own.
    pub fn table(&mut self, points: impl IntoIterator<Item = Point>) {
        self.body.push_str(" table[row sep=newline] {\n");
        for (x, y) in points {
            self.body.push_str(&number(x));
            self.body.push(' ');
            self.body.push_str(&number(y));
            self.body.push('\n');
        }
        self.body.push('}');
    }

    /// Without the end of a line.
    pub fn part(&mut self, text: &str) {
        self.body.push_str(text);
    }

    pub fn finish(self) -> String {
        let mut text = String::new();
        for color in self.colors {
            let (red, green, blue) = color;
            text += &format!("\\definecolor{{{}}}{{HTML}}{{{red:02X}{green:02X}{blue:02X}}}\n", name(color));
        }
        for (name, (corners, outline)) in self.marks {
            text += &format!("\\pgfdeclareplotmark{{{name}}}{{");
            let is_circle = corners.is_empty();
            for (place, (x, y)) in corners.into_iter().enumerate() {
                let to = if place == 0 { "moveto" } else { "lineto" };
                // TeX counts upwards.
                let up = if y == 0.0 { 0.0 } else { -y };
                text +=
                    &format!("\\pgfpath{to}{{\\pgfpoint{{{x}\\pgfplotmarksize}}{{{up}\\pgfplotmarksize}}}}");
            }
            text += if is_circle {
                "\\pgfpathcircle{\\pgfpointorigin}{\\pgfplotmarksize}"
            } else {
                "\\pgfpathclose"
            };
            text += if outline { "\\pgfusepathqfillstroke}\n" } else { "\\pgfusepathqfill}\n" };
        }
        text + &self.body
    }
}

fn name((red, green, blue): Color) -> String {
    format!("v{red:02X}{green:02X}{blue:02X}")
}
