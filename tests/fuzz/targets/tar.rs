//! Fuzz target: any bytes as a tar archive. `cargo xtask bench fuzz/tar`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::tar(bytes);
});
