//! The store on real files: opening, ingest, supersession, states, requests, several processes at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod alarms;
mod crash;
mod detection;
mod imports;
mod ingest;
mod opening;
mod queue;
mod requests;
mod runs;
mod samples;
mod states;
mod supersede;
mod surroundings;
mod viewport;
mod watch;
mod world;
