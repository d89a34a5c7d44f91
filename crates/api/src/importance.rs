//! What the outcome of runs depends on: which runs have one, which parameters they differ in, and a forest that ranks these. It is grown
//! beside everything else, and ends as soon as another question is asked.

use serde_json::Value;
use vitals_recipe::query::{Name, Row as _, Scalar};
use vitals_recipe::{Scale, Tells as _, parameter};
use vitals_run::RunState;
use vitals_series::{ENOUGH_EXPLAINED, ENOUGH_RUNS, Importance, Values, correlation, importance as grow};
use vitals_store::RunRow;

use crate::dto::{ApiError, ImportanceBy, ImportanceOf, ImportanceShare, MovedTogether};
use crate::error::Result;
use crate::filter::{self, Filtered};
use crate::number::small;
use crate::said::{Failure, Unranked};
use crate::stability_map::{self, axes};
use crate::{Context, run_table};

/// A repetition is no axis of a map, and a parameter all the same.
const SEED: &str = "seed";
/// Parameters at most; those of sweeps come first.
const MOST: usize = 40;
/// Parameters that move together more closely than this cannot be told apart.
const TOGETHER: f64 = 0.9;

/// Ends whatever forest is growing: nobody waits for it.
pub fn stop(context: &Context) {
    context.forests().next();
}

/// What the outcome of the runs of a query depends on.
///
/// # Errors
/// `invalid_input` for a query or a metric that cannot be read; `conflict` where another question was asked before this one was
/// answered.
pub async fn importance(context: &Context, asked: &ImportanceBy) -> Result<ImportanceOf> {
    let turn = context.forests().next();
    let metric = filter::column(&asked.metric)?;
    let mut rows = run_table::found(context, &asked.filter).await?;
    rows.retain(stability_map::is_mapped);
    let mut found = ImportanceOf {
        metric: metric.to_string(),
        failing: asked.failing,
        runs: 0,
        failed: small(rows.iter().filter(|row| run_table::failed(row)).count()),
        unended: small(rows.iter().filter(|row| is_unended(row)).count()),
        lacking: 0,
        beyond: 0,
        trees: 0,
        explained: None,
        why: None,
        shares: Vec::new(),
        random: None,
        together: Vec::new(),
    };
    let mut kept = Vec::with_capacity(rows.len());
    let mut target = Vec::with_capacity(rows.len());
    for row in rows.into_iter().filter(|row| !is_unended(row)) {
        let failed = run_table::failed(&row);
        let outcome = match asked.failing {
            true => Some(f64::from(u8::from(failed))),
            false if failed => continue,
            false => finite(context, &row, &metric).await?,
        };
        match outcome {
            Some(value) => {
                kept.push(row);
                target.push(value);
            }
            None => found.lacking += 1,
        }
    }
    found.runs = small(kept.len());
    let (names, values) = parameters(&kept, &mut found)?;
    if let Some(why) = refused(&target, &names) {
        found.why = Some(why.told());
        return Ok(found);
    }
    found.together = together(&names, &values);
    // A second of computing: whoever else asks something is answered meanwhile.
    let grown = tokio::task::spawn_blocking(move || {
        let grown = grow(&values, &target, || turn.is_the_newest());
        (grown, turn.is_the_newest())
    });
    match grown.await.map_err(|error| ApiError::failed(Failure::answer(&error)))? {
        (Some(grown), _) => tell(&mut found, &names, &grown),
        (None, true) => found.why = Some(Unranked::NothingVaries.told()),
        (None, false) => return Err(ApiError::new(crate::dto::ErrorCode::Conflict, Unranked::Stopped)),
    }
    Ok(found)
}

/// It may still come to something else, or was kept from it. What failed has its outcome.
fn is_unended(row: &RunRow) -> bool {
    row.state != RunState::Finished && !run_table::failed(row)
}

async fn finite(context: &Context, row: &RunRow, metric: &Name) -> Result<Option<f64>> {
    Ok(match Filtered::with(context, row, &[metric]).await?.lookup(metric) {
        Some(Scalar::Number(value)) => Some(value).filter(|value| value.is_finite()),
        _ => None,
    })
}

