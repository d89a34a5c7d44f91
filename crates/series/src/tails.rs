//! What a deviation is worth as evidence, learnt from a run's own calm rows: how heavy the tails of its noise are, and how
//! much of one row's deviation is still there in the next. Counts only; it decides nothing.
//!
//! Noise is taken for Student's t. Its degrees of freedom are those under which the numbers of deviations beyond 2, 3 and
//! 4.5 spreads are likeliest; a spread is 1.4826 times the median deviation, in every one of them.

use std::sync::OnceLock;

use crate::student::student_t_tail;

/// Degrees of freedom that are told apart; the last stands for normal noise.
const FREEDOMS: [u64; 8] = [3, 4, 5, 7, 10, 15, 30, 200];
/// What is assumed before anything was seen: tails as heavy as real gradient norms have, in so many values.
const ASSUMED: usize = 4;
/// Bounds of the deviations that are counted apart, in spreads.
const BOUNDS: [f64; 3] = [2.0, 3.0, 4.5];
/// How much of a deviation is assumed to stay in the next row.
const ASSUMED_LAG: f64 = 0.2;
/// The upper quartile of the normal distribution: the median deviation in standard deviations.
const QUARTILE: f64 = 0.674_489_750_196_082;
/// No deviation counts for more than this where the memory of noise is measured, so that outliers do not decide it.
const LARGEST_IN_LAG: f64 = 3.0;
/// Noise that remembers more than this is a walk rather than noise around a level.
const LONGEST_LAG: f64 = 0.98;

/// Of each of [`FREEDOMS`]: its own unit in spreads, and the log of the chance of each count.
struct Student {
    unit: f64,
    log_chances: [f64; BOUNDS.len() + 1],
}

fn students() -> &'static [Student; FREEDOMS.len()] {
    static STUDENTS: OnceLock<[Student; FREEDOMS.len()]> = OnceLock::new();
    STUDENTS.get_or_init(|| {
        FREEDOMS.map(|freedom| {
            // Student's median deviation is its upper quartile, and a spread is the median deviation over the normal
            // one: this is one unit of t in spreads.
            let unit = QUARTILE / crate::student::student_t_quantile(0.75, freedom);
            // Twice the tail, as deviations are counted by their size alone.
            let [a, b, c] = BOUNDS.map(|bound| 2.0 * student_t_tail(bound / unit, freedom));
            Student { unit, log_chances: [1.0 - a, a - b, b - c, c].map(f64::ln) }
        })
    })
}

/// Tails and memory of noise.
#[derive(Debug, Clone)]
pub struct Tails {
    counts: [f64; BOUNDS.len() + 1],
    /// Place in [`FREEDOMS`].
    student: usize,
    products: f64,
    squares: f64,
    lag: f64,
    most_counted: f64,
}

impl Tails {
    /// That trusts what is assumed as much as `assumed` values, and what it has seen as much as `most_counted`.
    pub fn new(assumed: f64, most_counted: f64) -> Self {
        let chances = students()[ASSUMED].log_chances.map(f64::exp);
        Self {
            // Imagined values in the proportions of the assumed tails: a prior that real counts come to outweigh.
            counts: chances.map(|chance| assumed * chance),
            student: ASSUMED,
            products: ASSUMED_LAG * assumed,
            squares: assumed,
            lag: ASSUMED_LAG,
            most_counted,
        }
    }

    /// Adds a deviation in spreads, and the one of the row before where there was one.
    pub fn push(&mut self, deviation: f64, before: Option<f64>) {
        let size = deviation.abs();
        self.counts[BOUNDS.partition_point(|bound| *bound <= size)] += 1.0;
        if let Some(before) = before {
            let bounded = |value: f64| value.clamp(-LARGEST_IN_LAG, LARGEST_IN_LAG);
            self.products += bounded(deviation) * bounded(before);
            // The square of one row is enough: steady noise has the same variance in the row before.
            self.squares += bounded(deviation).powi(2);
        }
    }

    /// Takes what was pushed into account, from now on.
    pub fn settle(&mut self) {
        let counted: f64 = self.counts.iter().sum();
        if counted > self.most_counted {
            // One factor for every sum leaves tails and lag as they are, and lets new rows outweigh the oldest.
            let kept = self.most_counted / counted;
            self.counts.iter_mut().for_each(|count| *count *= kept);
            self.products *= kept;
            self.squares *= kept;
        }
        let likelihood = |student: &Student| -> f64 {
            self.counts.iter().zip(student.log_chances).map(|(count, chance)| count * chance).sum()
        };
        let told = students().each_ref().map(likelihood);
        self.student = (0..told.len()).max_by(|&a, &b| told[a].total_cmp(&told[b])).unwrap_or(ASSUMED);
        // Below 0 rows would be worth more than independent ones, and at 1 what lasts would be worth nothing.
        self.lag = (self.products / self.squares).clamp(0.0, LONGEST_LAG);
    }

    /// Correlation of a row's deviation with that of the row before, 0 to 0.98.
    pub fn lag(&self) -> f64 {
        self.lag
    }

    /// How much likelier a value is under a level of its own than under this noise, in nats: `(ν + 1) / 2 · ln(1 + t² / ν)`,
    /// which grows ever slower with the deviation where tails are heavy.
    pub fn nats(&self, deviation: f64) -> f64 {
        let freedom = FREEDOMS[self.student] as f64;
        let t = deviation / students()[self.student].unit;
        0.5 * (freedom + 1.0) * (t * t / freedom).ln_1p()
    }

    /// What a further row of a deviation that lasts is worth beside the first: rows that remember each other tell less, by
    /// `(1 − ρ) / (1 + ρ)` (the variance of a mean of AR(1) noise).
    pub fn worth_of_lasting(&self) -> f64 {
        (1.0 - self.lag) / (1.0 + self.lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    fn learnt(mut next: impl FnMut(&mut Noise) -> f64) -> Tails {
        let mut noise = Noise::new(3);
        let mut tails = Tails::new(600.0, 1e5);
        let mut before = None;
        for _ in 0..60_000 {
            let value = next(&mut noise);
            tails.push(value, before);
            before = Some(value);
        }
        tails.settle();
        tails
    }

    #[test]
    fn normal_noise_is_told_from_heavy_tails() {
        let normal = learnt(Noise::normal);
        let heavy = learnt(|noise| {
            let squares: f64 = (0..5).map(|_| noise.normal().powi(2)).sum();
            0.928 * noise.normal() / (squares / 5.0).sqrt()
        });
        assert!(FREEDOMS[normal.student] >= 30 && FREEDOMS[heavy.student] <= 7);
        // In normal noise a deviation of 4 is worth 4² / 2 = 8 nats.
        assert!((6.5..=8.0).contains(&normal.nats(4.0)), "{}", normal.nats(4.0));
        assert!(heavy.nats(10.0) < 0.5 * normal.nats(10.0));
        assert_eq!(normal.nats(0.0), 0.0);
    }

    #[test]
    fn memory_is_measured() {
        let mut state = 0.0;
        let walking = learnt(|noise| {
            state = 0.9 * state + 0.19_f64.sqrt() * noise.normal();
            state
        });
        assert!((0.86..0.94).contains(&walking.lag()), "{}", walking.lag());
        assert!(learnt(Noise::normal).lag() < 0.02);
        assert!(walking.worth_of_lasting() < 0.08);
    }
}
