//! The binary versions of CIFAR-10 (`data_batch_*.bin`, `test_batch.bin`) and CIFAR-100 (`train.bin`,
//! `test.bin`): records of one or two label bytes and 32×32 pixels as three planes. Read whole into memory.

use std::path::{Path, PathBuf};

use vitals_files::read_regular;

use super::split_name::{SplitName, some_of};
use super::{FileEntry, Found, Reason, Source, relative_name};
use crate::decode::{Pixels, Wanted};
use crate::error::Refusal;
use crate::findings::{Findings, Labels, Said};
use crate::{DataError, Result, RgbImage};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;

/// Which of the two layouts a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One label byte.
    Cifar10,
    /// A coarse label byte, then the fine one that we use.
    Cifar100,
}

impl Layout {
    fn label_bytes(self) -> usize {
        match self {
            Layout::Cifar10 => 1,
            Layout::Cifar100 => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Layout::Cifar10 => "CIFAR-10",
            Layout::Cifar100 => "CIFAR-100",
        }
    }

    fn classes(self) -> u8 {
        match self {
            Layout::Cifar10 => 10,
            Layout::Cifar100 => 100,
        }
    }

    fn record(self) -> usize {
        self.label_bytes() + 3 * PLANE
    }
}

/// Checks that `bytes` is a whole number of records with labels in range, and returns that number.
pub(crate) fn check(bytes: &[u8], layout: Layout) -> std::result::Result<usize, String> {
    let record = layout.record();
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(format!(
            "{} bytes are not a whole number of CIFAR records of {record} bytes",
            bytes.len()
        ));
    }
    let bad = bytes.chunks_exact(record).position(|r| r[layout.label_bytes() - 1] >= layout.classes());
    match bad {
        Some(index) => Err(format!("record {index} has a label beyond {}", layout.classes() - 1)),
        None => Ok(bytes.len() / record),
    }
}

/// One split: the records of its files, in order.
struct CifarSource {
    layout: Layout,
    records: Vec<u8>,
    /// Name of each file and the number of records before it.
    files: Vec<(String, usize)>,
}

impl CifarSource {
    fn record(&self, index: usize) -> &[u8] {
        let bytes = self.layout.record();
        &self.records[index * bytes..(index + 1) * bytes]
    }
}

impl Source for CifarSource {
    fn len(&self) -> usize {
        self.records.len() / self.layout.record()
    }

    fn label(&self, index: usize) -> Option<u32> {
        (index < self.len()).then(|| u32::from(self.record(index)[self.layout.label_bytes() - 1]))
    }

    fn name(&self, index: usize) -> String {
        let (file, before) = &self.files[self.files.partition_point(|f| f.1 <= index).saturating_sub(1)];
        format!("{file} #{}", index - before)
    }