fn refused(target: &[f64], names: &[String]) -> Option<Unranked> {
    let found = target.len();
    if found < ENOUGH_RUNS {
        return Some(Unranked::FewRuns { needed: ENOUGH_RUNS as u64, found: found as u64 });
    }
    if names.is_empty() {
        return Some(Unranked::NothingVaries);
    }
    target.iter().all(|value| *value == target[0]).then_some(Unranked::OneOutcome)
}

/// What the runs differ in, and what each has of it.
fn parameters(rows: &[RunRow], found: &mut ImportanceOf) -> Result<(Vec<String>, Vec<Values>)> {
    let axes::Axes { names, keys } = axes::of(rows)?;
    let seeds: Vec<Option<Value>> =
        rows.iter().map(|row| row.trained().map(|trained| trained.seed.into())).collect();
    let of = |at: usize| -> Vec<Option<Value>> { keys.iter().map(|key| key[at].clone()).collect() };
    let own = names.iter().enumerate().filter(|(_, name)| !name.follows);
    let mut all: Vec<(String, Vec<Option<Value>>)> =
        own.map(|(at, name)| (name.name.clone(), of(at))).collect();
    if seeds.iter().any(|seed| *seed != seeds[0]) {
        all.push((SEED.to_owned(), seeds));
    }
    let mut told: Vec<(String, Values)> = all
        .into_iter()
        .map(|(name, values)| (values_of(&name, &values), name))
        .filter(|(values, _)| !is_a_name(values))
        .map(|(values, name)| (name, values))
        .collect();
    found.beyond = small(told.len().saturating_sub(MOST));
    told.truncate(MOST);
    Ok(told.into_iter().unzip())
}

/// Numbers as they are even along their axis, where all of them have a place there; else words.
fn values_of(name: &str, values: &[Option<Value>]) -> Values {
    let scale = parameter(name).map_or(Scale::Linear, |known| known.scale);
    if !values.iter().flatten().all(Value::is_number) {
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Values::Words(values.iter().map(|value| value.as_ref().map(word)).collect());
    }
    let numbers: Vec<Option<f64>> =
        values.iter().map(|value| value.as_ref().and_then(Value::as_f64)).collect();
    let all = |holds: fn(f64) -> bool| numbers.iter().flatten().all(|value| holds(*value));
    let even: fn(f64) -> f64 = match scale {
        Scale::Log if all(|value| value > 0.0) => f64::ln,
        Scale::LogToOne if all(|value| value < 1.0) => |value| -(1.0 - value).ln(),
        _ => |value| value,
    };
    Values::Numbers(numbers.into_iter().map(|value| value.map(even)).collect())
}

/// A word that most runs have for themselves is the name of a run and none of its parameters.
fn is_a_name(values: &Values) -> bool {
    let Values::Words(words) = values else { return false };
    let distinct: std::collections::BTreeSet<&Option<String>> = words.iter().collect();
    2 * distinct.len() > words.len()
}

fn together(names: &[String], values: &[Values]) -> Vec<MovedTogether> {
    let mut found = Vec::new();
    for b in 1..names.len() {
        for a in 0..b {
            let r = correlation(&values[a], &values[b]);
            if r.abs() > TOGETHER {
                found.push(MovedTogether { names: (names[a].clone(), names[b].clone()), correlation: r });
            }
        }
    }
    found
}

fn tell(found: &mut ImportanceOf, names: &[String], grown: &Importance) {
    found.trees = small(grown.trees);
    found.explained = Some(grown.explained);
    if grown.explained < ENOUGH_EXPLAINED {
        // As it is read: two digits are more than it is known by.
        let explained = (100.0 * grown.explained).round() / 100.0;
        let said = Unranked::Unexplained { explained, least: ENOUGH_EXPLAINED };
        found.why = Some(said.told());
        return;
    }
    found.random = Some(grown.random);
    found.shares = grown
        .shares
        .iter()
        .map(|share| ImportanceShare {
            names: [Some(share.column), share.with]
                .into_iter()
                .flatten()
                .map(|at| names[at].clone())
                .collect(),
            mean: share.mean,
            low: share.low,
            high: share.high,
            is_clear: share.is_clear,
        })
        .collect();
}
