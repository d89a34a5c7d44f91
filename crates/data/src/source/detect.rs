//! Which format a path has, by what it holds. Order: parquet, tar shards, IDX, CIFAR, image files; a folder with none of
//! them is an error that says what would be read.

use std::path::{Path, PathBuf};

use super::{Found, cifar, folder, idx, parquet_rows, tar_shards};
use crate::error::Missing;
use crate::{DataError, Result};

/// Parquet and tar shards may lie this many folders deep (`data/train/0000.parquet`).
const SHARD_DEPTH: usize = 3;

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

fn open_file(path: &Path) -> Result<Found> {
    let root = path.parent().unwrap_or(path);
    let (name, one) = (name_of(path), [path.to_path_buf()]);
    let mut found = if name.ends_with(".parquet") {
        parquet_rows::open(root, &one)?
    } else if name.ends_with(".tar") {
        tar_shards::open(root, &one)?
    } else if is_compressed_tar(&name) {
        return Err(compressed(path));
    } else if let Some(layout) = cifar::layout_of(std::slice::from_ref(&name)) {
        cifar::open(root, &one, layout)?
    } else {
        // IDX files bear many names; the parser says clearly when it is none.
        idx::open(root, &one)?
    };
    // A single file is the training data, whatever its name says.
    if found.train.is_none() {
        found.train = found.validation.take().or(found.test.take());
    }
    Ok(found)
}

fn open_folder(root: &Path) -> Result<Found> {
    let mut shards = Vec::new();
    files_below(root, SHARD_DEPTH, &|name| name.ends_with(".parquet"), &mut shards)?;
    if !shards.is_empty() {
        return parquet_rows::open(root, &shards);
    }
    files_below(root, SHARD_DEPTH, &|name| name.ends_with(".tar"), &mut shards)?;
    if !shards.is_empty() {
        return tar_shards::open(root, &shards);
    }
    files_below(root, 0, &is_compressed_tar, &mut shards)?;
    if let Some(first) = shards.first() {
        return Err(compressed(first));
    }
    let mut idx_files = Vec::new();
    files_below(root, 1, &idx::is_images_name, &mut idx_files)?;
    if !idx_files.is_empty() {
        return idx::open(root, &prefer_plain(idx_files));
    }
    let mut bins = Vec::new();
    files_below(root, 0, &|name| name.ends_with(".bin"), &mut bins)?;
    let names: Vec<String> = bins.iter().map(|path| name_of(path)).collect();
    if let Some(layout) = cifar::layout_of(&names) {
        return cifar::open(root, &bins, layout);
    }
    folder::open(root)
}

fn is_compressed_tar(name: &str) -> bool {
    [".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"].iter().any(|end| name.ends_with(end))
}

fn compressed(path: &Path) -> DataError {
    let what = "a compressed archive cannot be read image by image: unpack it once to a .tar or a folder";
    DataError::format(path, what)
}

/// Of `x` and `x.gz`, the plain one: both are the same images.
fn prefer_plain(files: Vec<PathBuf>) -> Vec<PathBuf> {
    let plain = |path: &PathBuf| path.extension().is_some_and(|e| e == "gz").then(|| path.with_extension(""));
    files.iter().filter(|path| plain(path).is_none_or(|other| !files.contains(&other))).cloned().collect()
}

/// Files at most `depth` folders below `folder` whose name is `wanted`, sorted by path.
fn files_below(
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&str) -> bool,
    into: &mut Vec<PathBuf>,
) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|e| DataError::io(folder, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| DataError::io(folder, e))?.path());
    }
    paths.sort();
    for path in paths {
        let name = name_of(&path);
        if name.starts_with('.') || folder::is_image_name(&name) {
            continue;
        }
        if wanted(&name) {
            if path.is_file() {
                into.push(path);
            }
        } else if depth > 0 && path.is_dir() {
            files_below(&path, depth - 1, wanted, into)?;
        }
    }
    Ok(())
}
