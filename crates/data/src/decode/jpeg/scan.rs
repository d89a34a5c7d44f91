//! Entropy-coded data to planes of samples. All of it is read up to the last row that is needed; only blocks that are
//! needed are transformed.

use std::ops::Range;

use super::header::{Component, Header, Tables};
use super::huffman::{Bits, Table, unstuff};
use super::idct::{Block, SIDE, flat, inverse};

/// Samples of one component: rows of `stride` bytes, whole blocks.
#[derive(Debug, Default)]
pub(super) struct Plane {
    pub stride: usize,
    pub samples: Vec<u8>,
}

/// Buffers of a scan, kept between images.
#[derive(Debug, Default)]
pub(super) struct ScanScratch {
    unstuffed: Vec<u8>,
    starts: Vec<usize>,
}

/// Minimum coded units that are needed.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub columns: Range<usize>,
    pub rows: Range<usize>,
}

/// Natural place of each coefficient.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// What decoding a block of one component needs.
#[derive(Clone, Copy)]
struct Codes<'a> {
    dc: &'a Table,
    ac: &'a Table,
    quantisation: &'a [u16; 64],
}

impl<'a> Codes<'a> {
    fn of(component: &Component, tables: &'a Tables) -> Option<Self> {
        let quantisation = tables.quantisation.get(component.quantisation)?.as_ref()?;
        let (dc, ac) = (&tables.dc[component.dc], &tables.ac[component.ac]);
        (dc.is_defined() && ac.is_defined()).then_some(Self { dc, ac, quantisation })
    }
}

/// Units of the whole image across and down.
fn units(header: &Header) -> (usize, usize) {
    let (across, down) = header.unit();
    (header.width.div_ceil(SIDE * across), header.height.div_ceil(SIDE * down))
}

/// Makes room in `planes` for an image whose scans have at most `bytes` bytes. `None` where they are too few for it.
pub(super) fn prepare(bytes: usize, header: &Header, planes: &mut [Plane; 3]) -> Option<()> {
    let (components, units) = (header.components(), units(header));
    // A block takes two bits at least: a header that claims more is not worth its memory.
    let blocks: usize = components.iter().map(|component| component.across * component.down).sum();
    if units.0 * units.1 * blocks > bytes * 4 {
        return None;
    }
    for (component, plane) in components.iter().zip(planes) {
        plane.stride = units.0 * component.across * SIDE;
        plane.samples.resize(plane.stride * units.1 * component.down * SIDE, 0);
    }
    Some(())
}

/// What a scan holds of one component: where it goes, its blocks in a unit, its codes.
#[derive(Clone, Copy)]
struct Part<'a> {
    plane: usize,
    across: usize,
    down: usize,
    codes: Codes<'a>,
}

/// Decodes the scan whose data is `data`; the planes of its components receive the `needed` units at their places, other samples
/// are whatever they were. Returns where the marker behind it stands; `None` where the data is damaged up to the last needed row.
#[inline(always)]
pub(super) fn decode(
    data: &[u8],
    header: &Header,
    tables: &Tables,
    needed: &Units,
    scratch: &mut ScanScratch,
    planes: &mut [Plane; 3],
) -> Option<usize> {
    let first = header.in_scan().next()?;
    let component = &header.components()[first];
    let codes = Codes::of(component, tables)?;
    let mut parts = [Part { plane: first, across: 1, down: 1, codes }; 3];
    let mut count = 0;
    for plane in header.in_scan() {
        let component = &header.components()[plane];
        let codes = Codes::of(component, tables)?;
        parts[count] = Part { plane, across: component.across, down: component.down, codes };
        count += 1;
    }
    let mut units = units(header);
    let (mut rows, mut columns) = (needed.rows.clone(), needed.columns.clone());
    if count == 1 {
        // A scan of one component has units of one block, and none that only fills up the image's last units.
        let (whole, own) = (header.unit(), (component.across, component.down));
        let blocks = |size: usize, own: usize, whole: usize| (size * own).div_ceil(whole).div_ceil(SIDE);
        units = (blocks(header.width, own.0, whole.0), blocks(header.height, own.1, whole.1));
        columns = columns.start * own.0..(columns.end * own.0).min(units.0);
        rows = rows.start * own.1..(rows.end * own.1).min(units.1);
        (parts[0].across, parts[0].down) = (1, 1);
    }
    let parts = &parts[..count];
    let ScanScratch { unstuffed, starts } = scratch;
    let end = unstuff(data, unstuffed, starts)?;
    let mut intervals = starts.iter();
    let mut bits = Bits::new(unstuffed, *intervals.next()?);
    let mut dc = [0; 3];
    let mut block = [0; 64];
    let mut until_restart = header.restart;
    for row in 0..rows.end {
        for column in 0..units.0 {
            if header.restart > 0 {
                if until_restart == 0 {
                    bits = Bits::new(unstuffed, *intervals.next()?);
                    (dc, until_restart) = ([0; 3], header.restart);
                }
                until_restart -= 1;
            }
            let keep = rows.contains(&row) && columns.contains(&column);
            for (&Part { plane, across, down, codes }, dc) in parts.iter().zip(&mut dc) {
                for at in 0..across * down {
                    if !keep {
                        coefficients::<false>(&mut bits, codes, dc, &mut block)?;
                        continue;
                    }
                    let is_flat = coefficients::<true>(&mut bits, codes, dc, &mut block)?;
                    let x = column * across + at % across;
                    let y = row * down + at / across;
                    let Plane { stride, samples } = &mut planes[plane];
                    let out = &mut samples[y * SIDE * *stride + x * SIDE..];
                    if is_flat { flat(block[0], out, *stride) } else { inverse(&block, out, *stride) }
                }
            }
        }
    }
    Some(end)
}

/// Reads the coefficients of a block, and where `KEEP` says so writes them to `block`, dequantised and in natural order.
/// True where all but the first are zero.
#[inline(always)]
fn coefficients<const KEEP: bool>(
    bits: &mut Bits<'_>,
    codes: Codes<'_>,
    dc: &mut i32,
    block: &mut Block,
) -> Option<bool> {
    bits.refill()?;
    let symbol = bits.look(codes.dc)?;
    // A damaged scan may add up differences without bound.
    *dc = dc.wrapping_add(bits.take(symbol));
    if KEEP {
        *block = [0; 64];
        block[0] = dc.wrapping_mul(i32::from(codes.quantisation[0])) as i16;
    }
    let mut k = 1;
    while k < 64 {
        bits.refill()?;
        let symbol = bits.look(codes.ac)?;
        let value = bits.take(symbol);
        k += symbol.skip();
        if k > 63 {
            break;
        }
        if KEEP {
            let value = value.wrapping_mul(i32::from(codes.quantisation[k]));
            block[usize::from(ZIGZAG[k])] = value as i16;
        }
        k += 1;
    }
    // An end of block leads past 128; zeros beyond the last coefficient are damage.
    // 129 is an end of block right behind the first coefficient, at k = 1.
    (k == 64 || k > 128).then_some(k == 129)
}
