//! What a sweep's runs came to, in the numbers that say whether they learned: the first loss against chance, and
//! held-out accuracy on a fixed bank before training, as raw pixels, and after training.

use serde::Serialize;
use vitals_recipe::Metric;
use vitals_store::{SeriesQuery, SweepId};

use crate::Context;
use crate::dto::Run;
use crate::error::Result;
use crate::sweeps;

/// One run's outcome; fractions are between 0 and 1.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub run: Run,
    pub loss_first: Option<f64>,
    pub loss_last: Option<f64>,
    /// kNN top-1 on the fixed, un-augmented bank before the first step.
    pub untrained: Option<f64>,
    /// The same bank and queries as raw pixels.
    pub pixels: Option<f64>,
    /// The same after the last step.
    pub trained: Option<f64>,
}

/// The outcome of every run of a sweep, oldest first.
pub async fn outcomes(context: &Context, sweep: SweepId) -> Result<Vec<Outcome>> {
    let read = [Metric::Loss, Metric::KnnTop1Fixed, Metric::KnnTop1Pixels];
    let names = read.map(|metric| metric.name().to_owned()).to_vec();
    let query = SeriesQuery { names, ..SeriesQuery::default() };
    let mut outcomes = Vec::new();
    for run in sweeps::runs(context, sweep).await? {
        let series = context.store().series(run.id, &query).await?;
        let values = |metric: Metric| series.iter().find(|series| series.name == metric.name());
        let first = |metric| values(metric).and_then(|series| series.values.first().copied());
        let last = |metric| values(metric).and_then(|series| series.values.last().copied());
        let at_start = values(Metric::KnnTop1Fixed).filter(|series| series.steps.first() == Some(&0));
        outcomes.push(Outcome {
            loss_first: first(Metric::Loss),
            loss_last: last(Metric::Loss),
            untrained: at_start.and_then(|series| series.values.first().copied()),
            pixels: first(Metric::KnnTop1Pixels),
            trained: last(Metric::KnnTop1Fixed)
                .filter(|_| values(Metric::KnnTop1Fixed).is_some_and(|s| s.values.len() > 1)),
            run: crate::runs::run(run)?,
        });
    }
    outcomes.reverse();
    Ok(outcomes)
}

/// Mean over runs of the first loss relative to chance, where both are known: 1 when training starts at chance. A loss that
/// starts at 0, as a similarity does, has no such ratio.
pub fn first_loss_over_chance(outcomes: &[Outcome]) -> Option<f64> {
    let ratio = |outcome: &Outcome| Some(outcome.loss_first? / outcome.run.loss_start?);
    let ratios: Vec<f64> = outcomes.iter().filter_map(ratio).filter(|ratio| ratio.is_finite()).collect();
    (!ratios.is_empty()).then(|| ratios.iter().sum::<f64>() / ratios.len() as f64)
}
