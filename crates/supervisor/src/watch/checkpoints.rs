//! What the store says of a run's checkpoints, held against the run folder.

use vitals_store::RunId;

use crate::error::Result;
use crate::ground::Ground;

/// Workers keep the last few checkpoints only; the store should name none that is gone.
pub(crate) async fn note_removed(ground: &Ground, run: RunId) -> Result<()> {
    let folder = ground.folder(run);
    for checkpoint in ground.store.checkpoints(run).await?.iter().filter(|checkpoint| !checkpoint.removed) {
        if matches!(folder.path().join(&checkpoint.path).try_exists(), Ok(false)) {
            ground.store.mark_checkpoint_removed(run, &checkpoint.path).await?;
        }
    }
    Ok(())
}
