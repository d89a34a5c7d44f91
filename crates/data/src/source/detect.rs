//! Which form a path has, by what it holds: Parquet, tar shards, IDX, CIFAR or image files. One form is read; what lies beside
//! it is left out and told, and where two could be the set, neither is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layout::{self, Plan};
use super::shown::shown;
use super::tree::{self, Disk};
use super::{Found, cifar, folder, idx, listed, parquet_rows, tar_shards};
use crate::error::{Missing, Refusal};
use crate::findings::{Findings, Why};
use crate::{DataError, Result};

/// Files that hold a set may lie this many folders deep (`data/train/0000.parquet`).
const FILE_DEPTH: usize = 3;

/// Opens whatever `path` holds.
pub(crate) fn detect(path: &Path) -> Result<Found> {
    let metadata = std::fs::metadata(path).map_err(|e| DataError::io(path, e))?;
    let found = if metadata.is_file() { open_file(path)? } else { open_folder(path)? };
    if found.train.is_none() && found.validation.is_none() && found.test.is_none() {
        return Err(DataError::Empty { path: path.to_path_buf(), expected: Missing::Images });
    }
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A form that files hold a set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Parquet,
    Tar,
    Idx,
    Cifar,
}

fn form_of(name: &str) -> Option<Form> {
    if name.ends_with(".parquet") {
        Some(Form::Parquet)
    } else if name.ends_with(".tar") {
        Some(Form::Tar)
    } else if idx::is_images_name(name) {
        Some(Form::Idx)
    } else if cifar::layout_of(name).is_some() {
        Some(Form::Cifar)
    } else {
        None
    }
}

fn open_form(form: Form, root: &Path, files: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    match form {
        Form::Parquet => parquet_rows::open(root, files, findings),
        Form::Tar => tar_shards::open(root, files, findings),
        Form::Idx => idx::open(root, files, findings),
        Form::Cifar => cifar::open(root, files, findings),
    }
}

fn open_file(path: &Path) -> Result<Found> {
    let root = path.parent().unwrap_or(path);
    let name = name_of(path);
    if is_packed(&name) {
        return Err(packed(path));
    }
    // IDX files bear many names; the parser says clearly when it is none.
    let form = form_of(&name).unwrap_or(Form::Idx);
    let mut found = open_form(form, root, vec![path.to_path_buf()], Findings::default())?;
    // A single file is the training data, whatever its name says.
    if found.train.is_none() {
        found.train = found.validation.take().or(found.test.take());
    }
    Ok(found)
}

fn open_folder(root: &Path) -> Result<Found> {
    let (mut found, labels) = open_one_of(root)?;
    // Labels of something else than what is read.
    for path in labels.iter().filter(|path| found.files.iter().all(|file| file.path != **path)) {
        found.findings.leave(Why::NotImages, inside(root, path));
    }
    Ok(found)
}

/// `path` as people are told it, relative to `root`.
fn inside(root: &Path, path: &Path) -> String {
    shown(path.strip_prefix(root).unwrap_or(path).as_os_str())
}

/// The files of a folder that are no images, by what they are for.
#[derive(Default)]
struct Files {
    /// Files that hold a set, by their form.
    sets: BTreeMap<Form, Vec<PathBuf>>,
    packed: Vec<PathBuf>,
    /// Files that say labels of others.
    labels: Vec<PathBuf>,
}

impl Files {
    fn of(root: &Path, files: &[PathBuf], findings: &mut Findings) -> Self {
        let mut sorted = Self::default();
        for path in files {
            let (name, folders) =
                (name_of(path), path.strip_prefix(root).map_or(0, |p| p.components().count() - 1));
            match form_of(&name) {
                Some(_) if folders > FILE_DEPTH => findings.leave(Why::TooDeep, inside(root, path)),
                // Other programs have a train.bin too; one at the top that is damaged is told as such.
                Some(Form::Cifar) if folders > 0 && !cifar::has_whole_records(path, &name) => {
                    findings.leave(Why::NotImages, inside(root, path));
                }
                Some(form) => sorted.sets.entry(form).or_default().push(path.clone()),
                None if is_packed(&name) => sorted.packed.push(path.clone()),
                None => sorted.labels.push(path.clone()),
            }
        }
        sorted
    }
}

