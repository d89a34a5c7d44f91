//! Where training becomes unstable on a map whose one axis is the base learning rate: which runs tell it, the boundary with its band
//! among those that differ in nothing else, and the runs that would tell most, with what they cost.

mod candidates;
mod queue;

use std::collections::BTreeMap;

use serde_json::Value;
use vitals_recipe::{Recipe, Tells as _};
use vitals_run::RunState;
use vitals_series::{Boundary, FEWEST_TRIALS, NoBoundary, Place, Trial};
use vitals_store::{MetricChoice, RunRow, RunSelection};

use crate::dto::{ApiError, Boundaries, BoundariesBy, BoundaryAt, MapBoundary, NextRun};
use crate::error::Result;
use crate::estimate::Estimates;
use crate::number::small;
use crate::said::{Failure, Unbounded};
use crate::stability::stability;
use crate::stability_map::{self, axes};
use crate::{Context, run_table, runs};

pub use queue::queue;

pub(crate) const RATE: &str = "base_learning_rate";
pub(crate) const BATCH: &str = "batch_size";
/// The stability score from which on a run counts as stable: what is lost to spikes and dips together is less than a spike in 3,000 steps.
const STABLE_FROM: f64 = 0.75;
/// Runs proposed at once: after these the boundary is another.
const PROPOSED: usize = 4;

/// What a run tells of the boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tells {
    Stable,
    Unstable,
    /// It has not ended.
    Coming,
    Nothing,
}

/// A run that Vitals trained.
struct Mapped<'a> {
    row: &'a RunRow,
    recipe: Recipe,
    place: Place,
    tells: Tells,
    /// Its value on the other axis.
    at: Value,
    of: BTreeMap<String, Value>,
}

/// The boundaries of the map of the runs that a condition takes.
///
/// # Errors
/// `invalid_input` for a condition that cannot be read, and where the other axis is the rate or nothing.
pub async fn boundaries(context: &Context, asked: &BoundariesBy) -> Result<Boundaries> {
    if asked.across == RATE {
        return Err(ApiError::invalid(Failure::BoundaryOverRate { name: RATE.to_owned() }));
    }
    let mut rows = runs::matching(context, &asked.filter, &MetricChoice::Plain).await?;
    rows.retain(stability_map::is_mapped);
    let mapped = mapped(&rows, &asked.across)?;
    let all = context.store().runs(&RunSelection::All, &MetricChoice::None).await?;
    let estimates = Estimates::measured(context).await?;
    let mut seeds = candidates::Seeds::of(&all);

    let groups_of: Vec<String> = mapped.iter().map(|one| format!("{:?}", one.of)).collect();
    let mut groups = Vec::new();
    let mut next: Vec<NextRun> = Vec::new();
    for members in run_table::alike(&groups_of) {
        let members: Vec<&Mapped<'_>> = members.iter().map(|place| &mapped[*place]).collect();
        let count = |tells: Tells| small(members.iter().filter(|one| one.tells == tells).count());
        let mut group = MapBoundary {
            of: members[0].of.clone(),
            stable: count(Tells::Stable),
            unstable: count(Tells::Unstable),
            untold: count(Tells::Nothing),
            why: None,
            line: Vec::new(),
        };
        let mut refused: Option<(usize, NoBoundary)> = None;
        for part in parts(&members, &asked.across) {
            let trials: Vec<Trial> = part.iter().filter_map(|one| trial(one)).collect();
            match Boundary::of(&trials) {
                Ok(found) => {
                    group.line.extend(line(&found, &part));
                    next.extend(candidates::next(&found, &part, PROPOSED, &estimates, &mut seeds)?);
                }
                Err(why) if refused.is_none_or(|(most, _)| trials.len() > most) => {
                    refused = Some((trials.len(), why));
                }
                Err(_) => {}
            }
        }
        group.why = refused.filter(|_| group.line.is_empty()).map(|(count, why)| reason(why, count).told());
        groups.push(group);
    }
    next.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    next.truncate(PROPOSED);
    Ok(Boundaries { score: STABLE_FROM, groups, next })
}

