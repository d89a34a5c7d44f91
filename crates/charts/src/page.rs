//! The page of a figure: its size on paper, its letters at that size, and what it stands on. Lengths of margins, legends and rows
//! follow from the letters; nothing here knows what is drawn.

use crate::error::ChartError;
use crate::theme::{DARK, LIGHT, Theme};

/// CSS pixels in a millimetre and in a point.
const PX_PER_MM: f64 = 96.0 / 25.4;
const PX_PER_PT: f64 = 96.0 / 72.0;
/// Size of axis numbers in the window, in pixels: the measure of all other lengths.
const WINDOW_AXIS: f64 = 10.5;
/// Columns of a frame lie one point apart, about as wide as a line is thick: finer ones would not be seen, and fifty
/// runs would not fit into a PDF of 200 kB.
const PX_PER_COLUMN: f64 = PX_PER_PT;

/// What a figure stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// White paper, light colours.
    #[default]
    White,
    /// Nothing below the drawing, light colours.
    Transparent,
    /// Cards on the window's ground, in its light theme.
    Light,
    /// As on the screen in the dark theme.
    Dark,
}

/// Size, letters and ground of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Page {
    width_mm: f64,
    height_mm: Option<f64>,
    /// None: the several sizes of the window.
    font_pt: Option<f64>,
    ground: Ground,
}

impl Page {
    /// A page of this width with letters of this size, as high as its panels ask for, on white.
    ///
    /// # Errors
    /// A width outside 40–400 mm, or letters outside 5–14 pt.
    pub fn new(width_mm: f64, font_pt: f64) -> Result<Self, ChartError> {
        if !(40.0..=400.0).contains(&width_mm) {
            return Err(ChartError::Page {
                what: "width",
                low: 40.0,
                high: 400.0,
                unit: "mm",
                value: width_mm,
            });
        }
        if !(5.0..=14.0).contains(&font_pt) {
            return Err(ChartError::Page { what: "font", low: 5.0, high: 14.0, unit: "pt", value: font_pt });
        }
        Ok(Self { width_mm, height_mm: None, font_pt: Some(font_pt), ground: Ground::White })
    }

    /// One column of a paper: 85 mm, letters of 7 pt.
    pub fn one_column() -> Self {
        Self { width_mm: 85.0, height_mm: None, font_pt: Some(7.0), ground: Ground::White }
    }

    /// Both columns: 178 mm, letters of 8 pt.
    pub fn two_columns() -> Self {
        Self { width_mm: 178.0, height_mm: None, font_pt: Some(8.0), ground: Ground::White }
    }

    /// A page in CSS pixels with the window's letters, on white.
    pub fn window(width: u32, height: u32) -> Self {
        let mm = |pixels: u32| f64::from(pixels) / PX_PER_MM;
        Self { width_mm: mm(width), height_mm: Some(mm(height)), font_pt: None, ground: Ground::White }
    }

    /// The page with a fixed height; a figure that needs more is refused.
    #[must_use]
    pub fn with_height_mm(self, height_mm: f64) -> Self {
        Self { height_mm: Some(height_mm), ..self }
    }

    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// How many columns the frames of a figure on this page should have.
    pub fn columns(&self) -> usize {
        let look = self.look();
        ((self.width() - 50.0 * look.unit - look.right) / PX_PER_COLUMN).max(1.0) as usize
    }

    /// Pixels.
    pub(crate) fn width(&self) -> f64 {
        tenths(self.width_mm * PX_PER_MM)
    }

    pub(crate) fn height(&self) -> Option<f64> {
        self.height_mm.map(|height| tenths(height * PX_PER_MM))
    }

    pub(crate) fn look(&self) -> Look {
        let theme = if self.ground == Ground::Dark { &DARK } else { &LIGHT };
        let common = Look { ground: self.ground, theme, ..Look::WINDOW };
        let Some(pt) = self.font_pt else { return common };
        let font = pt * PX_PER_PT;
        let unit = font / WINDOW_AXIS;
        Look {
            unit,
            is_window: false,
            title: 1.2 * font,
            subtitle: font,
            head: font,
            unit_text: font,
            legend: font,
            axis: font,
            label: font,
            right: 8.0 * unit,
            ..common
        }
    }
}

/// Whole tenths stay whole: 96 / 25.4 has no finite form.
fn tenths(pixels: f64) -> f64 {
    (pixels * 1e6).round() / 1e6
}

/// Sizes and colours of one page. Sizes of text are in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub ground: Ground,
    pub theme: &'static Theme,
    /// What a pixel of the window's design is here.
    pub unit: f64,
    /// The sizes, margins and strokes of the window, whose figures are older than pages.
    pub is_window: bool,
    pub title: f64,
    pub subtitle: f64,
    /// Title of a panel.
    pub head: f64,
    pub unit_text: f64,
    pub legend: f64,
    pub axis: f64,
    /// Words inside of a plot.
    pub label: f64,
    /// Margin right of the plots.
    pub right: f64,
}

impl Look {
    const WINDOW: Self = Self {
        ground: Ground::White,
        theme: &LIGHT,
        unit: 1.0,
        is_window: true,
        title: 15.0,
        subtitle: 12.0,
        head: 12.5,
        unit_text: 11.0,
        legend: 11.0,
        axis: WINDOW_AXIS,
        label: 10.0,
        right: 18.0,
    };

    /// For letters of other fonts, which are wider by this factor.
    pub fn with_wider_letters(self, factor: f64) -> Self {
        let [subtitle, head, unit_text, legend, axis, label] =
            [self.subtitle, self.head, self.unit_text, self.legend, self.axis, self.label]
                .map(|size| size * factor);
        Self { subtitle, head, unit_text, legend, axis, label, ..self }
    }

    /// What a hollow mark is filled with.
    pub fn behind(&self) -> crate::color::Color {
        self.theme.panel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_and_points_in_pixels() {
        let page = Page::new(25.4 * 3.0, 6.0).unwrap();
        assert_eq!((page.width(), page.look().axis), (288.0, 8.0));
        assert_eq!((Page::window(960, 777).width(), Page::window(960, 777).height()), (960.0, Some(777.0)));
        for (width, font) in [(39.9, 7.0), (400.1, 7.0), (f64::NAN, 7.0), (85.0, 4.9), (85.0, 15.0)] {
            assert!(Page::new(width, font).is_err(), "{width} mm, {font} pt");
        }
    }
}
