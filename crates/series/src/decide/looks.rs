//! Looks that were declared before the first: how small p must be at each so that all together are wrong at most once in
//! twenty times (O'Brien and Fleming 1979). The bound on the sum of differences is the same at every look, so early looks
//! ask for much and the last for little more than 0.05; looks need not be equally far apart.

use super::normal::{density, tail};

/// How often all looks together may be wrong, both sides.
pub const LEVEL: f64 = 0.05;
/// Points of the grid on which the sum's density is carried from look to look (odd, for Simpson's rule).
const POINTS: usize = 121;

/// Numbers of pairs at which it was declared to look, each with its level.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looks {
    at: Vec<(usize, f64)>,
}

impl Looks {
    /// Looks at these numbers of pairs; none where nothing was declared. `None` unless they rise and start at two or later,
    /// as one pair has no spread.
    pub fn declared(at: &[usize]) -> Option<Self> {
        let rises = at.windows(2).all(|two| two[0] < two[1]) && at.first().is_none_or(|first| *first >= 2);
        rises.then(|| Self { at: at.iter().copied().zip(levels(at)).collect() })
    }

    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// The look at exactly `n` pairs: its place from 0 on, and its two-sided level.
    pub fn at(&self, n: usize) -> Option<(usize, f64)> {
        self.at.iter().position(|(at, _)| *at == n).map(|place| (place, self.at[place].1))
    }

    /// The last declared number of pairs below `n`, and its level.
    pub fn before(&self, n: usize) -> Option<(usize, f64)> {
        self.at.iter().copied().rev().find(|(at, _)| *at < n)
    }

    /// The first declared number of pairs beyond `n`.
    pub fn after(&self, n: usize) -> Option<usize> {
        self.at.iter().map(|(at, _)| *at).find(|at| *at > n)
    }
}

/// The two-sided level at each of `looks`. The sum of differences is Brownian motion at the times n/N; its density inside
/// the bound is carried on by numerical integration (Armitage, McPherson, Rowe 1969).
fn levels(looks: &[usize]) -> Vec<f64> {
    let Some(last) = looks.last() else { return Vec::new() };
    let times: Vec<f64> = looks.iter().map(|n| *n as f64 / *last as f64).collect();
    // One look alone has the bound 1.96; with Bonferroni over a hundred it is below 4.
    let (mut low, mut high) = (1.0, 4.5);
    for _ in 0..40 {
        let bound = f64::midpoint(low, high);
        if crossing(&times, bound) > LEVEL { low = bound } else { high = bound }
    }
    let bound = f64::midpoint(low, high);
    times.iter().map(|time| 2.0 * tail(bound / time.sqrt())).collect()
}

/// Chance that Brownian motion is beyond ± `bound` at one of the times.
fn crossing(times: &[f64], bound: f64) -> f64 {
    let width = 2.0 * bound / (POINTS - 1) as f64;
    let place = |k: usize| -bound + width * k as f64;
    let weight = |k: usize| {
        width / 3.0
            * if k == 0 || k == POINTS - 1 {
                1.0
            } else if k % 2 == 1 {
                4.0
            } else {
                2.0
            }
    };
    let mut inside: Vec<f64> = Vec::new();
    let mut before = 0.0;
    let mut crossed = 0.0;
    for time in times {
        let spread = (time - before).sqrt();
        before = *time;
        if inside.is_empty() {
            crossed += 2.0 * tail(bound / spread);
            inside = (0..POINTS).map(|k| density(place(k) / spread) / spread).collect();
            continue;
        }
        let weighted: Vec<f64> = inside.iter().enumerate().map(|(k, f)| f * weight(k)).collect();
        let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
            weighted.iter().enumerate().map(|(k, f)| f * of(place(k))).sum()
        };
        crossed += sum(&|x| tail((bound - x) / spread) + tail((bound + x) / spread));
        inside = (0..POINTS).map(|k| sum(&|x| density((place(k) - x) / spread) / spread)).collect();
    }
    crossed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_looks_have_the_published_bounds() {
        // Jennison and Turnbull (2000), table 2.3: C(K, 0.05) of 1, 2, 3, 4, 5 equal looks.
        for (looks, bound) in [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040)] {
            let found = levels(&(1..=looks).map(|k| 6 * k).collect::<Vec<_>>());
            assert!((found[looks - 1] - 2.0 * tail(bound)).abs() < 1e-4, "{looks}: {found:?}");
            assert!(found.is_sorted());
        }
    }

    #[test]
    fn one_look_has_all_of_the_level_and_none_has_none() {
        assert!((levels(&[6])[0] - LEVEL).abs() < 1e-9);
        assert_eq!(levels(&[]), Vec::<f64>::new());
    }

    #[test]
    fn looks_rise() {
        let looks = Looks::declared(&[6, 9]).unwrap();
        assert_eq!(
            (looks.at(6).unwrap().0, looks.at(7), looks.after(6), looks.after(9)),
            (0, None, Some(9), None)
        );
        assert_eq!(
            (looks.before(6), looks.before(8).map(|(at, _)| at), looks.before(99).map(|(at, _)| at)),
            (None, Some(6), Some(9))
        );
        let refused: [&[usize]; 3] = [&[9, 6], &[6, 6], &[1, 6]];
        assert!(refused.iter().all(|looks| Looks::declared(looks).is_none()));
        assert_eq!(Looks::declared(&[]), Some(Looks::default()));
    }

    #[test]
    fn looks_far_apart_ask_for_less_than_looks_close_together() {
        let [far, close] = [[6, 60], [50, 60]].map(|looks| levels(&looks)[1]);
        assert!(far > close && close > 0.025, "{far} {close}");
    }
}
