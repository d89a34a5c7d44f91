//! What "best" means for runs: the metric that their sweeps name. Says nothing where they name none, or several.

use std::collections::BTreeSet;

use vitals_store::SweepId;

use crate::Context;
use crate::dto::Run;
use crate::error::Result;

/// The objective that all sweeps of these runs have in common.
pub async fn shared(context: &Context, runs: &[Run]) -> Result<Option<String>> {
    let sweeps: BTreeSet<&String> = runs.iter().filter_map(|run| run.sweep.as_ref()).collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for sweep in sweeps {
        let Ok(id) = sweep.parse::<SweepId>() else { continue };
        let Some(newest) = context.store().sweep_revisions(id).await?.pop() else { continue };
        let parsed = vitals_recipe::sweep::parse(&newest.text, &newest.name).ok();
        found.extend(parsed.and_then(|sweep| sweep.objective).map(|objective| objective.metric));
    }
    let only = found.len() == 1;
    Ok(found.pop_first().filter(|_| only))
}
