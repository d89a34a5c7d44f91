//! Fuzz target: any bytes as a run's journal. `cargo xtask bench fuzz/journal`; the checks are in `vitals_journal::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_journal::fuzz::journal(bytes);
});
