//! Fuzz target: any bytes as a sequential JPEG. `cargo xtask bench fuzz/jpeg`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::jpeg(bytes);
});
