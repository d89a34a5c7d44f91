//! The worker's other commands: fixtures, timings, checkpoints, devices. Each prints JSON.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use serde_json::json;
use vitals_data::DatasetSpec;

use crate::environment;
use crate::exit::Failure;
use crate::{devices, memory};

fn print(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).context("failed to print as JSON")?;
    match writeln!(std::io::stdout().lock(), "{text}") {
        // A reader that has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context("failed to write to standard output")?),
    }
}

/// Replays a fixture (contract, section 1.2).
pub fn parity(fixture: &Path, out: &Path, threads: u32, device: &str) -> Result<(), Failure> {
    environment::prepare(threads);
    vitals_engine::set_threads(threads);
    let (device, _) = devices::resolve(device)?;
    vitals_engine::parity::run(device, fixture, out)?;
    print(&json!({ "fixture": fixture, "out": out, "threads": vitals_engine::num_threads() }))
}

/// Times steps of the first point of a sweep file.
pub fn bench(file: &Path, steps: u64, device: Option<&str>) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    let name = file.display().to_string();
    let told = |found: Vec<vitals_recipe::sweep::Diagnostic>| {
        anyhow!("{}", vitals_recipe::sweep::render(&found, &text, &name, false))
    };
    let expansion = vitals_recipe::sweep::parse(&text, &name).map_err(told)?.expand(&|_: &str| None);
    let point = expansion.points.first().ok_or_else(|| told(expansion.errors.clone()))?;
    environment::prepare(point.recipe.threads);
    vitals_engine::set_threads(point.recipe.threads);
    let report = vitals_engine::bench(
        &point.recipe,
        steps,
        devices::resolve(device.unwrap_or(&point.recipe.device))?.0,
    )?;
    let mut report = serde_json::to_value(report).context("failed to print as JSON")?;
    if let serde_json::Value::Object(fields) = &mut report {
        fields.insert("peak_rss_bytes".to_owned(), json!(memory::peak_resident_bytes()));
        fields.insert("point".to_owned(), json!(point.label));
    }
    print(&report)
}

/// Times the loader on a data set by name or path.
pub fn loader_bench(dataset: &str, image_size: u32, threads: u32, seconds: f64) -> Result<(), Failure> {
    let spec = DatasetSpec { name: dataset.to_owned(), path: None };
    let dataset = vitals_data::open(&spec).map_err(|error| Failure::Dataset(error.to_string()))?;
    let report = vitals_data::bench::loader(Arc::new(dataset), image_size, threads, seconds)
        .map_err(|error| Failure::Dataset(error.to_string()))?;
    print(&report)
}

/// Says what a checkpoint folder or file holds.
pub fn inspect(path: &Path) -> Result<(), Failure> {
    print(&vitals_engine::inspect(path)?)
}

/// Makes a checkpoint of a preset's recipe from other programs' weights.
pub fn import(file: &Path, preset: &str, out: &Path) -> Result<(), Failure> {
    let recipe = vitals_recipe::Recipe::preset(preset)
        .ok_or_else(|| anyhow!("there is no preset `{preset}`; `vitals presets` lists them"))?;
    print(&vitals_engine::import(file, &recipe, out)?)
}

/// Writes a backbone for other programs.
pub fn export(checkpoint: &Path, out: &Path, momentum: bool) -> Result<(), Failure> {
    let place = vitals_run::destination(out).context("failed to export")?;
    let names = vitals_engine::export(checkpoint, &place, momentum)?;
    print(&json!({ "file": out, "tensors": names.len(), "names": names }))
}

/// Every device, usable or not.
pub fn devices() -> Result<(), Failure> {
    devices::reports().iter().try_for_each(print)
}
