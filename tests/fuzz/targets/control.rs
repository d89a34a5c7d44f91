//! Fuzz target: any bytes as `control`. `cargo xtask bench fuzz/control`; the checks are in `vitals_journal::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_journal::fuzz::control(bytes);
});
