//! Fuzz target: any bytes as a sequential JPEG. `cargo +nightly fuzz run jpeg` in crates/data; the checks are in
//! `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vitals_data::fuzz::jpeg(bytes));
