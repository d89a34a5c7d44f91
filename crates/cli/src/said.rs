//! What the command line alone has to say when it cannot go on; everything else is said by the rooms that it asks.

vitals_api::sentences! {
    /// Why a command ended.
    pub enum Refusal in "cli" {
        NoRunMatches = "no run matches, so there is none to wait for";
        StoreNotWatched = "the store cannot be watched any more";
        NotDrawn { reason: String } = "failed to draw: {reason}";
        NotInterruptible { reason: String } = "failed to listen for Ctrl-C: {reason}";
        NoRunGiven = "give at least one run";
        Points { found: String } = "--points is `{found}`; it must be a number above 0, or `all`";
        PlaceZero = "the place is 0; 1 is the next to start";
        NotIngested { path: String, reason: String } = "failed to ingest {path}: {reason}";
    }
}
