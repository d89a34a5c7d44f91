//! How long a run will take, and what that rests on: runs of the same size that this workspace has measured; else measured
//! runs of another size, by the work of an image; else a guess from the network's size alone, which may be far off and is
//! never said without saying so.

use std::collections::HashMap;

use vitals_recipe::{Metric, Precision, Recipe, time_key, work};
use vitals_store::{MetricChoice, RunRow, RunSelection};

use crate::dto::EstimateBasis;
use crate::error::Result;
use crate::{Context, supervisor};

/// Operations a second of one thread of a processor, in products of the sizes that transformers have.
const THREAD_SPEED: f64 = 8e10;
/// The same of an accelerator in fp32, and in half precision.
const ACCELERATOR_SPEED: f64 = 2e13;
const HALF_PRECISION_SPEED: f64 = 6e13;
/// Seconds that a loader's thread needs for a pixel of one view.
const PIXEL_SECONDS: f64 = 4e-7;

/// Seconds of a run and what they rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub seconds: f64,
    pub basis: EstimateBasis,
}

/// What is known of this machine.
#[derive(Debug, Clone, Copy)]
struct Machine {
    cores: f64,
    has_accelerator: bool,
}

impl Machine {
    fn uses_accelerator(self, recipe: &Recipe) -> bool {
        recipe.device.starts_with("cuda") || recipe.device == "auto" && self.has_accelerator
    }

    /// Seconds of one image, from the network's size alone.
    fn guess(self, recipe: &Recipe) -> Option<f64> {
        let pixels = 2.0 * f64::from(recipe.image_size).powi(2);
        let views = pixels * PIXEL_SECONDS / f64::from(recipe.loader_threads);
        let work = work(recipe)?;
        if self.uses_accelerator(recipe) {
            let is_half = recipe.precision != Precision::Fp32;
            // The loader works beside the accelerator: the slower of the two is waited for.
            return Some(views.max(work / if is_half { HALF_PRECISION_SPEED } else { ACCELERATOR_SPEED }));
        }
        let threads = if recipe.threads == 0 { self.cores } else { f64::from(recipe.threads) };
        Some(views + work / (THREAD_SPEED * threads))
    }
}

/// Measured images a second, by what decides the cost of a step. No measurement, no number.
#[derive(Debug, Default)]
pub struct Rates(HashMap<String, Vec<f64>>);

impl Rates {
    /// By what these runs have measured; whoever asks has read that metric with them.
    pub fn of<'a>(rows: impl Iterator<Item = &'a RunRow>) -> Result<Self> {
        let mut found = Self::default();
        for row in rows {
            if let Some((recipe, rate)) = measurement(row)? {
                found.0.entry(time_key(&recipe)).or_default().push(rate);
            }
        }
        found.0.values_mut().for_each(|rates| rates.sort_by(f64::total_cmp));
        Ok(found)
    }

    /// Seconds for `steps` steps at the median measured rate.
    pub fn seconds(&self, recipe: &Recipe, steps: u64) -> Option<f64> {
        let images = steps as f64 * f64::from(recipe.batch_size);
        Some(images / median(self.0.get(&time_key(recipe)))?)
    }
}

/// The images a second that a run has measured, where it has.
fn measurement(row: &RunRow) -> Result<Option<(Recipe, f64)>> {
    let rate = row.metrics.get(Metric::ImagesPerSecond.name()).map(|metric| metric.last);
    let rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0);
    Ok(rate.zip(row.recipe()?).map(|(rate, recipe)| (recipe, rate)))
}

/// Of values in ascending order.
fn median(all: Option<&Vec<f64>>) -> Option<f64> {
    all.and_then(|all| all.get(all.len() / 2)).copied()
}

/// What a run's time can be told from.
#[derive(Debug)]
pub struct Estimates {
    rates: Rates,
    /// Measured operations a second, by whether an accelerator computed.
    speeds: HashMap<bool, Vec<f64>>,
    machine: Machine,
}

