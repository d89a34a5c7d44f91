//! Tells a client that something moved, at most five times a second: SQLite's data version first (microseconds), then
//! the revisions that are new. The client asks again for what it shows; nothing is pushed but the fact.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::dto::ChangeNotice;
use crate::error::Result;
use crate::{Context, files, supervisor};

/// How often the store is looked at.
const EVERY: Duration = Duration::from_millis(200);
/// Sweep files are hashed once in so many looks; `notify` brings them sooner where it works.
const FILES_EVERY: u32 = 25;

/// Sends notices until the receiver is gone.
///
/// # Errors
/// The store cannot be read any more.
pub async fn watch(context: Context, notices: mpsc::Sender<ChangeNotice>) -> Result<()> {
    let mut version = context.store().data_version().await?;
    let mut since = context.store().revision().await?;
    let mut connected = supervisor::seen(&context).await?.alive;
    let mut known = fingerprints(&context);
    let (hint, mut hints) = mpsc::channel(1);
    // Without it (a network file system, no handles left) the slow look below is enough.
    let _watcher = watch_folder(&context, hint);
    let mut looks = 0_u32;
    while !notices.is_closed() {
        tokio::time::sleep(EVERY).await;
        looks = looks.wrapping_add(1);
        let mut notice = ChangeNotice::default();
        if version.moved().await? {
            let changes = context.store().changes_since(since).await?;
            notice.overview = true;
            notice.runs = changes.runs.iter().map(|(run, revision)| (run.to_string(), *revision)).collect();
            since = changes.revision;
        }
        let alive = supervisor::seen(&context).await?.alive;
        if alive != connected {
            connected = alive;
            notice.supervisor = true;
        }
        if hints.try_recv().is_ok() || looks.is_multiple_of(FILES_EVERY) {
            let now = fingerprints(&context);
            notice.files = differing(&known, &now);
            known = now;
        }
        let idle = !notice.overview && !notice.supervisor && notice.files.is_empty();
        if !idle && notices.send(notice).await.is_err() {
            break;
        }
    }
    version.close().await?;
    Ok(())
}

/// Hash by file. A file that cannot be read has none and counts as changed once it can.
fn fingerprints(context: &Context) -> BTreeMap<String, String> {
    let names = files::list(context).unwrap_or_default();
    names
        .into_iter()
        .filter_map(|name| files::read(context, &name).ok().map(|text| (name, text.hash)))
        .collect()
}

fn differing(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn watch_folder(context: &Context, hint: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    use notify::Watcher as _;
    let on_event = move |event: notify::Result<notify::Event>| {
        // A look opens files: were that a reason to look, there would be one after the other.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A full channel means that a look is due already.
            let _ = hint.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    watcher.watch(&context.experiments(), notify::RecursiveMode::Recursive).ok()?;
    Some(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_changed_and_removed_files_differ() {
        let of =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let (before, after) =
            (of(&[("a", "1"), ("b", "1"), ("c", "1")]), of(&[("b", "2"), ("c", "1"), ("d", "1")]));
        assert_eq!(differing(&before, &after), ["a", "b", "d"]);
    }
}
