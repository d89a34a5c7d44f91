//! What the tests share: a workspace in a temporary folder, and frames as the window reads them.

use std::path::Path;

use tempfile::TempDir;
use vitals_api::dto::{FrameHeader, FrameRequest, SeriesAsk};
use vitals_api::{Binaries, Context, RunId, frames};

pub struct World {
    pub folder: TempDir,
    pub context: Context,
}

/// Some time in 2026.
fn now() -> i64 {
    1_790_000_000_000
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binaries = Binaries::in_folder(Path::new("nowhere"));
        let context = Context::open(&folder.path().join("workspace"), binaries, now).await.unwrap();
        Self { folder, context }
    }
}

/// One series of an answer.
pub struct Drawn {
    pub name: String,
    pub step: Vec<f64>,
    pub min: Vec<f64>,
    pub max: Vec<f64>,
    pub nonfinite: f64,
    pub values: u64,
}

/// What a chart of so many columns gets.
pub async fn drawn(context: &Context, run: RunId, names: &[&str], columns: u32) -> Vec<Drawn> {
    let request = FrameRequest {
        runs: vec![run.to_string()],
        series: names.iter().map(|name| SeriesAsk { superseded: true, ..SeriesAsk::raw(*name) }).collect(),
        from: None,
        to: None,
        columns,
        axis: None,
        edges: false,
    };
    let bytes = frames::frame(context, &request).await.unwrap();
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let header: FrameHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
    let read = |offset: u32, rows: u32, array: u32| -> Vec<f64> {
        let start = (offset + array * rows * 8) as usize;
        bytes[start..start + 8 * rows as usize]
            .chunks(8)
            .map(|eight| f64::from_le_bytes(eight.try_into().unwrap()))
            .collect()
    };
    header
        .series
        .iter()
        .map(|one| {
            let array = |array| read(one.offset, one.columns, array);
            Drawn {
                name: one.name.clone(),
                step: array(0),
                min: array(1),
                max: array(2),
                nonfinite: array(6).iter().sum(),
                values: one.values,
            }
        })
        .collect()
}
