//! One hash over recorded series, computed alike from journals and from the store, so that `journal check` and
//! `run hash` can be compared.
//!
//! Definition (version 1). Only values in force count ([`crate::in_force`]). For each series, that is each pair of
//! stream name and column name that has at least one value:
//!
//! ```text
//! series digest = SHA-256( for each value, steps ascending, equal steps in order of arrival:
//!                          step as u64 LE, value as the 8 bytes of its f64 bits LE )
//! total         = SHA-256( "vitals series 1\n", for each series, sorted by (stream, column) as bytes:
//!                          u32 LE length + stream, u32 LE length + column, count as u64 LE, series digest )
//! ```
//!
//! An f32 value counts as its exact f64 ([`crate::widen`]), so a column's storage kind does not matter. NaN counts
//! with its bits.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

struct Series {
    digest: Sha256,
    count: u64,
    last_step: u64,
}

/// Feeds series in any order, and the values of one series in order of step; the order between series is free.
#[derive(Default)]
pub struct SeriesHasher {
    series: Vec<Series>,
    names: BTreeMap<String, BTreeMap<String, usize>>,
}

impl SeriesHasher {
    pub fn new() -> Self {
        Self::default()
    }

    /// The handle of a series, for [`SeriesHasher::push`].
    pub fn series(&mut self, stream: &str, column: &str) -> usize {
        if let Some(&handle) = self.names.get(stream).and_then(|columns| columns.get(column)) {
            return handle;
        }
        self.series.push(Series { digest: Sha256::new(), count: 0, last_step: 0 });
        let handle = self.series.len() - 1;
        self.names.entry(stream.to_owned()).or_default().insert(column.to_owned(), handle);
        handle
    }

    /// Adds the next value of a series. Returns `false`, and adds nothing, when the step is smaller than the one
    /// before: sort such a series first (stably).
    #[must_use]
    pub fn push(&mut self, handle: usize, step: u64, value: f64) -> bool {
        let series = &mut self.series[handle];
        if step < series.last_step {
            return false;
        }
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&step.to_le_bytes());
        bytes[8..].copy_from_slice(&value.to_bits().to_le_bytes());
        series.digest.update(bytes);
        series.count += 1;
        series.last_step = step;
        true
    }

    /// Forgets what a series was fed.
    pub fn restart(&mut self, handle: usize) {
        self.series[handle] = Series { digest: Sha256::new(), count: 0, last_step: 0 };
    }

    /// Values fed in all.
    pub fn values(&self) -> u64 {
        self.series.iter().map(|series| series.count).sum()
    }

    /// The total, as 64 lower-case hexadecimal digits.
    pub fn finish(self) -> String {
        let mut total = Sha256::new();
        total.update(b"vitals series 1\n");
        for (stream, columns) in &self.names {
            for (column, &handle) in columns {
                let series = &self.series[handle];
                if series.count == 0 {
                    continue;
                }
                for name in [stream, column] {
                    // Lengths stand in front, so that different pairs of names are never the same bytes.
                    total.update((name.len() as u32).to_le_bytes());
                    total.update(name);
                }
                total.update(series.count.to_le_bytes());
                total.update(series.digest.clone().finalize());
            }
        }
        total.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
