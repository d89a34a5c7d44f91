//! What goes in comes out, bit for bit, also while the file grows and from any record on.

use std::fs::{self, OpenOptions};
use std::io::Write;

use proptest::prelude::*;
use vitals_journal::{
    CheckpointRecord, Column, EndRecord, Event, JournalError, Level, ReadOutcome, Reader, Record, StreamId,
};

use crate::support::{bits, columns, create, read_all, text, value};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rows_of_any_bits(
        streams in prop::collection::vec(prop::collection::vec(any::<bool>(), 0..9), 1..4),
        rows in prop::collection::vec((any::<usize>(), any::<u64>(), bits(), prop::collection::vec(bits(), 9)), 0..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let writer = create(&path);
        let mut expected = Vec::new();
        let ids: Vec<StreamId> = streams
            .iter()
            .enumerate()
            .map(|(place, kinds)| writer.stream(&format!("s{place}"), columns(kinds)).unwrap())
            .collect();
        for (which, step, elapsed, values) in &rows {
            let which = which % streams.len();
            let columns = columns(&streams[which]);
            let values: Vec<f64> =
                columns.iter().zip(values).map(|(column, &bits)| value(column.kind, bits)).collect();
            writer.row(ids[which], *step, f64::from_bits(*elapsed), &values).unwrap();
            let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            expected.push(format!("row {} {step} {elapsed:x} {bits:x?}", ids[which].0));
        }
        drop(writer);
        let (records, end) = read_all(&path);
        prop_assert!(matches!(end, ReadOutcome::NotYet { pending: 0, .. }), "{:?}", end);
        prop_assert_eq!(&text(&records)[1 + streams.len()..], &expected[..]);
    }
}

#[test]
fn rare_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let writer = create(&path);
    let began = std::time::Instant::now();
    // Nothing is waited for here: the clock itself says when some time has passed.
    while began.elapsed().is_zero() {}
    writer.event("nonfinite", Some(7), serde_json::json!({ "layer": "blocks.3" })).unwrap();
    writer.log(Level::Warn, "zwei Zeilen\nmit ünïcode 한글").unwrap();
    writer.control_acknowledged(3).unwrap();
    writer.checkpoint(400, "checkpoints/step-00000400").unwrap();
    let end = EndRecord {
        reason: "finished".to_owned(),
        exit_code: 0,
        last_step: Some(399),
        message: String::new(),
    };
    writer.end(end.clone()).unwrap();
    let (appended, written, synced) = writer.positions();
    assert_eq!((appended, written), (synced, synced), "end() returns when all is durable");
    assert_eq!(fs::metadata(&path).unwrap().len(), synced);
    let (records, _) = read_all(&path);
    assert!(matches!(&records[0], Record::Header(header) if header.attempt == 1));
    let Record::Event(Event { kind, step, elapsed_secs, data }) = &records[1] else {
        panic!("{:?}", records[1])
    };
    assert_eq!((kind.as_str(), *step), ("nonfinite", Some(7)));
    assert_eq!(data, &serde_json::json!({ "layer": "blocks.3" }));
    let Record::Log(log) = &records[2] else { panic!("{:?}", records[2]) };
    assert!(log.text.ends_with("한글"));
    // The writer stamps both: an event of the worker used to bear 0.0 s.
    assert!(0.0 < *elapsed_secs && *elapsed_secs <= log.elapsed_secs, "{elapsed_secs} {}", log.elapsed_secs);
    assert!(log.elapsed_secs < began.elapsed().as_secs_f64() + 1.0);
    assert!(matches!(&records[3], Record::ControlAck(ack) if ack.seq == 3));
    let checkpoint = CheckpointRecord { step: 400, path: "checkpoints/step-00000400".to_owned() };
    assert_eq!(records[4], Record::Checkpoint(checkpoint));
    assert_eq!(records[5], Record::End(end));
}

#[test]
fn a_growing_file_is_tailed_and_taken_up_again_at_any_record() {
    let folder = tempfile::tempdir().unwrap();
    let (path, growing) = (folder.path().join("journal"), folder.path().join("growing"));
    let writer = create(&path);
    let step =
        writer.stream("step", vec![Column::f32("loss", ""), Column::f64("learning_rate", "")]).unwrap();
    for at in 0..4 {
        writer.row(step, at, 0.1, &[1.0 / (at + 1) as f64, f64::NAN]).unwrap();
    }
    let late = writer.stream("system", vec![Column::f64("images_per_second", "1/s")]).unwrap();
    writer.row(late, 4, 0.5, &[f64::INFINITY]).unwrap();
    drop(writer);
    let whole = fs::read(&path).unwrap();
    let (expected, _) = read_all(&path);

    let mut file = OpenOptions::new().create(true).append(true).open(&growing).unwrap();
    let mut reader = Reader::open(&growing, 0).unwrap();
    let mut seen = Vec::new();
    for byte in &whole {
        file.write_all(&[*byte]).unwrap();
        while let ReadOutcome::Record { record, offset_after, .. } = reader.next().unwrap() {
            seen.push(record);
            assert_eq!(offset_after, reader.offset());
            assert_eq!(offset_after, file.metadata().unwrap().len(), "no later than its last byte");
            let mut second = Reader::open(&growing, offset_after).unwrap();
            assert_eq!(second.streams(), reader.streams());
            assert_eq!(second.header(), reader.header());
            assert!(matches!(second.next().unwrap(), ReadOutcome::NotYet { pending: 0, .. }));
        }
        assert!(matches!(reader.next().unwrap(), ReadOutcome::NotYet { .. }));
    }
    assert_eq!(text(&seen), text(&expected));
    let error = Reader::open(&growing, 5).unwrap_err();
    assert!(matches!(error, JournalError::BadOffset { offset: 5, .. }), "{error}");
}

#[test]
fn the_writer_refuses_what_it_cannot_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let writer = create(&path);
    let id = writer.stream("step", vec![Column::f32("loss", "")]).unwrap();
    let refused = [
        writer.row(id, 0, 0.0, &[1.0, 2.0]).unwrap_err(),
        writer.row(StreamId(9), 0, 0.0, &[]).unwrap_err(),
        writer.stream("step", vec![]).unwrap_err(),
        writer.stream("twice", vec![Column::f32("a", ""), Column::f64("a", "")]).unwrap_err(),
        match vitals_journal::Writer::create(&path, crate::support::header(1, 0), Default::default()) {
            Ok(_) => panic!("an attempt's journal is created once"),
            Err(error) => error,
        },
    ];
    let words: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert_eq!(words[0], "record a row of stream `step`: 2 values for 1 columns");
    assert_eq!(words[1], "record a row of stream 9: no such stream was declared");
    assert_eq!(words[2], "declare stream `step`: a stream of this name exists already");
    assert_eq!(words[3], "declare stream `twice`: column `a` is named twice");
    assert!(words[4].contains("create the journal") && words[4].contains("exists"), "{}", words[4]);
}

#[test]
fn threads_share_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let writer = create(&path);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                let id = writer.stream(&format!("s{thread}"), vec![Column::f64("x", "")]).unwrap();
                for step in 0..1000 {
                    writer.row(id, step, 0.0, &[step as f64]).unwrap();
                }
            });
        }
    });
    drop(writer);
    let (records, _) = read_all(&path);
    let mut next = [0; 4];
    for record in &records {
        if let Record::Row(row) = record {
            let place = usize::from(row.stream.0);
            assert_eq!(row.step, next[place], "each thread's rows stay in order");
            next[place] += 1;
        }
    }
    assert_eq!(next, [1000; 4]);
}
