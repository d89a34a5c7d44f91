//! Fuzz target: any bytes as an IDX file. `cargo xtask bench fuzz/idx`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::idx(bytes);
});
