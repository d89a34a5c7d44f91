//! The mark of a series as a picture of its own, for a name in a text or table beside a figure: the colour and shape that its lines
//! and dots have there. Hidden from those who hear the page, as the name stands beside it.

use crate::marks::corners;
use crate::theme::LIGHT;

/// Half the side of the picture, in radii of the mark.
const REACH: f64 = 1.3;

/// Colour and shape n, counted from 0, as SVG on white.
pub fn mark(index: usize) -> String {
    let (red, green, blue) = LIGHT.category(index);
    let points = corners(index, (0.0, 0.0), 1.0);
    let shape = if points.is_empty() {
        "<circle r=\"1\"/>".to_owned()
    } else {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        format!("<polygon points=\"{}\"/>", points.join(" "))
    };
    format!(
        "<svg class=\"mk\" viewBox=\"-{REACH} -{REACH} {} {}\" aria-hidden=\"true\" fill=\"#{red:02x}{green:02x}{blue:02x}\">{shape}</svg>",
        2.0 * REACH,
        2.0 * REACH
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_and_shape_go_together() {
        assert!(mark(0).contains("#2466c3") && mark(0).contains("<circle r=\"1\"/>"), "{}", mark(0));
        assert!(mark(1).contains("#ad5010") && mark(1).contains("-0.85,-0.85 0.85,-0.85"), "{}", mark(1));
    }
}
