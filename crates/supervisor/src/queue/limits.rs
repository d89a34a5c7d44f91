//! Room on the disk of the run folders: how much has to be left, how much journals and checkpoints may take, and which
//! checkpoints go first. A journal is the record of a run and is never removed to make room.

use std::collections::HashMap;

use rustix::fs::Access;
use vitals_recipe::Bytes;
use vitals_run::Standstill;
use vitals_store::{KeptCheckpoint, RunId};

use crate::error::Result;
use crate::ground::Ground;
use crate::settings::{self, Limits};

/// The checkpoints to remove so that all together take at most `limit` bytes, as far as that can be: of ended runs only,
/// those that ended longest ago first, in each the superseded and then the earliest first, and never the one that a run
/// would go on from.
fn surplus(kept: &[KeptCheckpoint], limit: u64) -> Vec<&KeptCheckpoint> {
    let mut total: u64 = kept.iter().map(|checkpoint| checkpoint.size_bytes).sum();
    let mut newest: HashMap<RunId, (bool, u64, u32)> = HashMap::new();
    let rank = |c: &KeptCheckpoint| (!c.superseded, c.step, c.attempt);
    for checkpoint in kept {
        let best = newest.entry(checkpoint.run).or_insert_with(|| rank(checkpoint));
        *best = (*best).max(rank(checkpoint));
    }
    let mut candidates: Vec<&KeptCheckpoint> =
        kept.iter().filter(|c| c.run_ended_at.is_some() && newest.get(&c.run) != Some(&rank(c))).collect();
    candidates.sort_by_key(|c| (c.run_ended_at, c.run, rank(c)));
    candidates
        .into_iter()
        .take_while(|checkpoint| {
            let over = total > limit;
            total -= checkpoint.size_bytes;
            over
        })
        .collect()
}

/// Removes checkpoints beyond the limit.
pub(crate) async fn remove_surplus_checkpoints(ground: &Ground, limit: u64) -> Result<()> {
    if limit == 0 {
        return Ok(());
    }
    let kept = ground.store.kept_checkpoints().await?;
    for checkpoint in surplus(&kept, limit) {
        let (folder, step) = (ground.folder(checkpoint.run), checkpoint.step);
        let shown = folder.checkpoint(step).display().to_string();
        match tokio::task::spawn_blocking(move || folder.remove_checkpoint(step)).await {
            Ok(Err(error)) => {
                tracing::warn!("failed to {error}, to keep within `checkpoint_limit_bytes`");
                continue;
            }
            _ => tracing::info!("removed {shown} to keep within `checkpoint_limit_bytes`"),
        }
        ground.store.mark_checkpoint_removed(checkpoint.run, &checkpoint.path).await?;
    }
    Ok(())
}

/// What to say where there is no place or no room to start anything.
pub(crate) async fn no_room(ground: &Ground, limits: &Limits) -> Result<Option<Standstill>> {
    if let Some(why) = no_place(ground).or_else(|| low_disk(ground, limits.low_disk_bytes)) {
        return Ok(Some(why));
    }
    let Limits { checkpoint_bytes, journal_bytes, .. } = *limits;
    if journal_bytes > 0 {
        let used = ground.store.journal_bytes().await?;
        if used > journal_bytes {
            let setting = settings::JOURNAL_LIMIT_BYTES.to_owned();
            let (used, limit) = (Bytes(used), Bytes(journal_bytes));
            return Ok(Some(Standstill::JournalsFull { used, setting, limit }));
        }
    }
    if checkpoint_bytes == 0 {
        return Ok(None);
    }
    let used = ground.store.kept_checkpoints().await?.iter().map(|checkpoint| checkpoint.size_bytes).sum();
    Ok((used > checkpoint_bytes).then(|| Standstill::CheckpointsFull {
        used: Bytes(used),
        setting: settings::CHECKPOINT_LIMIT_BYTES.to_owned(),
        limit: Bytes(checkpoint_bytes),
    }))
}

/// What to say where no run folder can be made: else each run of the queue would fail in its turn.
fn no_place(ground: &Ground) -> Option<Standstill> {
    let runs = ground.workspace.runs_dir();
    // It and what lies above it is made by the first start.
    let there = runs.ancestors().find(|place| place.exists())?;
    let why = if there.is_dir() {
        rustix::fs::access(there, Access::WRITE_OK | Access::EXEC_OK).err()?.to_string()
    } else {
        "it is no folder".to_owned()
    };
    let [runs, place] = [runs, there].map(|place| place.display().to_string());
    Some(Standstill::NoPlace { runs, place, why })
}

/// What to say where the run folders' disk has less room than the setting asks for.
fn low_disk(ground: &Ground, wanted: u64) -> Option<Standstill> {
    // The folder of the runs is made by the first start.
    let places = [ground.workspace.runs_dir(), ground.workspace.root()];
    let disk = places.into_iter().find_map(|place| rustix::fs::statvfs(place).ok())?;
    let room = disk.f_bavail.saturating_mul(disk.f_frsize);
    (room < wanted).then(|| Standstill::LowDisk {
        folder: ground.workspace.runs_dir().display().to_string(),
        left: Bytes(room),
        setting: settings::LOW_DISK_BYTES.to_owned(),
        wanted: Bytes(wanted),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Of 10 bytes each: run, step, superseded; runs above 9 have not ended, the others ended in the order of their ids.
    fn check(checkpoints: &[(u8, u64, bool)], limit: u64, expected: &[(u8, u64)]) {
        let kept: Vec<KeptCheckpoint> = checkpoints
            .iter()
            .map(|&(run, step, superseded)| KeptCheckpoint {
                run: Uuid::from_bytes([run; 16]),
                attempt: 1,
                step,
                path: format!("checkpoints/step-{step:08}"),
                size_bytes: 10,
                superseded,
                run_ended_at: (run < 10).then_some(i64::from(run)),
            })
            .collect();
        let gone: Vec<(u8, u64)> =
            surplus(&kept, limit).into_iter().map(|c| (c.run.as_bytes()[0], c.step)).collect();
        assert_eq!(gone, expected);
    }

    #[test]
    fn the_oldest_go_and_each_run_keeps_its_last() {
        let two = [(2, 1, false), (2, 2, false), (1, 1, false), (1, 2, false), (1, 3, false)];
        check(&two, 50, &[]);
        check(&two, 49, &[(1, 1)]);
        check(&two, 30, &[(1, 1), (1, 2)]);
        check(&two, 0, &[(1, 1), (1, 2), (2, 1)]);
        // A superseded one goes before an earlier one in force; what a run goes on from stays, even below it.
        check(&[(1, 1, false), (1, 2, false), (1, 9, true)], 20, &[(1, 9)]);
        check(&[(1, 1, false), (1, 2, false), (1, 9, true)], 0, &[(1, 9), (1, 1)]);
        check(&[(1, 1, true), (1, 2, true)], 0, &[(1, 1)]);
        // A run that has not ended loses nothing.
        check(&[(10, 1, false), (10, 2, false), (1, 1, false), (1, 2, false)], 0, &[(1, 1)]);
        check(&[], 0, &[]);
    }
}
