//! Which runs could be made to learn more of a boundary, and those of them that would tell most. They differ from runs that are there in
//! rate and seed alone: batch sizes that nobody has tried may not fit the device.

use std::collections::{BTreeSet, HashMap};

use vitals_recipe::{Recipe, point_id, relabelled};
use vitals_series::{Boundary, Next, Place};
use vitals_store::RunRow;

use super::{Mapped, RATE, Tells};
use crate::dto::NextRun;
use crate::error::Result;
use crate::estimate::Estimates;
use crate::runs;

/// Rates of a decade (R10 of the preferred numbers, ISO 3), so that proposed ones read as if chosen by hand.
const PREFERRED: [f64; 10] = [1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0];
/// How many times above and below what was tried.
const BEYOND: f64 = 2.0;
/// A preferred rate nearer than this share to one that was tried is that one.
const SAME: f64 = 0.06;

/// Seeds that runs have, by point.
pub(super) struct Seeds(HashMap<String, BTreeSet<u64>>);

impl Seeds {
    pub fn of(all: &[RunRow]) -> Self {
        let mut found: HashMap<String, BTreeSet<u64>> = HashMap::new();
        for trained in all.iter().filter(|row| row.probed.is_none()).filter_map(RunRow::trained) {
            found.entry(trained.point.clone()).or_default().insert(trained.seed);
        }
        Self(found)
    }

    /// The first of those that others use which this point has not, else one more; it has it from now on.
    fn take(&mut self, point: &str, usual: &BTreeSet<u64>) -> u64 {
        let taken = self.0.entry(point.to_owned()).or_default();
        let further = taken.iter().chain(usual).max().map_or(0, |most| most.saturating_add(1));
        let seed = usual.difference(taken).next().copied().unwrap_or(further);
        taken.insert(seed);
        seed
    }
}

pub(super) fn next(
    found: &Boundary,
    part: &[&Mapped<'_>],
    count: usize,
    estimates: &Estimates,
    seeds: &mut Seeds,
) -> Result<Vec<NextRun>> {
    let mut batches: Vec<f64> = part.iter().map(|one| one.place.batch).collect();
    batches.sort_by(f64::total_cmp);
    batches.dedup();
    let rates = rates(&part.iter().map(|one| one.place.rate).collect::<Vec<f64>>());
    let places: Vec<Place> = batches
        .iter()
        .flat_map(|batch| rates.iter().map(|rate| Place { rate: *rate, batch: *batch }))
        .collect();
    let coming: Vec<Place> =
        part.iter().filter(|one| one.tells == Tells::Coming).map(|one| one.place).collect();
    let usual: BTreeSet<u64> = part.iter().filter_map(|one| Some(one.row.trained()?.seed)).collect();
    let mut runs = Vec::with_capacity(count);
    for Next { candidate, bits } in found.next(&places, &coming, count) {
        let place = places[candidate];
        // Rows are the newest first.
        let Some(like) = part.iter().find(|one| one.place.batch == place.batch) else { continue };
        let Some(seed_of_like) = like.row.trained().map(|trained| trained.seed) else { continue };
        let recipe = Recipe { base_learning_rate: place.rate, ..like.recipe.clone() };
        let label = runs::label_of_point(like.row, seed_of_like);
        let seed = seeds.take(&point_id(&recipe), &usual);
        let seconds = like.row.total_steps.and_then(|steps| estimates.seconds(&recipe, steps));
        runs.push(NextRun {
            like: like.row.id.to_string(),
            label: format!(
                "{}-s{seed}",
                relabelled(label, RATE, &like.place.rate.into(), &place.rate.into())
            ),
            at: like.at.clone(),
            rate: place.rate,
            seed,
            of: like.of.clone(),
            bits,
            unstable: found.unstable(place),
            cost_seconds: seconds,
        });
    }
    Ok(runs)
}

/// Those that were tried, and preferred ones between them and a little beyond.
fn rates(tried: &[f64]) -> Vec<f64> {
    let low = tried.iter().copied().fold(f64::INFINITY, f64::min) / BEYOND;
    let high = tried.iter().copied().fold(0.0, f64::max) * BEYOND;
    let mut rates = tried.to_vec();
    if low > 0.0 && high.is_finite() {
        for decade in low.log10().floor() as i32..=high.log10().ceil() as i32 {
            // As a text, so that 3.15e-4 is the number that a person would write.
            let all = PREFERRED.iter().filter_map(|step| format!("{step}e{decade}").parse::<f64>().ok());
            let is_tried = |rate: f64| tried.iter().any(|other| (other / rate - 1.0).abs() < SAME);
            rates.extend(all.filter(|rate| (low..=high).contains(rate) && !is_tried(*rate)));
        }
    }
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_that_were_tried_and_preferred_ones_around_them() {
        assert_eq!(
            rates(&[1e-4, 2e-4, 1e-4]),
            [5e-5, 6.3e-5, 8e-5, 1e-4, 1.25e-4, 1.6e-4, 2e-4, 2.5e-4, 3.15e-4, 4e-4]
        );
        assert_eq!(
            rates(&[3e-4])[..4],
            [1.6e-4, 2e-4, 2.5e-4, 3e-4],
            "3.15e-4 is so near that it is the same"
        );
    }

    #[test]
    fn a_seed_is_one_that_the_others_have_before_it_is_a_new_one() {
        let mut seeds = Seeds(HashMap::from([("a".to_owned(), BTreeSet::from([0, 2]))]));
        let usual = BTreeSet::from([0, 1, 2]);
        assert_eq!([seeds.take("a", &usual), seeds.take("a", &usual)], [1, 3]);
        assert_eq!([seeds.take("b", &usual), seeds.take("c", &BTreeSet::new())], [0, 0]);
    }
}
