//! Which form a path has, by what it holds: Parquet, tar shards, IDX, CIFAR or image files. One form is read; what lies beside
//! it is left out and told, and where two could be the set, neither is.

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
        found.findings.leave(Why::NotImages, shown(path.strip_prefix(root).unwrap_or(path).as_os_str()));
    }
    Ok(found)
}

/// Opens what the folder `root` holds, and names the files of labels that lie in it.
fn open_one_of(root: &Path) -> Result<(Found, Vec<PathBuf>)> {
    let mut findings = Findings::default();
    let wanted = |name: &str| {
        form_of(name).is_some() || is_packed(name) || idx::is_labels_name(name) || listed::is_list_name(name)
    };
    let mut disk = tree::read(root, &wanted, &mut findings)?;
    let relative = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_path_buf();
    let mut of_form: Vec<(Form, PathBuf)> = Vec::new();
    let (mut packed_files, mut labels) = (Vec::new(), Vec::new());
    for path in &disk.files {
        let (name, depth) = (name_of(path), relative(path).components().count());
        match form_of(&name) {
            Some(_) if depth > FILE_DEPTH + 1 => {
                findings.leave(Why::TooDeep, shown(relative(path).as_os_str()));
            }
            Some(form) => of_form.push((form, path.clone())),
            None if is_packed(&name) => packed_files.push(path.clone()),
            None => labels.push(path.clone()),
        }
    }
    let refuse = |why| DataError::ambiguous(root, why);
    let of = |form: Form| of_form.iter().filter(move |(other, _)| *other == form).map(|(_, path)| path);
    let mut forms: Vec<Form> = of_form.iter().map(|(form, _)| *form).collect();
    forms.sort_unstable();
    forms.dedup();
    let first = |form: Form| of(form).next().map(|path| shown(relative(path).as_os_str()));
    if forms.len() > 1 {
        let names = forms.iter().filter_map(|form| first(*form)).collect();
        return Err(refuse(Refusal::SeveralForms { names }));
    }
    if let Some(&form) = forms.first() {
        let choice = beside(&disk, form);
        let images = || disk.tree.holding().map(tree::Folder::label);
        match choice {
            Choice::Files => {
                let loose = disk.tree.total() as u64;
                let images =
                    std::mem::replace(&mut disk.tree, tree::Folder::new(PathBuf::new())).into_images();
                if let Some(image) = images.first() {
                    findings.leave_many(Why::ImagesBesideFiles, loose, 0, shown(relative(image).as_os_str()));
                }
                leave_packed(&packed_files, root, &mut findings);
                let found = open_form(form, root, of(form).cloned().collect(), findings)?;
                return Ok((found, labels));
            }
            Choice::Folders => {}
            Choice::Neither => {
                let names = first(form).into_iter().chain(images().take(3)).collect();
                return Err(refuse(Refusal::SeveralForms { names }));
            }
        }
        leave_packed(&of(form).cloned().collect::<Vec<_>>(), root, &mut findings);
    }
    if let Some(first) = packed_files.first().filter(|_| disk.tree.total() == 0) {
        return Err(packed(first));
    }
    leave_packed(&packed_files, root, &mut findings);
    let plan = layout::plan(&disk.tree).map_err(refuse)?;
    Ok((folder::open(root, disk, &plan, findings)?, labels))
}

/// What a folder that holds both files of a form and images is read as.
enum Choice {
    Files,
    Folders,
    Neither,
}

/// Split folders of images win over archives, which often are what they were unpacked from; a few pictures beside files are
/// no set; of two whole ones neither is chosen.
fn beside(disk: &Disk, form: Form) -> Choice {
    if disk.tree.total() == 0 {
        return Choice::Files;
    }
    let is_archive = form == Form::Tar;
    match layout::plan(&disk.tree) {
        Ok(Plan { splits, .. }) if !splits.is_empty() => {
            if is_archive {
                Choice::Folders
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

fn leave_packed(files: &[PathBuf], root: &Path, findings: &mut Findings) {
    for path in files {
        findings.leave(Why::Archives, shown(path.strip_prefix(root).unwrap_or(path).as_os_str()));
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