    fn decode_into(
        &self,
        index: usize,
        _: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<Pixels, Reason> {
        let planes = &self.record(index)[self.layout.label_bytes()..];
        let (red, rest) = planes.split_at(PLANE);
        let (green, blue) = rest.split_at(PLANE);
        let pixels = image.reshape(SIDE as u32, SIDE as u32).chunks_exact_mut(3);
        for (rgb, ((&r, &g), &b)) in pixels.zip(red.iter().zip(green).zip(blue)) {
            rgb.copy_from_slice(&[r, g, b]);
        }
        Ok(Pixels::Exact)
    }

    fn image_size(&self) -> Option<(u32, u32)> {
        Some((SIDE as u32, SIDE as u32))
    }
}

/// The layout and split that a file's name announces, or `None` where it is not CIFAR's.
pub(crate) fn layout_of(name: &str) -> Option<(Layout, SplitName)> {
    let numbered = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match name.strip_suffix(".bin")? {
        "test_batch" => Some((Layout::Cifar10, SplitName::Test)),
        "train" => Some((Layout::Cifar100, SplitName::Train)),
        "test" => Some((Layout::Cifar100, SplitName::Test)),
        name if name.strip_prefix("data_batch_").is_some_and(numbered) => {
            Some((Layout::Cifar10, SplitName::Train))
        }
        _ => None,
    }
}

/// True where a file that is named like CIFAR's is as long as some number of its records.
pub(crate) fn has_whole_records(path: &Path, name: &str) -> bool {
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    layout_of(name).is_some_and(|(layout, _)| bytes > 0 && bytes.is_multiple_of(layout.record() as u64))
}

/// Opens the CIFAR files `files` (sorted) below `root`.
///
/// # Errors
/// Files of both layouts or in several folders, or what reading a file says.
pub(crate) fn open(root: &Path, files: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let known: Vec<(Layout, SplitName, PathBuf)> =
        files.into_iter().filter_map(|path| layout_of(&name(&path)).map(|(l, s)| (l, s, path))).collect();
    let Some((layout, _, first)) = known.first() else { return Ok(Found::default()) };
    let (layout, folder) = (*layout, first.parent().unwrap_or(root).to_path_buf());
    let mut sets: Vec<String> = known
        .iter()
        .map(|(layout, _, path)| {
            let folder = path.parent().and_then(|folder| folder.strip_prefix(root).ok()).unwrap_or(root);
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            format!("{} in {}", layout.name(), folder.display())
        })
        .collect();
    sets.dedup();
    if sets.len() > 1 {
        return Err(DataError::ambiguous(root, Refusal::SeveralSets { names: some_of(sets) }));
    }
    let mut found = Found { findings, ..Found::default() };
    if folder != root {
        found.findings.notes.push(Said::Inside { folder: relative_name(root, &folder) });
    }
    found.findings.labels = Labels::Records;
    let empty = || CifarSource { layout, records: Vec::new(), files: Vec::new() };
    let (mut train, mut test) = (empty(), empty());
    for (_, split, path) in known {
        let bytes = read_regular(&path).map_err(|e| DataError::io(&path, e))?;
        check(&bytes, layout).map_err(|what| DataError::format(&path, what))?;
        let split = if split == SplitName::Test { &mut test } else { &mut train };
        split.files.push((name(&path), split.len()));
        split.records.extend_from_slice(&bytes);
        found.files.push(FileEntry::new(&folder, &path)?);
    }
    found.train = (train.len() > 0).then(|| Box::new(train) as Box<dyn Source>);
    found.test = (test.len() > 0).then(|| Box::new(test) as Box<dyn Source>);
    found.class_names = class_names(&folder, layout);
    Ok(found)
}

/// Class names from the text file of the archive, where it lies beside the data.
fn class_names(folder: &Path, layout: Layout) -> Vec<String> {
    let file = match layout {
        Layout::Cifar10 => "batches.meta.txt",
        Layout::Cifar100 => "fine_label_names.txt",
    };
    let text = read_regular(&folder.join(file)).unwrap_or_default();
    let text = String::from_utf8(text).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn planes_become_pixels() {
        let mut record = vec![7u8];
        for plane in 0..3u8 {
            record.extend((0..PLANE).map(|i| (i as u8).wrapping_add(plane)));
        }
        let source =
            CifarSource { layout: Layout::Cifar10, records: record, files: vec![("a.bin".into(), 0)] };
        let mut image = RgbImage::default();
        source.decode_into(0, &crate::decode::whole, &mut image).unwrap();
        assert_eq!((image.width, image.height, source.label(0)), (32, 32, Some(7)));
        assert_eq!(image.pixels[..6], [0, 1, 2, 1, 2, 3]);
    }

    #[test]
    fn names_point_into_files() {
        let files = vec![("one".to_owned(), 0), ("two".to_owned(), 2)];
        let source = CifarSource { layout: Layout::Cifar10, records: vec![0; 4 * 3073], files };
        let names: Vec<_> = (0..4).map(|i| source.name(i)).collect();
        assert_eq!(names, ["one #0", "one #1", "two #0", "two #1"]);
    }

    proptest! {
        #[test]
        fn check_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..7000), hundred in any::<bool>()) {
            let _ = check(&bytes, if hundred { Layout::Cifar100 } else { Layout::Cifar10 });
        }

        #[test]
        fn every_checked_record_decodes(records in 1usize..4, label in any::<u8>(), hundred in any::<bool>()) {
            let layout = if hundred { Layout::Cifar100 } else { Layout::Cifar10 };
            let bytes = vec![label; records * layout.record()];
            match check(&bytes, layout) {
                Ok(n) => prop_assert_eq!(n, records),
                Err(what) => prop_assert!(label >= layout.classes(), "{}", what),
            }
        }
    }
}
