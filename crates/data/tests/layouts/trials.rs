//! The trials: each a layout that was read wrongly, with what is right.

use std::collections::BTreeSet;

use vitals_data::{Dataset, DatasetSpec, HeldOutOrigin, Split, open};

use crate::{make, said};

fn opened(trial: &str) -> Dataset {
    let path = vitals_fixtures::path(&format!("trials/{trial}"));
    open(&DatasetSpec { name: "mine".into(), path: Some(path) }).unwrap()
}

fn refusal(trial: &str) -> String {
    said(&vitals_fixtures::path(&format!("trials/{trial}"))).join("\n")
}

/// Names of the classes of the images of a split, in order; `?` for an image without a label.
fn classes(dataset: &Dataset, split: Split) -> Vec<&str> {
    let class = |label: u32| dataset.class_names()[label as usize].as_str();
    (0..dataset.len(split)).map(|i| dataset.label(split, i).map_or("?", class)).collect()
}

#[test]
fn tiny_imagenet_has_the_labels_of_its_annotations() {
    let set = opened("tiny-imagenet");
    assert_eq!(set.class_names(), ["n01443537", "n01629819", "n01641577"]);
    assert_eq!(
        (set.train_len(), set.heldout().images, set.heldout().origin),
        (9, 4, HeldOutOrigin::Validation)
    );
    assert_eq!(classes(&set, Split::HeldOut), ["n01443537"; 4]);
    let told: Vec<String> = set.findings().told().into_iter().map(|told| told.text.clone()).collect();
    assert!(
        told.contains(&"the test split is not used: it has no labels (images: 4)".to_owned()),
        "{told:#?}"
    );
}

#[test]
fn a_folder_beside_the_splits_is_left_out() {
    let set = opened("extra-folder-beside-splits");
    assert_eq!((set.class_names().len(), set.train_len(), set.heldout().images), (3, 6, 6));
    let told = set.findings().told();
    assert_eq!(
        told.last().unwrap().text,
        "left out: folders beside those that are read (count: 1, first: annotations)"
    );
}

#[test]
fn folders_named_train_and_val_win_over_archives_beside_them() {
    let set = opened("imagenet-archives-beside");
    assert_eq!((set.class_names().len(), set.train_len(), set.heldout().images), (3, 9, 3));
    let told = set.findings().told();
    let last = "left out: archives beside the folders (count: 3, first: ILSVRC2012_img_train.tar)";
    assert_eq!(told.last().unwrap().text, last);
}

#[test]
fn class_names_that_are_not_utf8_stay_apart() {
    let root = tempfile::tempdir().unwrap();
    let lines =
        ["plain", r"caf\xE9", r"caf\xE8"].map(|class| [format!("{class}/1.png"), format!("{class}/2.png")]);
    make::layout(root.path(), &lines.as_flattened().iter().map(String::as_str).collect::<Vec<_>>());
    let set = open(&DatasetSpec { name: "mine".into(), path: Some(root.path().into()) }).unwrap();
    assert_eq!(set.class_names(), [r"caf\xE8", r"caf\xE9", "plain"]);
    assert_eq!(set.train_len() + set.heldout().images, 6);
    let labels: BTreeSet<_> = (0..set.train_len()).map(|i| set.label(Split::Train, i)).collect();
    assert_eq!(labels.len(), 3);
}

#[test]
fn several_sets_in_one_folder_are_refused_by_name() {
    let expected = "refused: SET: several data sets or configurations lie here: emnist-balanced, emnist-digits, \
                    emnist-letters; add one of them, from a folder of its own";
    assert_eq!(refusal("emnist"), expected);
}

#[test]
fn two_configurations_of_a_repository_are_refused_by_name() {
    let expected = "refused: SET: several data sets or configurations lie here: 160px, full_size; add one of them, from a \
                    folder of its own";
    assert_eq!(refusal("parquet/two-configurations"), expected);
}

#[test]
fn a_split_that_nobody_knows_is_left_out() {
    let set = opened("parquet/unknown-split");
    assert_eq!(set.train_len(), 6);
    let told = set.findings().told();
    let last =
        "left out: files whose names tell no split (count: 1, first: motion_blur-00000-of-00001.parquet)";
    assert_eq!(told.last().unwrap().text, last);
}

