//! Data sets in files: parquet in the Hugging Face layout, IDX, CIFAR binary, and the sets at hand.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use vitals_data::{DataError, Dataset, DatasetSpec, HeldOutOrigin, Split, open};
use vitals_fixtures::real_images;

fn opened(path: &Path) -> Dataset {
    open(&DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }).unwrap()
}

fn error(path: &Path) -> String {
    open(&DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }).err().unwrap().to_string()
}

fn png(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_pixel(5, 3, image::Rgb(colour));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Bytes of an image, or null, and its label.
type Row = (Option<Vec<u8>>, i64);

/// Writes row groups.
fn write_parquet(path: &Path, image_column: &str, groups: &[Vec<Row>]) {
    let schema = format!(
        "message schema {{ optional group {image_column} {{ optional binary bytes; optional binary path (UTF8); }}
         optional int64 label; }}"
    );
    let info = r#"{"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}"#;
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new("huggingface".to_owned(), info.to_owned())]))
        .build();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for rows in groups {
        let mut group = writer.next_row_group().unwrap();
        let bytes: Vec<ByteArray> = rows.iter().filter_map(|(b, _)| b.clone()).map(ByteArray::from).collect();
        let levels: Vec<i16> = rows.iter().map(|(b, _)| if b.is_some() { 2 } else { 1 }).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&bytes, Some(&levels), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![1; rows.len()]), None).unwrap();
        column.close().unwrap();
        let labels: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&labels, Some(&vec![1; rows.len()]), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn parquet_shards_are_read_in_name_order_across_row_groups() {
    let root = tempfile::tempdir().unwrap();
    let row = |value: u8| (Some(png([value, 0, 0])), i64::from(value % 2));
    let shard = |name: &str| root.path().join("data").join(name);
    write_parquet(&shard("train-00001-of-00002.parquet"), "image", &[vec![row(5)], vec![row(6), row(7)]]);
    write_parquet(
        &shard("train-00000-of-00002.parquet"),
        "image",
        &[vec![row(0), row(1), row(2)], vec![row(3), row(4)]],
    );
    write_parquet(&shard("test-00000-of-00001.parquet"), "image", &[vec![row(8), row(9)]]);
    let dataset = opened(root.path());
    assert_eq!(dataset.class_names(), ["cat", "dog"]);
    assert_eq!((dataset.train_len(), dataset.heldout().origin), (8, HeldOutOrigin::Test));
    assert_eq!(dataset.facts().image_size, Some((5, 3)));
    for index in (0..8).rev() {
        let image = dataset.decode(Split::Train, index).unwrap();
        assert_eq!(
            (image.pixels[0], dataset.label(Split::Train, index)),
            (index as u8, Some(index as u32 % 2))
        );
    }
    assert_eq!(dataset.decode(Split::HeldOut, 1).unwrap().pixels[0], 9);
    assert_eq!(dataset.image_name(Split::Train, 6), "data/train-00001-of-00002.parquet row 1");
}

#[test]
fn rows_without_bytes_or_label_are_known_as_such() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("x.parquet");
    write_parquet(&path, "img", &[vec![(Some(png([1, 1, 1])), 0), (None, 1), (Some(png([3, 3, 3])), -1)]]);
    let root = open(&DatasetSpec { name: "mine".into(), path: Some(path) }).unwrap();
    let all: Vec<_> = [Split::Train, Split::HeldOut]
        .into_iter()
        .flat_map(|split| (0..root.len(split)).map(move |i| (split, i)))
        .map(|(split, i)| {
            let first = root.decode(split, i).map(|image| image.pixels[0]).map_err(|e| e.to_string());
            (root.image_name(split, i), root.label(split, i), first)
        })
        .collect();
    let find = |row: &str| all.iter().find(|(name, ..)| name.ends_with(row)).unwrap();
    assert_eq!((find("row 0").1, &find("row 0").2), (Some(0), &Ok(1)));
    assert_eq!(
        find("row 1").2,
        Err("image x.parquet row 1 is unreadable: the row has no image bytes".to_owned())
    );
    assert_eq!((find("row 2").1, &find("row 2").2), (None, &Ok(3)));
}

