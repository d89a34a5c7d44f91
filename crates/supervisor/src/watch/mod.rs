//! Living attempts: their journals are read into the store as they grow, their silence is measured, they are signalled
//! where they were asked to end, and their end is settled by the evidence that they left. Nothing is started here.

mod absence;
pub(crate) mod adopt;
pub(crate) mod batch;
pub(crate) mod checkpoints;
pub(crate) mod facts;
pub(crate) mod folder;
mod hints;
pub(crate) mod live;
pub(crate) mod pace;
pub(crate) mod reclaim;
pub(crate) mod settle;
pub(crate) mod signals;
pub(crate) mod stall;
mod tail;
mod watched;

pub(crate) use self::watched::Watched;
