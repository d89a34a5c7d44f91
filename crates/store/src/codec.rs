//! The blob of a row group: steps, elapsed times and one array a column, little-endian, version 1. Lossless for every
//! bit of a step, an f32 or an f64. One column can be read without decoding the others.
//!
//! `version u8 · rows varint · steps · elapsed · columns varint · column…`, where each part opens with its encoding:
//! steps 0 = first and stride as zigzag varints, 1 = zigzag deltas; elapsed 0 = plain f64, 1 = zigzag deltas of whole
//! microseconds; column 0 = f32 array, 1 = f64 array, 2 = one f32, 3 = one f64 (all rows alike), 4 = f64 whose every
//! value is an f32, as an f32 array.

use std::ops::Range;

use vitals_journal::{ValueKind, narrow, widen};

use crate::Result;
use crate::error::corrupt;

const VERSION: u8 = 1;
const MICROS: f64 = 1e6;

/// Rows in columnar form. `columns[c][r]` belongs to `steps[r]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Group {
    pub steps: Vec<u64>,
    pub elapsed_secs: Vec<f64>,
    pub columns: Vec<Vec<f64>>,
}

impl Group {
    /// No rows of so many columns.
    pub(crate) fn of_columns(count: usize) -> Self {
        Self { columns: vec![Vec::new(); count], ..Self::default() }
    }

    /// Stable, so that equal steps stay in order of arrival. Nearly always nothing is to do.
    pub(crate) fn sort_by_step(&mut self) {
        if self.steps.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.steps.len()).collect();
        order.sort_by_key(|&row| self.steps[row]);
        self.steps = order.iter().map(|&row| self.steps[row]).collect();
        self.elapsed_secs = order.iter().map(|&row| self.elapsed_secs[row]).collect();
        for column in &mut self.columns {
            *column = order.iter().map(|&row| column[row]).collect();
        }
    }

    /// Some of the rows.
    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        Self {
            steps: self.steps[rows.clone()].to_vec(),
            elapsed_secs: self.elapsed_secs[rows.clone()].to_vec(),
            columns: self.columns.iter().map(|column| column[rows.clone()].to_vec()).collect(),
        }
    }

    /// Takes the rows from `at` on away.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        Self {
            steps: self.steps.split_off(at),
            elapsed_secs: self.elapsed_secs.split_off(at),
            columns: self.columns.iter_mut().map(|column| column.split_off(at)).collect(),
        }
    }

    /// Appends the rows of `other`, which has the same columns.
    pub(crate) fn append(&mut self, other: &Self) {
        self.steps.extend_from_slice(&other.steps);
        self.elapsed_secs.extend_from_slice(&other.elapsed_secs);
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.extend_from_slice(theirs);
        }
    }
}

/// Encodes a group whose columns are of the given kinds, in order.
pub(crate) fn encode(group: &Group, kinds: impl Iterator<Item = ValueKind>) -> Vec<u8> {
    let rows = group.steps.len();
    let mut out = Vec::with_capacity(16 + rows * (10 + 4 * group.columns.len()));
    out.push(VERSION);
    put_varint(&mut out, rows as u64);
    encode_steps(&mut out, &group.steps);
    encode_elapsed(&mut out, &group.elapsed_secs);
    put_varint(&mut out, group.columns.len() as u64);
    for (values, kind) in group.columns.iter().zip(kinds) {
        encode_column(&mut out, values, kind);
    }
    out
}

/// Decodes the columns at `wanted` (ascending indices), or all of them.
pub(crate) fn decode(data: &[u8], wanted: Option<&[usize]>) -> Result<Group> {
    let mut input = Input { rest: data };
    if input.byte()? != VERSION {
        return Err(corrupt("row group of an unknown version"));
    }
    let rows = input.length()?;
    // A row takes a byte of steps only when strides vary, but no database row holds this many.
    if rows > 1 << 26 {
        return Err(corrupt("row group of an impossible length"));
    }
    let steps = decode_steps(&mut input, rows)?;
    let elapsed_secs = decode_elapsed(&mut input, rows)?;
    let count = input.length()?;
    let mut columns = Vec::new();
    for index in 0..count {
        if wanted.is_none_or(|w| w.binary_search(&index).is_ok()) {
            columns.push(decode_column(&mut input, rows)?);
        } else {
            skip_column(&mut input, rows)?;
        }
    }
    if wanted.is_some_and(|w| w.len() != columns.len()) {
        return Err(corrupt("row group with fewer columns than its shape"));
    }
    Ok(Group { steps, elapsed_secs, columns })
}

/// One column of a chunk on its own: `version u8 · rows varint · column`.
pub(crate) fn encode_values(values: &[f64], kind: ValueKind) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + 8 * values.len());
    out.push(VERSION);
    put_varint(&mut out, values.len() as u64);
    encode_column(&mut out, values, kind);
    out
}

