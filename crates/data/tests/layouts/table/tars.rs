//! Tar shards: splits, labels and members of all kinds.

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "tar, labels behind all images",
        lines: &["train-0.tar = 1.png 2.png 3.png 1.cls:0 2.cls:1 3.cls:0"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
        ],
    },
    Case {
        name: "tar, labels before all images",
        lines: &["train-0.tar = 1.cls:0 2.cls:1 1.png 2.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
        ],
    },
    Case {
        name: "tar, splits inside",
        lines: &[
            "set.tar = set/train/a/1.png set/train/b/2.png set/val/a/3.png set/val/b/4.png set/README.txt:x",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
            "read from its folder set",
            "left out: files that are not images (count: 1, first: set/README.txt in set.tar)",
        ],
    },
    Case {
        name: "tar, splits inside with stated labels",
        lines: &["set.tar = train/1.png train/1.cls:0 train/2.png train/2.cls:1 val/3.png val/3.cls:1"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the members .cls or .json of each sample",
        ],
    },
    Case {
        name: "tar, splits by file and by folder",
        lines: &["train.tar = train/a/1.png train/b/2.png", "val.tar = val/a/3.png val/b/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "tar, a folder beside the splits inside",
        lines: &["set.tar = train/a/1.png train/b/2.png val/a/3.png extra/4.png"],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: folders beside those that are read (count: 1, images in them: 1, first: extra)",
        ],
    },
    Case {
        name: "tar, classes and a folder test",
        lines: &["set.tar = a/1.png b/2.png test/3.png"],
        says: &[
            "refused: SET: `test` could be a split or a class beside a, b; keep only split folders (train, val, test) here, or only classes",
        ],
    },
    Case {
        name: "tar, symbolic and hard links",
        lines: &["train.tar = a/1.png b/2.png b/3.png->../a/1.png a/4.png=>b/2.png"],
        says: &[
            "training images: 3, of which 3 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
        ],
    },
    Case {
        name: "tar, links to nowhere and in a circle",
        lines: &["train.tar = a/1.png b/2.png a/3.png->gone.png b/4.png->5.png b/5.png->4.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: links whose target is not in the archive (count: 3, first: a/3.png in train.tar)",
        ],
    },
    Case {
        name: "tar, sparse and empty members",
        lines: &["train.tar = a/1.png b/2.png a/3.png~ b/4.png:"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: sparse members (count: 1, first: a/3.png in train.tar)",
            "left out: empty members (count: 1, first: b/4.png in train.tar)",
        ],
    },
    Case {
        name: "tar, NaN in JSON",
        lines: &["train.tar = 1.png 1.json:{\"score\":NaN,\"label\":1} 2.png 2.json:{\"label\":0}"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
        ],
    },
    Case {
        name: "tar, labels that are names",
        lines: &["train.tar = 1.png 1.cls:dog 2.png 2.cls:cat"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
        ],
    },
    Case {
        name: "tar, some images without a label",
        lines: &["train.tar = 1.png 1.cls:0 2.png 2.cls:-1 3.png"],
        says: &[
            "training images: 2, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 1; labels: the members .cls or .json of each sample",
            "there is one class only (0), so that kNN accuracy says nothing",
        ],
    },
    Case {
        name: "tar, two images of a sample, and a caption",
        lines: &["train.tar = 1.jpg.png 1.png 1.txt:x 1.cls:0 2.png 2.cls:1"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
            "left out: further images of a sample that has one (count: 1, first: 1.png in train.tar)",
            "left out: files that are not images (count: 1, first: 1.txt in train.tar)",
        ],
    },
    Case {
        name: "tar, what macOS leaves",
        lines: &["train.tar = a/1.png a/._1.png b/2.png __MACOSX/a/._1.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: hidden files and folders (count: 2, first: a/._1.png in train.tar)",
        ],
    },
    Case {
        name: "tar, an unknown split",
        lines: &["train-0.tar = 1.png 1.cls:0", "test-0.tar = 2.png 2.cls:0", "extra-0.tar = 3.png 3.cls:0"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1 of the test split, of which 1 have a label",
            "classes: 1; labels: the members .cls or .json of each sample",
            "there is one class only (0), so that kNN accuracy says nothing",
            "left out: files whose names tell no split (count: 1, first: extra-0.tar)",
        ],
    },
    Case {
        name: "tar, two sets",
        lines: &["cars/train-0.tar = 1.png", "birds/train-0.tar = 2.png"],
        says: &[
            "refused: SET: several data sets or configurations lie here: birds, cars; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "tar beside a picture",
        lines: &["train-0.tar = 1.png 1.cls:0 2.png 2.cls:1", "sample.png"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the members .cls or .json of each sample",
            "left out: images beside the files that hold the set (count: 1, first: sample.png)",
        ],
    },
    Case {
        name: "tar in tar",
        lines: &["train.tar = n01440764.tar:x n01443537.tar:y"],
        says: &[
            "refused: SET holds no images that we can read: expected class folders or a flat folder of JPEG, PNG, WebP or BMP images, *.parquet with a column image.bytes, *.tar shards, CIFAR *.bin files, or IDX files",
        ],
    },
];
