//! The legend of a scale of colours: its low end, the colours, its high end, and what they say.

use crate::clip::Place;
use crate::color::Color;
use crate::error::ChartError;
use crate::ink::{Align, Ink};
use crate::page::Look;
use crate::{fonts, png};

/// Width of the colours.
const WIDTH: f64 = 84.0;

/// What stands beside the colours.
pub(crate) struct ColorScale {
    pub low: String,
    pub high: String,
    pub label: String,
}

/// The parts of a scale at its place.
pub(crate) struct Parts {
    pub low_x: f64,
    pub colors: Place,
    pub high_x: f64,
    pub label_x: f64,
}

impl ColorScale {
    /// End, colours, end, words.
    pub fn width(&self, look: &Look) -> f64 {
        let texts = [&self.low, &self.high, &self.label];
        texts.iter().map(|text| fonts::width(text, look.legend) + 5.0 * look.unit).sum::<f64>()
            + WIDTH * look.unit
    }

    /// So that it ends at `right`, on the baseline `y`.
    pub fn parts(&self, (right, y): (f64, f64), look: &Look) -> Parts {
        let (unit, size) = (look.unit, look.legend);
        let low_x = right - self.width(look) + 5.0 * unit;
        let left = low_x + fonts::width(&self.low, size) + 5.0 * unit;
        let right = left + WIDTH * unit;
        let high_x = right + 5.0 * unit;
        let label_x = high_x + fonts::width(&self.high, size) + 5.0 * unit;
        let colors = Place { left, right, top: y - 0.66 * size, bottom: y - 0.04 * size };
        Parts { low_x, colors, high_x, label_x }
    }

    /// The words with the places where each begins.
    pub fn words(&self, parts: &Parts) -> [(f64, &str); 3] {
        [(parts.low_x, &self.low), (parts.high_x, &self.high), (parts.label_x, &self.label)]
    }

    pub fn draw(&self, ink: &mut Ink<'_>, colors: Vec<Color>, end: (f64, f64)) -> Result<(), ChartError> {
        let look = ink.look;
        let parts = self.parts(end, &look);
        ink.picture(&png::of_colors(&[colors.into_iter().map(Some).collect()])?, parts.colors)?;
        for (x, word) in self.words(&parts) {
            let color = if x == parts.label_x { look.theme.axis } else { look.theme.quiet };
            ink.text(word, (x, end.1), look.legend, color, (Align::Start, false))?;
        }
        Ok(())
    }
}
