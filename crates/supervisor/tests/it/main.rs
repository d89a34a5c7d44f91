//! Real processes: the real supervisor and the real guard (both in the example `stand_in`), a worker that records
//! without training, and signals. Conditions are waited for with deadlines, never slept for.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it did not expect")]

mod around;
mod beside;
mod blows;
mod client;
mod cluster;
mod damage;
mod ending;
mod faults;
mod folders;
mod ground;
mod harness;
mod holder;
mod kinds;
mod limits;
mod liveness;
mod locks;
mod requests;
mod resources;
mod rounds;
mod scheduler;
mod shortage;
mod siege;
mod whose;
mod window;
