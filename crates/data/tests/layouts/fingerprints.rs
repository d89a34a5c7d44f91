//! Runs resume by the fingerprint of their data: those of layouts that were read rightly all along do not change.

use vitals_data::{DatasetSpec, open};

use crate::make;

/// Name, layout, and the first digits of the fingerprint as the first release had it.
const LAYOUTS: &[(&str, &[&str], &str)] = &[
    ("classes", &["a/1.png = x", "b/2.png = y", "b/3.png = z", "notes.txt = n"], "e7eae91dcc71ce46"),
    ("nested classes", &["a/x/1.png = x", "b/2.png = y"], "ca2ae4f544270e2c"),
    ("one class", &["images/1.png = x", "images/2.png = y"], "b8b28249695e2ea6"),
    ("flat", &["1.png = x", "2.png = y", "more/3.png = z"], "1e8107ae8aa4984c"),
    (
        "splits",
        &["train/a/1.png = x", "train/b/2.png = y", "val/a/3.png = z", "test/b/4.png = w"],
        "039bf33d98975c15",
    ),
    ("splits without labels", &["train/1.png = x", "val/2.png = y"], "fd2a0f8efb16c4f3"),
    (
        "a test split without labels",
        &["train/a/1.png = x", "train/b/2.png = y", "test/3.png = z"],
        "ed28705b53e761dc",
    ),
    ("a class train", &["bus/1.png = x", "train/2.png = y"], "29bd7df6a8b3816c"),
    (
        "idx",
        &["train-images-idx3-ubyte = 3", "train-labels-idx1-ubyte = 3", "t10k-images-idx3-ubyte = 2"],
        "7b9f9635166c52cf",
    ),
    ("idx below", &["raw/train-images-idx3-ubyte = 3", "raw/t10k-images-idx3-ubyte = 2"], "e2bb24ff34566e76"),
    (
        "cifar-10",
        &["data_batch_1.bin = 2", "data_batch_2.bin = 1", "test_batch.bin = 2", "batches.meta.txt = a"],
        "83fb1effd39f436b",
    ),
    ("cifar-100", &["train.bin = 2", "test.bin = 2"], "291ccfaf0d7780d7"),
    (
        "tar shards",
        &["train-0.tar = 1.png 1.cls:0 2.png 2.cls:1", "val-0.tar = 3.png 3.cls:1"],
        "9527d85213752f5e",
    ),
    ("tar folders", &["x.tar = a/1.png b/2.png"], "a6e886807f7cd8ea"),
    ("tar without splits", &["a.tar = 1.png", "b.tar = 2.png"], "418ff4502ca848dc"),
];

#[test]
fn fingerprints_are_those_of_the_first_release() {
    for (name, lines, expected) in LAYOUTS {
        assert_eq!(fingerprint(lines), *expected, "{name}");
    }
}

fn fingerprint(lines: &[&str]) -> String {
    let root = tempfile::tempdir().unwrap();
    make::layout(root.path(), lines);
    let set = open(&DatasetSpec { name: "mine".into(), path: Some(root.path().into()) }).unwrap();
    set.fingerprint()[..16].to_owned()
}

/// The first release held unlabelled validation images out, and took `test/images` for a class: runs do not go on with what
/// these sets are now.
#[test]
fn what_is_read_in_another_way_than_before_is_another_set() {
    let unlabelled = ["train/a/1.png = x", "train/b/2.png = y", "val/3.png = z"];
    assert_ne!(fingerprint(&unlabelled), "6dc3f4f2ad34c911");
    let no_class = ["train/a/1.png = x", "train/b/2.png = y", "test/images/3.png = z"];
    assert_ne!(fingerprint(&no_class), "d4ec13dfbdd9bb24");
}

#[test]
fn real_sets_are_those_of_the_first_release() {
    let sets = [
        ("cifar10", "7f067ba8cee1ac6f"),
        ("tiny-imagenet-50", "563408dd9b880bb8"),
        ("imagenet-sample", "5194712a99227a1c"),
    ];
    for (name, expected) in sets {
        let Some(path) = vitals_fixtures::real_images(name) else { return };
        let set = open(&DatasetSpec { name: "mine".into(), path: Some(path) }).unwrap();
        assert_eq!(&set.fingerprint()[..16], expected, "{name}");
    }
}
