//! Living attempts: their journals are read into the store as they grow, their silence is measured, and their end is
//! settled by the evidence that they left.

pub(crate) mod adopt;
pub(crate) mod batch;
pub(crate) mod folder;
pub(crate) mod hints;
pub(crate) mod live;
pub(crate) mod pace;
pub(crate) mod settle;
pub(crate) mod tail;
pub(crate) mod verdict;