#[test]
fn a_parquet_file_without_images_names_its_columns() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("train.parquet");
    write_parquet(&path, "picture", &[vec![(Some(png([1, 1, 1])), 0)]]);
    assert!(
        error(root.path())
            .ends_with("no column `image.bytes`; the columns are picture.bytes, picture.path, label")
    );
    std::fs::write(&path, "not parquet").unwrap();
    assert!(error(root.path()).contains("train.parquet: not a readable parquet file"));
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn write_idx(root: &Path, prefix: &str, count: u32, gzip: bool) {
    let pixels: Vec<u8> = (0..count * 6).map(|i| i as u8).collect();
    let labels: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
    let files = [
        (format!("{prefix}-images-idx3-ubyte"), idx(&[count, 2, 3], &pixels)),
        (format!("{prefix}-labels-idx1-ubyte"), idx(&[count], &labels)),
    ];
    for (name, bytes) in files {
        if gzip {
            let file = std::fs::File::create(root.join(name + ".gz")).unwrap();
            flate2::write::GzEncoder::new(file, flate2::Compression::fast()).write_all(&bytes).unwrap();
        } else {
            std::fs::write(root.join(name), bytes).unwrap();
        }
    }
}

#[test]
fn idx_files_plain_and_gzip_are_the_same_images() {
    let (plain, gzip) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (root, gzip) in [(plain.path(), false), (gzip.path(), true)] {
        write_idx(root, "train", 9, gzip);
        write_idx(root, "t10k", 4, gzip);
        let dataset = opened(root);
        let facts = dataset.facts();
        assert_eq!((facts.images, facts.classes, facts.image_size), (9, 3, Some((3, 2))));
        assert_eq!((dataset.heldout().images, dataset.heldout().origin), (4, HeldOutOrigin::Test));
        let image = dataset.decode(Split::Train, 2).unwrap();
        assert_eq!((image.width, image.height, dataset.label(Split::Train, 2)), (3, 2, Some(2)));
        assert_eq!(image.pixels[..9], [12, 12, 12, 13, 13, 13, 14, 14, 14]);
    }
    std::fs::write(plain.path().join("train-labels-idx1-ubyte"), idx(&[8], &[0; 8])).unwrap();
    assert!(error(plain.path()).ends_with("train-labels-idx1-ubyte: labels of shape [8] for 9 images"));
}

#[test]
fn cifar_10_binary_batches_are_one_split() {
    let root = tempfile::tempdir().unwrap();
    let batch = |labels: &[u8]| -> Vec<u8> {
        labels
            .iter()
            .flat_map(|&label| [vec![label], vec![label * 20; 1024], vec![1; 1024], vec![2; 1024]].concat())
            .collect()
    };
    std::fs::write(root.path().join("data_batch_1.bin"), batch(&[3, 1])).unwrap();
    std::fs::write(root.path().join("data_batch_2.bin"), batch(&[9])).unwrap();
    std::fs::write(root.path().join("test_batch.bin"), batch(&[4])).unwrap();
    std::fs::write(root.path().join("batches.meta.txt"), "airplane\nautomobile\n\n").unwrap();
    let dataset = opened(root.path());
    assert_eq!((dataset.train_len(), dataset.heldout().images, dataset.facts().classes), (3, 1, 10));
    assert_eq!(dataset.class_names(), ["airplane", "automobile"]);
    assert_eq!(dataset.decode(Split::Train, 2).unwrap().pixels[..6], [180, 1, 2, 180, 1, 2]);
    assert_eq!(dataset.image_name(Split::Train, 2), "data_batch_2.bin #0");
    std::fs::write(root.path().join("test_batch.bin"), [0; 100]).unwrap();
    assert!(error(root.path()).ends_with("100 bytes are not a whole number of CIFAR records of 3073 bytes"));
}

