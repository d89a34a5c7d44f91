//! The decoder of nearly all photographs: sequential JPEG of 8-bit grey or YCbCr, in any order of scans, with the arithmetic of
//! libjpeg, so that the pixels are those that Pillow sees. It makes only the pixels that are asked for, and reads no further than to the last
//! of them: damage behind it goes unnoticed. What it does not take is left to the decoder of all formats, which then says why.

use super::Wanted;
use crate::RgbImage;
use crate::cpu::for_widest_vectors;

mod colour;
mod header;
mod huffman;
mod idct;
pub(super) mod outline;
mod scan;
#[cfg(test)]
mod tests;

use colour::{ColourScratch, MARGIN};
use header::Tables;
use idct::SIDE;
use scan::{Plane, ScanScratch, Units};

/// Tables and buffers, kept by each thread.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    tables: Tables,
    scan: ScanScratch,
    planes: [Plane; 3],
    colour: ColourScratch,
}

impl Decoder {
    /// Decodes the wanted pixels of `bytes` to their places in `image`; others are whatever they were. `None` where it did
    /// not: `image` then holds nothing of worth.
    pub(super) fn decode(&mut self, bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Option<()> {
        decode_widest(self, bytes, wanted, image)
    }

    #[inline(always)]
    fn decode_here(&mut self, bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Option<()> {
        let Self { tables, scan, planes, colour } = self;
        let mut header = header::read(bytes, tables)?;
        let (width, height) = (header.width, header.height);
        super::check_size(width as u32, height as u32).ok()?;
        let crop = wanted(width as u32, height as u32);
        let (left, top) = (crop.left as usize, crop.top as usize);
        let (right, bottom) = (left + crop.width as usize, top + crop.height as usize);
        let (across, down) = (header.unit().0 * SIDE, header.unit().1 * SIDE);
        let columns = left.saturating_sub(MARGIN) / across..(right + MARGIN).min(width).div_ceil(across);
        let rows = top.saturating_sub(MARGIN) / down..(bottom + MARGIN).min(height).div_ceil(down);
        let units = Units { columns, rows };
        scan::prepare(bytes.len() - header.data, &header, planes)?;
        loop {
            let data = &bytes[header.data..];
            let end = header.data + scan::decode(data, &header, tables, &units, scan, planes)?;
            if header.is_complete() {
                // Nothing but the end of the image may follow.
                (bytes.get(end..end + 2)? == [0xff, 0xd9]).then_some(())?;
                break;
            }
            header::next_scan(bytes, end, &mut header, tables)?;
        }
        let columns = units.columns.start * across..(units.columns.end * across).min(width);
        let pixels = image.reshape(width as u32, height as u32);
        colour::convert(&header, planes, columns, top..bottom, colour, pixels);
        Some(())
    }
}

for_widest_vectors! {
    fn decode_widest(decoder: &mut Decoder, bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Option<()> =
        Decoder::decode_here
}
