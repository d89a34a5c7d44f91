//! Tar shards as people have them: WebDataset samples, folders in an archive, long names, and archives that are none.
//! The archives are written by a library that the crate itself does not read with.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;

use vitals_data::{Dataset, DatasetSpec, HeldOutOrigin, Split, open};

fn spec(path: &Path) -> DatasetSpec {
    DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }
}

fn error(path: &Path) -> String {
    open(&spec(path)).err().unwrap().to_string()
}

fn png(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_pixel(5, 3, image::Rgb([value, 0, 0]));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Writes members in order; a content of `None` makes a folder.
fn write_tar(path: &Path, members: &[(&str, Option<Vec<u8>>)]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut archive = tar::Builder::new(std::fs::File::create(path).unwrap());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        let content = content.as_deref();
        header.set_entry_type(if content.is_some() {
            tar::EntryType::Regular
        } else {
            tar::EntryType::Directory
        });
        header.set_size(content.map_or(0, |c| c.len() as u64));
        archive.append_data(&mut header, name, content.unwrap_or_default()).unwrap();
    }
    archive.finish().unwrap();
}

fn text(content: &str) -> Option<Vec<u8>> {
    Some(content.as_bytes().to_vec())
}

/// First byte, label and name of every image of a split.
fn rows(dataset: &Dataset, split: Split) -> Vec<(u8, Option<u32>, String)> {
    (0..dataset.len(split))
        .map(|i| {
            let image = dataset.decode(split, i).unwrap();
            assert_eq!((image.width, image.height), (5, 3));
            (image.pixels[0], dataset.label(split, i), dataset.image_name(split, i))
        })
        .collect()
}

