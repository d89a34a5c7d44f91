//! Lists of labels that lie beside images without class folders: Tiny ImageNet's `val_annotations.txt` and Kaggle's
//! `LOC_val_solution.csv`. Reads what such a list says; which images it is for is decided by where it lies.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use vitals_files::open_regular;

use super::split_name::{SplitName, split_of};
use crate::{DataError, Result};

/// True for the names of lists that we read.
pub(crate) fn is_list_name(name: &str) -> bool {
    name.ends_with("_annotations.txt") || (name.starts_with("LOC_") && name.ends_with("_solution.csv"))
}

/// Class by image, as a list says it.
pub(crate) struct List {
    pub path: PathBuf,
    classes: HashMap<OsString, OsString>,
}

impl List {
    /// Reads a list of lines `NAME<tab>CLASS…` or `NAME,CLASS …`.
    fn read(path: &Path) -> Result<Self> {
        let text =
            open_regular(path).and_then(std::io::read_to_string).map_err(|e| DataError::io(path, e))?;
        let line = |line: &str| {
            let (name, rest) = line.split_once(['\t', ','])?;
            let class = rest.split(['\t', ',', ' ']).next()?;
            (!class.is_empty()).then(|| (name.trim().into(), class.trim().into()))
        };
        Ok(Self { path: path.to_path_buf(), classes: text.lines().filter_map(line).collect() })
    }

    /// The class of an image, by its file name with or without what follows the last dot.
    pub(crate) fn class_of(&self, image: &Path) -> Option<OsString> {
        let by = |name: Option<&std::ffi::OsStr>| self.classes.get(name?).cloned();
        by(image.file_name()).or_else(|| by(image.file_stem()))
    }
}

/// The list for `split`, whose folder is `folder`: one in that folder, else Kaggle's for that split anywhere in `files`.
///
/// # Errors
/// The list cannot be read.
pub(crate) fn for_split(split: SplitName, folder: &Path, files: &[PathBuf]) -> Result<Option<List>> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lists = || files.iter().filter(|path| is_list_name(&name(path)));
    let inside = lists().find(|path| path.parent() == Some(folder));
    let kaggle =
        || lists().find(|path| name(path).starts_with("LOC_") && split_of(&name(path)) == Some(split));
    inside.or_else(kaggle).map(|path| List::read(path)).transpose()
}
