//! Where a run's numbers come from: read from its folder as its worker left it, and from the database where the folder is gone.

use std::path::Path;

use vitals_journal::{Header, Reader, RunFolder};
use vitals_recipe::sweep::single;
use vitals_recipe::unread;
use vitals_run::Job;

use crate::Context;
use crate::dto::{ApiError, RunOrigin, UsedDataset};
use crate::error::Result;
use crate::runs;

/// What is known of a run's origin.
///
/// # Errors
/// `not_found`, `ambiguous`.
pub async fn origin(context: &Context, id: &str) -> Result<RunOrigin> {
    let id = runs::resolve(context, id).await?;
    let row = context.store().run(id).await?;
    let folder = context.workspace().run_folder(id);
    let source = match row.sweep {
        Some(sweep) => context.store().sweep(sweep).await?.source,
        None => None,
    };
    // What was imported has none, and nothing here trains it again.
    let recipe = row.recipe()?;
    let again = match (&recipe, &row.probed) {
        (Some(recipe), None) => Some(single(&row.label, recipe).map_err(ApiError::invalid)?),
        _ => None,
    };
    let (job, header) = read(&folder, row.attempt);
    let versions = header.as_ref().map(|header| header.versions.clone()).filter(|found| !found.is_empty());
    let job_versions = job.as_ref().map(|job| job.versions.clone());
    Ok(RunOrigin {
        versions: versions.or(job_versions).unwrap_or_default(),
        host: header.and_then(|header| header.host),
        dataset: job.filter(|job| !job.dataset.path.is_empty()).map(|job| UsedDataset {
            name: job.dataset.name,
            path: job.dataset.path,
            fingerprint: job.dataset.fingerprint,
            images: job.dataset.facts.images,
        }),
        sweep_source: source,
        sweep_revision: row.sweep_revision,
        folder_exists: folder.path().is_dir(),
        again,
        unread: recipe.iter().flat_map(unread).map(str::to_owned).collect(),
        axes: row.axes,
    })
}

/// The job as its supervisor wrote it, and the first record of the newest attempt that has one: an attempt that is only just
/// starting has no journal yet.
fn read(folder: &RunFolder, attempt: u32) -> (Option<Job>, Option<Header>) {
    let job = Job::read(&folder.job()).ok();
    let header = (1..=attempt).rev().find_map(|number| header(&folder.journal(number)));
    (job, header)
}

fn header(journal: &Path) -> Option<Header> {
    let mut reader = Reader::open(journal, 0).ok()?;
    reader.next().ok()?;
    reader.header().cloned()
}
