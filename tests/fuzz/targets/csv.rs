//! Fuzz target: any bytes as a table of series. `cargo xtask bench fuzz/csv`; the checks are in `vitals_api::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_api::fuzz::csv(bytes);
});
