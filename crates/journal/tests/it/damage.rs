//! Torn ends and flipped bytes: what is good survives, what is not is named.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use vitals_journal::{Column, Level, ReadOutcome, Reader, Record};

use crate::support::{create, read_all, text};

/// A small journal, its records, and where each begins.
fn sample(folder: &std::path::Path) -> (PathBuf, Vec<u8>, Vec<Record>, Vec<u64>) {
    let path = folder.join("journal");
    let writer = create(&path);
    let id = writer.stream("step", vec![Column::f32("loss", ""), Column::f64("lr", "")]).unwrap();
    for step in 0..6 {
        writer.row(id, step, step as f64, &[1.0, f64::NAN]).unwrap();
    }
    writer.log(Level::Info, "half way").unwrap();
    for step in 6..9 {
        writer.row(id, step, step as f64, &[f64::INFINITY, 0.5]).unwrap();
    }
    drop(writer);
    let bytes = fs::read(&path).unwrap();
    let mut reader = Reader::open(&path, 0).unwrap();
    let (mut records, mut offsets) = (Vec::new(), Vec::new());
    while let ReadOutcome::Record { offset, record, .. } = reader.next().unwrap() {
        offsets.push(offset);
        records.push(record);
    }
    offsets.push(bytes.len() as u64);
    assert_eq!(records.len(), 12);
    (path, bytes, records, offsets)
}

#[test]
fn any_truncation_leaves_a_prefix_of_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes, records, offsets) = sample(folder.path());
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let whole = offsets.iter().filter(|&&end| end > 0 && end <= length as u64).count();
        let (read, end) = read_all(&path);
        assert_eq!(text(&read), text(&records[..whole]), "{length} bytes");
        let pending = length as u64 - offsets[whole];
        let mut live = Reader::open(&path, 0).unwrap();
        for _ in 0..whole {
            live.next().unwrap();
        }
        assert_eq!(live.next().unwrap(), ReadOutcome::NotYet { offset: offsets[whole], pending });
        if pending > 0 {
            assert_eq!(end, ReadOutcome::Torn { offset: offsets[whole], bytes: pending });
        } else {
            assert_eq!(end, ReadOutcome::NotYet { offset: offsets[whole], pending });
        }
    }
}

#[test]
fn zeros_at_the_end_are_torn() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes, records, _) = sample(folder.path());
    for zeros in [1, 11, 12, 13, 4096, 300_000] {
        let mut damaged = bytes.clone();
        damaged.resize(bytes.len() + zeros, 0);
        fs::write(&path, damaged).unwrap();
        let (read, end) = read_all(&path);
        assert_eq!(read.len(), records.len());
        assert_eq!(end, ReadOutcome::Torn { offset: bytes.len() as u64, bytes: zeros as u64 });
    }
}

/// Flips bits of one byte; returns the records before the damage, the damage, and the records after it.
fn flip(
    path: &std::path::Path,
    bytes: &[u8],
    at: usize,
    mask: u8,
) -> (Vec<Record>, ReadOutcome, Vec<Record>) {
    let mut damaged = bytes.to_vec();
    damaged[at] ^= mask;
    fs::write(path, damaged).unwrap();
    let mut reader = Reader::open(path, 0).unwrap();
    let (mut before, mut damage, mut after) = (Vec::new(), None, Vec::new());
    loop {
        match reader.finish().unwrap() {
            ReadOutcome::Record { record, .. } if damage.is_none() => before.push(record),
            ReadOutcome::Record { record, .. } => after.push(record),
            found @ ReadOutcome::Corrupt { .. } => damage = damage.or(Some(found)),
            end => return (before, damage.unwrap_or(end), after),
        }
    }
}

