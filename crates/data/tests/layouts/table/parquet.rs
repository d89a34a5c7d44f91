//! Parquet: configurations, splits and columns.

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "Parquet, two configurations",
        lines: &[
            "160px/train-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "full_size/train-0.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "refused: SET: several data sets or configurations lie here: 160px, full_size; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "Parquet, two sets by name",
        lines: &[
            "cifar10-train.parquet = image.bytes:image=1,2 label:int=0,1",
            "cifar100-train.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "refused: SET: several data sets or configurations lie here: cifar10, cifar100; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "Parquet, an unknown split",
        lines: &[
            "data/train-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "data/motion_blur-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "data/test-0.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the test split, of which 2 have a label",
            "classes: 2; labels: the column label",
            "left out: files whose names tell no split (count: 1, first: data/motion_blur-0.parquet)",
        ],
    },
    Case {
        name: "Parquet, no split named",
        lines: &[
            "0000.parquet = image.bytes:image=1,2 label:int=0,1",
            "0001.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "training images: 3, of which 3 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
            "no file names a split, so that all are training images",
        ],
    },
    Case {
        name: "Parquet, only validation named",
        lines: &[
            "rest.parquet = image.bytes:image=1,2 label:int=0,1",
            "validation.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the validation split, of which 2 have a label",
            "classes: 2; labels: the column label",
            "files whose names tell no split are training images: rest.parquet",
        ],
    },
    Case {
        name: "Parquet, text labels",
        lines: &[
            "train.parquet = image.bytes:image=1,2 label:text=dog,cat",
            "test.parquet = image.bytes:image=1,2 label:text=cat,dog",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 2 of the test split, of which 2 have a label",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, text labels that are numbers",
        lines: &["train.parquet = image.bytes:image=1,2 label:text=1,0"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, truth values",
        lines: &["train.parquet = image.bytes:image=1,2 label:bool=true,false"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, fractions that are whole",
        lines: &["train.parquet = image.bytes:image=1,2 label:double=1.0,0.0"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, a fraction",
        lines: &["train.parquet = image.bytes:image=1,2 label:double=1.0,0.5"],
        says: &["refused: SET/train.parquet: the label 0.5 is no class: a class is a whole number or a name"],
    },
    Case {
        name: "Parquet, names in one file and numbers in another",
        lines: &[
            "train-0.parquet = image.bytes:image=1,2 label:text=a,b",
            "train-1.parquet = image.bytes:image=1,2 label:int=0,1",
        ],
        says: &[
            "refused: SET: the column label holds names in some files and numbers in others; write them alike",
        ],
    },
    Case {
        name: "Parquet, jpg.bytes and cls",
        lines: &["train.parquet = jpg.bytes:image=1,2 cls:int=0,1"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column cls",
        ],
    },
    Case {
        name: "Parquet, two columns of images",
        lines: &["train.parquet = image.bytes:image=1,2 png:image=1,2 label:int=0,1"],
        says: &[
            "refused: SET/train.parquet: each of the columns image, png could hold the images; name the one that you mean `image`",
        ],
    },
    Case {
        name: "Parquet, a label column by another name",
        lines: &["train.parquet = image.bytes:image=1,2 species:text=a,b"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column species",
        ],
    },
    Case {
        name: "Parquet, two label columns by other names",
        lines: &["train.parquet = image.bytes:image=1,2 category:int=0,1 class:int=1,0"],
        says: &[
            "refused: SET: each of these columns could be the label: class, category; name the one that you mean `label`",
        ],
    },
    Case {
        name: "Parquet, no label column",
        lines: &["train.parquet = image.bytes:image=1,2 caption:text=a,b"],
        says: &[
            "training images: 2, of which 0 have a label",
            "no images are held out",
            "classes: 0; labels: there are none",
            "no column is taken for labels; the columns are image.bytes, caption",
        ],
    },
    Case {
        name: "Parquet, labels missing in a shard",
        lines: &[
            "train-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "train-1.parquet = image.bytes:image=1,2 caption:text=a,b",
        ],
        says: &[
            "training images: 3, of which 2 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
            "files of the same split without the column label, so that their rows have no label: train-1.parquet",
        ],
    },
    Case {
        name: "Parquet, a test split without a label column",
        lines: &[
            "train.parquet = image.bytes:image=1,2 label:int=0,1",
            "test.parquet = image.bytes:image=1,2 caption:text=a,b",
        ],
        says: &[
            "training images: 1, of which 1 have a label",
            "the test split is not used: it has no labels (images: 2)",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, brotli",
        lines: &["train.parquet = codec:brotli image.bytes:image=1,2 label:int=0,1"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, lz4",
        lines: &["train.parquet = codec:lz4 image.bytes:image=1,2 label:int=0,1"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
        ],
    },
    Case {
        name: "Parquet, rows without a label",
        lines: &["train.parquet = image.bytes:image=1,2,3 label:int=0,-,-1"],
        says: &[
            "training images: 2, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 1; labels: the column label",
            "there is one class only (0), so that kNN accuracy says nothing",
        ],
    },
    Case {
        name: "Parquet, an empty file of other columns",
        lines: &["train-0.parquet = image.bytes:image=1,2 label:int=0,1", "train-1.parquet = note:text="],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
            "left out: files without a row (count: 1, first: train-1.parquet)",
        ],
    },
    Case {
        name: "Parquet beside pictures",
        lines: &[
            "data/train-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "assets/logo.png",
            "README.md",
        ],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the column label",
            "left out: files that are not images (count: 1, first: README.md)",
            "left out: images beside the files that hold the set (count: 1, first: assets/logo.png)",
        ],
    },
    Case {
        name: "Parquet beside splits of images",
        lines: &[
            "data/train-0.parquet = image.bytes:image=1,2 label:int=0,1",
            "train/a/1.png",
            "val/a/2.png",
        ],
        says: &[
            "refused: SET: each of these could be the set: data/train-0.parquet, train, val; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "Parquet and tar",
        lines: &["train.parquet = image.bytes:image=1,2 label:int=0,1", "train.tar = 1.png"],
        says: &[
            "refused: SET: each of these could be the set: train.parquet, train.tar; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "Parquet without images beside class folders",
        lines: &["a/1.png", "b/2.png", "metadata.parquet = file:text=x,y"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: files that are not images (count: 1, first: metadata.parquet)",
        ],
    },
];
