//! Fuzz target: any bytes as CIFAR records. `cargo xtask bench fuzz/cifar`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::cifar(bytes);
});
