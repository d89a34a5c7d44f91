//! Archives beside folders, and the files of CIFAR and MNIST.

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "archives beside the splits",
        lines: &[
            "train/a/1.png",
            "train/b/2.png",
            "val/a/3.png",
            "train.tar = a/1.png b/2.png",
            "val.tar.gz",
            "set.zip",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the validation split, of which 1 have a label",
            "classes: 2; labels: the names of class folders",
            "left out: archives beside the folders (count: 3, first: train.tar)",
        ],
    },
    Case {
        name: "a packed archive beside class folders",
        lines: &["a/1.png", "b/2.png", "set.zip"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: archives beside the folders (count: 1, first: set.zip)",
        ],
    },
    Case {
        name: "a tar beside class folders",
        lines: &["a/1.png", "b/2.png", "set.tar = a/1.png b/2.png"],
        says: &[
            "refused: SET: each of these could be the set: set.tar, a, b; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "a packed archive alone",
        lines: &["set.tar.gz", "README.md"],
        says: &[
            "refused: SET/set.tar.gz: a compressed archive cannot be read image by image: unpack it once to a .tar or a folder",
        ],
    },
    Case {
        name: "no images",
        lines: &["notes.txt", "deep/er/notes.txt"],
        says: &[
            "refused: SET holds no images that we can read: expected class folders or a flat folder of JPEG, PNG, WebP or BMP images, *.parquet with a column image.bytes, *.tar shards, CIFAR *.bin files, or IDX files",
        ],
    },
    Case {
        name: "both CIFAR",
        lines: &[
            "cifar-10-batches-bin/data_batch_1.bin = 1",
            "cifar-10-batches-bin/test_batch.bin = 1",
            "cifar-100-binary/train.bin = 1",
            "cifar-100-binary/test.bin = 1",
        ],
        says: &[
            "refused: SET: several data sets or configurations lie here: CIFAR-10 in cifar-10-batches-bin, CIFAR-100 in cifar-100-binary; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "CIFAR-10 in its folder, with another file",
        lines: &[
            "cifar-10-batches-bin/data_batch_1.bin = 2",
            "cifar-10-batches-bin/test_batch.bin = 1",
            "cifar-10-batches-bin/data_batch_1_copy.bin = 1",
            "cifar-10-batches-bin/readme.html",
        ],
        says: &[
            "training images: 2, of which 2 have a label",
            "held-out images: 1 of the test split, of which 1 have a label",
            "classes: 2; labels: the records of the files",
            "read from its folder cifar-10-batches-bin",
            "left out: files that are not images (count: 2, first: cifar-10-batches-bin/data_batch_1_copy.bin)",
        ],
    },
    Case {
        name: "IDX of two sets",
        lines: &[
            "a-train-images-idx3-ubyte = 2",
            "b-train-images-idx3-ubyte = 2",
            "a-test-images-idx3-ubyte = 1",
        ],
        says: &[
            "refused: SET: several data sets or configurations lie here: a, b; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "IDX of two folders",
        lines: &["MNIST/raw/train-images-idx3-ubyte = 2", "FashionMNIST/raw/train-images-idx3-ubyte = 3"],
        says: &[
            "refused: SET: several data sets or configurations lie here: FashionMNIST/raw, MNIST/raw; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "IDX without labels, packed twin",
        lines: &[
            "train-images-idx3-ubyte = 2",
            "train-images-idx3-ubyte.gz = 2",
            "t10k-images-idx3-ubyte = 1",
        ],
        says: &[
            "training images: 2, of which 0 have a label",
            "held-out images: 1 of the test split, of which 0 have a label",
            "classes: 0; labels: there are none",
            "left out: copies of files that are read (count: 1, first: train-images-idx3-ubyte.gz)",
        ],
    },
    Case {
        name: "IDX as its archive holds it, each file twice",
        lines: &[
            "train-images.idx3-ubyte = 2 of 7",
            "train-images-idx3-ubyte/train-images-idx3-ubyte = 2 of 7",
            "train-labels.idx1-ubyte = 2",
            "train-labels-idx1-ubyte/train-labels-idx1-ubyte = 2",
        ],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the records of the files",
            "left out: copies of files that are read (count: 1, first: train-images-idx3-ubyte/train-images-idx3-ubyte)",
            "left out: files that are not images (count: 1, first: train-labels-idx1-ubyte/train-labels-idx1-ubyte)",
        ],
    },
    Case {
        name: "IDX of train and training",
        lines: &["train-images-idx3-ubyte = 2", "training-images-idx3-ubyte = 3"],
        says: &[
            "refused: SET: each of these could be the training split: train-images-idx3-ubyte, training-images-idx3-ubyte; keep one of them here, or add the folder of one set",
        ],
    },
    Case {
        name: "CIFAR and IDX",
        lines: &["data_batch_1.bin = 1", "train-images-idx3-ubyte = 2"],
        says: &[
            "refused: SET: each of these could be the set: train-images-idx3-ubyte, data_batch_1.bin; add one of them, from a folder of its own",
        ],
    },
    Case {
        name: "another program's train.bin beside class folders",
        lines: &["a/1.png", "b/2.png", "model/train.bin = x"],
        says: &[
            "training images: 1, of which 1 have a label",
            "held-out images: 1, drawn from the training images, as there is no labelled validation or test split",
            "classes: 2; labels: the names of class folders",
            "left out: files that are not images (count: 1, first: model/train.bin)",
            "left out: class folders without images (count: 1, first: model)",
        ],
    },
];
