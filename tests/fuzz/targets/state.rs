//! Fuzz target: any bytes as a checkpoint's `state.json`. `cargo xtask bench fuzz/state`; the checks are in `vitals_engine::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_engine::fuzz::state(bytes);
});
