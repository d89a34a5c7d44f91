//! What detection gives in runs whose truth is known, one JSON object a figure: its value, and in the details the bar that
//! it must meet. `TRIALS` says how long: of so many trials is each case, and so many times 5,000 rows each kind of noise.
//!
//! `cargo run --release -p vitals-series --example bench_detection [TRIALS]`

mod dips;
mod figure;
#[path = "../../tests/it/fixtures.rs"]
#[expect(clippy::unwrap_used, reason = "a fixture that cannot be read ends the benchmark")]
mod fixtures;
mod leads;
mod levels;
mod noise;
mod score;
mod sizes;
#[path = "../../tests/it/trials.rs"]
mod trials;

/// What stands before the names of these figures.
const BENCH: &str = "detection";
/// Trials where none are asked for: a few minutes.
const TRIALS: u64 = 24;

fn main() {
    let asked = std::env::args().nth(1).map_or(Some(TRIALS), |trials| trials.parse().ok());
    let Some(trials) = asked.filter(|trials| *trials > 0) else {
        eprintln!("usage: bench_detection [TRIALS]: a number above 0");
        std::process::exit(2);
    };
    leads::print(trials);
    sizes::print(trials);
    noise::print(trials);
    dips::print(trials);
    levels::print(trials);
    score::print(trials);
}
