//! Reads all journals of a run folder and says what is in them: `vitals journal check`. Damage is counted, never
//! fatal; only a newer format or an unreadable file is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::hash::SeriesHasher;
use crate::{
    AttemptStart, Declared, ReadOutcome, Reader, Record, Result, Row, RunFolder, StepRange, in_force,
};

/// What the journals of a run hold (contract §1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Sound records of all attempts, of every kind.
    pub records: u64,
    /// Values in force: superseded ones are not counted.
    pub values: u64,
    /// The largest step in force.
    pub last_step: Option<u64>,
    /// [`SeriesHasher`] over the values in force.
    pub sha256: String,
    /// Bytes at the ends of journals that are no whole record.
    pub torn_bytes: u64,
    /// Damaged places.
    pub corrupt_records: u64,
    /// What each damaged place is, at most a hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// Checks every journal of a run folder.
pub fn check(run_dir: &Path) -> Result<Check> {
    let folder = RunFolder::new(run_dir);
    let attempts: Vec<u32> =
        folder.attempts()?.into_iter().filter(|&attempt| folder.journal(attempt).exists()).collect();
    let mut starts = Vec::new();
    for &attempt in &attempts {
        // A journal that ends before its header supersedes nothing.
        let first_step = first_step_of(&folder, attempt)?.unwrap_or(u64::MAX);
        starts.push(AttemptStart { attempt, first_step });
    }
    let ranges = in_force(&starts);
    let mut check = Check::default();
    let mut hasher = SeriesHasher::new();
    let mut unsorted = BTreeSet::new();
    for range in &ranges {
        read_attempt(&folder, range.attempt, |outcome, reader| {
            let ReadOutcome::Record { record, .. } = outcome else {
                return check.note(range.attempt, outcome);
            };
            check.records += 1;
            let Record::Row(row) = record else { return };
            if !range.contains(row.step) {
                return;
            }
            check.last_step = check.last_step.max(Some(row.step));
            if !feed(&mut hasher, row, reader) {
                unsorted.extend(reader.streams().get(row.stream).map(|stream| stream.name.clone()));
            }
        })?;
    }
    for stream in &unsorted {
        hash_sorted(&folder, &ranges, stream, &mut hasher)?;
    }
    check.values = hasher.values();
    check.sha256 = hasher.finish();
    Ok(check)
}

impl Check {
    fn note(&mut self, attempt: u32, outcome: &ReadOutcome) {
        match outcome {
            ReadOutcome::Torn { bytes, .. } => self.torn_bytes += bytes,
            ReadOutcome::Corrupt { offset, what, .. } => {
                self.corrupt_records += 1;
                if self.problems.len() < 100 {
                    self.problems.push(format!("attempt {attempt}, byte {offset}: {what}"));
                }
            }
            ReadOutcome::Record { .. } | ReadOutcome::NotYet { .. } => {}
        }
    }
}

/// The first step of an attempt: its header's word, or where the header is damaged its first row's; `None` when
/// neither is there yet.
fn first_step_of(folder: &RunFolder, attempt: u32) -> Result<Option<u64>> {
    let mut reader = Reader::open(&folder.journal(attempt), 0)?;
    loop {
        match reader.next()? {
            ReadOutcome::Record { record: Record::Header(header), .. } => return Ok(Some(header.first_step)),
            ReadOutcome::Record {
                record: Record::Declared(Declared { header: Some(header), .. }), ..
            } => {
                return Ok(Some(header.first_step));
            }
            ReadOutcome::Record { record: Record::Row(row), .. } => return Ok(Some(row.step)),
            ReadOutcome::Record { .. } | ReadOutcome::Corrupt { .. } => {}
            ReadOutcome::NotYet { .. } | ReadOutcome::Torn { .. } => return Ok(None),
        }
    }
}

/// Visits what one journal holds, to its end.
fn read_attempt(
    folder: &RunFolder,
    attempt: u32,
    mut visit: impl FnMut(&ReadOutcome, &Reader),
) -> Result<()> {
    let mut reader = Reader::open(&folder.journal(attempt), 0)?;
    loop {
        let outcome = reader.finish()?;
        visit(&outcome, &reader);
        match outcome {
            ReadOutcome::Record { .. } | ReadOutcome::Corrupt { .. } => {}
            ReadOutcome::NotYet { .. } | ReadOutcome::Torn { .. } => return Ok(()),
        }
    }
}

/// Feeds a row's values; `false` when its step is smaller than one before.
fn feed(hasher: &mut SeriesHasher, row: &Row, reader: &Reader) -> bool {
    let Some(stream) = reader.streams().get(row.stream) else { return true };
    let mut in_order = true;
    for (column, &value) in stream.columns.iter().zip(&row.values) {
        let handle = hasher.series(&stream.name, &column.name);
        in_order &= hasher.push(handle, row.step, value);
    }
    in_order
}

/// Hashes the series of one stream again, sorted by step: for the rare journal with steps out of order.
fn hash_sorted(
    folder: &RunFolder,
    ranges: &[StepRange],
    name: &str,
    hasher: &mut SeriesHasher,
) -> Result<()> {
    let mut series: BTreeMap<String, Vec<(u64, f64)>> = BTreeMap::new();
    for range in ranges {
        read_attempt(folder, range.attempt, |outcome, reader| {
            let ReadOutcome::Record { record: Record::Row(row), .. } = outcome else { return };
            let Some(stream) = reader.streams().get(row.stream) else { return };
            if stream.name == name && range.contains(row.step) {
                for (column, &value) in stream.columns.iter().zip(&row.values) {
                    series.entry(column.name.clone()).or_default().push((row.step, value));
                }
            }
        })?;
    }
    for (column, mut values) in series {
        values.sort_by_key(|&(step, _)| step);
        let handle = hasher.series(name, &column);
        hasher.restart(handle);
        for (step, value) in values {
            let sorted = hasher.push(handle, step, value);
            debug_assert!(sorted, "the values were sorted just now");
        }
    }
    Ok(())
}
