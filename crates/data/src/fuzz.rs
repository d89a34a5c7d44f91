//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use std::fs;
use std::io::{BufReader, Cursor};

use crate::RgbImage;
use crate::augment::CropBox;
use crate::decode::{decode_into, decode_sequential_jpeg, dimensions, whole};
use crate::findings::Findings;
use crate::source::{cifar, idx, parquet_rows, tar_format};

/// Images of a set that are looked at.
const IMAGES: usize = 16;

/// An encoded image of any format.
pub fn decode(bytes: &[u8]) -> bool {
    let mut image = RgbImage::default();
    let is_understood = decode_into(bytes, &whole, &mut image).is_ok();
    if is_understood {
        assert_eq!(image.pixels.len(), image.width as usize * image.height as usize * 3);
        assert_eq!(dimensions(bytes), Ok((image.width, image.height)));
    }
    is_understood
}

/// A sequential JPEG, whole and a part of it: the part has the pixels of the whole, even of damaged bytes.
pub fn jpeg(bytes: &[u8]) -> bool {
    let (mut image, mut part) = (RgbImage::default(), RgbImage::default());
    if decode_sequential_jpeg(bytes, &whole, &mut image).is_none() {
        return false;
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
    true
}

/// An IDX file, unpacked.
pub fn idx(bytes: &[u8]) -> bool {
    let Ok(idx) = idx::parse(bytes) else { return false };
    assert_eq!(idx.dims.iter().product::<usize>(), idx.data.len());
    true
}

/// A file of CIFAR records, of either layout.
pub fn cifar(bytes: &[u8]) -> bool {
    let layouts = [cifar::Layout::Cifar10, cifar::Layout::Cifar100];
    let records = layouts.map(|layout| cifar::check(bytes, layout).ok());
    assert!(records.iter().flatten().all(|&records| records > 0 && bytes.len().is_multiple_of(records)));
    records.iter().any(Option::is_some)
}

/// A tar archive: as it is, and with headers whose checksums hold, which no chance would find.
pub fn tar(bytes: &[u8]) -> bool {
    let mut mended = bytes.to_vec();
    for header in mended.chunks_exact_mut(512).filter(|block| block.iter().any(|&byte| byte != 0)) {
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    members_lie_inside(&mended);
    members_lie_inside(bytes)
}

fn members_lie_inside(bytes: &[u8]) -> bool {
    let (len, mut reader) = (bytes.len() as u64, BufReader::new(Cursor::new(bytes)));
    let members = tar_format::members(&mut reader, len, &|_| true);
    for member in members.iter().flatten() {
        assert!(member.start + member.bytes <= len);
        assert!(member.content.as_ref().is_none_or(|content| content.len() as u64 == member.bytes));
    }
    members.is_ok_and(|members| !members.is_empty())
}

/// A Parquet file of images: opened as the only one of its set, and its first images decoded.
pub fn parquet(bytes: &[u8]) -> bool {
    let thread = format!("{:?}", std::thread::current().id());
    let folder = std::env::temp_dir().join(format!("vitals-fuzz-{}-{thread}", std::process::id()));
    let file = folder.join("train.parquet");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, bytes))
        .expect("the folder of temporary files takes one");
    let found = parquet_rows::open(&folder, vec![file], Findings::default());
    let set = found.ok().and_then(|found| found.train);
    if let Some(set) = &set {
        let (len, mut image) = (set.len(), RgbImage::default());
        set.image_size();
        for index in (0..len.min(IMAGES)).chain([len - 1]) {
            assert!(!set.name(index).is_empty());
            set.label(index);
            if set.decode_into(index, &whole, &mut image).is_ok() {
                assert_eq!(image.pixels.len(), image.width as usize * image.height as usize * 3);
            }
        }
    }
    fs::remove_dir_all(&folder).expect("the file is ours");
    set.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    use vitals_fixtures::{fuzz, samples};

    use super::*;

    /// Images, one of them missing, and their labels.
    fn images(labels: &[i64]) -> Vec<u8> {
        let schema = "message m { optional group image { optional binary bytes; } required int64 label; }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut file = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let image = ByteArray::from(samples("crates/data/tests/samples", "narrow.png").remove(0));
        let levels: Vec<i16> = (0..labels.len()).map(|row| if row == 1 { 0 } else { 2 }).collect();
        let present = levels.iter().filter(|level| **level == 2).map(|_| image.clone()).collect::<Vec<_>>();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(labels, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file
    }

    fn bmp() -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let image = image::RgbImage::from_fn(5, 3, |x, y| image::Rgb([x as u8 * 40, y as u8 * 80, 7]));
        image.write_to(&mut file, image::ImageFormat::Bmp).unwrap();
        file.into_inner()
    }

    /// The library panics at negative places, and room was made for as many rows as a group states.
    #[test]
    fn whatever_the_footer_of_a_parquet_file_states_is_stood() {
        let whole = images(&[0, 1, 2]);
        let footer =
            whole.len() - 8 - u32::from_le_bytes(*whole[..whole.len() - 4].last_chunk().unwrap()) as usize;
        for bit in 8 * footer..8 * whole.len() {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            parquet(&damaged);
        }
    }

    #[test]
    fn every_entry_stands_anything() {
        let sample = |ending: &str| samples("crates/data/tests/samples", ending);
        let record = |labels: &[u8], len: usize| [labels, &vec![7; len][..]].concat();
        let sequential = sample(".jpg").into_iter().filter(|file| jpeg(file)).collect::<Vec<_>>();
        assert!(sequential.len() > 10);
        let pictures = [sample("narrow.png"), sample("grey.png"), sample("progressive.jpg"), vec![bmp()]];
        fuzz(
            "vitals_data",
            &[
                ("decode", decode, pictures.concat()),
                ("jpeg", jpeg, sequential),
                ("idx", idx, vec![b"\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02abcd".to_vec()]),
                ("cifar", cifar, vec![record(&[9], 3072), record(&[0, 99], 3072)]),
                ("tar", tar, sample(".tar")),
                ("parquet", parquet, vec![images(&[0, 1, 2]), images(&[5; 40])]),
            ],
        );
    }
}
