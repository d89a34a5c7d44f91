//! Queuing runs that were proposed: each like one that is there, in its sweep, with another rate and seed.

use std::collections::BTreeMap;

use vitals_recipe::{point_id, relabelled};
use vitals_run::{Evidence, RunState};
use vitals_store::{MetricChoice, NewRun, RunSelection, SweepId};

use super::RATE;
use crate::Context;
use crate::dto::{ApiError, BoundaryRun, BoundaryRuns};
use crate::error::{Result, hinted};
use crate::runs;
use crate::said::Failure;

/// That can be asked for at once.
const MOST: u32 = 1000;

/// Queues them and sees that a supervisor runs; the labels of those that were not there yet.
///
/// # Errors
/// `invalid_input` for no runs or too many, for a rate that no run can have, and for a run that Vitals did not train; `not_found` for an
/// unknown one.
pub async fn queue(context: &Context, asked: &BoundaryRuns) -> Result<Vec<String>> {
    let found = asked.runs.len().try_into().unwrap_or(u32::MAX);
    if !(1..=MOST).contains(&found) {
        return Err(ApiError::invalid(Failure::SeedsAtOnce { found, most: MOST }));
    }
    let all = context.store().runs(&RunSelection::All, &MetricChoice::None).await?;
    let mut of_sweeps: BTreeMap<Option<SweepId>, Vec<NewRun>> = BTreeMap::new();
    for run in &asked.runs {
        let (sweep, new) = made(context, run).await?;
        let is_there = |point: &str, seed: u64| point == new.point && seed == new.seed;
        let of_sweep = of_sweeps.entry(sweep).or_default();
        let known = all.iter().filter(|row| row.probed.is_none()).filter_map(|row| row.trained());
        if !known.into_iter().any(|run| is_there(&run.point, run.seed))
            && !of_sweep.iter().any(|run| is_there(&run.point, run.seed))
        {
            of_sweep.push(new);
        }
    }
    let labels = of_sweeps.values().flatten().map(|run| run.label.clone()).collect();
    runs::queue(context, of_sweeps).await?;
    Ok(labels)
}

async fn made(context: &Context, asked: &BoundaryRun) -> Result<(Option<SweepId>, NewRun)> {
    let row = context.store().run(runs::resolve(context, &asked.like).await?).await?;
    let Some((mut recipe, trained)) = row.recipe()?.zip(row.trained()) else {
        return Err(ApiError::invalid(Failure::NotForImported {
            run: row.label.clone(),
            command: "boundary_queue".to_owned(),
        }));
    };
    let (before, rate) = (recipe.base_learning_rate.into(), asked.rate.into());
    recipe.set(RATE, &rate).map_err(|error| {
        let hint = error.hint();
        hinted(ApiError::invalid(error), hint)
    })?;
    recipe.seed = asked.seed;
    let label = runs::label_of_point(&row, trained.seed);
    let mut axes = row.axes.clone();
    axes.insert(RATE.to_owned(), rate.clone());
    let new = NewRun {
        id: None,
        point: point_id(&recipe),
        seed: asked.seed,
        recipe: recipe.to_json(),
        probed: None,
        axes,
        label: format!("{}-s{}", relabelled(label, RATE, &before, &rate), asked.seed),
        priority: row.priority,
        total_steps: row.total_steps,
        state: RunState::Queued,
        evidence: Evidence::QueuedForBoundary.into(),
    };
    Ok((row.sweep, new))
}
