//! The hash of a run's values in force: the same as `vitals journal check` computes from the run folder.

use serde::Serialize;
use vitals_journal::SeriesHasher;

use crate::{Result, RunId, SeriesQuery, Store, StoreError};

/// Metrics read at once: bounds the memory to some columns of the longest run.
const AT_ONCE: usize = 32;

/// A run's values in force: what `vitals journal check` must find, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSum {
    pub values: u64,
    /// 64 hexadecimal digits (definition: `vitals_journal::hash`).
    pub sha256: String,
}

impl Store {
    /// SHA-256 over the run's values in force, as 64 hexadecimal digits.
    pub async fn run_hash(&self, run: RunId) -> Result<String> {
        Ok(self.run_sum(run).await?.sha256)
    }

    /// How many values are in force, and their hash.
    pub async fn run_sum(&self, run: RunId) -> Result<RunSum> {
        let mut hasher = SeriesHasher::new();
        let mut names: Vec<String> = self.series_list(run).await?.into_iter().map(|e| e.name).collect();
        names.sort();
        names.dedup();
        for some in names.chunks(AT_ONCE) {
            let query = SeriesQuery { names: some.to_vec(), ..SeriesQuery::default() };
            for series in self.series(run, &query).await? {
                let handle = hasher.series(&series.stream, &series.name);
                for (&step, &value) in series.steps.iter().zip(&series.values) {
                    if !hasher.push(handle, step, value) {
                        return Err(StoreError::Corrupt { what: "series whose steps descend".to_owned() });
                    }
                }
            }
        }
        Ok(RunSum { values: hasher.values(), sha256: hasher.finish() })
    }
}
