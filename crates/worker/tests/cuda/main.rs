//! The shipped worker on `cuda:N`, unchanged, where there is no GPU: a counterfeit of libtorch's CUDA library stands in for
//! one (`tests/counterfeit`). What is proved here is what the host does: which device it trains on, that no operand
//! lies elsewhere, what it reads back and when, what it does without memory. Of kernels, streams and speed nothing is.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod card;
mod counted;
mod job;
mod probed;
mod run;