impl Estimates {
    /// Reads what finished and running runs have measured.
    pub async fn measured(context: &Context) -> Result<Self> {
        let devices = supervisor::seen(context).await?.status.devices;
        let machine = Machine {
            cores: std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64),
            has_accelerator: devices.iter().any(|device| device.usable && device.device.starts_with("cuda")),
        };
        let wanted = MetricChoice::Named(vec![Metric::ImagesPerSecond.name().to_owned()]);
        let rows = context.store().runs(&RunSelection::All, &wanted).await?;
        let mut found = Self { rates: Rates::of(rows.iter())?, speeds: HashMap::new(), machine };
        for row in &rows {
            if let Some((recipe, rate)) = measurement(row)? {
                found.take_speed(&recipe, rate);
            }
        }
        found.speeds.values_mut().for_each(|all| all.sort_by(f64::total_cmp));
        Ok(found)
    }

    fn take_speed(&mut self, recipe: &Recipe, rate: f64) {
        if let Some(work) = work(recipe) {
            self.speeds.entry(self.machine.uses_accelerator(recipe)).or_default().push(rate * work);
        }
    }

    /// Seconds for `steps` steps at the median rate measured at this size.
    pub fn seconds(&self, recipe: &Recipe, steps: u64) -> Option<f64> {
        self.rates.seconds(recipe, steps)
    }

    /// Seconds for `steps` steps: at the median rate measured at this size, else at the median speed of other sizes, else
    /// by a guess. None for what cannot even be guessed.
    pub fn of(&self, recipe: &Recipe, steps: u64) -> Option<Estimate> {
        let images = steps as f64 * f64::from(recipe.batch_size);
        if let Some(seconds) = self.seconds(recipe, steps) {
            return Some(Estimate { seconds, basis: EstimateBasis::Measured });
        }
        let speed = median(self.speeds.get(&self.machine.uses_accelerator(recipe)));
        if let (Some(speed), Some(work)) = (speed, work(recipe)) {
            return Some(Estimate { seconds: images * work / speed, basis: EstimateBasis::Scaled });
        }
        let seconds = images * self.machine.guess(recipe)?;
        Some(Estimate { seconds, basis: EstimateBasis::Guessed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_measured() -> Estimates {
        let machine = Machine { cores: 4.0, has_accelerator: false };
        Estimates { rates: Rates::default(), speeds: HashMap::new(), machine }
    }

    #[test]
    fn what_was_measured_goes_before_what_was_not() {
        let micro = Recipe::preset("mocov3_vit_micro").unwrap();
        let deeper = Recipe { depth: 8, ..micro.clone() };
        let mut estimates = nothing_measured();
        let basis = |estimates: &Estimates, recipe: &Recipe| estimates.of(recipe, 600).unwrap().basis;
        assert_eq!(basis(&estimates, &micro), EstimateBasis::Guessed);
        estimates.rates.0.insert(time_key(&micro), vec![512.0]);
        estimates.take_speed(&micro, 512.0);
        let measured = estimates.of(&micro, 600).unwrap();
        assert_eq!(measured, Estimate { seconds: 300.0, basis: EstimateBasis::Measured });
        let scaled = estimates.of(&deeper, 600).unwrap();
        assert_eq!(scaled.basis, EstimateBasis::Scaled);
        assert!((1.7..2.0).contains(&(scaled.seconds / measured.seconds)), "{scaled:?}");
        let on_accelerator = Recipe { device: "cuda:0".to_owned(), ..micro };
        assert_eq!(
            basis(&estimates, &on_accelerator),
            EstimateBasis::Guessed,
            "a processor tells nothing of it"
        );
    }

    #[test]
    fn a_guess_is_of_the_right_order() {
        // The demo's runs: 600 steps of 256 images take four to five minutes on one core that it shares with its loader.
        let micro = Recipe::preset("mocov3_vit_micro").unwrap();
        let seconds = nothing_measured().of(&micro, 600).unwrap().seconds;
        assert!((90.0..900.0).contains(&seconds), "{seconds}");
    }
}
