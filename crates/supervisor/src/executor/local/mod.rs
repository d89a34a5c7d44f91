//! This machine as an executor: its devices, and a guard around each worker.

pub(crate) mod devices;
pub(crate) mod start;
