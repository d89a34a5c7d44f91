//! Folders of image files: class folders, flat folders without labels, and `train`/`val`/`test` folders of
//! either. Files are listed once, sorted by name, and read when asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::split_name::{SplitName, split_of};
use super::{FileEntry, Found, Reason, Source};
use crate::decode::Wanted;
use crate::{DataError, Result, RgbImage, decode};

/// Extensions of files that are taken for images.
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Folders nested deeper than this are not searched: a guard against loops of symbolic links.
const MAX_DEPTH: usize = 12;

/// True where a file name ends like an image's.
pub(crate) fn is_image_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ext)| EXTENSIONS.contains(&ext.to_ascii_lowercase().as_str()))
}

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
    ) -> std::result::Result<(), Reason> {
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

/// A folder's content, sorted by name.
struct Listing {
    folders: Vec<PathBuf>,
    images: Vec<PathBuf>,
}

fn list(folder: &Path) -> Result<Listing> {
    let mut listing = Listing { folders: Vec::new(), images: Vec::new() };
    for entry in std::fs::read_dir(folder).map_err(|e| DataError::io(folder, e))? {
        let entry = entry.map_err(|e| DataError::io(folder, e))?;
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        // The entry's own type saves a look at each of a million files; only links are followed.
        let kind = entry.file_type().map_err(|e| DataError::io(&path, e))?;
        if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
            listing.folders.push(path);
        } else if is_image_name(&name.to_string_lossy()) {
            // Opening a pipe or a device would wait for ever.
            if !kind.is_file() && std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
                tracing::warn!(path = %path.display(), "named like an image but no regular file; left out");
                continue;
            }
            listing.images.push(path);
        }
    }
    listing.folders.sort();
    listing.images.sort();
    Ok(listing)
}

/// All images below `folder`, depth first in name order.
fn images_below(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result<()> {
    let listing = list(folder)?;
    into.extend(listing.images);
    if depth < MAX_DEPTH {
        for sub in &listing.folders {
            images_below(sub, depth + 1, into)?;
        }
    }
    Ok(())
}

/// Images of a split by class name, or without classes.
enum Layout {
    Classes(BTreeMap<String, Vec<PathBuf>>),
    Flat(Vec<PathBuf>),
}

/// Class folders where `folder` holds no image itself; else all images below it, without labels.
fn layout_of(folder: &Path) -> Result<Layout> {
    let listing = list(folder)?;
    if !listing.images.is_empty() || listing.folders.is_empty() {
        let mut images = Vec::new();
        images_below(folder, 0, &mut images)?;
        return Ok(Layout::Flat(images));
    }
    let mut classes = BTreeMap::new();
    for class in &listing.folders {
        let mut images = Vec::new();
        images_below(class, 1, &mut images)?;
        if images.is_empty() {
            tracing::warn!(folder = %class.display(), "class folder holds no images; left out");
        } else {
            classes.insert(file_name(class), images);
        }
    }
    Ok(Layout::Classes(classes))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The split folders of `root`, or `None` where its folders are something else (a class may be called
/// "train": only when every folder is a split's name are they splits).
fn split_folders(root: &Path) -> Result<Option<BTreeMap<SplitName, PathBuf>>> {
    let listing = list(root)?;
    let mut splits = BTreeMap::new();
    for folder in &listing.folders {
        let name = file_name(folder);
        match split_of(&name).filter(|_| name.chars().all(char::is_alphanumeric)) {
            Some(split) => splits.insert(split, folder.clone()),
            None => return Ok(None),
        };
    }
    Ok((listing.images.is_empty() && splits.contains_key(&SplitName::Train)).then_some(splits))
}

/// Opens the image folder `root`.
pub(crate) fn open(root: &Path) -> Result<Found> {
    let splits =
        split_folders(root)?.unwrap_or_else(|| BTreeMap::from([(SplitName::Train, root.to_path_buf())]));
    let mut layouts = BTreeMap::new();
    let mut class_names: Vec<String> = Vec::new();
    for (split, folder) in splits {
        let layout = layout_of(&folder)?;
        if let Layout::Classes(classes) = &layout {
            // Train comes first: classes that only a later split has get labels after all of train's.
            class_names.extend(
                classes.keys().filter(|name| !class_names.contains(name)).cloned().collect::<Vec<_>>(),
            );
        }
        layouts.insert(split, layout);
    }
    let label_of: BTreeMap<&str, u32> = class_names.iter().map(String::as_str).zip(0u32..).collect();

    let mut found = Found::default();
    for (split, layout) in layouts {
        let labelled: Vec<(PathBuf, Option<u32>)> = match layout {
            Layout::Flat(images) => images.into_iter().map(|path| (path, None)).collect(),
            Layout::Classes(classes) => classes
                .into_iter()
                .flat_map(|(class, images)| {
                    let label = label_of.get(class.as_str()).copied();
                    images.into_iter().map(move |path| (path, label))
                })
                .collect(),
        };
        if labelled.is_empty() {
            continue;
        }
        let mut source = FolderSource { files: Vec::with_capacity(labelled.len()), labels: Vec::new() };
        for (path, label) in labelled {
            source.files.push(FileEntry::new(root, &path)?);
            source.labels.push(label);
        }
        found.files.extend(source.files.iter().cloned());
        found.set(split, Box::new(source));
    }
    found.class_names = class_names;
    Ok(found)
}
