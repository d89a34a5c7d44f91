//! Training through the public interface, on the CPU.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

#[path = "it/training.rs"]
mod training;

fn device() -> vitals_engine::Device {
    vitals_engine::Device::Cpu
}
