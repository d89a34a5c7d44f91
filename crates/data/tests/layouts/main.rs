//! What is said of data sets as people have them: one table of layouts, each with all that `add` tells of it or why it refuses,
//! and the public reports of neighbouring tools that are kept under `tests/fixtures/trials`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod fingerprints;
mod make;
mod table;
mod trials;

use std::path::Path;

use vitals_data::{DatasetSpec, open};

/// All that is told of the set at `path`, or the refusal, a line each; its place is written as `SET`.
fn said(path: &Path) -> Vec<String> {
    let place = |text: String| text.replace(path.to_str().unwrap(), "SET");
    match open(&DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }) {
        Ok(dataset) => dataset.findings().told().into_iter().map(|told| place(told.text.clone())).collect(),
        Err(error) => vec![format!("refused: {}", place(error.to_string()))],
    }
}
