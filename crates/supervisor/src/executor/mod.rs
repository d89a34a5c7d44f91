//! Where attempts run: on this machine, or by a cluster's scheduler.

pub(crate) mod local;
pub(crate) mod slurm;
