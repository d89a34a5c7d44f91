//! Shapes of marks: of a series by its number, of an event by its kind. Triangles up and down are events and stand for no series.

use crate::curve::Point;
use crate::lines::EventKind;

/// How many shapes there are.
pub(crate) const SHAPES: usize = 6;
/// Corners on a square from −1 to 1, as in `ui/src/lib/charts/shapes.ts`; the first shape is a circle and has none.
const CORNERS: [&[Point]; SHAPES] = [
    &[],
    &[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    &[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)],
    &[(-0.85, -1.05), (1.1, 0.0), (-0.85, 1.05)],
    &[
        (-0.4, -1.1),
        (0.4, -1.1),
        (0.4, -0.4),
        (1.1, -0.4),
        (1.1, 0.4),
        (0.4, 0.4),
        (0.4, 1.1),
        (-0.4, 1.1),
        (-0.4, 0.4),
        (-1.1, 0.4),
        (-1.1, -0.4),
        (-0.4, -0.4),
    ],
    &[(-0.55, -1.0), (0.55, -1.0), (1.1, 0.0), (0.55, 1.0), (-0.55, 1.0), (-1.1, 0.0)],
];
/// The mark of a mean.
pub(crate) const DIAMOND: usize = 2;

/// Corners of shape n, counted from 0, around a place; empty: a circle of this radius.
pub(crate) fn corners(shape: usize, (x, y): Point, radius: f64) -> Vec<Point> {
    CORNERS[shape % SHAPES].iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect()
}

/// What an event's mark looks like, on a square from −1 to 1.
pub(crate) enum Glyph {
    Filled(&'static [Point]),
    /// Strokes, each from one point to another.
    Strokes(&'static [[Point; 2]]),
    Circle,
}

/// As in `ui/src/lib/ui/EventMark.svelte`.
pub(crate) fn glyph(kind: EventKind) -> Glyph {
    match kind {
        EventKind::Spike | EventKind::Shock => Glyph::Filled(&[(0.0, -0.8), (0.86, 0.8), (-0.86, 0.8)]),
        EventKind::Dip => Glyph::Filled(&[(-0.86, -0.7), (0.86, -0.7), (0.0, 0.8)]),
        EventKind::Collapse => Glyph::Filled(&[(-0.8, -0.28), (0.8, -0.28), (0.8, 0.28), (-0.8, 0.28)]),
        EventKind::Nonfinite => Glyph::Strokes(&[[(-0.7, -0.7), (0.7, 0.7)], [(0.7, -0.7), (-0.7, 0.7)]]),
        EventKind::Stalled | EventKind::Other => Glyph::Circle,
    }
}
