//! Fuzz target: any bytes as the marks `guard.json` and `slurm.json`. `cargo xtask bench fuzz/guard`; the checks are in `vitals_supervisor::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_supervisor::fuzz::guard(bytes);
});
