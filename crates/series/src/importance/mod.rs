//! What an outcome depends on among runs that differ in several parameters: the share of what a random forest explains that single
//! parameters and pairs of them account for (functional ANOVA), how much that differs from tree to tree, and what a column of mere
//! chance would get. It ranks what was varied; it names no effect and no direction.

mod column;
mod tree;
mod variance;

pub use column::{Values, correlation};

use column::{Column, LEVELS};
use tree::{Grown, Tree};
use variance::{Shares, pair, shares};

use crate::sequence::Noise;

/// Fewer runs say nothing.
pub const ENOUGH_RUNS: usize = 30;
/// Below it the forest foretells runs that it has not seen too badly for its shares to mean anything.
pub const ENOUGH_EXPLAINED: f64 = 0.3;
const TREES: usize = 300;
/// Runs that a tree is grown on, drawn with replacement; of more runs each tree sees others.
const MOST_RUNS: usize = 1500;
/// Columns looked at for each split, in sixths of all (Hutter et al.).
const TRIED_SIXTHS: usize = 5;
/// Pairs of a smaller share are not told.
const LEAST_PAIR: f64 = 0.03;
/// Part of the trees on either side of an interval.
const TAIL: f64 = 0.025;

/// What an outcome depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// Share of the outcome's variance that the forest foretells of runs that its trees have not seen.
    pub explained: f64,
    /// Every column, and the pairs with a share worth telling; the largest first.
    pub shares: Vec<Share>,
    /// What a column of chance gets, drawn anew for every tree.
    pub random: f64,
    pub trees: usize,
}

/// Of what the forest explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub column: usize,
    /// The other one of a pair.
    pub with: Option<usize>,
    /// Mean over the trees, and the interval that holds 95 % of them.
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// The interval lies above what chance gets: for a pair, also above what its two get together with chance.
    pub is_clear: bool,
}

/// What a finite outcome of each run depends on. `None` where no column varies, where the outcome is the same, or where `go_on`, which
/// is asked before each tree, ends it.
pub fn importance(values: &[Values], target: &[f64], mut go_on: impl FnMut() -> bool) -> Option<Importance> {
    let own: Vec<Column> = values.iter().map(Column::of).collect();
    let runs = target.len();
    let mean = target.iter().map(|value| value / runs as f64).sum::<f64>();
    let squares: f64 = target.iter().map(|value| (value - mean).powi(2)).sum();
    if squares <= 0.0 || !own.iter().any(Column::varies) {
        return None;
    }
    let count = own.len() + 1;
    let levels = own.iter().map(|column| column.weights.len()).max().unwrap_or(1).min(LEVELS);
    let tried = (TRIED_SIXTHS * count).div_ceil(6);
    let mut foretold = vec![(0.0, 0_u32); runs];
    let mut all: Vec<Shares> = Vec::with_capacity(TREES);
    for number in 0..TREES {
        if !go_on() {
            return None;
        }
        let mut noise = Noise::new(number as u64);
        let chance = shuffled(runs, levels, &mut noise);
        let columns: Vec<&Column> = own.iter().chain([&chance]).collect();
        let mut seen = vec![false; runs];
        let mut drawn: Vec<usize> =
            (0..runs.min(MOST_RUNS)).map(|_| (noise.bits() % runs as u64) as usize).collect();
        drawn.iter().for_each(|run| seen[*run] = true);
        let tree = Tree::grow(&Grown { columns: &columns, target }, &mut drawn, tried, &mut noise);
        for run in (0..runs).filter(|run| !seen[*run]) {
            let told = &mut foretold[run];
            *told = (told.0 + tree.value(|column| columns[column].levels[run]), told.1 + 1);
        }
        all.extend(shares(&tree, &columns));
    }
    if all.is_empty() {
        return None;
    }
    Some(Importance {
        explained: explained(&foretold, target)?,
        random: average(&all, |shares| shares.single[count - 1]),
        shares: told(&all, own.len()),
        trees: all.len(),
    })
}

/// A column of chance, with as many levels as the finest has.
fn shuffled(runs: usize, levels: usize, noise: &mut Noise) -> Column {
    let mut order: Vec<usize> = (0..runs).map(|run| run * levels / runs).collect();
    for place in (1..runs).rev() {
        order.swap(place, (noise.bits() % (place as u64 + 1)) as usize);
    }
    Column::new(order.into_iter(), true)
}

/// 1 less the squares left over; `None` where no run was left out of any tree.
fn explained(foretold: &[(f64, u32)], target: &[f64]) -> Option<f64> {
    let told: Vec<(f64, f64)> = foretold
        .iter()
        .zip(target)
        .filter(|((_, times), _)| *times > 0)
        .map(|((sum, times), value)| (sum / f64::from(*times), *value))
        .collect();
    let mean = told.iter().map(|(_, value)| value / told.len() as f64).sum::<f64>();
    let total: f64 = told.iter().map(|(_, value)| (value - mean).powi(2)).sum();
    let left: f64 = told.iter().map(|(told, value)| (value - told).powi(2)).sum();
    (total > 0.0).then_some(1.0 - left / total)
}

fn average(all: &[Shares], of: impl Fn(&Shares) -> f64) -> f64 {
    all.iter().map(|shares| of(shares) / all.len() as f64).sum()
}

fn told(all: &[Shares], columns: usize) -> Vec<Share> {
    let random = average(all, |shares| shares.single[columns]);
    let share = |column: usize, with: Option<usize>, chance: f64, of: &dyn Fn(&Shares) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values[(part * (values.len() - 1) as f64).round() as usize];
        let (low, high) = (at(TAIL), at(1.0 - TAIL));
        Share { column, with, mean: average(all, of), low, high, is_clear: low > chance }
    };
    let mut found: Vec<Share> =
        (0..columns).map(|column| share(column, None, random, &|shares| shares.single[column])).collect();
    for b in 1..columns {
        for a in 0..b {
            let with_chance = [a, b].map(|one| average(all, |shares| shares.pairs[pair(one, columns)]));
            let chance = with_chance.into_iter().fold(random, f64::max);
            let one = share(a, Some(b), chance, &|shares| shares.pairs[pair(a, b)]);
            if one.mean >= LEAST_PAIR {
                found.push(one);
            }
        }
    }
    found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    found
}

#[cfg(test)]
mod tests;
