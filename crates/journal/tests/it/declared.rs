//! Declarations that come again: what damage to the beginning of a journal, or to a declaration, costs.

use std::fs;
use std::path::Path;

use vitals_journal::{
    Column, ControlAck, DECLARED_AGAIN_AFTER, DECLARED_AGAIN_EVERY, Declared, Level, ReadOutcome, Reader,
    Record, RunFolder, check,
};

use crate::support::{create, read_all};

const STEPS: u64 = 16_000;
const BLOCK: usize = 4096;

/// Two streams of a run of many steps, as the journal of a run folder; its bytes.
fn long(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let run = RunFolder::new(folder);
    run.create_attempt(1).unwrap();
    let path = run.journal(1);
    let writer = create(&path);
    let loss = writer.stream("step", vec![Column::f64("loss", "nats")]).unwrap();
    let norms: Vec<Column> =
        (0..60).map(|layer| Column::f32(format!("grad_norm/blocks.{layer}"), "")).collect();
    let gradients = writer.stream("gradients", norms).unwrap();
    for step in 0..STEPS {
        writer.row(loss, step, step as f64, &[step as f64]).unwrap();
        writer.row(gradients, step, step as f64, &[0.5; 60]).unwrap();
    }
    drop(writer);
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

/// Where each record begins, with the record.
fn places(path: &Path) -> Vec<(u64, Record)> {
    let mut reader = Reader::open(path, 0).unwrap();
    let mut found = Vec::new();
    loop {
        match reader.finish().unwrap() {
            ReadOutcome::Record { offset, record, .. } => found.push((offset, record)),
            ReadOutcome::Corrupt { .. } => {}
            _ => return found,
        }
    }
}

fn rows(records: &[(u64, Record)]) -> usize {
    records.iter().filter(|(_, record)| matches!(record, Record::Row(_))).count()
}

#[test]
fn they_come_again_at_twice_the_distance_up_to_the_longest() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = long(folder.path());
    let again: Vec<u64> = places(&path)
        .into_iter()
        .filter_map(|(at, record)| matches!(record, Record::Declared(_)).then_some(at))
        .collect();
    assert!(bytes.len() as u64 > DECLARED_AGAIN_EVERY, "{}", bytes.len());
    let doublings = (DECLARED_AGAIN_EVERY / DECLARED_AGAIN_AFTER).ilog2() as usize;
    assert_eq!(again.len(), doublings + 1, "{again:?}");
    for (number, at) in again.iter().enumerate() {
        let due = DECLARED_AGAIN_AFTER << number;
        // At the row after which it was due, however long rows are.
        assert!((due..due + due / 8).contains(at), "{at} of {due}");
    }
    let spent: usize = again.len() * 8_000;
    assert!(spent < bytes.len() / 50, "{spent} of {} bytes", bytes.len());
}

/// A version without repetitions knows acknowledgements, and passes over the one of no command.
#[test]
fn an_earlier_reader_takes_one_for_an_acknowledgement_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = long(folder.path());
    let (at, _) =
        places(&path).into_iter().find(|(_, record)| matches!(record, Record::Declared(_))).unwrap();
    let at = usize::try_from(at).unwrap();
    let length = usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap();
    let payload = &bytes[at + 12..at + 12 + length];
    assert_eq!(payload[0], b'C');
    let earlier: ControlAck = serde_json::from_slice(&payload[1..]).unwrap();
    assert_eq!(earlier, ControlAck { seq: 0 });
}

#[test]
fn a_reader_that_knows_everything_is_told_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = long(folder.path());
    let (records, _) = read_all(&path);
    let declared = records.iter().filter_map(|record| match record {
        Record::Declared(declared) => Some(declared),
        _ => None,
    });
    let nothing = Declared { header: None, streams: Vec::new() };
    assert!(
        declared.count() > 0
            && !records.iter().any(|record| matches!(record, Record::Declared(other) if *other != nothing))
    );
    let found = check(folder.path()).unwrap();
    assert_eq!((found.values, found.corrupt_records), (STEPS * 61, 0));
}

