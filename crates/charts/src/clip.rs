//! Cuts strokes and areas at the edges of a plot, so that a zoomed figure shows what its axes say and nothing beside.

use crate::curve::Point;

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Place {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether a point lies in it, its edges included.
    pub fn holds(&self, (x, y): Point) -> bool {
        // A thousandth of a pixel: the edges themselves are computed.
        let near = 1e-3;
        (self.left - near..=self.right + near).contains(&x)
            && (self.top - near..=self.bottom + near).contains(&y)
    }

    /// Its edges as half planes: where a point lies inside, the number is not negative.
    fn edges(&self) -> [impl Fn(Point) -> f64 + use<>; 4] {
        let Self { left, right, top, bottom } = *self;
        [(1.0, 0.0, -left), (-1.0, 0.0, right), (0.0, 1.0, -top), (0.0, -1.0, bottom)]
            .map(|(a, b, c)| move |(x, y): Point| a * x + b * y + c)
    }

    /// The parts of a stroke that lie inside.
    pub fn strokes(&self, stroke: &[Point]) -> Vec<Vec<Point>> {
        if stroke.iter().all(|&point| self.holds(point)) {
            return vec![stroke.to_vec()];
        }
        let mut parts: Vec<Vec<Point>> = Vec::new();
        for pair in stroke.windows(2) {
            let Some((from, to)) = self.segment(pair[0], pair[1]) else { continue };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&from) => part.push(to),
                _ => parts.push(vec![from, to]),
            }
        }
        parts
    }

    /// The part of a segment that lies inside.
    fn segment(&self, from: Point, to: Point) -> Option<(Point, Point)> {
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for edge in self.edges() {
            let (one, other) = (edge(from), edge(to));
            match (one < 0.0, other < 0.0) {
                (true, true) => return None,
                (true, false) => enters = enters.max(one / (one - other)),
                (false, true) => leaves = leaves.min(one / (one - other)),
                (false, false) => {}
            }
        }
        // The ends themselves, not what rounding makes of them: the next segment begins at the very point.
        let at = |share: f64| match share {
            0.0 => from,
            1.0 => to,
            _ => (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share),
        };
        (enters <= leaves).then(|| (at(enters), at(leaves)))
    }

    /// The part of a closed area that lies inside; empty where none does.
    pub fn area(&self, corners: &[Point]) -> Vec<Point> {
        let mut area = corners.to_vec();
        for edge in self.edges() {
            let mut cut = Vec::with_capacity(area.len() + 4);
            for (place, &to) in area.iter().enumerate() {
                let from = area[(place + area.len() - 1) % area.len()];
                let (one, other) = (edge(from), edge(to));
                if (one < 0.0) != (other < 0.0) {
                    let share = one / (one - other);
                    cut.push((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share));
                }
                if other >= 0.0 {
                    cut.push(to);
                }
            }
            area = cut;
        }
        area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Place = Place { left: 0.0, right: 10.0, top: 0.0, bottom: 10.0 };

    #[test]
    fn a_stroke_is_cut_where_it_leaves_and_goes_on_where_it_returns() {
        let stroke = [(1.0, 5.0), (3.0, 15.0), (5.0, 5.0), (9.0, 5.0), (11.0, 5.0), (12.0, 1.0)];
        assert_eq!(
            BOX.strokes(&stroke),
            [vec![(1.0, 5.0), (2.0, 10.0)], vec![(4.0, 10.0), (5.0, 5.0), (9.0, 5.0), (10.0, 5.0)]]
        );
        assert_eq!(BOX.strokes(&[(1.0, 1.0), (2.0, 2.0)]), [vec![(1.0, 1.0), (2.0, 2.0)]]);
        assert!(BOX.strokes(&[(-5.0, 8.0), (4.0, 17.0), (-3.0, 14.0)]).is_empty(), "past the corner");
    }

    #[test]
    fn an_area_is_cut_at_the_edges() {
        let cut = BOX.area(&[(2.0, 5.0), (6.0, 15.0), (8.0, 5.0)]);
        assert_eq!(cut, [(2.0, 5.0), (4.0, 10.0), (7.0, 10.0), (8.0, 5.0)]);
        assert!(BOX.area(&[(20.0, 20.0), (30.0, 20.0), (25.0, 30.0)]).is_empty());
    }
}
