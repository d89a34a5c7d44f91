//! Where training becomes unstable: the learning rate at which a run is as likely to be stable as not, for each batch size, how
//! well the runs tell it, and which runs would tell most. Bayesian logistic regression in the logarithms of rate and batch and in the
//! square of the latter; says nothing of fewer than six runs, nor of runs that all came out alike.

mod posterior;

use posterior::{Posterior, Prior, Row, chance, over_normal};

/// Fewer runs say nothing.
pub const FEWEST_TRIALS: usize = 6;
/// z of a two-sided 90 % interval.
const Z90: f64 = 1.644_853_626_951_472_2;
/// Chances of being unstable at which a run is worth its time.
const DOUBTFUL: std::ops::RangeInclusive<f64> = 0.1..=0.9;
/// Before anything is known, neither the direction nor where the boundary lies. A decade of batch moves it by a decade of rates at most
/// (linear scaling), so the batch's weight is no wider than the rate's, and its bend is less. Wide weights of the batch make slopes
/// steep, bands narrow: with 8 a decade for both and 6 for the bend, bands hold a boundary of .2 decades in .83 of trials after 24
/// runs; so they hold one of .03, .08 and .2 in 1.00, .98 and .90.
const PRIOR: Prior = Prior { mean: [0.0; 4], sd: [12.0, 7.0, 6.0, 3.0] };

/// A run that tells whether training was stable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    pub place: Place,
    pub stable: bool,
}

/// Both above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub rate: f64,
    pub batch: f64,
}

/// Why there is no boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBoundary {
    /// So many runs.
    Few(usize),
    AllStable,
    NoneStable,
    /// All runs have the same rate.
    OneRate,
    /// Runs of higher rates were not less stable: whatever parts them, it is no rate that is too high.
    NotByRate,
}

/// The boundary at one batch size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Where a run is as likely to be stable as not.
    pub rate: f64,
    /// 90 % interval; an end that the runs leave open is `None`.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// What runs tell of the boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    axes: Axes,
    weights: Posterior,
}

/// A run that would tell much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Next {
    /// Its place among the candidates.
    pub candidate: usize,
    pub bits: f64,
}

/// From rate and batch to features. What does not vary, or varies too little for a bend, is no feature: it stays 0.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axes {
    /// Middles of the logarithms.
    rate: f64,
    batch: f64,
    bends: Bends,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bends {
    No,
    Straight,
    Square,
}

impl Axes {
    fn of(trials: &[Trial]) -> Self {
        let middle = |of: fn(&Trial) -> f64| {
            let logs = trials.iter().map(|trial| of(trial).log10());
            let (low, high) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
            f64::midpoint(low, high)
        };
        let mut batches: Vec<f64> = trials.iter().map(|trial| trial.place.batch).collect();
        batches.sort_by(f64::total_cmp);
        batches.dedup();
        let bends = match batches.len() {
            0 | 1 => Bends::No,
            2 => Bends::Straight,
            _ => Bends::Square,
        };
        Self { rate: middle(|trial| trial.place.rate), batch: middle(|trial| trial.place.batch), bends }
    }

    /// All but the rate's: what the log odds are at the middle of the rates.
    fn without_rate(&self, batch: f64) -> Row {
        let far = batch.log10() - self.batch;
        match self.bends {
            Bends::No => [1.0, 0.0, 0.0, 0.0],
            Bends::Straight => [1.0, 0.0, far, 0.0],
            Bends::Square => [1.0, 0.0, far, far * far],
        }
    }

    fn at(&self, place: Place) -> Row {
        let mut row = self.without_rate(place.batch);
        row[1] = place.rate.log10() - self.rate;
        row
    }
}

impl Boundary {
    /// # Errors
    /// Why these runs tell of none.
    pub fn of(trials: &[Trial]) -> Result<Self, NoBoundary> {
        let stable = trials.iter().filter(|trial| trial.stable).count();
        if trials.len() < FEWEST_TRIALS {
            return Err(NoBoundary::Few(trials.len()));
        }
        if trials.iter().all(|trial| trial.place.rate == trials[0].place.rate) {
            return Err(NoBoundary::OneRate);
        }
        if stable == trials.len() {
            return Err(NoBoundary::AllStable);
        }
        if stable == 0 {
            return Err(NoBoundary::NoneStable);
        }
        let found = Self::fitted(trials);
        if found.weights.mean[1] <= 0.0 { Err(NoBoundary::NotByRate) } else { Ok(found) }
    }

