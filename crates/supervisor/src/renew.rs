//! What an older version left undone in the store, done once beside everything else: rows that wait to be compacted, and
//! runs whose events are those of older rules. It waits for nobody and nobody waits for it.

use tokio::sync::watch;
use vitals_store::{Result, Store};

/// Brings all runs to this version's form, until that is done or `stop` turns true.
pub(crate) async fn renew(store: Store, stop: watch::Receiver<bool>) {
    if let Err(error) = renew_all(&store, &stop).await {
        // The next supervisor finds the rest undone.
        tracing::warn!("failed to bring older runs to this version's form: {error}");
    }
}

async fn renew_all(store: &Store, stop: &watch::Receiver<bool>) -> Result<()> {
    for run in store.runs_to_compact().await? {
        // Some thousand rows a transaction: living runs are ingested in between.
        while !*stop.borrow() && store.compact(run).await? {}
    }
    for run in store.runs_to_detect().await? {
        if *stop.borrow() {
            return Ok(());
        }
        store.detect_again(run).await?;
        tracing::info!(%run, "looked for events by this version's rules");
    }
    Ok(())
}
