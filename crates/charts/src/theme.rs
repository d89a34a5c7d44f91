//! The light theme of `design/screens/tokens.css`, for figures.

/// Red, green, blue.
pub(crate) type Color = (u8, u8, u8);

pub(crate) const PAPER: Color = (0xff, 0xff, 0xff);
pub(crate) const TEXT: Color = (0x14, 0x18, 0x1d);
pub(crate) const TEXT_QUIET: Color = (0x46, 0x50, 0x5a);
pub(crate) const AXIS: Color = (0x5d, 0x67, 0x72);
pub(crate) const GRID: Color = (0xec, 0xee, 0xf1);
pub(crate) const FRAME: Color = (0xc3, 0xc9, 0xd0);
pub(crate) const BAND: Color = (0x0b, 0x7a, 0x70);
pub(crate) const EVENT: Color = (0x8c, 0x5a, 0x00);

/// `--cat-1` … `--cat-10`: frozen is always the first, learned the second.
const CATEGORIES: [Color; 10] = [
    (0x24, 0x66, 0xc3),
    (0xad, 0x50, 0x10),
    (0x04, 0x95, 0x94),
    (0xe8, 0x57, 0xae),
    (0xba, 0x87, 0x09),
    (0x10, 0x56, 0x7c),
    (0x63, 0x2a, 0x13),
    (0x46, 0x30, 0x64),
    (0x5d, 0x8a, 0x58),
    (0x67, 0x6d, 0x73),
];

/// `--dash-1` … `--dash-10`, paired with the colours.
const DASHES: [&[f64]; 10] = [
    &[],
    &[7.0, 3.0],
    &[2.0, 2.5],
    &[9.0, 3.0, 2.0, 3.0],
    &[4.0, 2.0],
    &[12.0, 3.0],
    &[1.5, 2.0],
    &[9.0, 2.0, 1.5, 2.0, 1.5, 2.0],
    &[5.0, 5.0],
    &[14.0, 3.0, 4.0, 3.0],
];

/// `--seq-ember` without its palest end, which white paper would swallow; input light, output dark.
const DEPTH: [Color; 5] =
    [(0xf4, 0x9c, 0x47), (0xde, 0x5b, 0x3d), (0xa9, 0x2a, 0x5c), (0x5f, 0x1b, 0x6b), (0x1e, 0x12, 0x40)];

pub(crate) fn category(index: usize) -> Color {
    CATEGORIES[index % CATEGORIES.len()]
}

pub(crate) fn dash(index: usize) -> &'static [f64] {
    DASHES[index % DASHES.len()]
}

/// The colour of a depth between 0 and 1.
pub(crate) fn depth(depth: f64) -> Color {
    let place = depth.clamp(0.0, 1.0) * (DEPTH.len() - 1) as f64;
    let below = (place as usize).min(DEPTH.len() - 2);
    let part = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    let ((r, g, b), (s, h, c)) = (DEPTH[below], DEPTH[below + 1]);
    (mix(r, s), mix(g, h), mix(b, c))
}
