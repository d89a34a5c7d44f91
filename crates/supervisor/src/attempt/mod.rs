//! One attempt of a run: what it begins with, what its folder tells of it, and how it ended by that. Knows nothing of
//! where attempts run or of the queue.

pub(crate) mod holder;
pub(crate) mod known;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod resume;
pub(crate) mod verdict;
