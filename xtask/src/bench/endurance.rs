//! Benchmark `endurance`: supervisor and window under strain for two hours, as the supervisor's example of that name deals it.

use std::process::Stdio;

use super::{Group, built, documents};
use crate::place::Place;
use crate::{binaries, run};

pub const NAME: &str = "endurance";
/// As many minutes as it says instead.
const MINUTES: &str = "VITALS_BENCH_MINUTES";

pub fn group(place: &Place) -> Group<'_> {
    let measure = move || {
        binaries::interface(place)?;
        // The example finds it beside itself.
        built(place, &["--package", "vitals-desktop", "--bin", "vitals-desktop"], "vitals-desktop")?;
        let example = ["--package", "vitals-supervisor", "--example", "bench_endurance"];
        let program = built(place, &example, "examples/bench_endurance")?;
        let mut measure = run::command(program, &place.root);
        measure.args(std::env::var_os(MINUTES));
        // Whoever waits for hours sees how far it is.
        documents(&run::read(measure.stderr(Stdio::inherit()))?)
    };
    Group { names: vec![NAME.to_owned()], measure: Box::new(measure) }
}
