//! Small journals and how to read them whole.

use std::path::Path;

use proptest::prelude::*;
use vitals_journal::{Column, Header, ReadOutcome, Reader, Record, ValueKind, Writer, WriterOptions};

pub fn header(attempt: u32, first_step: u64) -> Header {
    Header::new("019ab7c0-0000-7000-8000-000000000001", attempt, first_step, "2026-11-24T12:00:00Z")
}

pub fn create(path: &Path) -> Writer {
    Writer::create(path, header(1, 0), WriterOptions::default()).unwrap()
}

/// All sound records up to the end or to damage, and the outcome that ended the reading.
pub fn read_all(path: &Path) -> (Vec<Record>, ReadOutcome) {
    let mut reader = Reader::open(path, 0).unwrap();
    let mut records = Vec::new();
    loop {
        match reader.finish().unwrap() {
            ReadOutcome::Record { record, .. } => records.push(record),
            other => return (records, other),
        }
    }
}

/// Records as comparable text: values by their bits, because NaN is not equal to itself.
pub fn text(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| match record {
            Record::Row(row) => {
                let bits: Vec<u64> = row.values.iter().map(|value| value.to_bits()).collect();
                format!("row {} {} {:x} {bits:x?}", row.stream.0, row.step, row.elapsed_secs.to_bits())
            }
            other => format!("{other:?}"),
        })
        .collect()
}

/// A value of any bits that its column can hold.
pub fn value(kind: ValueKind, bits: u64) -> f64 {
    match kind {
        ValueKind::F32 => vitals_journal::widen(f32::from_bits(bits as u32)),
        ValueKind::F64 => f64::from_bits(bits),
    }
}

/// Bits with many NaN and infinities among them.
pub fn bits() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        any::<f64>().prop_map(f64::to_bits),
        Just(f64::NAN.to_bits()),
        Just(f64::INFINITY.to_bits()),
        Just(u64::from(f32::NEG_INFINITY.to_bits())),
        Just(0x7ff0_0000_7f80_0001),
    ]
}

pub fn columns(kinds: &[bool]) -> Vec<Column> {
    kinds
        .iter()
        .enumerate()
        .map(|(place, single)| {
            if *single { Column::f32(format!("c{place}"), "") } else { Column::f64(format!("c{place}"), "s") }
        })
        .collect()
}
