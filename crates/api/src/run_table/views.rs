//! Ways of looking at the runs that are kept under a name, in the workspace: whoever opens it finds them.

use crate::Context;
use crate::dto::{ApiError, RunTableBy, SavedView};
use crate::error::Result;
use crate::said::Failure;

const KEY: &str = "runs_views";
const LONGEST_NAME: usize = 60;

/// All of them, by name.
pub async fn views(context: &Context) -> Result<Vec<SavedView>> {
    Ok(context.store().setting(KEY).await?.unwrap_or_default())
}

/// Keeps one, in place of the one of its name; returns all.
///
/// # Errors
/// `invalid_input` where it has no name, or one that is too long, or cannot be shown.
pub async fn save(context: &Context, mut view: SavedView) -> Result<Vec<SavedView>> {
    view.name = view.name.trim().to_owned();
    if view.name.is_empty() || view.name.chars().count() > LONGEST_NAME {
        return Err(ApiError::invalid(Failure::ViewName { most: LONGEST_NAME as u64 }));
    }
    super::check(&RunTableBy {
        filter: view.filter.clone(),
        sort: view.sort.clone(),
        columns: view.columns.clone(),
        group: view.group.clone(),
    })?;
    let mut all = views(context).await?;
    all.retain(|known| known.name != view.name);
    all.push(view);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    context.store().set_setting(KEY, &all).await?;
    Ok(all)
}

/// Forgets one; returns the others. One that is gone already is no error.
pub async fn remove(context: &Context, name: &str) -> Result<Vec<SavedView>> {
    let mut all = views(context).await?;
    all.retain(|known| known.name != name);
    context.store().set_setting(KEY, &all).await?;
    Ok(all)
}
