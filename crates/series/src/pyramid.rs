//! A pyramid of summaries over one series: 32 values, then 4 nodes to a node. A frame touches about one node per pixel
//! column, and raw values only where a column begins or ends.

use crate::frame::{Frame, FrameBuilder};
use crate::summary::Summary;

/// Values in a node of the lowest level.
const BASE: usize = 32;
/// Nodes in a node of the next level.
const FACTOR: usize = 4;

/// Summaries of a series that grows at its end. It does not hold the raw values: they are passed again for a frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pyramid {
    length: usize,
    /// Lowest level first; a level's last node may be incomplete.
    levels: Vec<Vec<Summary>>,
}

impl Pyramid {
    /// Of a whole series.
    pub fn of(steps: &[u64], values: &[f64]) -> Self {
        let mut pyramid = Self::default();
        for (&step, &value) in steps.iter().zip(values) {
            pyramid.push(step, value);
        }
        pyramid
    }

    /// Values summarised.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The levels, lowest first: nodes of 32, 128, 512, … values, the last node of each perhaps incomplete.
    pub fn levels(&self) -> &[Vec<Summary>] {
        &self.levels
    }

    /// Adds the next value: at every level to its last node.
    pub fn push(&mut self, step: u64, value: f64) {
        let (mut size, mut level) = (BASE, 0);
        loop {
            if self.levels.len() == level {
                // A new level begins when the one below has a second node; it takes over the first.
                let below: &[Summary] = if level == 0 { &[] } else { &self.levels[level - 1] };
                if level > 0 && below.len() < 2 {
                    break;
                }
                let nodes = match below {
                    [] => Vec::new(),
                    below => vec![below[..below.len() - 1].iter().fold(Summary::EMPTY, |mut all, node| {
                        all.merge(node);
                        all
                    })],
                };
                self.levels.push(nodes);
            }
            let nodes = &mut self.levels[level];
            if nodes.len() * size <= self.length {
                nodes.push(Summary::EMPTY);
            }
            if let Some(node) = nodes.last_mut() {
                node.push(step, value);
            }
            size *= FACTOR;
            level += 1;
        }
        self.length += 1;
    }

    /// The frame of the steps `from..to` in `columns` pixel columns, by the contract of [`crate::frame`]. `steps` and
    /// `values` are the series that this pyramid was built of.
    pub fn frame(&self, steps: &[u64], values: &[f64], from: u64, to: u64, columns: usize) -> Frame {
        let mut builder = FrameBuilder::new(from, to, columns);
        if let Some(top) = self.levels.len().checked_sub(1) {
            for node in 0..self.levels[top].len() {
                self.descend(&mut builder, steps, values, top, node);
            }
        }
        builder.finish()
    }