#[test]
fn samples_of_shards_are_images_with_labels() {
    let root = tempfile::tempdir().unwrap();
    write_tar(
        &root.path().join("train-0001.tar"),
        &[("00002.jpg", Some(png(12))), ("00002.cls", text("0\n")), ("00003.png", Some(png(13)))],
    );
    write_tar(
        &root.path().join("train-0000.tar"),
        &[
            ("00000.cls", text("2")),
            ("00000.png", Some(png(10))),
            ("00000.txt", text("a caption")),
            ("00001.png", Some(png(11))),
            ("00001.json", text(r#"{"label": 1, "caption": "x"}"#)),
        ],
    );
    write_tar(&root.path().join("val-0000.tar"), &[("9.png", Some(png(90))), ("9.cls", text("1"))]);
    let dataset = open(&spec(root.path())).unwrap();
    let facts = dataset.facts();
    assert_eq!((facts.images, facts.classes, facts.image_size), (4, 3, Some((5, 3))));
    let name = |sample: &str, shard: &str| format!("{sample} in {shard}.tar");
    let expected = [
        (10, Some(2), name("00000.png", "train-0000")),
        (11, Some(1), name("00001.png", "train-0000")),
        (12, Some(0), name("00002.jpg", "train-0001")),
        (13, None, name("00003.png", "train-0001")),
    ];
    assert_eq!(rows(&dataset, Split::Train), expected);
    assert_eq!(rows(&dataset, Split::HeldOut), [(90, Some(1), name("9.png", "val-0000"))]);
    assert_eq!(dataset.heldout().origin, HeldOutOrigin::Validation);
}

#[test]
fn labels_that_are_names_are_numbered_in_name_order() {
    let root = tempfile::tempdir().unwrap();
    let shard = root.path().join("a.tar");
    write_tar(
        &shard,
        &[
            ("1.png", Some(png(1))),
            ("1.cls", text("늑대")),
            ("2.png", Some(png(2))),
            ("2.cls", text("ant hill")),
        ],
    );
    write_tar(&root.path().join("val.tar"), &[("3.png", Some(png(3))), ("3.cls", text("늑대"))]);
    let dataset = open(&spec(root.path())).unwrap();
    assert_eq!(dataset.class_names(), ["ant hill", "늑대"]);
    let labels: Vec<_> = rows(&dataset, Split::Train).into_iter().map(|row| row.1).collect();
    assert_eq!((labels, rows(&dataset, Split::HeldOut)[0].1), (vec![Some(1), Some(0)], Some(1)));
}

#[test]
fn folders_in_an_archive_are_classes_where_nothing_else_is_said() {
    let root = tempfile::tempdir().unwrap();
    let shard = root.path().join("photos.tar");
    let long = format!("wolf/{}.png", "a name of Korean letters 이름 ".repeat(8));
    write_tar(
        &shard,
        &[
            ("./", None),
            ("dog/", None),
            ("dog/my photo.png", Some(png(1))),
            ("dog/._my photo.png", text("a shadow that macOS writes")),
            ("wolf/", None),
            (&long, Some(png(2))),
        ],
    );
    let dataset = open(&spec(&shard)).unwrap();
    assert_eq!(dataset.class_names(), ["dog", "wolf"]);
    let mut all = rows(&dataset, Split::Train);
    all.extend(rows(&dataset, Split::HeldOut));
    all.sort();
    let name = |name: &str| format!("{name} in photos.tar");
    assert_eq!(all, [(1, Some(0), name("dog/my photo.png")), (2, Some(1), name(&long))]);
}

#[test]
fn without_labels_and_folders_there_are_no_classes() {
    let root = tempfile::tempdir().unwrap();
    let shard = root.path().join("flat.tar");
    write_tar(&shard, &[("all/1.png", Some(png(1))), ("all/2.png", Some(png(2)))]);
    let dataset = open(&spec(&shard)).unwrap();
    assert_eq!((dataset.facts().labelled, dataset.train_len()), (false, 2));
    assert_eq!(dataset.heldout().origin, HeldOutOrigin::Nothing);
}

#[test]
fn pax_headers_name_what_follows_them() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("pax.tar");
    let mut archive = tar::Builder::new(std::fs::File::create(&path).unwrap());
    let image = png(7);
    archive
        .append_pax_extensions([("path", "이름.png".as_bytes()), ("comment", b"x\ny".as_slice())])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(image.len() as u64);
    header.set_path("short.bin").unwrap();
    header.set_cksum();
    archive.append(&header, &image[..]).unwrap();
    archive.finish().unwrap();
    drop(archive);
    let dataset = open(&spec(&path)).unwrap();
    assert_eq!(rows(&dataset, Split::Train), [(7, None, "이름.png in pax.tar".to_owned())]);
}

#[test]
fn what_is_no_whole_archive_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a b.tar");
    write_tar(&path, &[("1.png", Some(png(1))), ("2.png", Some(png(2)))]);
    let whole = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let text = error(root.path());
        text.rsplit_once("a b.tar: ").unwrap().1.to_owned()
    };
    assert_eq!(
        refused(&whole[..1024 + 600]),
        "the archive is cut off: its member at byte 1024 is not complete"
    );
    assert_eq!(refused(&whole[..512 + 20]), "the archive is cut off: its member at byte 0 is not complete");
    assert_eq!(refused(&[b'x'; 2000]), "not a tar archive: a header's checksum is not a number");
    let mut damaged = whole.clone();
    damaged[1024] ^= 1;
    assert_eq!(refused(&damaged), "a header's checksum is wrong");
    // Sizes that no archive has: in octal digits, and in the bytes that GNU tar writes beyond them.
    for size in [*b"77777777777\0", [0x80, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]] {
        let mut far = whole.clone();
        far[124..136].copy_from_slice(&size);
        far[148..156].fill(b' ');
        let sum: u32 = far[..512].iter().map(|byte| u32::from(*byte)).sum();
        far[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert_eq!(refused(&far), "the archive is cut off: its member at byte 0 is not complete");
    }
    std::fs::write(&path, b"").unwrap();
    assert!(error(root.path()).contains("holds no images that we can read"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(root.path().join("a.tar.gz"), b"").unwrap();
    assert!(error(root.path()).ends_with(
        "a.tar.gz: a compressed archive cannot be read image by image: unpack it once to a .tar or a folder"
    ));
}
