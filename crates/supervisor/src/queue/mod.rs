//! What may start, where and when: the pure policy, what runs need of memory, what the workspace may take of its disk, and
//! which ended runs are tried again. It starts nothing, and knows of devices what they offer.

pub(crate) mod alike;
pub(crate) mod limits;
pub(crate) mod line;
pub(crate) mod need;
pub mod policy;
pub(crate) mod retry;
pub(crate) mod standstill;
