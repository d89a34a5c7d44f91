//! Files that are not what they should be, through the whole pipeline: each is counted or refused with its name, training
//! goes on up to 0.1 % unreadable images, and nothing panics or waits for ever.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use image::{ImageFormat, Rgb};
use vitals_data::{DataError, Dataset, DatasetSpec, Loader, LoaderConfig, Said, Split, open};
use vitals_recipe::Augmentation;

fn spec(path: &Path) -> DatasetSpec {
    DatasetSpec { name: "mine".into(), path: Some(path.to_path_buf()) }
}

fn opened(path: &Path) -> Arc<Dataset> {
    Arc::new(open(&spec(path)).unwrap())
}

/// A picture of `width` × `height` pixels that is not flat, encoded.
fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7) as u8, (y * 5) as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn config(batch_size: u64) -> LoaderConfig {
    LoaderConfig {
        seed: 3,
        batch_size,
        image_size: 16,
        augmentation: Augmentation::MocoV3,
        crop_min_scale: 0.08,
        arithmetic: vitals_data::augment::Arithmetic::Exact,
        threads: 2,
        views: 2,
        first_step: 0,
        prefetch_bytes: 1 << 20,
    }
}

/// Why an image cannot be read, by file name; `None` for those that can.
fn reason(name: &str, bytes: &[u8]) -> Option<String> {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), name, bytes);
    match opened(root.path()).decode(Split::Train, 0) {
        Ok(_) => None,
        Err(DataError::Unreadable { name: said, reason }) => {
            assert!(said.ends_with(name), "{said}");
            Some(reason)
        }
        Err(other) => Some(other.to_string()),
    }
}

#[test]
fn a_jpeg_cut_off_anywhere_is_unreadable() {
    let whole = encoded(64, 48, ImageFormat::Jpeg);
    assert_eq!(reason("whole.jpg", &whole), None);
    for tenth in 0..10 {
        let cut = whole.len() * tenth / 10;
        assert!(reason("cut.jpg", &whole[..cut]).is_some(), "{cut} of {} bytes", whole.len());
    }
}

#[test]
fn bytes_behind_the_end_of_a_jpeg_are_none_of_it() {
    let sequential = include_bytes!("samples/420.jpg").as_slice();
    let progressive = include_bytes!("samples/progressive.jpg").as_slice();
    for (name, picture) in [("sequential", sequential), ("progressive", progressive)] {
        for tail in [&b"\0\0\0"[..], &b"\xff\xda".repeat(20), sequential, &progressive[..300]] {
            assert_eq!(reason("a.jpg", &[picture, tail].concat()), None, "{name}");
            // Nor do they make whole what is cut off.
            let cut = [&picture[..picture.len() - 40], b"\0\0".as_slice()].concat();
            assert_eq!(reason("a.jpg", &cut).as_deref(), Some("the JPEG is cut off: it has no end"));
        }
    }
}

#[test]
fn a_jpeg_that_the_library_misreads_is_unreadable() {
    let bytes = include_bytes!("samples/fine-colours.jpg");
    assert!(reason("a.jpg", bytes).unwrap().starts_with("a damaged or rare JPEG"));
}

#[test]
fn images_that_are_not_exactly_the_reference_are_counted() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/1.jpg", include_bytes!("samples/420.jpg"));
    put(root.path(), "a/2.jpg", include_bytes!("samples/progressive.jpg"));
    put(root.path(), "b/3.jpg", include_bytes!("samples/progressive.jpg"));
    let mut set = open(&spec(root.path())).unwrap();
    set.try_images(2000).unwrap();
    let near: Vec<_> =
        set.findings().notes.iter().filter(|note| matches!(note, Said::NearPixels { .. })).collect();
    let [Said::NearPixels { why, count, tried, .. }] = near[..] else { panic!("{near:?}") };
    assert_eq!((why.text.as_str(), count, tried), ("progressive JPEG", &2, &3));
}

#[test]
fn what_a_file_is_decides_and_not_its_name() {
    assert_eq!(reason("picture.jpg", &encoded(9, 9, ImageFormat::Png)), None);
    assert_eq!(reason("글.jpg", "그림이 아닙니다".as_bytes()).unwrap(), "not a JPEG, PNG, WebP or BMP image");
    assert_eq!(reason("nothing at all.jpg", b"").unwrap(), "the file is empty");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    // 65,000 × 65,000 pixels in the headers of 26 to 70 bytes each.
    let side = 65_000u32;
    let mut png = encoded(1, 1, ImageFormat::Png)[..16].to_vec();
    png.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    png.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    let mut bmp = encoded(1, 1, ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&side.to_le_bytes());
    bmp[22..26].copy_from_slice(&side.to_le_bytes());
    let mut jpeg = encoded(8, 8, ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
    for (name, bytes) in [("a.png", png), ("a.bmp", bmp), ("a.jpg", jpeg)] {
        let reason = reason(name, &bytes).unwrap();
        assert!(reason.contains("65000×65000 pixels are more than") || name == "a.png", "{name}: {reason}");
    }
}

#[test]
fn extreme_shapes_become_views() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "one pixel.png", &encoded(1, 1, ImageFormat::Png));
    put(root.path(), "strip.jpg", &encoded(20_000, 20, ImageFormat::Jpeg));
    put(root.path(), "pole.bmp", &encoded(3, 5000, ImageFormat::Bmp));
    let mut loader = Loader::start(opened(root.path()), config(3)).unwrap();
    for _ in 0..20 {
        let batch = loader.next().unwrap();
        assert_eq!(batch.view1.len(), 3 * 16 * 16 * 3);
        loader.recycle(batch);
    }
}

