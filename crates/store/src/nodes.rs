//! The blob of up to 256 neighbouring nodes of a series' pyramid, little-endian, version 2.
//!
//! `version u8 · flags u8 · nodes varint · places · min… max… first… last… mean…` and, of a layer,
//! `relative min… max… first… last… mean… · ratio…`. Values are f32 where the column is and f64 elsewhere; what is
//! relative is the upper half of an f32, but for its mean: one that was rounded again at each level, and each time that rows
//! join a node, would drift away from its values (in version 1 it did). Places are, where all nodes are alike and finite, `first node · rows · lead · span`,
//! else for each node `distance · rows · nonfinite · lead · span` and of a layer `nonfinite relative values`, all varints;
//! lead is the first step's distance from the node's beginning, span the last's from the first.

use vitals_journal::{ValueKind, narrow, widen};
use vitals_series::{NODE_FACTOR, Piece, Summary, node_steps};

use crate::Result;
use crate::codec::{Input, put_varint};
use crate::error::corrupt;

const VERSION: u8 = 2;
/// Nodes of a block at most: node k is in block `k / BLOCK_NODES`.
pub(crate) const BLOCK_NODES: u64 = 256;

const WIDE: u8 = 1;
const LAYER: u8 = 2;
const ALIKE: u8 = 4;

/// A node's number and what it summarises.
pub(crate) type Node = (u64, Piece);

/// Where a node's rows lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    node: u64,
    rows: u64,
    nonfinite: u64,
    lead: u64,
    span: u64,
    relative_nonfinite: u64,
}

impl Place {
    fn of(node: u64, piece: &Piece, level: u32) -> Self {
        let summary = &piece.summary;
        Self {
            node,
            rows: summary.count,
            nonfinite: summary.nonfinite,
            lead: summary.first_step.saturating_sub(node.saturating_mul(node_steps(level))),
            span: summary.last_step - summary.first_step,
            relative_nonfinite: piece.relative.nonfinite,
        }
    }
}

/// Encodes nodes in ascending order, each of at least one row.
pub(crate) fn encode(nodes: &[Node], level: u32, kind: ValueKind, of_layer: bool) -> Vec<u8> {
    let places: Vec<Place> = nodes.iter().map(|(node, piece)| Place::of(*node, piece, level)).collect();
    let alike = places.iter().enumerate().all(|(at, place)| {
        let as_first = Place { node: place.node, ..places[0] };
        *place == as_first
            && place.nonfinite + place.relative_nonfinite == 0
            && place.node == places[0].node + at as u64
    });
    let wide = kind == ValueKind::F64;
    let mut out = Vec::with_capacity(16 + nodes.len() * 60);
    out.push(VERSION);
    out.push(if wide { WIDE } else { 0 } | if of_layer { LAYER } else { 0 } | if alike { ALIKE } else { 0 });
    put_varint(&mut out, nodes.len() as u64);
    let mut before = 0;
    for place in places.iter().take(if alike { 1 } else { usize::MAX }) {
        put_varint(&mut out, place.node - before);
        before = place.node;
        put_varint(&mut out, place.rows);
        if !alike {
            put_varint(&mut out, place.nonfinite);
        }
        put_varint(&mut out, place.lead);
        put_varint(&mut out, place.span);
        if !alike && of_layer {
            put_varint(&mut out, place.relative_nonfinite);
        }
    }
    let mut values = |pick: fn(&Summary) -> f64| {
        for (_, piece) in nodes {
            let value = pick(&piece.summary);
            match wide {
                true => out.extend_from_slice(&value.to_le_bytes()),
                false => out.extend_from_slice(&narrow(value).to_le_bytes()),
            }
        }
    };
    values(|summary| summary.min);
    values(|summary| summary.max);
    values(|summary| summary.first);
    values(|summary| summary.last);
    values(Summary::mean);
    if of_layer {
        let halves = |out: &mut Vec<u8>, pick: fn(&Piece) -> f64| {
            out.extend(nodes.iter().flat_map(|(_, piece)| half(pick(piece)).to_le_bytes()));
        };
        halves(&mut out, |piece| piece.relative.min);
        halves(&mut out, |piece| piece.relative.max);
        halves(&mut out, |piece| piece.relative.first);
        halves(&mut out, |piece| piece.relative.last);
        out.extend(nodes.iter().flat_map(|(_, piece)| narrow(piece.relative.mean()).to_le_bytes()));
        halves(&mut out, |piece| piece.ratio);
    }
    out
}

