//! Image folders as people have them: layouts, splits, held-out images, and files that are not what they seem.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;

use image::{DynamicImage, ImageFormat};
use vitals_data::{DataError, Dataset, DatasetSpec, HeldOutOrigin, Split, open, open_seeded};

/// Writes an image of one colour, in the format of the file's name, making folders as needed.
fn write(root: &Path, name: &str, colour: [u8; 3]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixels = image::RgbImage::from_pixel(6, 4, image::Rgb(colour));
    pixels.save_with_format(&path, ImageFormat::from_path(&path).unwrap()).unwrap();
}

fn spec(path: &Path) -> DatasetSpec {
    DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }
}

fn opened(path: &Path) -> Dataset {
    open(&spec(path)).unwrap()
}

fn labels(dataset: &Dataset, split: Split) -> Vec<Option<u32>> {
    (0..dataset.len(split)).map(|i| dataset.label(split, i)).collect()
}

#[test]
fn class_folders_are_labels_in_name_order() {
    let root = tempfile::tempdir().unwrap();
    for i in 0..30 {
        write(root.path(), &format!("고양이/사진 {i}.png"), [i, 0, 0]);
        write(root.path(), &format!("dog house/{i}.jpeg"), [0, i, 0]);
    }
    std::fs::create_dir(root.path().join("empty class")).unwrap();
    let dataset = opened(root.path());
    assert_eq!(dataset.class_names(), ["dog house", "고양이"]);
    let facts = dataset.facts();
    assert_eq!((facts.images, facts.classes, facts.labelled, facts.image_size), (57, 2, true, Some((6, 4))));
    assert_eq!((dataset.heldout().images, dataset.heldout().origin), (3, HeldOutOrigin::Sampled));
    for split in [Split::Train, Split::HeldOut] {
        for index in 0..dataset.len(split) {
            let class = &dataset.class_names()[dataset.label(split, index).unwrap() as usize];
            assert!(dataset.image_name(split, index).contains(class.as_str()));
            assert_eq!(dataset.decode(split, index).unwrap().pixels.len(), 6 * 4 * 3);
        }
    }
}

#[test]
fn the_seed_chooses_what_is_held_out() {
    let root = tempfile::tempdir().unwrap();
    for i in 0..40 {
        write(root.path(), &format!("{}/{i:02}.bmp", i % 2), [i, 0, 0]);
    }
    let names = |seed| {
        let dataset = open_seeded(&spec(root.path()), seed).unwrap();
        let of = |split| -> Vec<String> {
            (0..dataset.len(split)).map(|i| dataset.image_name(split, i)).collect()
        };
        (of(Split::Train), of(Split::HeldOut), dataset.fingerprint().to_owned())
    };
    let (train, held, fingerprint) = names(1);
    assert_eq!((train.len(), held.len()), (38, 2));
    assert!(held.iter().all(|name| !train.contains(name)));
    assert_eq!(names(1), (train, held.clone(), fingerprint.clone()));
    let others: Vec<_> = (2..6).map(names).collect();
    assert!(others.iter().any(|other| other.1 != held) && others.iter().all(|other| other.2 == fingerprint));
}

#[test]
fn train_and_val_folders_share_classes() {
    let root = tempfile::tempdir().unwrap();
    for name in ["train/a/1.png", "train/c/2.png", "val/a/3.png", "val/b/4.png", "val/c/5.png"] {
        write(root.path(), name, [9, 9, 9]);
    }
    let dataset = opened(root.path());
    // b is only in val: it comes after all classes of train.
    assert_eq!(dataset.class_names(), ["a", "c", "b"]);
    assert_eq!(labels(&dataset, Split::Train), [Some(0), Some(1)]);
    assert_eq!(labels(&dataset, Split::HeldOut), [Some(0), Some(2), Some(1)]);
    assert_eq!(dataset.heldout().origin, HeldOutOrigin::Validation);
}

#[test]
fn a_class_may_be_called_train() {
    let root = tempfile::tempdir().unwrap();
    for name in ["bus/1.png", "train/2.png"] {
        write(root.path(), name, [9, 9, 9]);
    }
    assert_eq!(opened(root.path()).class_names(), ["bus", "train"]);
}

#[test]
fn a_flat_folder_has_no_labels_and_holds_nothing_out() {
    let root = tempfile::tempdir().unwrap();
    for i in 0..40 {
        write(root.path(), &format!("{i}.webp"), [i, 1, 2]);
    }
    write(root.path(), "more/x.png", [1, 2, 3]);
    std::fs::write(root.path().join("notes.txt"), "not an image").unwrap();
    let dataset = opened(root.path());
    let facts = dataset.facts();
    assert_eq!((facts.images, facts.classes, facts.labelled), (41, 0, false));
    assert_eq!((dataset.heldout().images, dataset.heldout().origin), (0, HeldOutOrigin::Nothing));
}

