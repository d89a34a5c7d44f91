//! Image files on disk: class folders, flat folders without labels, and split folders of either. Files are listed once,
//! sorted by name, and read when asked for. Which folder is what is decided in [`super::layout`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layout::{self, Plan};
use super::shown::shown;
use super::tree::Disk;
use super::{FileEntry, Found, Reason, Source, listed};
use crate::decode::{Pixels, Wanted};
use crate::findings::{Findings, Labels, Said};
use crate::{DataError, Result, RgbImage, decode};

/// The images of one split.
struct FolderSource {
    files: Vec<FileEntry>,
    labels: Vec<Option<u32>>,
}

impl Source for FolderSource {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index).copied().flatten()
    }

    fn name(&self, index: usize) -> String {
        self.files[index].path.display().to_string()
    }

    fn decode_into(
        &self,
        index: usize,
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<Pixels, Reason> {
        decode::decode_file(&self.files[index].path, wanted, image)
    }

    fn image_size(&self) -> Option<(u32, u32)> {
        // Sixteen headers across the set: enough to call it uniform for a suggestion in a form.
        let step = self.files.len().div_ceil(16).max(1);
        let mut sizes = self
            .files
            .iter()
            .step_by(step)
            .map(|file| decode::dimensions_of_part(&file.path, 0, file.bytes).ok());
        let first = sizes.next()??;
        sizes.all(|size| size == Some(first)).then_some(first)
    }
}

/// Opens the images of `disk`, which lies at `root`, in the layout that `plan` found.
///
/// # Errors
/// The layout can be read in more than one way, or a file cannot be read.
pub(crate) fn open(root: &Path, disk: Disk, plan: &Plan, mut findings: Findings) -> Result<Found> {
    let base = root.join(&plan.base);
    let name = |path: &PathBuf| shown(path.strip_prefix(root).unwrap_or(path).as_os_str());
    let splits = layout::cut(disk.tree, plan, &mut findings, &name);
    let mut lists = BTreeMap::new();
    for (&split, folder) in splits.iter().filter(|_| !plan.splits.is_empty()) {
        if let Some(list) = listed::for_split(split, &root.join(&folder.path), &disk.files)? {
            lists.insert(split, list);
        }
    }
    let mut used = BTreeMap::new();
    let mut class_of = |split, image: &PathBuf| {
        let list: &listed::List = lists.get(&split)?;
        let class = list.class_of(image)?;
        used.insert(split, list.path.clone());
        Some(class)
    };
    let classes = layout::label(splits, &mut findings, &name, &mut class_of)
        .map_err(|why| DataError::ambiguous(root, why))?;
    findings.labels = match used.values().next() {
        _ if classes.names.is_empty() => Labels::Nowhere,
        Some(list) => Labels::Listed { file: name(list) },
        None => Labels::Folders,
    };
    let is_no_class = findings.notes.iter().any(|note| matches!(note, Said::FolderIsNoClass { .. }));
    let reading = if is_no_class { "a folder is no class" } else { "" };
    let mut found = Found { reading, class_names: classes.names, findings, ..Found::default() };
    for (split, images) in classes.splits {
        let mut source = FolderSource { files: Vec::with_capacity(images.len()), labels: Vec::new() };
        for (path, label) in images {
            source.files.push(FileEntry::new(&base, &path)?);
            source.labels.push(label);
        }
        found.files.extend(source.files.iter().cloned());
        if !source.files.is_empty() {
            found.set(split, Box::new(source));
        }
    }
    for list in used.values() {
        found.files.push(FileEntry::new(&base, list)?);
    }
    Ok(found)
}
