//! When a level began to rise: the likeliest first row of a rise of unknown height and length, and the first and last row that
//! noise leaves possible. Pure; knows one layer's rows and nothing of other layers.
//!
//! Rows are a level, then a straight line up to a height, then that height, in AR(1) noise of known spread and memory. Level
//! and height are fitted for each first row and each length of the rise; the interval holds every first row whose best fit
//! is not too far from the best of all (a profile likelihood; Hinkley, Inference about the change-point in a sequence of
//! random variables, Biometrika 57, 1970).

use crate::smooth::median;

/// Rows over which a rise is tried to last.
const LENGTHS: [usize; 9] = [1, 2, 3, 5, 8, 12, 17, 23, 30];
/// Rows before the first row of a rise that make the level before it.
const LEVEL_ROWS: usize = 40;
/// No rise begins before so many rows.
const LEAST_BEFORE: usize = 3;
/// What a single row may tell against a fit, in nats: outliers of heavy tails decide nothing alone.
const MOST_NATS_A_ROW: f64 = 14.0;

/// Noise around a level: its standard deviation, and the correlation of a row with the row before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    pub spread: f64,
    pub lag: f64,
}

/// A rise among rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rise {
    /// Likeliest first row.
    pub first: usize,
    /// First and last row that it may be.
    pub low: usize,
    pub high: usize,
    /// The level before, and how far above it the rise leads.
    pub level: f64,
    pub height: f64,
    /// How much likelier the rows are with it than without any, in nats.
    pub nats: f64,
}

