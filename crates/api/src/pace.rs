//! How fast a run works, and how long it will go on at that speed.

use vitals_recipe::Metric;
use vitals_store::RunRow;

/// Speed as last recorded.
pub(crate) fn images_per_second(row: &RunRow) -> Option<f64> {
    row.metrics.get(Metric::ImagesPerSecond.name()).map(|metric| metric.last).filter(|v| *v > 0.0)
}

/// How long a run that works will go on at that speed.
pub(crate) fn eta_seconds(row: &RunRow, batch_size: u32) -> Option<f64> {
    let left = row.total_steps.unwrap_or(0).saturating_sub(row.steps_done) as f64 * f64::from(batch_size);
    images_per_second(row).filter(|_| row.state.is_active()).map(|rate| left / rate)
}