    fn descend(&self, builder: &mut FrameBuilder, steps: &[u64], values: &[f64], level: usize, node: usize) {
        if builder.push_summary(&self.levels[level][node]) {
            return;
        }
        if level == 0 {
            let raw = node * BASE..((node + 1) * BASE).min(self.length);
            for (&step, &value) in steps[raw.clone()].iter().zip(&values[raw]) {
                builder.push(step, value);
            }
            return;
        }
        let below = node * FACTOR..((node + 1) * FACTOR).min(self.levels[level - 1].len());
        for child in below {
            self.descend(builder, steps, values, level - 1, child);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::frame;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            8 => -1e3..1e3,
            1 => any::<f64>(),
            1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)],
        ]
    }

    /// Steps with gaps and repetitions, and a value for each.
    fn series() -> impl Strategy<Value = (Vec<u64>, Vec<f64>)> {
        let gap = prop_oneof![6 => Just(1_u64), 1 => Just(0), 1 => 2_u64..40, 1 => 1000_u64..5000];
        prop::collection::vec((gap, value()), 0..1500).prop_map(|pairs| {
            let mut at = 0;
            let placed = pairs.into_iter().map(|(gap, value)| {
                at += gap;
                (at, value)
            });
            placed.unzip()
        })
    }

    /// Each value of the window, one by one, into its column: the contract as it reads.
    fn brute_force(
        steps: &[u64],
        values: &[f64],
        from: u64,
        to: u64,
        columns: usize,
    ) -> Vec<Vec<(u64, f64)>> {
        let mut found = vec![Vec::new(); if to > from { columns } else { 0 }];
        for (&step, &value) in steps.iter().zip(values) {
            for (place, column) in found.iter_mut().enumerate() {
                let (s, n, span) = (u128::from(step), columns as u128, u128::from(to.saturating_sub(from)));
                let (f, p) = (u128::from(from), place as u128);
                if s >= f && (s - f) * n >= p * span && (s - f) * n < (p + 1) * span {
                    column.push((step, value));
                }
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn frames_equal_brute_force(
            (steps, values) in series(),
            from in 0_u64..3000,
            span in prop_oneof![0_u64..50, 0_u64..2000, Just(1 << 40)],
            columns in 0_usize..60,
        ) {
            let to = from + span;
            let expected = brute_force(&steps, &values, from, to, columns);
            let pyramid = Pyramid::of(&steps, &values);
            for found in [frame(&steps, &values, from, to, columns), pyramid.frame(&steps, &values, from, to, columns)] {
                prop_assert_eq!(found.columns.len(), expected.len());
                for (place, (column, raw)) in found.columns.iter().zip(&expected).enumerate() {
                    let finite: Vec<f64> = raw.iter().map(|r| r.1).filter(|v| v.is_finite()).collect();
                    prop_assert_eq!(column.count, raw.len() as u64);
                    prop_assert_eq!(column.nonfinite, (raw.len() - finite.len()) as u64);
                    prop_assert_eq!(column.min, finite.iter().copied().fold(f64::INFINITY, f64::min));
                    prop_assert_eq!(column.max, finite.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                    let bits = |value: Option<&(u64, f64)>| value.map_or(f64::NAN, |v| v.1).to_bits();
                    prop_assert_eq!(column.first.to_bits(), bits(raw.first()));
                    prop_assert_eq!(column.last.to_bits(), bits(raw.last()));
                    if let (Some(first), Some(last)) = (raw.first(), raw.last()) {
                        prop_assert_eq!((column.first_step, column.last_step), (first.0, last.0));
                        let steps = found.steps_of(place);
                        prop_assert!(steps.contains(&first.0) && steps.contains(&last.0));
                    }
                    if finite.is_empty() {
                        prop_assert!(column.mean().is_nan());
                        continue;
                    }
                    let mean = finite.iter().map(|v| v / finite.len() as f64).sum::<f64>();
                    let scale = finite.iter().fold(0.0_f64, |s, v| s.max(v.abs()));
                    prop_assert!(column.mean() >= column.min && column.mean() <= column.max);
                    if scale < 1e300 {
                        prop_assert!((column.mean() - mean).abs() <= 1e-12 * scale, "{} {}", column.mean(), mean);
                    }
                }
            }
        }

        #[test]
        fn levels_are_the_summaries_of_their_values((steps, values) in series()) {
            let pyramid = Pyramid::of(&steps, &values);
            prop_assert_eq!(pyramid.len(), values.len());
            let mut size = BASE;
            for level in pyramid.levels() {
                prop_assert_eq!(level.len(), values.len().div_ceil(size));
                for (node, (steps, values)) in level.iter().zip(steps.chunks(size).zip(values.chunks(size))) {
                    let whole = Summary::of(steps, values);
                    prop_assert_eq!((node.count, node.nonfinite), (whole.count, whole.nonfinite));
                    prop_assert_eq!((node.min, node.max), (whole.min, whole.max));
                    prop_assert_eq!((node.first_step, node.last_step), (whole.first_step, whole.last_step));
                    prop_assert_eq!(node.last.to_bits(), whole.last.to_bits());
                }
                size *= FACTOR;
            }
        }
    }

    #[test]
    fn a_long_series_is_drawn_from_few_nodes() {
        let steps: Vec<u64> = (0..1_000_000).collect();
        let values: Vec<f64> =
            steps.iter().map(|&step| if step == 777_777 { 1e9 } else { (step % 97) as f64 }).collect();
        let pyramid = Pyramid::of(&steps, &values);
        let drawn = pyramid.frame(&steps, &values, 0, 1_000_000, 1000);
        assert_eq!(drawn, frame(&steps, &values, 0, 1_000_000, 1000));
        assert_eq!(drawn.columns[777].max, 1e9);
    }
}
