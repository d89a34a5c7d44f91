//! Fuzz target: any bytes as a file of safetensors. `cargo xtask bench fuzz/safetensors`; the checks are in `vitals_engine::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_engine::fuzz::safetensors(bytes);
});
