//! Runs side by side: which parameters differ, and how the metrics stand against the first run's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::dto::{ApiError, CompareMetric, Comparison, Run};
use crate::error::Result;
use crate::said::Failure;
use crate::{Context, runs};

/// Compares two or more runs; the first one is the one that others are measured against.
pub async fn compare(context: &Context, ids: &[String]) -> Result<Comparison> {
    if ids.is_empty() {
        return Err(ApiError::invalid(Failure::TooFewToCompare));
    }
    let mut compared = Vec::with_capacity(ids.len());
    for id in ids {
        let id = runs::resolve(context, id).await?;
        compared.push(runs::run(context.store().run(id).await?)?);
    }
    let names: BTreeSet<&String> = compared.iter().flat_map(|run| run.parameters.keys()).collect();
    let known = names.len() as u64;
    let values = |name: &String| -> Vec<Value> {
        compared.iter().map(|run| run.parameters.get(name).cloned().unwrap_or(Value::Null)).collect()
    };
    let parameters: BTreeMap<String, Vec<Value>> = names
        .into_iter()
        .map(|name| (name.clone(), values(name)))
        .filter(|(_, values)| values.iter().any(|value| *value != values[0]))
        .collect();
    let equal_parameters = known - parameters.len() as u64;
    let metrics = metrics(&compared);
    Ok(Comparison { runs: compared, parameters, equal_parameters, metrics })
}

/// One entry a run for each metric that any of them has, layers and tensors included.
fn metrics(runs: &[Run]) -> BTreeMap<String, Vec<CompareMetric>> {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
    let last = |run: &Run, name: &str| {
        run.metrics.get(name).and_then(|metric| metric.last.as_ref().map(|v| v.value()))
    };
    let entry = |run: &Run, name: &String| {
        let metric = run.metrics.get(name);
        let delta = last(run, name).zip(last(&runs[0], name)).map(|(own, first)| own - first);
        CompareMetric {
            last: metric.and_then(|metric| metric.last.clone()),
            min: metric.and_then(|metric| metric.min),
            max: metric.and_then(|metric| metric.max),
            delta: delta.filter(|delta| delta.is_finite()),
        }
    };
    names.into_iter().map(|name| (name.clone(), runs.iter().map(|run| entry(run, name)).collect())).collect()
}
