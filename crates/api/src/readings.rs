//! The one value of a metric that stands for a run. Last and extremes of what is finite are kept with the run; a mean of the last
//! values is read from the series, no more of it than it takes.

use std::collections::HashMap;

use vitals_recipe::query::Name;
use vitals_recipe::{Better, Reading, metric};
use vitals_store::{RunId, RunRow, SeriesQuery};

use crate::Context;
use crate::error::Result;

/// How much further back is looked where the last steps hold too few values.
const FURTHER: u64 = 16;

/// The value, of the values in force: NaN where one that it rests on is not finite, `None` where there are none.
pub(crate) async fn read(
    context: &Context,
    run: RunId,
    name: &str,
    reading: Reading,
    higher_is_better: bool,
) -> Result<Option<f64>> {
    let values = match reading {
        Reading::Last => last(context, run, name, 1).await?,
        Reading::Mean(count) => last(context, run, name, u64::from(count)).await?,
        Reading::Best | Reading::Min | Reading::Max => from(context, run, name, None).await?,
    };
    Ok((!values.is_empty()).then(|| reading.of(&values, higher_is_better)))
}

/// The first finite value in force: what the metric is before training, or as soon after as it was looked at.
pub(crate) async fn first(context: &Context, run: RunId, name: &str) -> Result<Option<f64>> {
    let Some(extent) = context.store().extent(run, &[name.to_owned()], false).await? else {
        return Ok(None);
    };
    let mut to = extent.first_step;
    loop {
        let query = SeriesQuery { names: vec![name.to_owned()], to: Some(to), ..SeriesQuery::default() };
        let values = context.store().series(run, &query).await?.pop().map_or_else(Vec::new, |one| one.values);
        let found = values.into_iter().find(|value| value.is_finite());
        if found.is_some() || to >= extent.last_step {
            return Ok(found);
        }
        // The first ones are not finite: ever further on.
        to = to.saturating_mul(2).max(FURTHER).min(extent.last_step);
    }
}

/// At least so many of the last values, as far as there are so many.
async fn last(context: &Context, run: RunId, name: &str, count: u64) -> Result<Vec<f64>> {
    let Some(extent) = context.store().extent(run, &[name.to_owned()], false).await? else {
        return Ok(Vec::new());
    };
    let mut steps = count;
    loop {
        let first = (extent.last_step + 1).saturating_sub(steps);
        let values = from(context, run, name, Some(first)).await?;
        if values.len() as u64 >= count || first <= extent.first_step {
            return Ok(values);
        }
        steps = steps.saturating_mul(FURTHER);
    }
}

async fn from(context: &Context, run: RunId, name: &str, first: Option<u64>) -> Result<Vec<f64>> {
    let query = SeriesQuery { names: vec![name.to_owned()], from: first, ..SeriesQuery::default() };
    Ok(context.store().series(run, &query).await?.pop().map_or_else(Vec::new, |series| series.values))
}

/// Means of last values, by metric and how many.
pub(crate) type Means = HashMap<(String, u32), f64>;

/// The means that these names ask of a run.
pub(crate) async fn means(context: &Context, row: &RunRow, names: &[&Name]) -> Result<Means> {
    let mut found = Means::new();
    for name in names {
        if let Name::Metric { metric, reading: reading @ Reading::Mean(count) } = name
            && row.metrics.contains_key(metric)
            && let Some(value) = read(context, row.id, metric, *reading, true).await?
        {
            found.insert((metric.clone(), *count), value);
        }
    }
    Ok(found)
}

/// Whether more of a metric is better, as the table of metrics has it; more, where it has no word on that.
pub(crate) fn higher_is_better(name: &str) -> bool {
    metric(name, None).is_none_or(|known| known.row().better != Better::Lower)
}
