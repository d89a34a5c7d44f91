//! What sweeps are after, as their files say: the metric that is better, and how runs are judged. Says nothing where they name
//! none, or several.

use std::collections::BTreeSet;

use vitals_recipe::sweep::Sweep;
use vitals_store::SweepId;

use crate::Context;
use crate::dto::Run;
use crate::error::Result;

/// The newest texts of these sweeps; a text that is no sweep any more says nothing.
pub(crate) async fn files(context: &Context, sweeps: BTreeSet<SweepId>) -> Result<Vec<Sweep>> {
    let mut found = Vec::new();
    for sweep in sweeps {
        if let Some(newest) = context.store().sweep_revisions(sweep).await?.pop() {
            found.extend(vitals_recipe::sweep::parse(&newest.text, &newest.name).ok());
        }
    }
    Ok(found)
}

/// The objective that all sweeps of these runs have in common.
pub(crate) async fn shared(context: &Context, runs: &[Run]) -> Result<Option<String>> {
    declared(context, runs.iter().filter_map(|run| run.sweep.as_ref()?.parse().ok()).collect()).await
}

/// The objective that all of these sweeps that name one have in common.
pub(crate) async fn declared(context: &Context, sweeps: BTreeSet<SweepId>) -> Result<Option<String>> {
    let named = files(context, sweeps).await?.into_iter().filter_map(|sweep| sweep.objective);
    let mut found: BTreeSet<String> = named.map(|objective| objective.metric).collect();
    let only = found.len() == 1;
    Ok(found.pop_first().filter(|_| only))
}
