//! Entry points for bytes that come from anywhere: what the fuzz targets and a property test call. Each must return,
//! whatever the bytes are, and checks what it is given back. Not for use by programs.

use std::io::{BufReader, Cursor};

use crate::RgbImage;
use crate::augment::CropBox;
use crate::decode::{decode_into, decode_sequential_jpeg, dimensions, whole};
use crate::source::{cifar, idx, tar_format};

/// An encoded image of any format.
pub fn decode(bytes: &[u8]) {
    let mut image = RgbImage::default();
    if decode_into(bytes, &whole, &mut image).is_ok() {
        assert_eq!(image.pixels.len(), image.width as usize * image.height as usize * 3);
        assert_eq!(dimensions(bytes), Ok((image.width, image.height)));
    }
}

/// A sequential JPEG, whole and a part of it: the part has the pixels of the whole, even of damaged bytes.
pub fn jpeg(bytes: &[u8]) {
    let (mut image, mut part) = (RgbImage::default(), RgbImage::default());
    if decode_sequential_jpeg(bytes, &whole, &mut image).is_none() {
        return;
    }
    let [a, b] = [bytes[bytes.len() / 2], bytes[bytes.len() - 3]].map(u32::from);
    let (left, top) = (image.width * a / 256, image.height * b / 256);
    let crop = CropBox {
        left,
        top,
        width: (image.width - left).div_ceil(1 + b % 5),
        height: (image.height - top).div_ceil(1 + a % 5),
    };
    assert_eq!(decode_sequential_jpeg(bytes, &|_, _| crop, &mut part), Some(()));
    assert_eq!((part.width, part.height), (image.width, image.height));
    for row in top..top + crop.height {
        let start = 3 * (row as usize * image.width as usize + left as usize);
        let pixels = start..start + 3 * crop.width as usize;
        assert_eq!(part.pixels[pixels.clone()], image.pixels[pixels], "row {row} of {crop:?}");
    }
}

/// An IDX file, unpacked.
pub fn idx(bytes: &[u8]) {
    if let Ok(idx) = idx::parse(bytes) {
        assert_eq!(idx.dims.iter().product::<usize>(), idx.data.len());
    }
}

/// A file of CIFAR records, of either layout.
pub fn cifar(bytes: &[u8]) {
    for layout in [cifar::Layout::Cifar10, cifar::Layout::Cifar100] {
        if let Ok(records) = cifar::check(bytes, layout) {
            assert!(records > 0 && bytes.len().is_multiple_of(records));
        }
    }
}

/// A tar archive.
pub fn tar(bytes: &[u8]) {
    let (len, mut reader) = (bytes.len() as u64, BufReader::new(Cursor::new(bytes)));
    for member in tar_format::members(&mut reader, len, &|_| true).into_iter().flatten() {
        assert!(member.start + member.bytes <= len);
        assert!(member.content.is_none_or(|content| content.len() as u64 == member.bytes));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes any bytes and returns.
    type Entry = fn(&[u8]);

    /// Entry points by name, as `fuzz/fuzz_targets` has them.
    const ENTRIES: [(&str, Entry); 5] =
        [("decode", decode), ("jpeg", jpeg), ("idx", idx), ("cifar", cifar), ("tar", tar)];

    proptest! {
        #[test]
        fn every_entry_returns(
            mut bytes in prop::collection::vec(any::<u8>(), 0..4096),
            start in prop::sample::select(vec![
                &b""[..], b"\x00\x00\x08\x03", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", b"BM",
                b"RIFF\x00\x10\x00\x00WEBPVP8 ", b"RIFF\x00\x10\x00\x00WEBPVP8L", b"RIFF\x00\x10\x00\x00WEBPVP8X",
            ]),
        ) {
            let kept = start.len().min(bytes.len());
            bytes[..kept].copy_from_slice(&start[..kept]);
            for (_, entry) in ENTRIES {
                entry(&bytes);
            }
        }
    }

    #[test]
    fn every_entry_has_a_target() {
        let targets = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/fuzz_targets");
        for (name, _) in ENTRIES {
            let text = std::fs::read_to_string(format!("{targets}/{name}.rs")).unwrap();
            assert!(text.contains(&format!("vitals_data::fuzz::{name}(")), "{name}");
        }
    }
}
