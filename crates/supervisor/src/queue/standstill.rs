//! What keeps every run of the queue from being started: a program that is not there, a setting that nobody understands,
//! no room on the disk. Without it each run would fail in its turn.

use vitals_run::Standstill as Why;

use super::limits::no_room;
use crate::error::Result;
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standstill {
    /// What it is, and what to do.
    pub why: Why,
    /// Room on a disk, which may come back by itself.
    pub may_pass: bool,
}

/// The first cause of a standstill that is found.
pub(crate) async fn standstill(ground: &Ground, settings: &Settings) -> Result<Option<Standstill>> {
    let full = no_room(ground, &settings.limits).await?.map(|why| Standstill { why, may_pass: true });
    let paused = settings.paused_why.as_ref().filter(|_| settings.queue_paused);
    let hopeless = ground.options.binaries.missing().or_else(|| settings.misread.clone());
    let hopeless = hopeless.or_else(|| settings.held_back.clone()).or_else(|| paused.cloned());
    Ok(hopeless.map(|why| Standstill { why, may_pass: false }).or(full))
}