/// Appends the values of such a column.
pub(crate) fn decode_values(data: &[u8], into: &mut Vec<f64>) -> Result<()> {
    let mut input = Input { rest: data };
    if input.byte()? != VERSION {
        return Err(corrupt("column of an unknown version"));
    }
    let rows = input.length()?;
    if rows > 1 << 26 {
        return Err(corrupt("column of an impossible length"));
    }
    into.extend(decode_column(&mut input, rows)?);
    Ok(())
}

fn encode_steps(out: &mut Vec<u8>, steps: &[u64]) {
    let first = steps.first().copied().unwrap_or(0);
    // Wrapping, so that falling steps have strides too, which add back exactly modulo 2⁶⁴.
    let stride = steps.get(1).map_or(1, |second| second.wrapping_sub(first));
    let regular = steps.windows(2).all(|w| w[1].wrapping_sub(w[0]) == stride);
    out.push(u8::from(!regular));
    put_zigzag(out, first.cast_signed());
    if regular {
        put_zigzag(out, stride.cast_signed());
    } else {
        for w in steps.windows(2) {
            put_zigzag(out, w[1].wrapping_sub(w[0]).cast_signed());
        }
    }
}

fn decode_steps(input: &mut Input<'_>, rows: usize) -> Result<Vec<u64>> {
    let regular = match input.byte()? {
        0 => true,
        1 => false,
        _ => return Err(corrupt("steps of an unknown encoding")),
    };
    let mut step = input.zigzag()?.cast_unsigned();
    let stride = if regular { input.zigzag()?.cast_unsigned() } else { 0 };
    let mut steps = Vec::with_capacity(rows);
    for row in 0..rows {
        if row > 0 {
            step = step.wrapping_add(if regular { stride } else { input.zigzag()?.cast_unsigned() });
        }
        steps.push(step);
    }
    Ok(steps)
}

/// Whole microseconds that give back the very same seconds.
fn as_micros(secs: f64) -> Option<i64> {
    let micros = (secs * MICROS).round();
    // 9e15 lies below 2⁵³ (9.007e15), up to which a double holds every whole number.
    let exact = micros.abs() < 9e15 && (micros / MICROS).to_bits() == secs.to_bits();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    exact.then_some(micros as i64)
}

fn encode_elapsed(out: &mut Vec<u8>, elapsed: &[f64]) {
    let micros: Option<Vec<i64>> = elapsed.iter().copied().map(as_micros).collect();
    if let Some(micros) = micros {
        out.push(1);
        let mut previous = 0;
        for value in micros {
            // Both lie below 2⁵³ in size: the difference cannot overflow.
            put_zigzag(out, value - previous);
            previous = value;
        }
    } else {
        out.push(0);
        elapsed.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
    }
}

fn decode_elapsed(input: &mut Input<'_>, rows: usize) -> Result<Vec<f64>> {
    match input.byte()? {
        0 => input.f64s(rows),
        1 => {
            let mut micros = 0_i64;
            let mut elapsed = Vec::with_capacity(rows);
            for _ in 0..rows {
                // Damaged bytes may hold any delta, and must not make this panic.
                micros = micros.wrapping_add(input.zigzag()?);
                #[expect(clippy::cast_precision_loss, reason = "written below 2^53")]
                elapsed.push(micros as f64 / MICROS);
            }
            Ok(elapsed)
        }
        _ => Err(corrupt("elapsed times of an unknown encoding")),
    }
}

fn encode_column(out: &mut Vec<u8>, values: &[f64], kind: ValueKind) {
    // By bits: NaN equals itself so, and 0 differs from −0.
    let alike = values.len() > 1 && values.iter().all(|v| v.to_bits() == values[0].to_bits());
    let stored = if alike { &values[..1] } else { values };
    let fits = kind == ValueKind::F32
        || (!alike && values.iter().all(|v| widen(narrow(*v)).to_bits() == v.to_bits()));
    out.push(match (fits, alike, kind) {
        (_, true, ValueKind::F32) => 2,
        (_, true, ValueKind::F64) => 3,
        (true, _, ValueKind::F64) => 4,
        (_, _, ValueKind::F32) => 0,
        (false, _, ValueKind::F64) => 1,
    });
    if fits {
        stored.iter().for_each(|v| out.extend_from_slice(&narrow(*v).to_le_bytes()));
    } else {
        stored.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
    }
}

fn decode_column(input: &mut Input<'_>, rows: usize) -> Result<Vec<f64>> {
    match input.byte()? {
        0 | 4 => input.f32s(rows),
        1 => input.f64s(rows),
        2 => Ok(vec![input.f32s(1)?[0]; rows]),
        3 => Ok(vec![input.f64s(1)?[0]; rows]),
        _ => Err(corrupt("column of an unknown encoding")),
    }
}

