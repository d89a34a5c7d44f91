//! Payload bytes of each record: a tag, then JSON, or for rows plain little-endian numbers. Decoding trusts nothing:
//! a payload that does not fit its stream is an error in words, never a panic.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::narrow::{narrow, widen};
use crate::record::{Column, ControlAck, Declared, Record, Row, StreamId, ValueKind};
use crate::streams::Streams;

const HEADER: u8 = b'H';
const STREAM: u8 = b'S';
const ROW: u8 = b'R';
const EVENT: u8 = b'E';
const LOG: u8 = b'L';
const CONTROL: u8 = b'C';
const CHECKPOINT: u8 = b'K';
const WAIT: u8 = b'W';
const END: u8 = b'Z';

/// Bytes of a row before its values: tag, stream, step, elapsed.
const ROW_HEAD: usize = 1 + 2 + 8 + 8;

/// Whether a payload may declare something that later records need.
pub(crate) fn is_declaration(tag: u8) -> bool {
    tag == HEADER || tag == STREAM || tag == CONTROL
}

/// An acknowledgement, and what may ride on one of no command.
#[derive(Serialize, Deserialize)]
struct Control {
    seq: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    declared: Option<Declared>,
}

/// Why a payload is no record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undecoded {
    /// A row whose stream nobody has declared, or whose declaration is damaged.
    Undeclared(StreamId),
    Bad(String),
}

impl From<String> for Undecoded {
    fn from(what: String) -> Self {
        Self::Bad(what)
    }
}

/// Payload size of a row of these columns.
pub(crate) fn row_bytes(columns: &[Column]) -> usize {
    ROW_HEAD + columns.iter().map(|column| column.kind.bytes()).sum::<usize>()
}

/// Appends a row's payload. `values` and `kinds` are equally long; the caller has checked it.
pub(crate) fn encode_row(
    buffer: &mut Vec<u8>,
    stream: StreamId,
    step: u64,
    elapsed_secs: f64,
    values: &[f64],
    columns: &[Column],
) {
    buffer.push(ROW);
    buffer.extend_from_slice(&stream.0.to_le_bytes());
    buffer.extend_from_slice(&step.to_le_bytes());
    buffer.extend_from_slice(&elapsed_secs.to_bits().to_le_bytes());
    for (value, column) in values.iter().zip(columns) {
        match column.kind {
            ValueKind::F32 => buffer.extend_from_slice(&narrow(*value).to_bits().to_le_bytes()),
            ValueKind::F64 => buffer.extend_from_slice(&value.to_bits().to_le_bytes()),
        }
    }
}

/// The payload of a record that is not a row.
pub(crate) fn encode(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    match record {
        Record::Header(body) => json(HEADER, body),
        Record::Stream(body) => json(STREAM, body),
        Record::Event(body) => json(EVENT, body),
        Record::Log(body) => json(LOG, body),
        Record::ControlAck(body) => json(CONTROL, &Control { seq: body.seq, declared: None }),
        Record::Declared(body) => json(CONTROL, &Control { seq: 0, declared: Some(body.clone()) }),
        Record::Checkpoint(body) => json(CHECKPOINT, body),
        Record::Wait(body) => json(WAIT, body),
        Record::End(body) => json(END, body),
        Record::Row(row) => {
            let columns: Vec<Column> = row.values.iter().map(|_| Column::f64("", "")).collect();
            let mut payload = Vec::with_capacity(row_bytes(&columns));
            encode_row(&mut payload, row.stream, row.step, row.elapsed_secs, &row.values, &columns);
            Ok(payload)
        }
    }
}

fn json(tag: u8, body: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut payload = vec![tag];
    serde_json::to_writer(&mut payload, body)?;
    Ok(payload)
}

/// Understands a payload, given the streams declared before it.
pub(crate) fn decode(payload: &[u8], streams: &Streams) -> Result<Record, Undecoded> {
    let Some((&tag, body)) = payload.split_first() else { return Err("an empty record".to_owned().into()) };
    let record = match tag {
        ROW => return decode_row(payload, streams).map(Record::Row),
        HEADER => read("header", body).map(Record::Header),
        STREAM => read("stream", body).map(Record::Stream),
        EVENT => read("event", body).map(Record::Event),
        LOG => read("log", body).map(Record::Log),
        CONTROL => read("control", body).map(|Control { seq, declared }| match declared {
            Some(declared) => Record::Declared(declared),
            None => Record::ControlAck(ControlAck { seq }),
        }),
        CHECKPOINT => read("checkpoint", body).map(Record::Checkpoint),
        WAIT => read("wait", body).map(Record::Wait),
        END => read("end", body).map(Record::End),
        other => Err(format!("a record of unknown kind {other:#04x}")),
    };
    Ok(record?)
}

fn read<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("a {what} record that does not parse: {error}"))
}

fn decode_row(payload: &[u8], streams: &Streams) -> Result<Row, Undecoded> {
    let short = || "a row record that is too short".to_owned();
    let (head, mut rest) = payload.split_at_checked(ROW_HEAD).ok_or_else(short)?;
    let id = StreamId(u16::from_le_bytes(take(head, 1).ok_or_else(short)?));
    let stream = streams.get(id).ok_or(Undecoded::Undeclared(id))?;
    if payload.len() != row_bytes(&stream.columns) {
        return Err(format!("a row of stream `{}` with {} bytes", stream.name, payload.len()).into());
    }
    let mut values = Vec::with_capacity(stream.columns.len());
    for column in &stream.columns {
        let (bytes, after) = rest.split_at_checked(column.kind.bytes()).ok_or_else(short)?;
        values.push(match column.kind {
            ValueKind::F32 => widen(f32::from_bits(u32::from_le_bytes(take(bytes, 0).ok_or_else(short)?))),
            ValueKind::F64 => f64::from_bits(u64::from_le_bytes(take(bytes, 0).ok_or_else(short)?)),
        });
        rest = after;
    }
    // A tag of one byte, a stream of two and a step of eight: hence the places 1, 3 and 11.
    Ok(Row {
        stream: id,
        step: u64::from_le_bytes(take(head, 3).ok_or_else(short)?),
        elapsed_secs: f64::from_bits(u64::from_le_bytes(take(head, 11).ok_or_else(short)?)),
        values,
    })
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}