#[test]
fn grey_becomes_three_equal_channels_and_alpha_is_dropped() {
    let root = tempfile::tempdir().unwrap();
    let grey = image::GrayImage::from_pixel(3, 2, image::Luma([77]));
    grey.save(root.path().join("a.png")).unwrap();
    let alpha = image::RgbaImage::from_pixel(3, 2, image::Rgba([10, 20, 30, 0]));
    alpha.save(root.path().join("b.png")).unwrap();
    DynamicImage::ImageLuma8(grey).save(root.path().join("c.jpg")).unwrap();
    let dataset = opened(root.path());
    let pixels = |index| dataset.decode(Split::Train, index).unwrap().pixels;
    assert_eq!(pixels(0), [77; 18]);
    assert_eq!(pixels(1), [10, 20, 30].repeat(6));
    assert_eq!(pixels(2), [77; 18]);
}

#[test]
fn broken_images_are_named_with_a_reason() {
    let root = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(root.path().join(name), bytes).unwrap();
    write(root.path(), "good.png", [1, 2, 3]);
    let png = std::fs::read(root.path().join("good.png")).unwrap();
    put("cut off.png", &png[..png.len() / 2]);
    put("empty.jpg", b"");
    put("text.jpg", b"this is a text file");
    // The header of a PNG that promises 60,000 × 60,000 pixels.
    let mut bomb = png[..16].to_vec();
    bomb.extend([0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
    put("bomb.png", &bomb);
    write(root.path(), "vanishes.png", [1, 2, 3]);
    let dataset = opened(root.path());
    std::fs::remove_file(root.path().join("vanishes.png")).unwrap();

    let mut reasons = Vec::new();
    for index in 0..dataset.train_len() {
        match dataset.decode(Split::Train, index) {
            Ok(image) => assert_eq!(image.pixels, [1, 2, 3].repeat(24)),
            Err(DataError::Unreadable { name, reason }) => {
                reasons.push((Path::new(&name).file_name().unwrap().to_str().unwrap().to_owned(), reason));
            }
            Err(other) => panic!("{other}"),
        }
    }
    let names: Vec<&str> = reasons.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["bomb.png", "cut off.png", "empty.jpg", "text.jpg", "vanishes.png"], "{reasons:?}");
    assert_eq!(dataset.unreadable().len(), 5);
    assert_eq!(reasons[2].1, "the file is empty");
    assert_eq!(reasons[3].1, "not a JPEG, PNG, WebP or BMP image");
    assert!(reasons[4].1.contains("No such file"), "{reasons:?}");
}

#[test]
fn an_empty_folder_says_what_would_be_read() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("a/b")).unwrap();
    std::fs::write(root.path().join("a/readme.md"), "x").unwrap();
    let error = open(&spec(root.path())).err().unwrap();
    assert!(matches!(error, DataError::Empty { .. }));
    let text = error.to_string();
    assert!(text.contains("holds no images that we can read: expected class folders"), "{text}");
}

#[test]
fn unknown_names_say_how_to_add_them() {
    let error = open(&DatasetSpec { name: "no-such-set".into(), path: None }).err().unwrap().to_string();
    assert_eq!(
        error,
        "data set `no-such-set` is unknown: it is neither built in nor a file or folder (add it with `vitals \
         dataset add NAME PATH`)"
    );
    let error =
        open(&DatasetSpec { name: "gone".into(), path: Some("/no/such/folder".into()) }).err().unwrap();
    assert!(matches!(error, DataError::Io { .. }) && error.to_string().contains("/no/such/folder"));
}

#[test]
fn the_fingerprint_is_of_content_not_of_place() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for root in [one.path(), two.path()] {
        for i in 0..5 {
            write(root, &format!("a/{i}.bmp"), [i, 0, 0]);
        }
    }
    let same = opened(one.path()).fingerprint().to_owned();
    assert_eq!(same, opened(two.path()).fingerprint());
    write(two.path(), "a/3.bmp", [200, 0, 0]);
    let changed = opened(two.path()).fingerprint().to_owned();
    std::fs::rename(two.path().join("a/3.bmp"), two.path().join("a/9.bmp")).unwrap();
    let renamed = opened(two.path()).fingerprint().to_owned();
    assert!(same != changed && changed != renamed && same != renamed);
}

#[test]
fn the_first_images_are_the_same_ones_whatever_their_number() {
    let root = tempfile::tempdir().unwrap();
    for i in 0..40 {
        write(root.path(), &format!("train/cat/{i:02}.png"), [i, 0, 0]);
        write(root.path(), &format!("train/dog/{i:02}.png"), [0, i, 0]);
    }
    write(root.path(), "val/cat/1.png", [0, 0, 9]);
    let names = |images: u64, seed: u64| -> Vec<String> {
        let dataset = opened(root.path()).with_first(images, seed);
        assert_eq!((dataset.facts().images, dataset.heldout().images), (dataset.train_len(), 1));
        (0..dataset.train_len()).map(|i| dataset.image_name(Split::Train, i)).collect()
    };
    let (few, more) = (names(8, 3), names(20, 3));
    assert_eq!((few.len(), more.len()), (8, 20));
    assert!(few.iter().all(|name| more.contains(name)));
    assert_ne!(few, names(8, 4));
    assert_eq!(names(80, 3).len(), 80);
    assert_eq!(names(1000, 3), names(80, 3));
    let labels: Vec<_> = labels(&opened(root.path()).with_first(20, 3), Split::Train);
    let said: Vec<_> = more.iter().map(|name| Some(u32::from(name.contains("dog")))).collect();
    assert_eq!(labels, said);
}
