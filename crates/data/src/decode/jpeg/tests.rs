//! The quick decoder against pixels that Pillow made of the same files (`tests/samples`, lossless beside each JPEG), against
//! itself where only a part is wanted, and against the decoder of all formats where it gives way.

use proptest::prelude::*;

use super::*;
use crate::augment::CropBox;

macro_rules! sample {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/samples/", $name, ".jpg")).as_slice(),
            include_bytes!(concat!("../../../tests/samples/", $name, ".png")).as_slice(),
        )
    };
}

/// Name, JPEG, and PNG of what Pillow 13 decodes from it.
const SAMPLES: [(&str, &[u8], &[u8]); 12] = [
    sample!("444"),
    sample!("444-restarts"),
    sample!("422"),
    sample!("420"),
    sample!("420-restarts"),
    sample!("grey"),
    sample!("440"),
    sample!("411"),
    sample!("31"),
    sample!("two-scans"),
    sample!("three-scans"),
    sample!("three-scans-restarts"),
];
/// Chroma of one sample a row, in three scans.
const NARROW: (&str, &[u8], &[u8]) = sample!("narrow");

fn decoded(bytes: &[u8]) -> Option<RgbImage> {
    let mut image = RgbImage::default();
    Decoder::default().decode(bytes, &crate::decode::whole, &mut image).map(|()| image)
}

#[test]
fn pixels_are_those_of_pillow() {
    for (name, jpeg, png) in SAMPLES.into_iter().chain([NARROW]) {
        let ours = decoded(jpeg).unwrap();
        let pillow = image::load_from_memory(png).unwrap().into_rgb8();
        assert_eq!((ours.width, ours.height), pillow.dimensions());
        let differing = ours.pixels.iter().zip(pillow.as_raw()).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 0, "{name}");
    }
}

#[test]
fn one_decoder_serves_all_images() {
    let (mut decoder, mut image) = (Decoder::default(), RgbImage::default());
    for (name, jpeg, _) in SAMPLES.into_iter().chain(SAMPLES) {
        decoder.decode(jpeg, &crate::decode::whole, &mut image).unwrap();
        assert!(Some(&image) == decoded(jpeg).as_ref(), "{name}");
    }
}

#[test]
fn what_it_does_not_take_is_left_to_others() {
    let cmyk = include_bytes!("../../../tests/samples/cmyk.jpg");
    let (_, whole, _) = SAMPLES[0];
    let frame = whole.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.to_vec();
        bytes[at] = byte;
        bytes
    };
    let scan = whole.windows(2).position(|marker| marker == [0xff, 0xda]).unwrap();
    let differences =
        whole.windows(5).position(|segment| segment[..2] == [0xff, 0xc4] && segment[4] == 0).unwrap();
    let mut without_tables = whole[..2].to_vec();
    without_tables.extend(&whole[frame..]);
    for (what, bytes) in [
        ("CMYK", cmyk.to_vec()),
        ("progressive", with(frame + 1, 0xc2)),
        ("12 bits", with(frame + 4, 12)),
        ("no width", {
            let mut bytes = whole.to_vec();
            bytes[frame + 7..frame + 9].fill(0);
            bytes
        }),
        ("five by one", with(frame + 11, 0x51)),
        ("a difference of 37 bits", with(differences + 5 + 16, 0x25)),
        ("a table that is not there", with(scan + 6, 0x33)),
        ("no tables", without_tables),
        ("cut off in the scan", whole[..whole.len() - 200].to_vec()),
        ("cut off in the header", whole[..frame + 5].to_vec()),
        ("no JPEG", b"\x89PNG".to_vec()),
        ("nothing", Vec::new()),
    ] {
        assert!(decoded(&bytes).is_none(), "{what}");
    }
}

/// A rectangle within 61 × 43 pixels.
fn crop() -> impl Strategy<Value = CropBox> {
    (0u32..61, 0u32..43, 0u32..61, 0u32..43).prop_map(|(a, b, c, d)| {
        let (left, top) = (a.min(c), b.min(d));
        CropBox { left, top, width: a.max(c) - left + 1, height: b.max(d) - top + 1 }
    })
}

proptest! {
    #[test]
    fn a_part_is_cut_from_the_whole(sample in 0..SAMPLES.len(), crop in crop()) {
        let (_, jpeg, _) = SAMPLES[sample];
        let whole = decoded(jpeg).unwrap();
        let mut part = RgbImage::default();
        Decoder::default().decode(jpeg, &|_, _| crop, &mut part).unwrap();
        prop_assert_eq!((part.width, part.height), (whole.width, whole.height));
        for y in crop.top..crop.top + crop.height {
            let row = (y * 61 + crop.left) as usize * 3..(y * 61 + crop.left + crop.width) as usize * 3;
            prop_assert!(part.pixels[row.clone()] == whole.pixels[row], "row {}", y);
        }
    }

    #[test]
    fn damage_is_survived(
        sample in 0..SAMPLES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        crop in crop(),
    ) {
        let mut bytes = SAMPLES[sample].1.to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mut image = RgbImage::default();
        let within = |width: u32, height: u32| {
            let (left, top) = (crop.left.min(width - 1), crop.top.min(height - 1));
            CropBox { left, top, width: crop.width.min(width - left), height: crop.height.min(height - top) }
        };
        // Damage may claim a size that takes long to fill.
        let small = |bytes: &[u8]| crate::decode::dimensions(bytes).is_ok_and(|(w, h)| u64::from(w) * u64::from(h) < 1 << 20);
        if small(&bytes) && Decoder::default().decode(&bytes, &within, &mut image).is_some() {
            prop_assert_eq!(image.pixels.len(), image.width as usize * image.height as usize * 3);
        }
    }
}
