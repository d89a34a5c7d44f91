//! From the colours of the window, counted from 1, to those of a figure, counted from 0.

/// The grey of the palette, for lines without a category.
pub const QUIET: usize = 9;

/// Colour, dash and shape, counted from 0; none without a category.
pub fn index_of(slot: u32) -> Option<usize> {
    usize::try_from(slot).ok().and_then(|slot| slot.checked_sub(1))
}