#[test]
fn every_flipped_byte_is_found_and_costs_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes, records, offsets) = sample(folder.path());
    for at in 0..bytes.len() {
        let (before, damage, after) = flip(&path, &bytes, at, 0x10);
        let hit = offsets.iter().filter(|&&start| start <= at as u64).count() - 1;
        assert_eq!(text(&before), text(&records[..hit]), "byte {at}");
        let ReadOutcome::Corrupt { offset, resume_at, .. } = damage else { panic!("byte {at}: {damage:?}") };
        assert_eq!((offset, resume_at), (offsets[hit], offsets[hit + 1]), "byte {at}");
        if hit != 1 {
            // The stream's own declaration is record 1: without it, its rows cannot be understood.
            assert_eq!(text(&after), text(&records[hit + 1..]), "byte {at}");
        }
    }
}

/// More than is read from the file at once, in the middle of a journal and at its end.
#[test]
fn records_behind_a_stretch_of_other_bytes_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes, records, offsets) = sample(folder.path());
    let cut = usize::try_from(offsets[5]).unwrap();
    for other in [1, 11, 12, 13, 300_000] {
        let stretch = vec![0xa5; other];
        fs::write(&path, [&bytes[..cut], &stretch, &bytes[cut..]].concat()).unwrap();
        let mut reader = Reader::open(&path, 0).unwrap();
        let (mut read, mut damage) = (Vec::new(), Vec::new());
        loop {
            match reader.finish().unwrap() {
                ReadOutcome::Record { record, offset_after, .. } => {
                    read.push(record);
                    let again = Reader::open(&path, offset_after).unwrap();
                    assert_eq!(again.offset(), offset_after, "a later reader goes on behind the damage");
                }
                ReadOutcome::Corrupt { offset, resume_at, .. } => damage.push((offset, resume_at)),
                _ => break,
            }
        }
        assert_eq!(text(&read), text(&records), "{other} bytes");
        assert_eq!(damage, [(offsets[5], offsets[5] + other as u64)]);
    }
    fs::write(&path, [&bytes[..cut], &[0xa5; 300_000]].concat()).unwrap();
    let (read, end) = read_all(&path);
    assert_eq!(read.len(), 5);
    let all = offsets[5] + 300_000;
    assert!(
        matches!(end, ReadOutcome::Corrupt { offset, resume_at, .. } if (offset, resume_at) == (offsets[5], all))
    );
}

/// The length of a record that somebody still writes is damaged; later records are found as they come, byte by byte.
#[test]
fn a_living_reader_finds_what_comes_behind_a_damaged_length() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut bytes, records, offsets) = sample(folder.path());
    let (hit, after) = (usize::try_from(offsets[5]).unwrap(), usize::try_from(offsets[6]).unwrap());
    bytes[hit + 2] ^= 1;
    fs::write(&path, &bytes[..after]).unwrap();
    let mut reader = Reader::open(&path, 0).unwrap();
    let (mut read, mut damaged) = (Vec::new(), Vec::new());
    for length in after..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        loop {
            match reader.next().unwrap() {
                ReadOutcome::Record { record, .. } => read.push(record),
                ReadOutcome::Corrupt { offset, resume_at, .. } => damaged.push(offset..resume_at),
                end => {
                    assert!(matches!(end, ReadOutcome::NotYet { .. }), "{end:?}");
                    break;
                }
            }
        }
    }
    assert_eq!(text(&read), text(&[&records[..5], &records[6..]].concat()));
    assert_eq!((damaged[0].start, damaged.last().unwrap().end), (offsets[5], offsets[6]));
    assert!(damaged.is_sorted_by(|one, next| one.end == next.start), "each byte once: {damaged:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_flip_anywhere(place in any::<prop::sample::Index>(), mask in 1_u8..) {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes, records, offsets) = sample(folder.path());
        let at = place.index(bytes.len());
        let (before, damage, _) = flip(&path, &bytes, at, mask);
        let hit = offsets.iter().filter(|&&start| start <= at as u64).count() - 1;
        prop_assert_eq!(text(&before), text(&records[..hit]));
        prop_assert!(matches!(damage, ReadOutcome::Corrupt { .. }), "{:?}", damage);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        fs::write(&path, &bytes).unwrap();
        let (read, _) = read_all(&path);
        prop_assert!(read.is_empty());
    }
}
