//! Runs side by side: which parameters differ, and which values of foreign configurations, and how the metrics stand against
//! the first run's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vitals_recipe::query::CONFIG_PREFIX;

use crate::dto::{ApiError, CompareMetric, Comparison, Run};
use crate::error::Result;
use crate::said::Failure;
use crate::{Context, objective, runs};

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
    let Settings { differing, equal, unshared } = settings(&compared);
    let metrics = metrics(&compared);
    let objective = objective::shared(context, &compared).await?;
    Ok(Comparison {
        runs: compared,
        objective,
        parameters: differing,
        equal_parameters: equal,
        unshared_parameters: unshared,
        metrics,
    })
}

/// How runs stand to each other in what they were given.
#[derive(Debug, Default)]
struct Settings {
    /// One value a run.
    differing: BTreeMap<String, Vec<Value>>,
    equal: u64,
    /// Names that nobody but one of the runs could have: a recipe says nothing of a foreign configuration, and that
    /// nothing of a recipe.
    unshared: u64,
}

fn settings(runs: &[Run]) -> Settings {
    let given: Vec<BTreeMap<String, Value>> = runs.iter().map(given).collect();
    let names: BTreeSet<&String> = given.iter().flat_map(BTreeMap::keys).collect();
    let mut settings = Settings::default();
    for name in names {
        let is_foreign = name.starts_with(CONFIG_PREFIX);
        let values: Vec<Value> =
            given.iter().map(|given| given.get(name).cloned().unwrap_or(Value::Null)).collect();
        let could_have = runs.iter().zip(&values).filter(|(run, _)| run.source.is_some() == is_foreign);
        let comparable: Vec<&Value> = could_have.map(|(_, value)| value).collect();
        if comparable.len() < 2 && runs.len() > 1 {
            settings.unshared += 1;
        } else if comparable.iter().all(|value| *value == comparable[0]) {
            settings.equal += 1;
        } else {
            settings.differing.insert(name.clone(), values);
        }
    }
    settings
}

/// What a run was given, by the names that conditions ask for.
fn given(run: &Run) -> BTreeMap<String, Value> {
    let config = run.config.0.iter().map(|(key, value)| (format!("{CONFIG_PREFIX}{key}"), value.to_json()));
    run.parameters.clone().into_iter().chain(config).collect()
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
