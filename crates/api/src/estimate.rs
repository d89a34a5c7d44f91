//! How long a run will take, from runs of the same size that this workspace has measured. No measurement, no number.

use std::collections::HashMap;

use vitals_recipe::{Metric, Recipe, time_key};
use vitals_store::{MetricChoice, RunRow, RunSelection};

use crate::Context;
use crate::error::Result;

/// Measured images a second, by what decides the cost of a step.
#[derive(Debug, Default)]
pub struct Estimates(HashMap<String, Vec<f64>>);

impl Estimates {
    /// Reads what finished and running runs have measured.
    pub async fn measured(context: &Context) -> Result<Self> {
        let wanted = MetricChoice::Named(vec![Metric::ImagesPerSecond.name().to_owned()]);
        Self::of(context.store().runs(&RunSelection::All, &wanted).await?.iter())
    }

    /// By what these runs have measured; whoever asks has read that metric with them.
    pub fn of<'a>(rows: impl Iterator<Item = &'a RunRow>) -> Result<Self> {
        let mut rates: HashMap<String, Vec<f64>> = HashMap::new();
        for row in rows {
            let rate = row.metrics.get(Metric::ImagesPerSecond.name()).map(|metric| metric.last);
            if let Some(rate) = rate.filter(|rate| rate.is_finite() && *rate > 0.0) {
                rates.entry(time_key(&row.resolved()?)).or_default().push(rate);
            }
        }
        rates.values_mut().for_each(|rates| rates.sort_by(f64::total_cmp));
        Ok(Self(rates))
    }

    /// Seconds for `steps` steps at the median measured rate.
    pub fn seconds(&self, recipe: &Recipe, steps: u64) -> Option<f64> {
        let rates = self.0.get(&time_key(recipe))?;
        let median = rates.get(rates.len() / 2)?;
        Some(steps as f64 * f64::from(recipe.batch_size) / median)
    }
}