#[test]
fn a_split_ends_where_it_ends() {
    let root = tempfile::tempdir().unwrap();
    write_idx(root.path(), "train", 5, false);
    write_idx(root.path(), "t10k", 5, false);
    let dataset = opened(root.path());
    assert!(matches!(dataset.decode(Split::Train, 5), Err(DataError::OutOfRange { index: 5, len: 5 })));
    assert_eq!(
        (dataset.label(Split::Train, 5), dataset.image_name(Split::HeldOut, u64::MAX)),
        (None, String::new())
    );
}

#[test]
fn cifar_10_as_parquet() {
    let Some(path) = real_images("cifar10") else { return };
    let dataset = opened(&path);
    let facts = dataset.facts();
    assert_eq!((facts.images, facts.classes, facts.image_size), (50_000, 10, Some((32, 32))));
    assert_eq!((dataset.heldout().images, dataset.heldout().origin), (10_000, HeldOutOrigin::Test));
    for index in [0, 49_999, 25_000] {
        assert_eq!(dataset.decode(Split::Train, index).unwrap().pixels.len(), 3072);
    }
}

#[test]
fn tiny_imagenet_as_parquet() {
    let Some(path) = real_images("tiny-imagenet-50") else { return };
    let dataset = opened(&path);
    assert_eq!((dataset.facts().classes, dataset.heldout().origin), (50, HeldOutOrigin::Validation));
    assert_eq!(dataset.decode(Split::HeldOut, 0).unwrap().width, 64);
}

#[test]
fn every_photo_of_the_imagenet_sample_decodes() {
    let Some(path) = real_images("imagenet-sample") else { return };
    let dataset = opened(&path);
    assert_eq!((dataset.train_len(), dataset.heldout().images, dataset.class_names().len()), (304, 16, 320));
    for index in (0..304).step_by(8) {
        let image = dataset.decode(Split::Train, index).unwrap();
        assert_eq!(image.pixels.len(), (image.width * image.height * 3) as usize);
    }
    assert_eq!(dataset.unreadable(), Vec::<String>::new());
}

#[test]
fn fashion_mnist_is_built_in() {
    let Ok(_) = vitals_data::fashion_mnist_folder(|name| std::env::var_os(name)) else {
        return vitals_fixtures::not_run("Fashion-MNIST is not installed");
    };
    let dataset = open(&DatasetSpec { name: "fashion-mnist".into(), path: None }).unwrap();
    let facts = dataset.facts();
    assert_eq!((facts.images, facts.classes, facts.image_size), (60_000, 10, Some((28, 28))));
    assert_eq!((dataset.class_names()[9].as_str(), dataset.label(Split::Train, 0)), ("Ankle boot", Some(9)));
    let image = dataset.decode(Split::Train, 0).unwrap();
    assert!(image.pixels.chunks(3).all(|p| p[0] == p[1] && p[1] == p[2]));
    assert_eq!(dataset.heldout().images, 10_000);
}

#[test]
fn fashion_mnist_is_looked_for_in_three_places() {
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("vitals/datasets/fashion-mnist");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(cache.join("train-images-idx3-ubyte"), "").unwrap();
    let find = |variable: &'static str, value: PathBuf| {
        vitals_data::fashion_mnist_folder(move |name| {
            (name == variable).then(|| value.clone().into_os_string())
        })
    };
    // An explicit folder wins over all others.
    assert_eq!(find("VITALS_FASHION_MNIST", cache.clone()), Ok(cache.clone()));
    let debian = Path::new("/usr/share/datasets/fashion-mnist");
    let expected = if debian.exists() { debian.to_path_buf() } else { cache };
    assert_eq!(find("XDG_CACHE_HOME", root.path().to_path_buf()), Ok(expected));
    let cache = |cache: &str, home: &str| {
        let (cache, home) = (cache.to_owned(), home.to_owned());
        vitals_data::cache_folder(|name| {
            Some(if name == "HOME" { home.clone() } else { cache.clone() }.into())
        })
    };
    assert_eq!(cache("/cache", "/home/a"), Some("/cache".into()));
    for passed_over in ["", "cache", "./cache"] {
        assert_eq!(cache(passed_over, "/home/a"), Some("/home/a/.cache".into()));
        assert_eq!(cache(passed_over, passed_over), None);
    }
}