/// The trained runs that have both axes.
fn mapped<'a>(rows: &'a [RunRow], across: &str) -> Result<Vec<Mapped<'a>>> {
    let axes::Axes { names, keys } = axes::of(rows)?;
    let mut found = Vec::new();
    for (row, key) in rows.iter().zip(&keys) {
        let Some(recipe) = row.recipe()?.filter(|recipe| recipe.base_learning_rate > 0.0) else { continue };
        let Some(at) = recipe.get(across) else { continue };
        let own = names
            .iter()
            .zip(key)
            .filter(|(name, _)| !name.follows && name.name != RATE && name.name != across);
        found.push(Mapped {
            row,
            place: Place { rate: recipe.base_learning_rate, batch: f64::from(recipe.batch_size) },
            tells: tells(row, &recipe),
            at,
            of: own.map(|(name, value)| (name.name.clone(), value.clone().unwrap_or_default())).collect(),
            recipe,
        });
    }
    Ok(found)
}

fn tells(row: &RunRow, recipe: &Recipe) -> Tells {
    let counted = stability(row, Some(recipe.knn_queries)).filter(|_| row.steps_done > 0);
    // What collapsed has told what it has to tell, whether it goes on or not.
    if counted.is_some_and(|counted| counted.failed) {
        return Tells::Unstable;
    }
    match row.state {
        RunState::Finished => match counted.and_then(|counted| counted.score().ok()) {
            Some(score) if score >= STABLE_FROM => Tells::Stable,
            Some(_) => Tells::Unstable,
            None => Tells::Nothing,
        },
        RunState::Failed | RunState::Lost | RunState::Cancelled => Tells::Nothing,
        _ => Tells::Coming,
    }
}

fn trial(one: &Mapped<'_>) -> Option<Trial> {
    match one.tells {
        Tells::Stable => Some(Trial { place: one.place, stable: true }),
        Tells::Unstable => Some(Trial { place: one.place, stable: false }),
        Tells::Coming | Tells::Nothing => None,
    }
}

/// Runs that share a boundary: over batch sizes all of a group, over anything else those of each value.
fn parts<'a, 'b>(members: &[&'b Mapped<'a>], across: &str) -> Vec<Vec<&'b Mapped<'a>>> {
    if across == BATCH {
        return vec![members.to_vec()];
    }
    let values: Vec<&Value> = members.iter().map(|one| &one.at).collect();
    let parts = run_table::alike(&values);
    parts.into_iter().map(|places| places.into_iter().map(|place| members[place]).collect()).collect()
}

/// At every value of the other axis that runs have.
fn line(found: &Boundary, part: &[&Mapped<'_>]) -> Vec<BoundaryAt> {
    let values: Vec<&Value> = part.iter().map(|one| &one.at).collect();
    let ats = run_table::alike(&values).into_iter().map(|places| part[places[0]]);
    let mut line: Vec<(f64, BoundaryAt)> = ats
        .map(|one| {
            let crossing = found.at(one.place.batch);
            let (rate, low, high) = (crossing.rate, crossing.low, crossing.high);
            (one.place.batch, BoundaryAt { at: one.at.clone(), rate, low, high })
        })
        .collect();
    line.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    line.into_iter().map(|(_, at)| at).collect()
}

fn reason(why: NoBoundary, runs: usize) -> Unbounded {
    let count = runs as u64;
    match why {
        NoBoundary::Few(found) => Unbounded::FewRuns { found: found as u64, needed: FEWEST_TRIALS as u64 },
        NoBoundary::AllStable => Unbounded::AllStable { count },
        NoBoundary::NoneStable => Unbounded::NoneStable { count },
        NoBoundary::OneRate => Unbounded::OneRate { count },
        NoBoundary::NotByRate => Unbounded::NotByRate { count },
    }
}
