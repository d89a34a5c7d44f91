//! Fuzz target: any bytes as a file of `torch.save`, and the pickle in it. `cargo xtask bench fuzz/pickle`; the checks are in `vitals_engine::fuzz`, none are here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vitals_engine::fuzz::pickle(bytes);
});
