//! The api on real files: series of other tools in and out, and journals that are damaged.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod alarms;
mod arms;
mod boundary;
mod csv;
mod damaged;
mod decide;
mod edges;
mod explore_figure;
mod figure;
mod filter;
mod importance;
mod map_figure;
mod report;
mod run_table;
mod sensitivity;
mod stability_map;
mod swept;
mod synthetic;
mod world;
