//! Fuzz target: any bytes as `job.json` and `import.json`. `cargo xtask bench fuzz/job`; the checks are in `vitals_run::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_run::fuzz::job(bytes);
});
