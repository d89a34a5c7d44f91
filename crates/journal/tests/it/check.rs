//! `journal check`: what is in force, and one hash that a slow reference reproduces from the definition.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use vitals_journal::{Column, RunFolder, SeriesHasher, Writer, WriterOptions, check};

use crate::support::{bits, header};

/// Writes an attempt with rows (step, bits of column x) and returns its folder.
fn attempt(run: &Path, number: u32, first_step: u64, rows: &[(u64, u64)]) {
    let folder = RunFolder::new(run);
    folder.create_attempt(number).unwrap();
    let writer =
        Writer::create(&folder.journal(number), header(number, first_step), WriterOptions::default())
            .unwrap();
    let id = writer.stream("step", vec![Column::f64("x", ""), Column::f32("y", "")]).unwrap();
    for &(step, bits) in rows {
        writer.row(id, step, 0.0, &[f64::from_bits(bits), 0.5]).unwrap();
    }
}

/// The definition in `hash.rs`, word by word.
fn reference(series: &BTreeMap<(&str, &str), Vec<(u64, f64)>>) -> String {
    let mut total = b"vitals series 1\n".to_vec();
    for ((stream, column), values) in series {
        if values.is_empty() {
            continue;
        }
        let mut values = values.clone();
        values.sort_by_key(|&(step, _)| step);
        let mut bytes = Vec::new();
        for (step, value) in &values {
            bytes.extend(step.to_le_bytes());
            bytes.extend(value.to_bits().to_le_bytes());
        }
        for name in [stream, column] {
            total.extend((name.len() as u32).to_le_bytes());
            total.extend(name.as_bytes());
        }
        total.extend((values.len() as u64).to_le_bytes());
        total.extend(Sha256::digest(&bytes));
    }
    Sha256::digest(&total).iter().map(|byte| format!("{byte:02x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn agrees_with_the_slow_reference(
        attempts in prop::collection::vec((0_u64..12, prop::collection::vec((0_u64..15, bits()), 0..12)), 1..4),
    ) {
        let run = tempfile::tempdir().unwrap();
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for (place, (first_step, rows)) in attempts.iter().enumerate() {
            attempt(run.path(), place as u32 + 1, *first_step, rows);
            for &(step, bits) in rows {
                let own = place == 0 || step >= *first_step;
                if own && attempts[place + 1..].iter().all(|(later, _)| step < *later) {
                    xs.push((step, f64::from_bits(bits)));
                    ys.push((step, 0.5));
                }
            }
        }
        let found = check(run.path()).unwrap();
        prop_assert_eq!(found.values, 2 * xs.len() as u64);
        prop_assert_eq!(found.last_step, xs.iter().map(|&(step, _)| step).max());
        let rows: usize = attempts.iter().map(|(_, rows)| rows.len()).sum();
        prop_assert_eq!(found.records, (rows + 2 * attempts.len()) as u64);
        let series = BTreeMap::from([(("step", "x"), xs), (("step", "y"), ys)]);
        prop_assert_eq!(found.sha256, reference(&series));
    }
}

#[test]
fn the_order_of_feeding_series_is_free() {
    let mut by_row = SeriesHasher::new();
    let mut by_series = SeriesHasher::new();
    let (a, b) = (by_row.series("step", "a"), by_row.series("step", "b"));
    for step in 0..10 {
        assert!(by_row.push(a, step, step as f64));
        assert!(by_row.push(b, step, f64::NAN));
    }
    assert!(!by_row.push(a, 3, 0.0), "steps of one series ascend");
    for (column, value) in [("b", None), ("a", Some(()))] {
        let handle = by_series.series("step", column);
        for step in 0..10 {
            assert!(by_series.push(handle, step, value.map_or(f64::NAN, |()| step as f64)));
        }
    }
    assert_eq!(by_row.values(), 20);
    assert_eq!(by_row.finish(), by_series.finish());
}

#[test]
fn damage_is_counted() {
    let run = tempfile::tempdir().unwrap();
    attempt(run.path(), 1, 0, &[(0, 0), (1, 0), (2, 0)]);
    let path = RunFolder::new(run.path()).journal(1);
    let mut bytes = fs::read(&path).unwrap();
    let last_row = bytes.len() - 47;
    bytes[last_row - 10] ^= 1;
    bytes.truncate(bytes.len() - 5);
    fs::write(&path, bytes).unwrap();
    let found = check(run.path()).unwrap();
    assert_eq!((found.records, found.values, found.last_step), (3, 2, Some(0)));
    assert_eq!((found.torn_bytes, found.corrupt_records), (42, 1));
    assert!(found.problems[0].starts_with("attempt 1, byte "), "{:?}", found.problems);
}

#[test]
fn a_damaged_header_hides_no_rows() {
    let run = tempfile::tempdir().unwrap();
    attempt(run.path(), 1, 0, &[(0, 0), (1, 0), (2, 0)]);
    attempt(run.path(), 2, 2, &[(2, 7), (3, 7)]);
    let whole = check(run.path()).unwrap();
    let path = RunFolder::new(run.path()).journal(2);
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, bytes).unwrap();
    let found = check(run.path()).unwrap();
    assert_eq!((&found.sha256, found.values), (&whole.sha256, 8));
    assert_eq!(found.corrupt_records, 1);
}

#[test]
fn a_journal_that_ends_before_its_header_supersedes_nothing() {
    let run = tempfile::tempdir().unwrap();
    attempt(run.path(), 1, 0, &[(0, 0), (1, 0)]);
    let folder = RunFolder::new(run.path());
    folder.create_attempt(2).unwrap();
    fs::write(folder.journal(2), [1, 2, 3]).unwrap();
    folder.create_attempt(3).unwrap();
    let found = check(run.path()).unwrap();
    assert_eq!((found.values, found.torn_bytes, found.corrupt_records), (4, 3, 0));
}
