//! What keeps every run of the queue from being started: a program that is not there, a setting that nobody understands,
//! no room on the disk. Without it each run would fail in its turn.

use super::limits::no_room;
use crate::error::Result;
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standstill {
    /// What it is, and what to do.
    pub text: String,
    /// Room on a disk, which may come back by itself.
    pub may_pass: bool,
}

/// The first cause of a standstill that is found.
pub(crate) async fn standstill(ground: &Ground, settings: &Settings) -> Result<Option<Standstill>> {
    let full = no_room(ground, &settings.limits).await?.map(|text| Standstill { text, may_pass: true });
    let missing = ground.options.binaries.missing().map(|program| program.to_string());
    let hopeless = missing.or_else(|| settings.misread.clone());
    Ok(hopeless.map(|text| Standstill { text, may_pass: false }).or(full))
}
