//! The table.

use crate::{make, said};

/// A layout as [`make::layout`] makes it, and all that is said of it.
struct Case {
    name: &'static str,
    lines: &'static [&'static str],
    says: &'static [&'static str],
}

const CASES: &[Case] = &[
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

#[test]
fn every_layout_is_told_as_it_is() {
    let mut wrong = String::new();
    for Case { name, lines, says } in CASES {
        let root = tempfile::tempdir().unwrap();
        make::layout(root.path(), lines);
        let said = said(root.path());
        if said != *says {
            wrong += &format!("{name}: {lines:#?}\nsays {said:#?}\nbut should say {says:#?}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