/// Calls `take` for each node of a blob, in ascending order.
pub(crate) fn decode(data: &[u8], level: u32, mut take: impl FnMut(u64, Piece)) -> Result<()> {
    let mut input = Input { rest: data };
    let version = input.byte()?;
    if !(1..=VERSION).contains(&version) {
        return Err(corrupt("nodes of an unknown version"));
    }
    let flags = input.byte()?;
    let (wide, of_layer, alike) = (flags & WIDE != 0, flags & LAYER != 0, flags & ALIKE != 0);
    let whole_means = version > 1;
    let count = input.length()?;
    if count as u64 > BLOCK_NODES {
        return Err(corrupt("block of an impossible number of nodes"));
    }
    let mut places: Vec<Place> = Vec::with_capacity(count);
    while places.len() < if alike { count.min(1) } else { count } {
        let before = places.last().map_or(0, |place| place.node);
        places.push(Place {
            node: before.saturating_add(input.varint()?),
            rows: input.varint()?,
            nonfinite: if alike { 0 } else { input.varint()? },
            lead: input.varint()?,
            span: input.varint()?,
            relative_nonfinite: if of_layer && !alike { input.varint()? } else { 0 },
        });
    }
    let mut array = |width: usize, part: bool| input.take(if part { width * count } else { 0 });
    let width = if wide { 8 } else { 4 };
    let (min, max) = (array(width, true)?, array(width, true)?);
    let (first, last, mean) = (array(width, true)?, array(width, true)?, array(width, true)?);
    let (relative_min, relative_max) = (array(2, of_layer)?, array(2, of_layer)?);
    let (relative_first, relative_last) = (array(2, of_layer)?, array(2, of_layer)?);
    let relative_mean = array(if whole_means { 4 } else { 2 }, of_layer)?;
    let ratio = array(2, of_layer)?;
    for at in 0..count {
        let value = |bytes: &[u8]| if wide { double(bytes, at) } else { single(bytes, at) };
        let place = match (alike, places.first()) {
            (true, Some(first)) => Place { node: first.node.saturating_add(at as u64), ..*first },
            _ => places[at],
        };
        let first_step = place.node.saturating_mul(node_steps(level)).saturating_add(place.lead);
        // A damaged blob may claim more than there are rows, and the next line subtracts.
        let nonfinite = place.nonfinite.min(place.rows);
        let finite = (place.rows - nonfinite) as f64;
        let summary = Summary {
            count: place.rows,
            nonfinite,
            min: value(min),
            max: value(max),
            sum: if finite > 0.0 { value(mean) * finite } else { 0.0 },
            first: value(first),
            last: value(last),
            first_step,
            last_step: first_step.saturating_add(place.span),
        };
        let mut piece = Piece { summary, ..Piece::EMPTY };
        if of_layer {
            piece.relative = Summary {
                nonfinite: place.relative_nonfinite.min(place.rows),
                min: unhalf(relative_min, at),
                max: unhalf(relative_max, at),
                first: unhalf(relative_first, at),
                last: unhalf(relative_last, at),
                ..summary
            };
            let finite = piece.relative.finite();
            let mean = if whole_means { single(relative_mean, at) } else { unhalf(relative_mean, at) };
            piece.relative.sum = if finite == 0 { 0.0 } else { mean * finite as f64 };
            piece.ratio = unhalf(ratio, at);
        }
        take(place.node, piece);
    }
    Ok(())
}

/// The nodes of the next level; none of them may already be there in part.
pub(crate) fn merge_up(nodes: &[Node]) -> Vec<Node> {
    let mut above: Vec<Node> = Vec::new();
    for (node, piece) in nodes {
        match above.last_mut() {
            Some((known, whole)) if *known == node / NODE_FACTOR => whole.merge(piece),
            _ => above.push((node / NODE_FACTOR, *piece)),
        }
    }
    above
}

/// The nearest f32 whose lower half is zero, as its upper half. Finite values stay finite.
fn half(value: f64) -> u16 {
    let single = value as f32;
    // An f64 beyond the range of f32 has become infinite by the cast.
    let single = if value.is_finite() { single.clamp(f32::MIN, f32::MAX) } else { single };
    let bits = single.to_bits();
    if single.is_nan() {
        // The quiet bit: a payload in the lower half alone would leave an infinity behind.
        return (bits >> 16) as u16 | 0x40;
    }
    if !single.is_finite() {
        return (bits >> 16) as u16;
    }
    // To the nearest, ties to even: floats of one sign are ordered as their bits are.
    let rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    // Rounding up may carry into the exponent of infinity.
    let largest = (f32::MAX.to_bits() >> 16) | ((bits >> 16) & 0x8000);
    if rounded & 0x7f80 == 0x7f80 { largest as u16 } else { rounded as u16 }
}

fn unhalf(bytes: &[u8], at: usize) -> f64 {
    let bits = u16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]);
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

fn single(bytes: &[u8], at: usize) -> f64 {
    let (words, _) = bytes.as_chunks::<4>();
    widen(f32::from_le_bytes(words[at]))
}

