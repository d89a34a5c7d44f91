//! A parameter as a tree sees it: each run's value as one of a few levels, with the share of the runs that have it. Also how closely
//! two of them move together.

use std::collections::BTreeMap;

/// Levels at most: sets of them are the bits of a mask. Of numbers with more values neighbours share a level, of words the rarest.
pub const LEVELS: usize = 16;
pub type Mask = u16;

/// What runs have of a parameter; `None`: it was not given.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// As they are even: of a rate its logarithm.
    Numbers(Vec<Option<f64>>),
    Words(Vec<Option<String>>),
}

/// By run.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub levels: Vec<u8>,
    /// Share of the runs at each level.
    pub weights: Vec<f64>,
    /// Levels have an order that splits keep.
    pub ordered: bool,
}

impl Column {
    pub fn of(values: &Values) -> Self {
        match values {
            Values::Numbers(numbers) => Self::of_numbers(numbers),
            Values::Words(words) => Self::of_words(words),
        }
    }

    fn of_numbers(numbers: &[Option<f64>]) -> Self {
        let mut sorted: Vec<f64> = numbers.iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        // One level is kept for those without a value.
        let most = LEVELS - 1;
        let level = |value: f64| {
            if distinct.len() <= most {
                return distinct.partition_point(|other| *other < value);
            }
            let below = sorted.partition_point(|other| *other < value);
            most * below / sorted.len()
        };
        Self::new(numbers.iter().map(|value| value.map_or(most, level)), true)
    }

    fn of_words(words: &[Option<String>]) -> Self {
        let mut counts: BTreeMap<&Option<String>, usize> = BTreeMap::new();
        words.iter().for_each(|word| *counts.entry(word).or_default() += 1);
        let mut known: Vec<(&Option<String>, usize)> = counts.into_iter().collect();
        known.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let places: BTreeMap<&Option<String>, usize> =
            known.iter().enumerate().map(|(place, (word, _))| (*word, place.min(LEVELS - 1))).collect();
        Self::new(words.iter().map(|word| places[word]), false)
    }

    /// Of levels in their order, of which those without a run are passed over.
    pub fn new(levels: impl Iterator<Item = usize>, ordered: bool) -> Self {
        let levels: Vec<usize> = levels.collect();
        let mut used = levels.clone();
        used.sort_unstable();
        used.dedup();
        let place = |level: usize| used.partition_point(|other| *other < level);
        let mut weights = vec![0.0; used.len()];
        levels.iter().for_each(|level| weights[place(*level)] += 1.0 / levels.len() as f64);
        Self { levels: levels.iter().map(|level| place(*level) as u8).collect(), weights, ordered }
    }

    pub fn all(&self) -> Mask {
        ((1_u32 << self.weights.len()) - 1) as Mask
    }

    /// Share of the runs at the levels of a mask.
    pub fn weight(&self, mask: Mask) -> f64 {
        self.weights
            .iter()
            .enumerate()
            .filter(|(level, _)| mask >> level & 1 == 1)
            .map(|(_, weight)| weight)
            .sum()
    }

    pub fn varies(&self) -> bool {
        self.weights.len() > 1
    }
}

/// How closely two parameters move together, −1 to 1: Pearson's correlation of numbers, else Cramér's V of the levels, less what
/// chance gives it (Bergsma 2013), which has no sign. 0 where one of them does not vary.
pub fn correlation(a: &Values, b: &Values) -> f64 {
    if let (Values::Numbers(a), Values::Numbers(b)) = (a, b) {
        let both: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        return pearson(&both);
    }
    cramer(&Column::of(a), &Column::of(b))
}

fn pearson(both: &[(f64, f64)]) -> f64 {
    let n = both.len() as f64;
    let (a, b) = both.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (a, b) = (a / n, b / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in both {
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
        ab += (x - a) * (y - b);
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

fn cramer(a: &Column, b: &Column) -> f64 {
    let n = a.levels.len() as f64;
    let (rows, columns) = (a.weights.len(), b.weights.len());
    let mut counts = vec![0.0; rows * columns];
    a.levels.iter().zip(&b.levels).for_each(|(a, b)| counts[*a as usize * columns + *b as usize] += 1.0);
    let mut square = 0.0;
    for row in 0..rows {
        for column in 0..columns {
            let expected = n * a.weights[row] * b.weights[column];
            square += (counts[row * columns + column] - expected).powi(2) / expected / n;
        }
    }
    let free = |levels: usize| levels as f64 - 1.0;
    let less = |levels: usize| free(levels) - free(levels).powi(2) / (n - 1.0);
    let most = less(rows).min(less(columns));
    let square = square - free(rows) * free(columns) / (n - 1.0);
    if most > 0.0 && square > 0.0 { (square / most).sqrt().min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    fn words(of: &[&str]) -> Values {
        Values::Words(of.iter().map(|word| (!word.is_empty()).then(|| (*word).to_owned())).collect())
    }

    #[test]
    fn few_values_are_levels_and_many_share_them_evenly() {
        let few = Column::of(&Values::Numbers(vec![Some(0.3), Some(0.1), None, Some(0.3)]));
        assert_eq!((few.levels.clone(), few.weights.clone()), (vec![1, 0, 2, 1], vec![0.25, 0.5, 0.25]));
        assert!(few.ordered && few.varies() && few.all() == 0b111);
        assert!((few.weight(0b011) - 0.75).abs() < 1e-15);
        let many = Column::of(&Values::Numbers((0..300).map(|at| Some(f64::from(at).powi(3))).collect()));
        assert_eq!(many.weights.len(), 15);
        assert!(many.weights.iter().all(|weight| (weight - 1.0 / 15.0).abs() < 1e-12), "{:?}", many.weights);
        assert!(many.levels.is_sorted());
        let of_words = Column::of(&words(&["b", "a", "b", ""]));
        assert!(!of_words.ordered && of_words.weights == [0.5, 0.25, 0.25]);
        assert!(!Column::of(&words(&["a", "a"])).varies());
        let twenty: Vec<String> = (0..40).map(|at| format!("{}", (at % 20).min(18))).collect();
        let twenty = Column::of(&words(&twenty.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(twenty.weights.len(), LEVELS, "the rarest share the last");
    }

    #[test]
    fn what_moves_together_is_told_whatever_it_is() {
        let mut noise = Noise::new(1);
        let numbers: Vec<f64> = (0..60).map(|_| noise.normal()).collect();
        let of =
            |change: &dyn Fn(f64) -> f64| Values::Numbers(numbers.iter().map(|x| Some(change(*x))).collect());
        assert!((correlation(&of(&|x| x), &of(&|x| 3.0 - 2.0 * x)) + 1.0).abs() < 1e-12);
        assert!(
            correlation(&of(&|x| x), &Values::Numbers((0..60).map(|_| Some(noise.normal())).collect())).abs()
                < 0.4
        );
        assert!(correlation(&of(&|x| x), &of(&|_| 1.0)) == 0.0);
        let side = Values::Words(
            numbers.iter().map(|x| Some(if *x > 0.0 { "up" } else { "down" }.to_owned())).collect(),
        );
        let sign = of(&f64::signum);
        assert!(correlation(&side, &sign) > 0.99, "{}", correlation(&side, &sign));
        let other = Values::Words((0..60).map(|_| Some(format!("{}", noise.bits() % 8))).collect());
        assert!(
            correlation(&other, &of(&|x| x)) < 0.6,
            "chance is taken off: {}",
            correlation(&other, &of(&|x| x))
        );
        assert!(correlation(&words(&["a", "a"]), &words(&["a", "b"])) == 0.0);
    }
}