#[test]
fn grey_and_cmyk_jpegs_have_the_colours_of_pillow() {
    // Four flat quarters; what Pillow 12 says of this file after convert("RGB").
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "cmyk.jpg", include_bytes!("samples/cmyk.jpg"));
    let image = opened(root.path()).decode(Split::Train, 0).unwrap();
    assert_eq!((image.width, image.height), (32, 32));
    let pillow = [[255, 0, 0], [0, 255, 0], [119, 103, 87], [0, 0, 0]];
    for (quarter, expected) in pillow.iter().enumerate() {
        let at = ((quarter / 2 * 16 + 8) * 32 + quarter % 2 * 16 + 8) * 3;
        let got = &image.pixels[at..at + 3];
        let far = got.iter().zip(expected).map(|(&a, &b): (&u8, &u8)| a.abs_diff(b)).max().unwrap();
        assert!(far <= 1, "quarter {quarter}: {got:?}, Pillow says {expected:?}");
    }
}

#[test]
fn a_file_that_vanishes_while_training_is_counted_and_training_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let picture = encoded(8, 8, ImageFormat::Bmp);
    for i in 0..2000 {
        put(root.path(), &format!("사진 {i:04}.bmp"), &picture);
    }
    let dataset = opened(root.path());
    let steps = 40;
    let mut loader = Loader::start(Arc::clone(&dataset), config(50)).unwrap();
    assert_eq!(loader.steps_per_epoch(), steps);
    loader.next().unwrap();
    // Two of 2,000 are allowed. Both will be met within the next epoch.
    for i in [17, 1203] {
        std::fs::remove_file(root.path().join(format!("사진 {i:04}.bmp"))).unwrap();
    }
    for _ in 0..2 * steps {
        let batch = loader.next().unwrap();
        loader.recycle(batch);
    }
    let names = dataset.unreadable();
    assert!(names.len() == 2 && names[0].ends_with("사진 0017.bmp"), "{names:?}");
    // The third one is too many, and is named.
    std::fs::remove_file(root.path().join("사진 0500.bmp")).unwrap();
    let error = (0..2 * steps + 20).find_map(|_| loader.next().err()).unwrap().to_string();
    assert!(error.starts_with("3 of 2000 images are unreadable, more than the 2 allowed (0.1 %)"), "{error}");
    assert!(
        error.ends_with("사진 0500.bmp")
            || error.ends_with("사진 0017.bmp")
            || error.ends_with("사진 1203.bmp")
    );
}

#[test]
fn a_pipe_or_a_device_named_like_an_image_does_not_hang() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a.png", &encoded(2, 2, ImageFormat::Png));
    let made = std::process::Command::new("mkfifo").arg(root.path().join("b.png")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", root.path().join("c.png")).unwrap();
    let dataset = opened(root.path());
    assert_eq!((dataset.train_len(), dataset.image_name(Split::Train, 0).ends_with("a.png")), (1, true));
}

#[test]
fn a_pipe_where_a_set_keeps_its_names_does_not_hang() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "data_batch_1.bin", &vec![1; 3073]);
    let made =
        std::process::Command::new("mkfifo").arg(root.path().join("batches.meta.txt")).status().unwrap();
    assert!(made.success());
    let dataset = opened(root.path());
    assert_eq!((dataset.train_len(), dataset.class_names().iter().any(|name| name.is_empty())), (1, false));
}

#[test]
fn an_empty_class_folder_is_left_out() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/1.png", &encoded(2, 2, ImageFormat::Png));
    put(root.path(), "c/1.png", &encoded(2, 2, ImageFormat::Png));
    std::fs::create_dir(root.path().join("b")).unwrap();
    assert_eq!(opened(root.path()).class_names(), ["a", "c"]);
}

/// Set in the process that [`a_folder_without_permission_is_refused_by_name`] starts as another user.
const UNPRIVILEGED: &str = "VITALS_TEST_UNPRIVILEGED_FOLDER";

#[test]
fn a_folder_without_permission_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    if let Some(folder) = std::env::var_os(UNPRIVILEGED) {
        let error = open(&spec(Path::new(&folder))).err().unwrap().to_string();
        assert!(error.ends_with("locked class: Permission denied (os error 13)"), "{error}");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a/1.png", &encoded(2, 2, ImageFormat::Png));
    put(root.path(), "locked class/1.png", &encoded(2, 2, ImageFormat::Png));
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(root.path(), 0o755);
    mode(&root.path().join("locked class"), 0o000);
    // Root may read everything: there, another user has to look.
    let root_is_us = std::fs::read_dir(root.path().join("locked class")).is_ok();
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "a_folder_without_permission_is_refused_by_name"]).env(UNPRIVILEGED, root.path());
    again.current_dir("/");
    if root_is_us {
        again.uid(65_534).gid(65_534);
    }
    let output = again.output();
    mode(&root.path().join("locked class"), 0o755);
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
        // The build lies where nobody else may look.
        Err(error) => vitals_fixtures::not_run(error),
    }
}
