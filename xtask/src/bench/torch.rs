//! The engine's step beside PyTorch's: `benches/train_step_torch.py` makes both take turns. Needs a Python with torch.

use serde_json::{Value, json};

use super::{Group, built, documents, line};
use crate::place::Place;
use crate::run;

/// Geometries of the script.
const GEOMETRIES: &[&str] = &["micro", "tiny", "small"];
const THREADS: &str = "2";
const STEPS: &str = "10";

pub fn groups(place: &Place) -> Vec<Group<'_>> {
    let group = |geometry: &'static str| Group {
        names: vec![name(geometry)],
        measure: Box::new(move || compare(place, geometry)),
    };
    GEOMETRIES.iter().map(|geometry| group(geometry)).collect()
}

fn name(geometry: &str) -> String {
    format!("step_against_torch/{geometry}")
}

fn compare(place: &Place, geometry: &str) -> anyhow::Result<Vec<Value>> {
    let engine =
        built(place, &["--package", "vitals-engine", "--example", "train_step"], "examples/train_step")?;
    let mut script = run::command("python3", &place.root);
    script.arg("benches/train_step_torch.py").arg("--engine").arg(engine);
    script.args(["--threads", THREADS, "--steps", STEPS, geometry]);
    Ok(documents(&run::read(&mut script)?)?.iter().map(|report| step_line(geometry, report)).collect())
}

/// The script's report as a benchmark: our step over PyTorch's.
fn step_line(geometry: &str, report: &Value) -> Value {
    let ratio = &report["seconds"]["ratio_to_torch"]["median"];
    line(&name(geometry), &json!(ratio), "of PyTorch's step", false, report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_benchmark() {
        let report = json!({"seconds": {"ratio_to_torch": {"median": 0.44, "of_minima": 0.4}}});
        let line = step_line("micro", &report);
        assert_eq!((&line["name"], &line["value"]), (&json!("step_against_torch/micro"), &json!(0.44)));
        assert_eq!(line["higher_is_better"], json!(false));
    }
}
