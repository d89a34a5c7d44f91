//! One regression tree of a forest (Breiman 2001): grown on some of the runs, from splits of which each leaves the least squares
//! among some of the columns. A split sends sets of levels to either side; it knows nothing of what they mean.

use super::column::{Column, Mask};
use crate::sequence::Noise;

/// Runs at the least in a leaf, as in the forests of the first fANOVA.
const LEAF: usize = 3;
/// A split must explain this share of the squares of the whole tree.
const LEAST_GAIN: f64 = 1e-9;

pub enum Node {
    Leaf(f64),
    Split { column: usize, left: Mask, children: [usize; 2] },
}

/// The first node is the root.
pub struct Tree(pub Vec<Node>);

/// What a tree is grown on.
pub struct Grown<'a> {
    pub columns: &'a [&'a Column],
    pub target: &'a [f64],
}

#[derive(Clone, Copy)]
struct Best {
    gain: f64,
    column: usize,
    left: Mask,
}

impl Tree {
    /// On these runs, of which one may come several times; at each split `tried` of the columns are looked at.
    pub fn grow(of: &Grown<'_>, runs: &mut [usize], tried: usize, noise: &mut Noise) -> Self {
        let squares = |runs: &[usize]| {
            let mean = mean(of.target, runs);
            runs.iter().map(|run| (of.target[*run] - mean).powi(2)).sum::<f64>()
        };
        let least = LEAST_GAIN * squares(runs);
        let mut order: Vec<usize> = (0..of.columns.len()).collect();
        let mut nodes = vec![Node::Leaf(mean(of.target, runs))];
        let mut open = vec![(0, 0, runs.len())];
        while let Some((node, from, to)) = open.pop() {
            let here = &mut runs[from..to];
            // The first `tried` of a shuffled order, then further ones until one can be split at all.
            for place in 0..order.len() {
                let other = place + (noise.bits() % (order.len() - place) as u64) as usize;
                order.swap(place, other);
            }
            let mut best: Option<Best> = None;
            for (place, column) in order.iter().enumerate() {
                if place >= tried && best.is_some() {
                    break;
                }
                let found = split(of, here, *column);
                best = [best, found].into_iter().flatten().max_by(|a, b| a.gain.total_cmp(&b.gain));
            }
            let Some(best) = best.filter(|best| best.gain > least) else { continue };
            let levels = &of.columns[best.column].levels;
            let middle = from + partition(here, |run| best.left >> levels[run] & 1 == 1);
            let children = [nodes.len(), nodes.len() + 1];
            for (child, (from, to)) in children.into_iter().zip([(from, middle), (middle, to)]) {
                nodes.push(Node::Leaf(mean(of.target, &runs[from..to])));
                open.push((child, from, to));
            }
            nodes[node] = Node::Split { column: best.column, left: best.left, children };
        }
        Self(nodes)
    }

    /// What it foretells of a run by its level in each column.
    pub fn value(&self, level: impl Fn(usize) -> u8) -> f64 {
        let mut at = 0;
        loop {
            match &self.0[at] {
                Node::Leaf(value) => return *value,
                Node::Split { column, left, children } => {
                    at = children[usize::from(left >> level(*column) & 1 == 0)];
                }
            }
        }
    }
}

fn mean(target: &[f64], runs: &[usize]) -> f64 {
    runs.iter().map(|run| target[*run]).sum::<f64>() / runs.len().max(1) as f64
}

/// The split of a column that leaves the least squares; `None` where it has one level here or a side would be too small.
fn split(of: &Grown<'_>, runs: &[usize], column: usize) -> Option<Best> {
    let parameter = of.columns[column];
    let count = parameter.weights.len();
    let mut cells = [(0_usize, 0.0_f64); super::column::LEVELS];
    for run in runs {
        let cell = &mut cells[parameter.levels[*run] as usize];
        *cell = (cell.0 + 1, cell.1 + of.target[*run]);
    }
    let mut here: Vec<usize> = (0..count).filter(|level| cells[*level].0 > 0).collect();
    if here.len() < 2 {
        return None;
    }
    if !parameter.ordered {
        // In the order of their means one of the cuts is the best of all ways to part them (Fisher 1958).
        here.sort_by(|a, b| {
            (cells[*a].1 / cells[*a].0 as f64).total_cmp(&(cells[*b].1 / cells[*b].0 as f64))
        });
    }
    let (n, sum) = (runs.len(), here.iter().map(|level| cells[*level].1).sum::<f64>());
    let (mut left, mut left_sum, mut mask) = (0, 0.0, 0);
    let mut best: Option<Best> = None;
    for (place, level) in here[..here.len() - 1].iter().enumerate() {
        left += cells[*level].0;
        left_sum += cells[*level].1;
        mask |= 1 << level;
        if left < LEAF || n - left < LEAF {
            continue;
        }
        let (m, rest) = (left as f64, (n - left) as f64);
        let gain = left_sum * left_sum / m + (sum - left_sum).powi(2) / rest - sum * sum / n as f64;
        if best.is_none_or(|best| gain > best.gain) {
            let mask = with_absent(
                mask,
                &cells[..count],
                parameter.ordered,
                (*level, here[place + 1]),
                left * 2 > n,
            );
            best = Some(Best { gain, column, left: mask });
        }
    }
    best
}

/// Levels that no run has here belong to a side, too: of ordered ones to the nearer one, else to the larger.
fn with_absent(
    mask: Mask,
    cells: &[(usize, f64)],
    ordered: bool,
    (below, above): (usize, usize),
    left_is_larger: bool,
) -> Mask {
    if ordered {
        let first = usize::midpoint(below, above) + 1;
        return ((1_u32 << first) - 1) as Mask;
    }
    let absent = cells.iter().enumerate().filter(|(_, cell)| cell.0 == 0);
    if left_is_larger { absent.fold(mask, |mask, (level, _)| mask | 1 << level) } else { mask }
}

/// Those that are taken come first; how many they are.
fn partition(runs: &mut [usize], takes: impl Fn(usize) -> bool) -> usize {
    let mut count = 0;
    for place in 0..runs.len() {
        if takes(runs[place]) {
            runs.swap(place, count);
            count += 1;
        }
    }
    count
}