#[test]
fn a_lost_beginning_costs_no_more_than_what_stands_before_the_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = long(folder.path());
    let all = places(&path);
    let (again, _) = *all.iter().find(|(_, record)| matches!(record, Record::Declared(_))).as_ref().unwrap();
    let expected = rows(&all) - rows(&all[..all.iter().position(|(at, _)| at == again).unwrap()]);
    let mut bytes = whole;
    bytes[..BLOCK].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(rows(&places(&path)), expected);
    let found = check(folder.path()).unwrap();
    assert!(found.corrupt_records <= 2, "{:?}", found.problems);
    assert!(found.problems[1].contains("declarations are damaged"), "{:?}", found.problems);
    let mut reader = Reader::open(&path, 0).unwrap();
    while let ReadOutcome::Record { .. } | ReadOutcome::Corrupt { .. } = reader.finish().unwrap() {}
    assert_eq!(reader.header().unwrap().attempt, 1);
    // A later reader that begins behind it knows as much.
    let (behind, _) = places(&path).into_iter().find(|(_, record)| matches!(record, Record::Row(_))).unwrap();
    let later = Reader::open(&path, behind).unwrap();
    assert_eq!((later.streams().iter().count(), later.header().is_some()), (2, true));
}

#[test]
fn two_blocks_that_changed_places_cost_their_own_records() {
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = long(folder.path());
    let all = rows(&places(&path));
    let mut bytes = whole.clone();
    let (eight, twelve) = (2 * BLOCK..3 * BLOCK, 3 * BLOCK..4 * BLOCK);
    bytes[eight.clone()].copy_from_slice(&whole[twelve.clone()]);
    bytes[twelve].copy_from_slice(&whole[eight]);
    fs::write(&path, bytes).unwrap();
    let lost = all - rows(&places(&path));
    // A row of each stream takes some 340 bytes.
    assert!(lost <= 2 * (2 * BLOCK / 340 + 3), "{lost} of {all}");
}

/// Of a stream whose declaration is damaged the others' rows are read at once, and its own from the repetition on.
#[test]
fn one_damaged_declaration_costs_one_stream_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut bytes) = long(folder.path());
    let all = places(&path);
    let at = |wanted: &str| {
        let found =
            all.iter().find(|(_, record)| matches!(record, Record::Stream(stream) if stream.name == wanted));
        usize::try_from(found.unwrap().0).unwrap()
    };
    bytes[at("step") + 20] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (again, _) = all.iter().find(|(_, record)| matches!(record, Record::Declared(_))).unwrap();
    let lost = all.iter().filter(|(place, record)| {
        place < again && matches!(record, Record::Row(row) if row.values.len() == 1)
    });
    assert_eq!(rows(&places(&path)), rows(&all) - lost.count());
}

/// What ends before declarations come again has them once: its rows have no names then, and all that needs none is read.
#[test]
fn of_a_short_journal_without_its_beginning_all_but_rows_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    run.create_attempt(1).unwrap();
    let path = run.journal(1);
    let writer = create(&path);
    let loss = writer.stream("step", vec![Column::f64("loss", "nats")]).unwrap();
    for step in 0..1_000 {
        writer.row(loss, step, step as f64, &[step as f64]).unwrap();
    }
    writer.log(Level::Info, "behind the rows").unwrap();
    writer.checkpoint(1_000, RunFolder::checkpoint_name(1_000)).unwrap();
    drop(writer);
    let mut bytes = fs::read(&path).unwrap();
    assert!((2 * BLOCK..DECLARED_AGAIN_AFTER as usize).contains(&bytes.len()), "{}", bytes.len());
    bytes[..BLOCK].fill(0);
    fs::write(&path, bytes).unwrap();
    let left: Vec<Record> = places(&path).into_iter().map(|(_, record)| record).collect();
    let is_left = |is: fn(&Record) -> bool| left.iter().any(is);
    assert!(
        is_left(|record| matches!(record, Record::Log(log) if log.text == "behind the rows")),
        "{left:?}"
    );
    assert!(is_left(|record| matches!(record, Record::Checkpoint(made) if made.step == 1_000)), "{left:?}");
    assert!(!is_left(|record| matches!(record, Record::Row(_))));
    let found = check(folder.path()).unwrap();
    assert!(
        found.values == 0 && found.problems[1].contains("declarations are damaged"),
        "{:?}",
        found.problems
    );
}
