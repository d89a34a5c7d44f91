//! Folders: what are classes and which names are splits.

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "class folders",
        lines: &["a/1.png", "b/2.png", "b/3.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "class folders and notes",
        lines: &["a/1.png", "b/2.png", "README.md", "labels.csv"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: files that are not images (count: 2, first: README.md)",
        ],
    },
    Case {
        name: "one class folder",
        lines: &["a/1.png", "a/2.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 1; labels: the names of class folders",
            "there is one class only (a), so that kNN accuracy says nothing",
        ],
    },
    Case {
        name: "flat",
        lines: &["1.png", "2.png", "3.png"],
        says: &[
            "training images: 3, of which 0 have a label",
            "no images are held out",
            "classes: 0; labels: there are none",
        ],
    },
    Case {
        name: "one stray picture beside class folders",
        lines: &["a/1.png", "a/2.png", "b/3.png", "preview.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: images beside class folders (count: 1, first: preview.png)",
        ],
    },
    Case {
        name: "as many loose pictures as in folders",
        lines: &["1.png", "2.png", "a/3.png", "b/4.png"],
        says: &[
            "refused: SET: . holds 2 images and folders with 2 more, which could be one set without labels or classes; move the loose ones away, or all into one folder",
        ],
    },
    Case {
        name: "mostly loose pictures, two folders",
        lines: &["1.png", "2.png", "3.png", "a/4.png", "b/5.png"],
        says: &[
            "training images: 5, of which 0 have a label",
            "no images are held out",
            "classes: 0; labels: there are none",
        ],
    },
    Case {
        name: "an empty class folder",
        lines: &["a/1.png", "b/2.png", "c/"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: class folders without images (count: 1, first: c)",
        ],
    },
    Case {
        name: "class folders of folders",
        lines: &["animals/cat/1.png", "animals/dog/2.png", "things/car/3.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "class folders hold folders; all images below one are of its class, as in animals",
        ],
    },
    Case {
        name: "class folders in one folder",
        lines: &["Images/a/1.png", "Images/b/2.png", "Annotation/a/1.xml"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "read from its folder Images",
            "left out: files that are not images (count: 1, first: Annotation/a/1.xml)",
            "left out: folders beside those that are read (count: 1, first: Annotation)",
        ],
    },
    Case {
        name: "splits in one folder",
        lines: &["set/train/a/1.png", "set/train/b/2.png", "set/val/a/3.png", "set/val/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
            "read from its folder set",
        ],
    },
    Case {
        name: "two sets in folders",
        lines: &["one/train/a/1.png", "one/val/a/2.png", "two/train/b/3.png", "two/val/b/4.png"],
        says: &[
            "refused: SET: folders hold splits of their own (one, two); add one of them, or, if they are classes, put the splits above: train/CLASS, val/CLASS",
        ],
    },
    Case {
        name: "train and val",
        lines: &["train/a/1.png", "train/b/2.png", "val/a/3.png", "val/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "Train and Test",
        lines: &["Train/a/1.png", "Train/b/2.png", "Test/a/3.png", "Test/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the test split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "TRAIN and VALID",
        lines: &["TRAIN/a/1.png", "TRAIN/b/2.png", "VALID/a/3.png", "VALID/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "training and dev",
        lines: &["training/a/1.png", "training/b/2.png", "dev/a/3.png", "dev/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "training_set and test_set",
        lines: &["training_set/a/1.png", "training_set/b/2.png", "test_set/a/3.png", "test_set/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the test split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "train2017 and val2017",
        lines: &["train2017/1.png", "train2017/2.png", "val2017/3.png", "annotations/instances.json"],
        says: &[
            "training images: 2, of which 0 have a label",
            "held-out images: 1 of the validation split, of which 0 have a label",
            "classes: 0; labels: there are none",
            "left out: files that are not images (count: 1, first: annotations/instances.json)",
            "left out: folders beside those that are read (count: 1, first: annotations)",
        ],
    },
    Case {
        name: "seg_train, seg_test and seg_pred",
        lines: &[
            "seg_train/a/1.png",
            "seg_train/b/2.png",
            "seg_test/a/3.png",
            "seg_test/b/4.png",
            "seg_pred/5.png",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the test split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: folders beside those that are read (count: 1, images in them: 1, first: seg_pred)",
        ],
    },
];
