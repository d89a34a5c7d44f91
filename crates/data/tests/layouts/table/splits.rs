//! Folders: splits of which something is missing, lies beside, or is linked.

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "train, val and test",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "test/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "the validation split is not used: the test split is held out (images: 1)",
            "held-out images: 1 of the test split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "train and training",
        lines: &["train/a/1.png", "train/b/2.png", "training/a/3.png", "val/a/4.png"],
        says: &[
            "refused: SET: each of these could be the training split: train, training; keep one of them here, or add the folder of one set",
        ],
    },
    Case {
        name: "val and validation",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "validation/a/4.png"],
        says: &[
            "refused: SET: each of these could be the validation split: val, validation; keep one of them here, or add the folder of one set",
        ],
    },
    Case {
        name: "train alone",
        lines: &["train/a/1.png", "train/b/2.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "test and val without train",
        lines: &["test/a/1.png", "val/b/2.png"],
        says: &[
            "refused: SET: there is no training split beside val, test; name its folder train, or add one of these folders by itself",
        ],
    },
    Case {
        name: "classes and a folder test",
        lines: &["cat/1.png", "dog/2.png", "test/3.png"],
        says: &[
            "refused: SET: `test` could be a split or a class beside cat, dog; keep only split folders (train, val, test) here, or only classes",
        ],
    },
    Case {
        name: "a class called train",
        lines: &["bus/1.png", "train/2.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "train of class folders beside a flat folder",
        lines: &["train/a/1.png", "train/b/2.png", "extra/3.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: folders beside those that are read (count: 1, images in them: 1, first: extra)",
        ],
    },
    Case {
        name: "train of class folders beside another of them",
        lines: &["train/a/1.png", "train/b/2.png", "extra/a/3.png"],
        says: &[
            "refused: SET: `train` could be a split or a class beside extra; keep only split folders (train, val, test) here, or only classes",
        ],
    },
    Case {
        name: "an extra folder of classes beside the splits",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "extra/a/4.png", "extra/b/5.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: folders beside those that are read (count: 1, images in them: 2, first: extra)",
        ],
    },
    Case {
        name: "what macOS, git and NAS leave",
        lines: &[
            "train/a/1.png",
            "train/b/2.png",
            "val/a/3.png",
            "__MACOSX/train/a/1.png",
            ".git/objects/1.png",
            "@eaDir/1.png",
            "train/a/._1.png",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: hidden files and folders (count: 2, first: .git)",
            "left out: folders that other programs leave behind (count: 2, first: @eaDir)",
        ],
    },
    Case {
        name: "a picture beside the splits",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "examples.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: images beside the splits (count: 1, first: examples.png)",
        ],
    },
    Case {
        name: "a stray picture in a split",
        lines: &[
            "train/a/1.png",
            "train/a/2.png",
            "train/b/3.png",
            "train/montage.png",
            "val/a/4.png",
            "val/b/5.png",
        ],
        says: &[
            "training images: 3, of which 3 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: images beside class folders (count: 1, first: train/montage.png)",
        ],
    },
    Case {
        name: "a flat val",
        lines: &["train/a/1.png", "train/b/2.png", "val/3.png", "val/4.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "the validation split is not used: it has no labels (images: 2)",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "a flat test beside a labelled val",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "test/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "the test split is not used: it has no labels (images: 1)",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "test/images",
        lines: &["train/a/1.png", "train/b/2.png", "test/images/3.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "the test split is not used: it has no labels (images: 1)",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "test/images, the only folder of the test split, is no class of the training split, so that its images have no label",
        ],
    },
    Case {
        name: "val listed in val_annotations.txt",
        lines: &[
            "train/a/images/1.JPEG",
            "train/a/a_boxes.txt",
            "train/b/images/2.JPEG",
            "val/images/v0.JPEG",
            "val/images/v1.JPEG",
            "val/images/v2.JPEG",
            r"val/val_annotations.txt = v0.JPEG\tb\t0\t0\t9\t9\nv1.JPEG\ta\t0\t0\t9\t9\n",
            "test/images/t0.JPEG",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 3 of the validation split, of which 2 have a label",
            "the test split is not used: it has no labels (images: 1)",
            "classes: 2; labels: the names of class folders, and val/val_annotations.txt where images lie in none",
            "test/images, the only folder of the test split, is no class of the training split, so that its images have no label",
            "left out: files that are not images (count: 1, first: train/a/a_boxes.txt)",
        ],
    },
    Case {
        name: "Kaggle's ImageNet",
        lines: &[
            "ILSVRC/Data/CLS-LOC/train/a/a_1.JPEG",
            "ILSVRC/Data/CLS-LOC/train/b/b_1.JPEG",
            "ILSVRC/Data/CLS-LOC/val/v1.JPEG",
            "ILSVRC/Data/CLS-LOC/val/v2.JPEG",
            "ILSVRC/Data/CLS-LOC/test/t1.JPEG",
            "ILSVRC/Annotations/CLS-LOC/val/v1.xml",
            "ILSVRC/ImageSets/CLS-LOC/val.txt",
            r"LOC_val_solution.csv = ImageId,PredictionString\nv1,b 1 2 3 4\nv2,a 1 2 3 4 a 5 6 7 8\n",
            r"LOC_train_solution.csv = ImageId,PredictionString\na_1,a 1 2 3 4\n",
            "LOC_synset_mapping.txt = a x",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "the test split is not used: it has no labels (images: 1)",
            "classes: 2; labels: the names of class folders, and LOC_val_solution.csv where images lie in none",
            "read from its folder ILSVRC/Data/CLS-LOC",
            "left out: files that are not images (count: 4, first: LOC_synset_mapping.txt)",
            "left out: folders beside those that are read (count: 2, first: ILSVRC/Annotations)",
        ],
    },
    Case {
        name: "a class only in val",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "val/c/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 3; labels: the names of class folders",
            "only the validation split has images of these classes: c",
        ],
    },
    Case {
        name: "no class in common",
        lines: &["train/a/1.png", "train/b/2.png", "val/0/3.png", "val/1/4.png"],
        says: &[
            "refused: SET: no class of the validation split is one of the training split (0, 1 against a, b); give both the same folder names, or move the validation split away",
        ],
    },
    Case {
        name: "splits within classes",
        lines: &["a/train/1.png", "a/val/2.png", "b/train/3.png", "b/val/4.png"],
        says: &[
            "refused: SET: folders hold splits of their own (a, b); add one of them, or, if they are classes, put the splits above: train/CLASS, val/CLASS",
        ],
    },
    Case {
        name: "images and labels of a detector",
        lines: &["images/train/1.png", "images/val/2.png", "labels/train/1.txt", "labels/val/2.txt"],
        says: &[
            "training images: 1, of which 0 have a label",
            "held-out images: 1 of the validation split, of which 0 have a label",
            "classes: 0; labels: there are none",
            "read from its folder images",
            "left out: files that are not images (count: 2, first: labels/train/1.txt)",
            "left out: folders beside those that are read (count: 1, first: labels)",
        ],
    },
    Case {
        name: "splits without labels",
        lines: &["train/1.png", "train/2.png", "val/3.png"],
        says: &[
            "training images: 2, of which 0 have a label",
            "held-out images: 1 of the validation split, of which 0 have a label",
            "classes: 0; labels: there are none",
        ],
    },
    Case {
        name: "links in a circle",
        lines: &["a/1.png", "b/2.png", "a/up -> ..", "b/other -> ../a", "a/other -> ../b"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: links to folders that are read anyway (count: 3, first: a/other)",
        ],
    },
    Case {
        name: "a class that is a link to another",
        lines: &["a/1.png", "b/2.png", "c -> a"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: links to folders that are read anyway (count: 1, first: c)",
        ],
    },
    Case {
        name: "val is a link to train",
        lines: &["train/a/1.png", "train/b/2.png", "val -> train"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: links to folders that are read anyway (count: 1, first: val)",
        ],
    },
    Case {
        name: "names that are not UTF-8",
        lines: &[r"caf\xE9/1.png", r"caf\xE8/2.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
];
