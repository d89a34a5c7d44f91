//! The same on a card that is a counterfeit (`tests/counterfeit`): to the bit what it is on the CPU, where a test asks for
//! bits.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

#[path = "it/training.rs"]
mod training;

fn device() -> vitals_engine::Device {
    vitals_counterfeit::open();
    vitals_engine::Device::Cuda(1)
}
