//! Folders and the images in them, as decisions over layouts see them: of a disk, read once here, or of an archive. A folder
//! is read once however many links lead to it, so that links in a circle end. Decides nothing and opens no image.

use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::shown::shown;
use crate::findings::{Findings, Why};
use crate::{DataError, Result};

/// Extensions of files that are taken for images.
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];
/// Folders that systems and their programs leave everywhere, and that belong to nobody's data.
const OF_OTHER_PROGRAMS: [&str; 6] =
    ["__MACOSX", "lost+found", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "__pycache__"];
/// Folders nested deeper than this are not searched: a guard for the stack.
const MAX_DEPTH: usize = 24;

/// True where a file name ends like an image's.
pub(crate) fn is_image_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ext)| EXTENSIONS.contains(&ext.to_ascii_lowercase().as_str()))
}

/// True for folders that systems and their programs leave behind.
pub(crate) fn is_of_other_programs(name: &OsStr) -> bool {
    OF_OTHER_PROGRAMS.iter().any(|other| name == OsStr::new(other))
}

/// A folder: its own images in name order, and the folders in it, in name order.
#[derive(Debug)]
pub(crate) struct Folder<T> {
    /// Relative to the root, which has an empty one.
    pub path: PathBuf,
    pub images: Vec<T>,
    pub folders: Vec<Folder<T>>,
}

impl<T> Folder<T> {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, images: Vec::new(), folders: Vec::new() }
    }

    /// Its own name; empty for the root.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// Its name as text.
    pub(crate) fn label(&self) -> String {
        shown(self.name())
    }

    /// Images in it and in all folders below.
    pub(crate) fn total(&self) -> usize {
        self.images.len() + self.folders.iter().map(Self::total).sum::<usize>()
    }

    /// Folders that hold images at any depth.
    pub(crate) fn holding(&self) -> impl Iterator<Item = &Self> {
        self.folders.iter().filter(|folder| folder.total() > 0)
    }

    /// True where images lie in it itself and in no folder below.
    pub(crate) fn is_flat(&self) -> bool {
        self.holding().next().is_none()
    }

    /// All images, depth first in name order.
    pub(crate) fn into_images(self) -> Vec<T> {
        let mut all = self.images;
        all.extend(self.folders.into_iter().flat_map(Self::into_images));
        all
    }

    /// The folder at `path`, relative to this one, made where it is not there.
    pub(crate) fn at(&mut self, path: &Path) -> &mut Self {
        let mut folder = self;
        for name in path {
            let found = folder.folders.binary_search_by(|sub| sub.name().cmp(name));
            let place = found.unwrap_or_else(|place| {
                folder.folders.insert(place, Self::new(folder.path.join(name)));
                place
            });
            folder = &mut folder.folders[place];
        }
        folder
    }
}

/// A folder on disk: its images, and the other files that may hold a set or say something of it.
pub(crate) struct Disk {
    pub tree: Folder<PathBuf>,
    /// Sorted by path.
    pub files: Vec<PathBuf>,
}

/// Reads the folder `root`. Of files that are no images those are kept that are `wanted` by name; all that is left out goes to
/// `findings`.
///
/// # Errors
/// [`DataError::Io`] with the folder that cannot be read.
pub(crate) fn read(root: &Path, wanted: &dyn Fn(&str) -> bool, findings: &mut Findings) -> Result<Disk> {
    let mut walk =
        Walk { root, wanted, seen: HashSet::new(), links: BTreeSet::new(), files: Vec::new(), findings };
    let canonical = std::fs::canonicalize(root).map_err(|e| DataError::io(root, e))?;
    let mut tree = walk.folder(root, 0)?;
    // After all real folders, so that what is read anyway is read at its own place.
    while let Some(link) = walk.links.pop_first() {
        let target = std::fs::canonicalize(&link).map_err(|e| DataError::io(&link, e))?;
        let relative = walk.relative(&link);
        if canonical.starts_with(&target) || walk.is_known(&link)? {
            walk.findings.leave(Why::ReadAnyway, shown(relative.as_os_str()));
            continue;
        }
        *tree.at(&relative) = walk.folder(&link, relative.components().count())?;
    }
    walk.files.sort();
    Ok(Disk { tree, files: walk.files })
}

struct Walk<'a> {
    root: &'a Path,
    wanted: &'a dyn Fn(&str) -> bool,
    /// Device and number of every folder that was read.
    seen: HashSet<(u64, u64)>,
    /// Links to folders that were not followed yet.
    links: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    findings: &'a mut Findings,
}

impl Walk<'_> {
    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).unwrap_or(path).to_path_buf()
    }

    fn identity(path: &Path) -> Result<(u64, u64)> {
        let metadata = std::fs::metadata(path).map_err(|e| DataError::io(path, e))?;
        Ok((metadata.dev(), metadata.ino()))
    }

    fn is_known(&self, path: &Path) -> Result<bool> {
        Ok(self.seen.contains(&Self::identity(path)?))
    }

    fn folder(&mut self, path: &Path, depth: usize) -> Result<Folder<PathBuf>> {
        let mut folder = Folder::new(self.relative(path));
        let identity = Self::identity(path)?;
        if depth > MAX_DEPTH {
            self.findings.leave(Why::TooDeep, shown(folder.path.as_os_str()));
            return Ok(folder);
        }
        if !self.seen.insert(identity) {
            self.findings.leave(Why::ReadAnyway, shown(folder.path.as_os_str()));
            return Ok(folder);
        }
        let mut below = Vec::new();
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| DataError::io(path, e))? {
            let entry = entry.map_err(|e| DataError::io(path, e))?;
            // The entry's own type saves a look at each of a million files; only links are followed.
            let kind = entry.file_type().map_err(|e| DataError::io(entry.path(), e))?;
            entries.push((entry.file_name(), kind));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in entries {
            let at = path.join(&name);
            let is_folder = kind.is_dir() || (kind.is_symlink() && at.is_dir());
            match self.role(&name, is_folder) {
                Role::Folder if kind.is_symlink() => {
                    self.links.insert(at);
                }
                Role::Folder => below.push(at),
                // Opening a pipe or a device would wait for ever.
                Role::Image | Role::Wanted
                    if !kind.is_file() && std::fs::metadata(&at).is_ok_and(|m| !m.is_file()) =>
                {
                    self.leave(Why::NotRegular, &at);
                }
                Role::Image => folder.images.push(at),
                Role::Wanted => self.files.push(at),
                Role::LeftOut(why) => self.leave(why, &at),
            }
        }
        for sub in below {
            folder.folders.push(self.folder(&sub, depth + 1)?);
        }
        Ok(folder)
    }

    fn leave(&mut self, why: Why, path: &Path) {
        let relative = self.relative(path);
        self.findings.leave(why, shown(relative.as_os_str()));
    }

    fn role(&self, name: &OsString, is_folder: bool) -> Role {
        let text = name.to_string_lossy();
        if text.starts_with('.') {
            Role::LeftOut(Why::Hidden)
        } else if is_folder {
            if is_of_other_programs(name) { Role::LeftOut(Why::OtherPrograms) } else { Role::Folder }
        } else if is_image_name(&text) {
            Role::Image
        } else if (self.wanted)(&text) {
            Role::Wanted
        } else {
            Role::LeftOut(Why::NotImages)
        }
    }
}

/// What a folder's entry is for us.
enum Role {
    Folder,
    Image,
    Wanted,
    LeftOut(Why),
}
