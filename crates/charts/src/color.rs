//! A colour as figures and their files write it.

/// Red, green, blue.
pub(crate) type Color = (u8, u8, u8);

pub(crate) const fn rgb(hex: u32) -> Color {
    ((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}
