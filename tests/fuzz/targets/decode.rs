//! Fuzz target: any bytes as an encoded image. `cargo xtask bench fuzz/decode`; the checks are in `vitals_data::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_data::fuzz::decode(bytes);
});
