//! The rival of `open_run_cold`: TensorBoard's own reader on as many values. Needs a Python with tensorboard.

use super::{Group, documents};
use crate::place::Place;
use crate::run;

pub fn groups(place: &Place) -> Vec<Group<'_>> {
    vec![Group {
        names: vec!["open_run_tensorboard".to_owned()],
        measure: Box::new(move || {
            let mut script = run::command("python3", &place.root);
            documents(&run::read(script.arg("benches/series_tensorboard.py"))?)
        }),
    }]
}
