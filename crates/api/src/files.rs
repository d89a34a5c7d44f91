//! The sweep files of a workspace: TOML under `experiments/`, edited by the window and by any editor alike. A write
//! names the text that it replaces, so that nobody's edit is lost. A link in a file's place is replaced and never followed: the
//! workspace may be somebody else's.

use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use vitals_files::open_regular;
use vitals_journal::atomic_write;
use vitals_recipe::Bytes;

use crate::Context;
use crate::dto::{ApiError, ErrorCode, SweepText};
use crate::error::{Result, io_error, journal_error};
use crate::said::{Advice, Failure, Operation};

/// Sweep files may lie in folders, but not deeper than this.
const MAX_DEPTH: usize = 4;
/// Ten thousand runs, each written out in four hundred letters.
const MOST_BYTES: u64 = 4 << 20;

/// Hash of a text: what a write names as the text that it replaces.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// All sweep files, paths relative to the experiments folder, sorted.
pub fn list(context: &Context) -> Result<Vec<String>> {
    let root = context.experiments();
    let mut found = Vec::new();
    walk(&root, Path::new(""), 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(root: &Path, inside: &Path, depth: usize, found: &mut Vec<String>) -> Result<()> {
    let folder = root.join(inside);
    let entries = match std::fs::read_dir(&folder) {
        // A workspace that is only read may lack it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| io_error(Operation::List, &folder, &error))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| io_error(Operation::List, &folder, &error))?;
        let path = inside.join(entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < MAX_DEPTH {
            walk(root, &path, depth + 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "toml")
            && let Some(text) = path.to_str()
        {
            found.push(text.to_owned());
        }
    }
    Ok(())
}

/// The file's place; a name that would leave the experiments folder is refused.
pub fn place(context: &Context, file: &str) -> Result<PathBuf> {
    let path = Path::new(file);
    let inside = !file.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.extension().is_none_or(|extension| extension != "toml") {
        let error = ApiError::invalid(Failure::NoSweepFileName { file: file.to_owned() });
        return Err(error.hint(Advice::SweepFileName));
    }
    Ok(context.experiments().join(path))
}

pub fn read(context: &Context, file: &str) -> Result<SweepText> {
    let path = place(context, file)?;
    let text = text_of(&path).map_err(|error| unread(&path, &error))?;
    Ok(SweepText { file: file.to_owned(), hash: hash(&text), text })
}

/// The text of a sweep file that a person named, wherever it lies; a pipe, too.
///
/// # Errors
/// `invalid_input`: it cannot be read, is no text, or is too large to be a sweep.
pub fn named(path: &Path) -> Result<String> {
    let text = std::fs::File::open(path).and_then(capped);
    text.map_err(|error| ApiError::invalid(unread(path, &error).told))
}

/// A pipe in a file's place is refused instead of waited for.
fn text_of(path: &Path) -> io::Result<String> {
    capped(open_regular(path)?)
}

/// No more is read than a sweep can have.
fn capped(file: std::fs::File) -> io::Result<String> {
    let mut text = String::new();
    if file.take(MOST_BYTES + 1).read_to_string(&mut text)? as u64 > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

fn unread(path: &Path, error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => ApiError::invalid(Failure::FileTooLarge {
            file: path.display().to_string(),
            most: Bytes(MOST_BYTES),
        }),
        _ => io_error(Operation::Read, path, error),
    }
}

/// Replaces the text whose hash is `base`; `None` creates a file that must not exist.
///
/// # Errors
/// `conflict` where the file on disk is another one by now.
pub fn write(context: &Context, file: &str, text: &str, base: Option<&str>) -> Result<SweepText> {
    let path = place(context, file)?;
    let on_disk = match text_of(&path) {
        Ok(text) => Some(hash(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unread(&path, &error)),
    };
    if on_disk.as_deref() != base && on_disk != Some(hash(text)) {
        let file = file.to_owned();
        let said = match (&on_disk, base) {
            (Some(_), None) => Failure::FileExists { file },
            (None, Some(_)) => Failure::FileRemoved { file },
            _ => Failure::FileChanged { file },
        };
        return Err(ApiError::new(ErrorCode::Conflict, said).hint(Advice::CompareVersions));
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| io_error(Operation::Create, folder, &error))?;
    }
    atomic_write(&path, text.as_bytes()).map_err(|error| journal_error(&error))?;
    Ok(SweepText { file: file.to_owned(), hash: hash(text), text: text.to_owned() })
}

pub fn rename(context: &Context, file: &str, to: &str) -> Result<()> {
    let (from, to_path) = (place(context, file)?, place(context, to)?);
    if to_path.exists() {
        let said = Failure::FileExists { file: to.to_owned() };
        return Err(ApiError::new(ErrorCode::Conflict, said).hint(Advice::OtherName));
    }
    if let Some(folder) = to_path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| io_error(Operation::Create, folder, &error))?;
    }
    std::fs::rename(&from, &to_path).map_err(|error| io_error(Operation::Rename, &from, &error))
}

pub(crate) fn delete(context: &Context, file: &str) -> Result<()> {
    let path = place(context, file)?;
    std::fs::remove_file(&path).map_err(|error| io_error(Operation::Remove, &path, &error))
}
