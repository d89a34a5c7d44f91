//! Fuzz target: any bytes as a sweep file. `cargo xtask bench fuzz/sweep`; the checks are in `vitals_recipe::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_recipe::fuzz::sweep(bytes);
});
