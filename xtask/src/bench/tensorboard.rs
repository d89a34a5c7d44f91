//! The rivals of `open_run_cold` and `arms_frame`: TensorBoard's own reader on as many values, and its page's question for as many
//! curves. Needs a Python with tensorboard.

use super::{Group, documents};
use crate::place::Place;
use crate::run;

/// A benchmark, and what prints it.
const SCRIPTS: [(&str, &str); 2] = [
    ("open_run_tensorboard", "benches/series_tensorboard.py"),
    ("arms_tensorboard", "benches/curves_tensorboard.py"),
];

pub fn groups(place: &Place) -> Vec<Group<'_>> {
    let group = |(name, script): (&str, &'static str)| Group {
        names: vec![name.to_owned()],
        measure: Box::new(move || documents(&run::read(run::command("python3", &place.root).arg(script))?)),
    };
    SCRIPTS.map(group).into()
}