#[test]
fn labels_that_are_text_are_numbered_and_whole_fractions_are_numbers() {
    let text = opened("parquet/text-labels");
    assert_eq!((text.facts().classes, text.class_names().len()), (3, 3));
    let fractions = opened("parquet/fraction-labels");
    assert_eq!((fractions.facts().classes, fractions.facts().labelled), (3, true));
}

#[test]
fn images_in_jpg_bytes_are_read() {
    let set = opened("parquet/jpg-struct");
    assert!(set.facts().labelled && set.train_len() > 0);
    for index in 0..set.train_len() {
        set.decode(Split::Train, index).unwrap();
    }
}

#[test]
fn a_jpeg_of_three_scans_has_the_pixels_of_libjpeg() {
    let folder = vitals_fixtures::path("trials/jpeg-three-scans");
    let root = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("a.jpg"), root.path().join("a.jpg")).unwrap();
    let set = open(&DatasetSpec { name: "mine".into(), path: Some(root.path().into()) }).unwrap();
    let right = image::open(folder.join("right.png")).unwrap().into_rgb8();
    assert!(set.decode(Split::Train, 0).unwrap().pixels == *right.as_raw());
}

/// Labels of both splits of a layout, in the order of their images.
fn labels(lines: &[&str]) -> [Vec<Option<u32>>; 2] {
    let root = tempfile::tempdir().unwrap();
    make::layout(root.path(), lines);
    let set = open(&DatasetSpec { name: "mine".into(), path: Some(root.path().into()) }).unwrap();
    [Split::Train, Split::HeldOut].map(|split| (0..set.len(split)).map(|i| set.label(split, i)).collect())
}

#[test]
fn labels_are_those_that_are_stated() {
    let test = "test.tar = t.png t.cls:0";
    let behind = "train.tar = 1.png 2.png 3.png 1.cls:0 3.cls:1 2.cls:1";
    assert_eq!(labels(&[behind, test]), [vec![Some(0), Some(1), Some(1)], vec![Some(0)]]);
    let inside = "set.tar = val/9.png val/9.cls:1 train/2.png train/2.cls:0 train/1.png train/1.json:{\"label\":1,\"x\":NaN}";
    assert_eq!(labels(&[inside]), [vec![Some(0), Some(1)], vec![Some(1)]]);
    let links = "train.tar = a/1.png b/2.png b/3.png->../a/1.png a/4.png=>b/2.png";
    assert_eq!(
        labels(&[links, "test.tar = b/5.png"]),
        [vec![Some(0), Some(1), Some(1), Some(0)], vec![Some(1)]]
    );
    let text = [
        "train.parquet = jpg.bytes:image=1,2,3 cls:text=dog,-,cat",
        "test.parquet = img:image=4 cls:text=dog",
    ];
    assert_eq!(labels(&text), [vec![Some(1), None, Some(0)], vec![Some(1)]]);
    let kaggle = [
        "ILSVRC/Data/CLS-LOC/train/a/1.png",
        "ILSVRC/Data/CLS-LOC/train/b/2.png",
        "ILSVRC/Data/CLS-LOC/val/v1.png",
        "ILSVRC/Data/CLS-LOC/val/v2.png",
        r"LOC_val_solution.csv = ImageId,PredictionString\nv2,a 1 2 3 4\nv1,b 1 2 3 4 a 5 6 7 8\n",
    ];
    assert_eq!(labels(&kaggle), [vec![Some(0), Some(1)], vec![Some(1), Some(0)]]);
}

#[test]
fn a_link_in_an_archive_has_the_pixels_of_its_target() {
    let root = tempfile::tempdir().unwrap();
    make::layout(root.path(), &["train.tar = a/1.png b/2.png a/3.png->../b/2.png", "test.tar = a/4.png"]);
    let set = open(&DatasetSpec { name: "mine".into(), path: Some(root.path().into()) }).unwrap();
    let colours: Vec<u8> = (0..3).map(|i| set.decode(Split::Train, i).unwrap().pixels[0]).collect();
    assert_eq!(colours, [0, 1, 1]);
}
