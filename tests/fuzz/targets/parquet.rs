//! Fuzz target: any bytes as a Parquet file of images. `cargo xtask bench fuzz/parquet`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::parquet(bytes);
});