fn skip_column(input: &mut Input<'_>, rows: usize) -> Result<()> {
    // At most 2²⁶ rows come this far, so that no product overflows.
    let bytes = match input.byte()? {
        0 | 4 => 4 * rows,
        1 => 8 * rows,
        2 => 4,
        3 => 8,
        _ => return Err(corrupt("column of an unknown encoding")),
    };
    input.take(bytes).map(drop)
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    // The sign goes to the lowest bit, and small numbers of either sign take few bytes.
    put_varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// A cursor over stored bytes; every read is checked.
pub(crate) struct Input<'a> {
    pub rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| corrupt("blob that ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn varint(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        // Ten bytes hold 64 bits, the last of them bit 63.
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(corrupt("number of more than 64 bits"))
    }

    fn zigzag(&mut self) -> Result<i64> {
        let raw = self.varint()?;
        Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
    }

    pub(crate) fn length(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| corrupt("length that does not fit"))
    }

    pub(crate) fn f64s(&mut self, count: usize) -> Result<Vec<f64>> {
        let bytes = self.take(count * 8)?;
        let (words, _) = bytes.as_chunks::<8>();
        Ok(words.iter().map(|b| f64::from_le_bytes(*b)).collect())
    }

    fn f32s(&mut self, count: usize) -> Result<Vec<f64>> {
        let bytes = self.take(count * 4)?;
        let (words, _) = bytes.as_chunks::<4>();
        Ok(words.iter().map(|b| widen(f32::from_le_bytes(*b))).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(group: &Group) -> (Vec<u64>, Vec<u64>, Vec<Vec<u64>>) {
        let of = |values: &Vec<f64>| values.iter().map(|v| v.to_bits()).collect();
        (group.steps.clone(), of(&group.elapsed_secs), group.columns.iter().map(of).collect())
    }

    fn steps(rows: usize) -> impl Strategy<Value = Vec<u64>> {
        let regular = (any::<u64>(), 0_u64..1000).prop_map(move |(first, stride)| {
            (0..rows as u64).map(|r| first.wrapping_add(r * stride)).collect()
        });
        prop_oneof![regular, prop::collection::vec(any::<u64>(), rows)]
    }

    fn column(rows: usize) -> impl Strategy<Value = (ValueKind, Vec<f64>)> {
        let single = any::<u32>().prop_map(|b| widen(f32::from_bits(b)));
        let double = any::<u64>().prop_map(f64::from_bits);
        prop_oneof![
            prop::collection::vec(single.clone(), rows).prop_map(|v| (ValueKind::F32, v)),
            single.prop_map(move |v| (ValueKind::F32, vec![v; rows])),
            prop::collection::vec(double.clone(), rows).prop_map(|v| (ValueKind::F64, v)),
            double.prop_map(move |v| (ValueKind::F64, vec![v; rows])),
        ]
    }

    fn groups() -> impl Strategy<Value = (Group, Vec<ValueKind>)> {
        (0_usize..40).prop_flat_map(|rows| {
            let micros = prop::collection::vec((0_u32..).prop_map(|m| f64::from(m) / 1e6), rows);
            let any_secs = prop::collection::vec(any::<u64>().prop_map(f64::from_bits), rows);
            let columns = prop::collection::vec(column(rows), 0..6);
            (steps(rows), prop_oneof![micros, any_secs], columns).prop_map(
                |(steps, elapsed_secs, columns)| {
                    let (kinds, columns) = columns.into_iter().unzip();
                    (Group { steps, elapsed_secs, columns }, kinds)
                },
            )
        })
    }

    proptest! {
        #[test]
        fn every_bit_survives((group, kinds) in groups(), wanted in any::<u8>()) {
            let data = encode(&group, kinds.iter().copied());
            prop_assert_eq!(bits(&decode(&data, None).unwrap()), bits(&group));
            let wanted: Vec<usize> = (0..kinds.len()).filter(|c| wanted >> c & 1 == 1).collect();
            let some = Group { columns: wanted.iter().map(|c| group.columns[*c].clone()).collect(), ..group };
            prop_assert_eq!(bits(&decode(&data, Some(&wanted)).unwrap()), bits(&some));
        }

        #[test]
        fn damage_is_an_error_or_other_values_and_never_a_panic(
            (group, kinds) in groups(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
        ) {
            let mut data = encode(&group, kinds.iter().copied());
            let at = at.index(data.len());
            if cut {
                data.truncate(at);
                prop_assert!(decode(&data, None).is_err() || kinds.is_empty());
            } else {
                data[at] = byte;
                drop(decode(&data, None));
            }
        }
    }

    #[test]
    fn sizes_of_what_is_common() {
        let rows = 256_usize;
        let noise: Vec<f64> = (0..rows).map(|r| f64::from((r as f32 * 0.37).sin())).collect();
        let size = |columns: &[Vec<f64>], kind| {
            let group = Group {
                steps: (0..rows as u64).collect(),
                elapsed_secs: (0..rows).map(|r| r as f64 * 0.2).collect(),
                columns: columns.to_vec(),
            };
            encode(&group, columns.iter().map(|_| kind)).len()
        };
        let base = size(&[], ValueKind::F32);
        assert_eq!(size(std::slice::from_ref(&noise), ValueKind::F32) - base, 1 + 4 * rows);
        // An f64 column of f32 values takes no more; a constant takes one value.
        assert_eq!(size(&[noise], ValueKind::F64) - base, 1 + 4 * rows);
        assert_eq!(size(&[vec![0.1; rows]], ValueKind::F64) - base, 1 + 8);
    }
}
