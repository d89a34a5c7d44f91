//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use std::fmt::Debug;
use std::io::Cursor;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{decode, encode, encode_row};
use crate::run_folder::parse;
use crate::streams::Streams;
use crate::{Control, ExitRecord, ReadOutcome, Reader, Record, frame};

/// A journal: as it is, and with checksums that hold, which no chance would find.
pub fn journal(bytes: &[u8]) -> bool {
    let is_sound = read_whole(bytes);
    let mended = with_checksums(bytes);
    read_whole(&mended);
    is_sound
}

/// `control`.
pub fn control(bytes: &[u8]) -> bool {
    comes_back::<Control>(bytes)
}

/// `exit.json`.
pub fn exit(bytes: &[u8]) -> bool {
    comes_back::<ExitRecord>(bytes)
}

/// What is read can be written, and is read from there as the same.
fn comes_back<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(value) = parse::<T>(bytes, Path::new("file")) else { return false };
    let written = serde_json::to_vec(&value).unwrap_or_default();
    assert_eq!(parse::<T>(&written, Path::new("file")).ok(), Some(value));
    true
}

type Outcomes = Vec<ReadOutcome>;

/// Reads a journal in every way that there is. Whether all of it is sound.
fn read_whole(bytes: &[u8]) -> bool {
    let reader = |offset| Reader::of(Cursor::new(bytes), Path::new("journal"), offset);
    let Some(all) = reader(0).ok().and_then(|reader| follow(reader, bytes, true)) else { return false };
    let records = |outcomes: &Outcomes| -> Vec<String> {
        let sound = outcomes.iter().filter(|outcome| matches!(outcome, ReadOutcome::Record { .. }));
        sound.map(|outcome| format!("{outcome:?}")).collect()
    };
    // A file that may still grow has the same records.
    let growing = reader(0).ok().and_then(|reader| follow(reader, bytes, false));
    assert_eq!(growing.map(|outcomes| records(&outcomes)), Some(records(&all)));
    // A later reader goes on where an earlier one stood.
    let places: Vec<u64> = all.iter().filter_map(sound_end).collect();
    if let Some(&place) = places.get(bytes.len() % places.len().max(1)) {
        let rest: Outcomes =
            all.iter().skip_while(|one| sound_end(one) != Some(place)).skip(1).cloned().collect();
        let later = reader(place).ok().and_then(|reader| follow(reader, bytes, true));
        assert_eq!(later.map(|later| format!("{later:?}")), Some(format!("{rest:?}")), "from {place}");
    }
    places.len() == all.len() - 1 && matches!(all.last(), Some(ReadOutcome::NotYet { pending: 0, .. }))
}

fn sound_end(outcome: &ReadOutcome) -> Option<u64> {
    match outcome {
        ReadOutcome::Record { offset_after, .. } => Some(*offset_after),
        _ => None,
    }
}

/// What a reader finds from its place to the end, which it reaches, as each outcome lies behind the one before. None where
/// the file is of a newer version.
fn follow(mut reader: Reader<Cursor<&[u8]>>, bytes: &[u8], dead: bool) -> Option<Outcomes> {
    let (mut outcomes, len) = (Outcomes::new(), bytes.len() as u64);
    loop {
        let before = reader.offset();
        let outcome = if dead { reader.finish() } else { reader.next() }.ok()?;
        let (is_last, begin, end) = match &outcome {
            ReadOutcome::Record { offset, offset_after, record } => {
                let payload = bytes[*offset as usize..*offset_after as usize].get(frame::HEAD_BYTES..);
                let payload = payload.and_then(|rest| rest.get(..rest.len() - frame::TAIL_BYTES));
                is_written_as(record, payload.unwrap_or_default(), reader.streams());
                (false, *offset, *offset_after)
            }
            ReadOutcome::Corrupt { offset, resume_at, .. } => (false, *offset, *resume_at),
            ReadOutcome::NotYet { offset, pending } => (true, *offset, offset + pending),
            ReadOutcome::Torn { offset, bytes } => (true, *offset, offset + bytes),
        };
        assert!(
            begin == before && end <= len && (is_last || end > begin),
            "{outcome:?} at {before} of {len}"
        );
        assert!(!is_last || end == len, "{outcome:?} is no end of {len}");
        outcomes.push(outcome);
        if is_last {
            return Some(outcomes);
        }
    }
}

/// A row is written as it stands in the file, to the last bit; another record is read again as it was.
fn is_written_as(record: &Record, payload: &[u8], streams: &Streams) {
    let Record::Row(row) = record else {
        let written = encode(record).unwrap_or_default();
        assert_eq!(decode(&written, streams).as_ref(), Ok(record));
        return;
    };
    let mut written = Vec::new();
    let columns = streams.get(row.stream).map(|stream| &stream.columns[..]).unwrap_or_default();
    encode_row(&mut written, row.stream, row.step, row.elapsed_secs, &row.values, columns);
    assert_eq!(written, payload);
}

/// The same payloads in frames whose checksums hold, up to the first length that leads out of the file.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let (mut mended, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(length) = rest.first_chunk().map(|length| u64::from_le_bytes(*length))
        && let Some(end) =
            usize::try_from(length).ok().and_then(|length| length.checked_add(frame::HEAD_BYTES))
        && let Some(payload) = rest.get(frame::HEAD_BYTES..end)
        && let Some(after) = end.checked_add(frame::TAIL_BYTES).and_then(|end| rest.get(end..))
    {
        frame::append(&mut mended, |buffer| buffer.extend_from_slice(payload));
        rest = after;
    }
    mended.extend_from_slice(rest);
    mended
}

#[cfg(test)]
mod tests {
    use vitals_fixtures::{fuzz, samples};

    use super::*;
    use crate::{Column, Command, Header, Level, Writer, WriterOptions};

    /// A short journal with a record of each kind.
    fn written() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let header = Header::new("019ab7c0-0000-7000-8000-000000000001", 1, 0, "2026-11-24T12:00:00Z");
        let journal = Writer::create(&path, header, WriterOptions::default()).unwrap();
        let columns = vec![Column::f32("loss", ""), Column::f64("learning_rate", "")];
        let stream = journal.stream("step", columns).unwrap();
        for (step, value) in (0..).zip([2.5, f64::NAN, f64::NEG_INFINITY]) {
            journal.row(stream, step, 0.5, &[value, 1e-3]).unwrap();
        }
        journal.log(Level::Warn, "a line").unwrap();
        journal.control_acknowledged(3).unwrap();
        drop(journal);
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn every_entry_stands_anything() {
        let ended = ExitRecord {
            code: Some(3),
            signal: None,
            peak_rss_bytes: Some(1 << 30),
            oom_kills: Some(0),
            boot_id: Some("4bfa4c63-8ffb-4dc6-a1a8-000000000000".to_owned()),
            ended_at: "2026-11-24T12:00:00Z".to_owned(),
        };
        let killed = ExitRecord { code: None, signal: Some(9), ..ended.clone() };
        let commands = [Command::Pause, Command::Cancel, Command::Checkpoint];
        let controls = (1..).zip(commands).map(|(seq, command)| Control { seq, command });
        let controls = controls.map(|control| serde_json::to_vec(&control).unwrap());
        let exits = [ended, killed].map(|exit| serde_json::to_vec(&exit).unwrap());
        let mut journals = samples("crates/journal/tests/samples/format-1/attempt-0002", "journal");
        journals.push(written());
        fuzz(
            "vitals_journal",
            &[
                ("journal", journal, journals),
                ("control", control, controls.collect()),
                ("exit", exit, exits.to_vec()),
            ],
        );
    }
}
