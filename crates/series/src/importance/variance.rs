//! The variance of a tree's values over its columns, as if they were varied independently of each other, each as often as runs have
//! its levels, and which part of it single columns and pairs explain (functional ANOVA; Hutter, Hoos, Leyton-Brown, ICML 2014). Exact:
//! a leaf is a box, and what a box gives to a marginal is a product.

use super::column::{Column, LEVELS, Mask};
use super::tree::{Node, Tree};

/// Shares of a tree's variance.
pub struct Shares {
    pub single: Vec<f64>,
    /// What a pair explains beyond its two, by [`pair`].
    pub pairs: Vec<f64>,
}

/// The place of a pair, `a < b`, among all pairs.
pub fn pair(a: usize, b: usize) -> usize {
    b * (b - 1) / 2 + a
}

/// A column, the levels of it that a box holds, and the share of the runs there.
type Bound = (usize, Mask, f64);

/// One leaf: the columns that its box bounds; value less the mean of the tree,
/// times the share of the box.
struct Bounded {
    bounds: Vec<Bound>,
    part: f64,
}

/// What leaves bounded in both columns of a pair give to its marginal, and to those of each of the two.
#[derive(Clone)]
struct Both {
    sum: f64,
    first: [f64; LEVELS],
    second: [f64; LEVELS],
    cells: [[f64; LEVELS]; LEVELS],
}

const NOTHING: Both =
    Both { sum: 0.0, first: [0.0; LEVELS], second: [0.0; LEVELS], cells: [[0.0; LEVELS]; LEVELS] };

/// `None` where all leaves are alike.
pub fn shares(tree: &Tree, columns: &[&Column]) -> Option<Shares> {
    let (leaves, variance) = leaves(tree, columns);
    if variance <= 0.0 {
        return None;
    }
    let count = columns.len();
    let mut sums = vec![0.0; count];
    let mut marginals = vec![[0.0; LEVELS]; count];
    let mut both: Vec<Option<Box<Both>>> = vec![None; count * count.saturating_sub(1) / 2];
    for Bounded { bounds, part } in &leaves {
        for (place, (column, mask, weight)) in bounds.iter().enumerate() {
            sums[*column] += part;
            add(&mut marginals[*column], *mask, part / weight);
            for (other, other_mask, other_weight) in &bounds[..place] {
                let found = both[pair(*other, *column)].get_or_insert_with(|| Box::new(NOTHING));
                found.sum += part;
                add(&mut found.first, *other_mask, part / other_weight);
                add(&mut found.second, *mask, part / weight);
                let each = part / (weight * other_weight);
                for level in levels(*other_mask) {
                    add(&mut found.cells[level], *mask, each);
                }
            }
        }
    }
    // Leaves that do not bound a column give the same to all of its levels: all leaves together 0, those that bound it `sums`.
    let mean_square = |column: usize| {
        let at = |level: usize| (marginals[column][level] - sums[column]).powi(2);
        columns[column].weights.iter().enumerate().map(|(level, weight)| weight * at(level)).sum::<f64>()
    };
    let single: Vec<f64> = (0..count).map(mean_square).collect();
    let mut pairs = vec![0.0; both.len()];
    for b in 0..count {
        for a in 0..b {
            // Columns that bound no leaf together add up, and explain nothing beyond their sum.
            let Some(found) = &both[pair(a, b)] else { continue };
            let neither = found.sum - sums[a] - sums[b];
            let mut square = 0.0;
            for (i, first) in columns[a].weights.iter().enumerate() {
                for (k, second) in columns[b].weights.iter().enumerate() {
                    let value = neither
                        + (marginals[a][i] - found.first[i])
                        + (marginals[b][k] - found.second[k])
                        + found.cells[i][k];
                    square += first * second * value * value;
                }
            }
            pairs[pair(a, b)] = ((square - single[a] - single[b]) / variance).max(0.0);
        }
    }
    Some(Shares { single: single.into_iter().map(|square| square / variance).collect(), pairs })
}

fn levels(mask: Mask) -> impl Iterator<Item = usize> {
    (0..LEVELS).filter(move |level| mask >> level & 1 == 1)
}

fn add(to: &mut [f64; LEVELS], mask: Mask, value: f64) {
    for level in levels(mask) {
        to[level] += value;
    }
}

/// The leaves, of which those in no run's place are left out, and the variance of their values.
fn leaves(tree: &Tree, columns: &[&Column]) -> (Vec<Bounded>, f64) {
    let all: Vec<Mask> = columns.iter().map(|column| column.all()).collect();
    let mut open = vec![(0, all.clone())];
    let mut found: Vec<(f64, f64, Vec<Bound>)> = Vec::new();
    while let Some((node, box_of)) = open.pop() {
        match &tree.0[node] {
            Node::Split { column, left, children } => {
                for (child, mask) in children.iter().zip([*left, !*left]) {
                    let mut side = box_of.clone();
                    side[*column] &= mask;
                    open.push((*child, side));
                }
            }
            Node::Leaf(value) => {
                let is_bounded = |column: &usize| box_of[*column] != all[*column];
                let bounds: Vec<Bound> = (0..columns.len())
                    .filter(is_bounded)
                    .map(|column| (column, box_of[column], columns[column].weight(box_of[column])))
                    .collect();
                let share: f64 = bounds.iter().map(|(_, _, weight)| weight).product();
                if share > 0.0 {
                    found.push((*value, share, bounds));
                }
            }
        }
    }
    let mean: f64 = found.iter().map(|(value, share, _)| value * share).sum();
    let variance = found.iter().map(|(value, share, _)| share * (value - mean).powi(2)).sum();
    let bounded = |(value, share, bounds)| Bounded { bounds, part: (value - mean) * share };
    (found.into_iter().map(bounded).collect(), variance)
}
