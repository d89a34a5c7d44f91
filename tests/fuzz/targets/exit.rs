//! Fuzz target: any bytes as `exit.json`. `cargo xtask bench fuzz/exit`; the checks are in `vitals_journal::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_journal::fuzz::exit(bytes);
});
