//! Wakes whoever tails a journal when its folder changes. Only a hint: network file systems send none, and watches may
//! run out, so every tail also looks by itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

type Sleepers = Arc<Mutex<HashMap<PathBuf, Arc<Notify>>>>;

/// Folders that are watched, and whom to wake.
pub(crate) struct Hints {
    sleepers: Sleepers,
    watcher: Option<RecommendedWatcher>,
}

impl Hints {
    pub fn new() -> Self {
        let sleepers = Sleepers::default();
        let woken = Arc::clone(&sleepers);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Whoever is woken looks by opening files: were that a reason to wake, it would never sleep again.
            let Some(event) = event.ok().filter(|event| !event.kind.is_access()) else { return };
            let sleepers = woken.lock().unwrap_or_else(PoisonError::into_inner);
            for folder in event.paths.iter().filter_map(|path| path.parent()) {
                if let Some(sleeper) = sleepers.get(folder) {
                    sleeper.notify_one();
                }
            }
        });
        Self { sleepers, watcher: watcher.ok() }
    }

    /// Wakes `sleeper` when something in the folder changes.
    pub fn watch(&mut self, folder: &Path, sleeper: &Arc<Notify>) {
        self.lock().insert(folder.to_owned(), Arc::clone(sleeper));
        if let Some(watcher) = &mut self.watcher
            && let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive)
        {
            tracing::debug!("failed to watch {}: {error}; it is polled", folder.display());
        }
    }

    pub fn forget(&mut self, folder: &Path) {
        if self.lock().remove(folder).is_some()
            && let Some(watcher) = &mut self.watcher
        {
            // Fails when the folder is gone, and then there is nothing to forget.
            let _ = watcher.unwatch(folder);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Notify>>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_wakes_and_what_is_read_does_not() {
        let (read, written) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = read.path().join("guard.json");
        std::fs::write(&file, "{}").unwrap();
        let mut hints = Hints::new();
        let [reader, writer] = [&read, &written].map(|folder| {
            let sleeper = Arc::new(Notify::new());
            hints.watch(folder.path(), &sleeper);
            sleeper
        });
        std::fs::read(&file).unwrap();
        std::fs::write(written.path().join("journal.vj"), "a row").unwrap();
        // Events come in the order in which things happened.
        writer.notified().await;
        assert!(tokio::time::timeout(std::time::Duration::ZERO, reader.notified()).await.is_err());
    }
}