/// The rise that leads to the last of `rows`, which is their highest. First rows whose fit is `ruled_out` nats worse than
/// the best are impossible. `None` of too few rows.
pub fn rise(rows: &[f64], noise: Noise, ruled_out: f64) -> Option<Rise> {
    let count = rows.len();
    let mut fits = Vec::with_capacity(count.saturating_sub(LEAST_BEFORE));
    for first in LEAST_BEFORE..count {
        let level = median(rows[first.saturating_sub(LEVEL_ROWS)..first].to_vec())?;
        let lengths = LENGTHS.iter().take_while(|&&length| length == 1 || first + length <= count + 1);
        let fit = lengths
            .map(|&length| {
                // One row more than the rise has: what is new in its first row is told by the row before, and
                // `LEAST_BEFORE` is above 0.
                let height = height(&rows[first - 1..], level, length, noise.lag);
                let told = against(rows, noise, |row| level + height * shape(row, first, length));
                (told, height)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        fits.push((fit.0, level, fit.1));
    }
    let best = (0..fits.len()).min_by(|&a, &b| fits[a].0.total_cmp(&fits[b].0))?;
    let possible = |place: &usize| fits[*place].0 <= fits[best].0 + ruled_out;
    // From the outermost possible rows, gaps included: the interval has to hold every first row that noise allows.
    let (low, high) = ((0..=best).find(possible)?, (best..fits.len()).rev().find(possible)?);
    let (told, level, height) = fits[best];
    // Without a rise one level has to explain all rows.
    let middle = median(rows.to_vec())?;
    Some(Rise {
        first: best + LEAST_BEFORE,
        low: low + LEAST_BEFORE,
        high: high + LEAST_BEFORE,
        level,
        height,
        nats: against(rows, noise, |_| middle) - told,
    })
}

/// Part of the height that a row has, of a rise over `length` rows from row `first` on.
fn shape(row: usize, first: usize, length: usize) -> f64 {
    if row < first { 0.0 } else { ((row - first + 1) as f64 / length as f64).min(1.0) }
}

/// Height of a rise that begins with the second of `rows`, by least squares on what is new in each row.
fn height(rows: &[f64], level: f64, length: usize, lag: f64) -> f64 {
    let (mut product, mut square) = (0.0, 0.0);
    for row in 1..rows.len() {
        // Rows and shape both lose what the row before foretells: what is left of AR(1) noise is independent, as
        // least squares want it.
        let new = (rows[row] - level) - lag * (rows[row - 1] - level);
        let part = shape(row, 1, length) - lag * shape(row - 1, 1, length);
        product += new * part;
        square += part * part;
    }
    // A negative height is no rise; falls come in with their sign turned.
    if square > 0.0 { (product / square).max(0.0) } else { 0.0 }
}

/// What the rows tell against a course of levels, in nats: half the squares of what is new in each row (Geman and McClure's
/// bounded form, so that no row tells more than [`MOST_NATS_A_ROW`]).
fn against(rows: &[f64], noise: Noise, level: impl Fn(usize) -> f64) -> f64 {
    // AR(1) noise of variance σ² has innovations of variance σ²·(1 − ρ²).
    let innovation = noise.spread * (1.0 - noise.lag * noise.lag).sqrt();
    let bounded = |deviation: f64| {
        let nats = 0.5 * deviation * deviation;
        nats / (1.0 + nats / MOST_NATS_A_ROW)
    };
    let mut before: Option<f64> = None;
    rows.iter()
        .enumerate()
        .map(|(row, value)| {
            let excess = value - level(row);
            match before.replace(excess) {
                // Nothing foretells the first row: all of its deviation is new, and has the whole spread.
                None => bounded(excess / noise.spread),
                Some(before) => bounded((excess - noise.lag * before) / innovation),
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULED_OUT: f64 = 6.5;

    fn noisy(seed: u64, spread: f64, rows: usize, course: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut noise = crate::sequence::Noise::new(seed);
        (0..rows).map(|row| course(row) + spread * noise.normal()).collect()
    }

    #[test]
    fn a_clear_jump_is_known_to_the_row_and_a_faint_one_is_not() {
        let jump = |row: usize| if row < 40 { 0.0 } else { 1.0 };
        let clear = rise(&noisy(1, 0.05, 60, jump), Noise { spread: 0.05, lag: 0.0 }, RULED_OUT).unwrap();
        assert_eq!((clear.first, clear.low, clear.high), (40, 40, 40));
        assert!((clear.height - 1.0).abs() < 0.05 && clear.level.abs() < 0.03);
        let faint = rise(&noisy(1, 0.6, 60, jump), Noise { spread: 0.6, lag: 0.0 }, RULED_OUT).unwrap();
        assert!(faint.low < 40 && faint.high > 40 && faint.nats < clear.nats, "{faint:?}");
        assert_eq!(rise(&[0.0; 3], Noise { spread: 0.1, lag: 0.0 }, RULED_OUT), None);
    }

    /// The first row is told too late where a slow rise is taken for a jump.
    #[test]
    fn the_interval_of_a_slow_rise_holds_its_first_row() {
        for (length, lag) in [(1, 0.0), (3, 0.0), (10, 0.0), (20, 0.0), (10, 0.6), (20, 0.6)] {
            let course = |row: usize| 2.3 * shape(row, 60, length);
            let held = (0..60).filter(|&seed| {
                let mut state = 0.0;
                let mut noise = crate::sequence::Noise::new(seed);
                let new = (1.0_f64 - lag * lag).sqrt();
                let rows: Vec<f64> = (0..60 + length + 4)
                    .map(|row| {
                        state = lag * state + new * noise.normal();
                        course(row) + 0.3 * state
                    })
                    .collect();
                let found = rise(&rows, Noise { spread: 0.3, lag }, RULED_OUT).unwrap();
                found.low <= 60 && 60 <= found.high
            });
            assert!(held.count() >= 58, "{length} {lag}");
        }
    }

    #[test]
    fn one_outlier_before_it_moves_nothing() {
        let mut rows = noisy(5, 0.1, 60, |row| if row < 40 { 0.0 } else { 1.0 });
        rows[20] = 3.0;
        let found = rise(&rows, Noise { spread: 0.1, lag: 0.0 }, RULED_OUT).unwrap();
        assert_eq!(found.first, 40);
    }
}