fn double(bytes: &[u8], at: usize) -> f64 {
    let (words, _) = bytes.as_chunks::<8>();
    f64::from_le_bytes(words[at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vitals_series::{Rows, TOP_LEVEL, pieces};

    use super::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            12 => (-1e3_f32..1e3).prop_map(f64::from),
            1 => any::<f32>().prop_map(widen),
            1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0)],
        ]
    }

    fn nodes(steps: &[u64], values: &[f64], of_layer: bool) -> Vec<Node> {
        let reference = vec![3.0; steps.len()];
        let rows = Rows { steps, values, reference: Some(&reference), of_layer };
        pieces(&[], rows, |step| step / node_steps(0))
    }

    fn near(a: f64, b: f64) -> bool {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= a.abs() / 255.0 + 1e-38 || b.abs() > 3e38
    }

    proptest! {
        #[test]
        fn blocks_come_back(
            rows in prop::collection::vec((0_u64..3, value()), 1..600), from in 0_u64..100_000, of_layer in any::<bool>(),
            wide in any::<bool>(),
        ) {
            let mut at = from;
            let (steps, values): (Vec<u64>, Vec<f64>) = rows.iter().map(|(gap, value)| { at += gap; (at, *value) }).unzip();
            let nodes = nodes(&steps, &values, of_layer);
            let kind = if wide { ValueKind::F64 } else { ValueKind::F32 };
            let data = encode(&nodes, 0, kind, of_layer);
            let mut back = Vec::new();
            decode(&data, 0, |node, piece| back.push((node, piece))).unwrap();
            prop_assert_eq!(back.len(), nodes.len());
            for ((node, piece), (known, whole)) in back.iter().zip(&nodes) {
                prop_assert_eq!(node, known);
                let without_sum = |summary: Summary| format!("{:?}", Summary { sum: 0.0, ..summary });
                prop_assert_eq!(without_sum(piece.summary), without_sum(whole.summary));
                let scale = whole.summary.min.abs().max(whole.summary.max.abs());
                let off = (piece.summary.mean() - whole.summary.mean()).abs();
                prop_assert!(whole.summary.finite() == 0 || off <= 1e-6 * scale || scale > 1e37, "{off}");
                prop_assert_eq!(piece.relative.nonfinite, whole.relative.nonfinite);
                prop_assert_eq!(piece.relative.count, whole.relative.count);
                for (a, b) in [
                    (piece.relative.min, whole.relative.min), (piece.relative.max, whole.relative.max),
                    (piece.relative.first, whole.relative.first), (piece.relative.last, whole.relative.last),
                    (piece.ratio, whole.ratio),
                ] {
                    prop_assert!(near(b, a), "{a} {b}");
                }
            }
        }

        #[test]
        fn damage_is_an_error_or_other_values_and_never_a_panic(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(), of_layer in any::<bool>(),
        ) {
            let steps: Vec<u64> = (0..500).collect();
            let values: Vec<f64> = (0..500).map(|row| if row == 77 { f64::NAN } else { f64::from(row) }).collect();
            let mut data = encode(&nodes(&steps, &values, of_layer), 0, ValueKind::F32, of_layer);
            let at = at.index(data.len());
            if cut { data.truncate(at) } else { data[at] = byte }
            let read = decode(&data, 0, |_, _| {});
            prop_assert!(!cut || read.is_err());
        }
    }

    /// A mean lies between its extremes, which are eight bits: that is all that it may be off, at every level.
    #[test]
    fn relative_means_do_not_drift_from_level_to_level() {
        let steps: Vec<u64> = (0..1_000_000).step_by(53).collect();
        let mut state = 1_u64;
        let values: Vec<f64> = steps
            .iter()
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1.0 + (state >> 40) as f64 / (1 << 24) as f64
            })
            .collect();
        let (mut exact, mut stored) = (nodes(&steps, &values, true), nodes(&steps, &values, true));
        for level in 0..=TOP_LEVEL {
            if level > 0 {
                (exact, stored) = (merge_up(&exact), merge_up(&stored));
            }
            let mut back = Vec::new();
            for block in stored.chunks(BLOCK_NODES as usize) {
                let data = encode(block, level, ValueKind::F32, true);
                decode(&data, level, |node, piece| back.push((node, piece))).unwrap();
            }
            stored = back;
            for ((_, one), (_, whole)) in stored.iter().zip(&exact) {
                let (one, whole) = (one.relative.mean(), whole.relative.mean());
                assert!((one - whole).abs() <= whole / 255.0, "level {level}: {one} is not {whole}");
            }
        }
    }

    #[test]
    fn a_node_of_a_layer_takes_34_bytes() {
        let steps: Vec<u64> = (0..8192).collect();
        let values: Vec<f64> = (0..8192).map(|row| f64::from(row % 97)).collect();
        let nodes = nodes(&steps, &values, true);
        assert_eq!(nodes.len(), 256);
        assert!(encode(&nodes, 0, ValueKind::F32, true).len() <= 256 * 34 + 12);
        assert_eq!(merge_up(&nodes).len(), 64);
    }
}