/// Opens what the folder `root` holds, and names the files of labels that lie in it.
fn open_one_of(root: &Path) -> Result<(Found, Vec<PathBuf>)> {
    let mut findings = Findings::default();
    let wanted = |name: &str| {
        form_of(name).is_some() || is_packed(name) || idx::is_labels_name(name) || listed::is_list_name(name)
    };
    let mut disk = tree::read(root, &wanted, &mut findings)?;
    let Files { sets, packed: packed_files, labels } = Files::of(root, &disk.files, &mut findings);
    let refuse = |why| DataError::ambiguous(root, why);
    let firsts = || sets.values().filter_map(|files| files.first()).map(|path| inside(root, path));
    if sets.len() > 1 {
        return Err(refuse(Refusal::SeveralForms { names: firsts().collect() }));
    }
    let leave = |why: Why, files: &[PathBuf], findings: &mut Findings| {
        files.iter().for_each(|path| findings.leave(why.clone(), inside(root, path)));
    };
    if let Some((&form, files)) = sets.first_key_value() {
        match beside(&disk, form, files) {
            Choice::Files => {
                let tree = std::mem::replace(&mut disk.tree, tree::Folder::new(PathBuf::new()));
                leave(Why::ImagesBesideFiles, &tree.into_images(), &mut findings);
                leave(Why::Archives, &packed_files, &mut findings);
                return Ok((open_form(form, root, files.clone(), findings)?, labels));
            }
            Choice::Folders(why) => leave(why, files, &mut findings),
            Choice::Neither => {
                let folders = disk.tree.holding().map(tree::Folder::label).take(3);
                return Err(refuse(Refusal::SeveralForms { names: firsts().chain(folders).collect() }));
            }
        }
    }
    if let Some(first) = packed_files.first().filter(|_| disk.tree.total() == 0) {
        return Err(packed(first));
    }
    leave(Why::Archives, &packed_files, &mut findings);
    let plan = layout::plan(&disk.tree).map_err(refuse)?;
    Ok((folder::open(root, disk, &plan, findings)?, labels))
}

/// What a folder that holds both files of a form and images is read as.
enum Choice {
    Files,
    /// The files are left out, and why.
    Folders(Why),
    Neither,
}

/// Split folders of images win over archives, which often are what they were unpacked from, and any image over tables without
/// images; a few pictures beside files are no set; of two whole ones neither is chosen.
fn beside(disk: &Disk, form: Form, files: &[PathBuf]) -> Choice {
    if disk.tree.total() == 0 {
        return Choice::Files;
    }
    if form == Form::Parquet && !files.iter().any(|path| parquet_rows::holds_images(path)) {
        return Choice::Folders(Why::NotImages);
    }
    let is_archive = form == Form::Tar;
    match layout::plan(&disk.tree) {
        Ok(Plan { splits, .. }) if !splits.is_empty() => {
            if is_archive {
                Choice::Folders(Why::Archives)
            } else {
                Choice::Neither
            }
        }
        Ok(Plan { base, .. }) => {
            let has_classes = !base.as_os_str().is_empty() || disk.tree.holding().count() > 1;
            if is_archive && has_classes { Choice::Neither } else { Choice::Files }
        }
        Err(_) if is_archive => Choice::Neither,
        Err(_) => Choice::Files,
    }
}

/// Archives whose members have no places.
fn is_packed(name: &str) -> bool {
    const ENDS: [&str; 9] =
        [".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tbz2", ".zip", ".7z", ".rar"];
    ENDS.iter().any(|end| name.ends_with(end))
}

fn packed(path: &Path) -> DataError {
    let what = "a compressed archive cannot be read image by image: unpack it once to a .tar or a folder";
    DataError::format(path, what)
}