    fn fitted(trials: &[Trial]) -> Self {
        let axes = Axes::of(trials);
        let rows: Vec<(Row, bool)> =
            trials.iter().map(|trial| (axes.at(trial.place), !trial.stable)).collect();
        Self { weights: Posterior::of(&rows, &PRIOR), axes }
    }

    /// Chance that a run is unstable, over what is not known of the weights.
    pub fn unstable(&self, place: Place) -> f64 {
        let (mean, variance) = self.weights.log_odds(&self.axes.at(place));
        over_normal(mean, variance, chance)
    }

    /// The boundary at a batch size. Its interval holds the rates at which that of the log odds holds 0 (Fieller 1954), which
    /// is exact for the normal weights; where the slope itself may be 0 it has no end.
    pub fn at(&self, batch: f64) -> Crossing {
        let rest = self.axes.without_rate(batch);
        let along = [0.0, 1.0, 0.0, 0.0];
        let (level, level_variance) = self.weights.log_odds(&rest);
        let (slope, slope_variance) = self.weights.log_odds(&along);
        let both = self.weights.between(&rest, &along);
        let z = Z90 * Z90;
        // (level + slope·r)² ≤ z²·variance of it: a·r² + 2·b·r + c ≤ 0.
        let (a, b, c) = (
            slope * slope - z * slope_variance,
            level * slope - z * both,
            level * level - z * level_variance,
        );
        let root = b * b - a * c;
        let rate = |far: f64| 10_f64.powf(self.axes.rate + far);
        let middle = rate(-level / slope);
        if a > 0.0 && root >= 0.0 {
            let ends = [(-b - root.sqrt()) / a, (-b + root.sqrt()) / a];
            return Crossing { rate: middle, low: Some(rate(ends[0])), high: Some(rate(ends[1])) };
        }
        // All rates but those between two ends: one of them, on the boundary's far side, may still be ruled out.
        let open = (a < 0.0 && root > 0.0).then(|| {
            let ends = [(-b - root.sqrt()) / a, (-b + root.sqrt()) / a];
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            if -level / slope > high { (Some(rate(high)), None) } else { (None, Some(rate(low))) }
        });
        let (low, high) = open.unwrap_or((None, None));
        Crossing { rate: middle, low, high }
    }

    /// The candidates that together tell most, at most `count` of them, the best first. Each is chosen as if those before it, and
    /// `coming` ones that are on the way, had been run; the same one twice is a further seed. Where the outcome is nearly sure
    /// nothing is proposed: what the normal weights hope for there is that higher rates were calmer.
    pub fn next(&self, candidates: &[Place], coming: &[Place], count: usize) -> Vec<Next> {
        let doubtful = |place: &Place| DOUBTFUL.contains(&self.unstable(*place));
        let rows: Vec<(usize, Row)> = (0..)
            .zip(candidates)
            .filter(|(_, place)| doubtful(place))
            .map(|(candidate, place)| (candidate, self.axes.at(*place)))
            .collect();
        let mut weights =
            coming.iter().fold(self.weights.clone(), |weights, place| weights.after(&self.axes.at(*place)));
        let mut chosen = Vec::with_capacity(count);
        for _ in 0..count {
            let gains = rows.iter().map(|(candidate, row)| (information(&weights, row), *candidate, row));
            let Some((bits, candidate, row)) = gains.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            weights = weights.after(row);
            chosen.push(Next { candidate, bits });
        }
        chosen
    }
}

/// How much a run at a place is expected to tell of the weights, in bits (Houlsby et al. 2011, arXiv:1112.5745): how uncertain its outcome
/// is, less what would stay uncertain of it if the weights were known.
fn information(weights: &Posterior, features: &Row) -> f64 {
    let (mean, variance) = weights.log_odds(features);
    let known = over_normal(mean, variance, |odds| entropy(chance(odds)));
    (entropy(over_normal(mean, variance, chance)) - known).max(0.0)
}

/// Of a coin, in bits.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    part(p) + part(1.0 - p)
}

#[cfg(test)]
mod tests;
