//! The whole of Vitals from outside: the real `vitals` and `vitals-worker` on real images, killed for real. The
//! binaries are those that `cargo xtask test` built; without them a test says so in words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says why")]

mod around;
mod bad_input;
mod cards;
mod damaged;
mod execution;
mod files_of_others;
mod full_disk;
#[path = "../../crates/supervisor/tests/it/holder.rs"]
mod holder;
mod limits;
mod parity;
mod probes;
mod queue;
mod resume;
mod siege;
mod support;
mod survival;
mod sweep;
mod terminals;
mod unit;
#[path = "../../crates/supervisor/tests/it/window.rs"]
mod window;
