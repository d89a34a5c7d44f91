//! Fuzz target: any bytes as a Parquet file of images. `cargo xtask bench fuzz/parquet`; the checks are in
//! `vitals_data::fuzz`, none are here. Panics of the library are caught there, and are no findings: hence a hook that lets
//! them pass in silence.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|panic| {
        if !panic.location().is_some_and(|place| place.file().contains("/parquet-")) {
            eprintln!("{panic}");
        }
    })),
    |bytes: &[u8]| {
        vitals_data::fuzz::parquet(bytes);
    }
);
