//! The identity of a data set: count, names, sizes and sampled content of its files. Not a checksum of every
//! byte: a change inside a large file between the sampled places goes unseen.

use std::os::unix::fs::FileExt;

use vitals_files::open_regular;

use crate::source::FileEntry;
use crate::{DataError, Result};

/// Files of which content is sampled, spread evenly over the list.
const SAMPLED_FILES: usize = 64;
/// Places sampled in each of them, first and last block included.
const SAMPLED_BLOCKS: u64 = 8;
const BLOCK_BYTES: u64 = 16 << 10;

/// Hashes `files`, the number of `images` per split, and `reading` where names and counts do not tell how the files are read.
/// The same set at another place has the same hash.
pub(crate) fn fingerprint(files: &[FileEntry], images: [u64; 3], reading: &str) -> Result<String> {
    let mut sorted: Vec<&FileEntry> = files.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = blake3::Hasher::new();
    hash.update(b"vitals-dataset-1");
    for count in images.into_iter().chain([sorted.len() as u64]) {
        hash.update(&count.to_le_bytes());
    }
    for file in &sorted {
        hash.update(&(file.name.len() as u64).to_le_bytes());
        hash.update(file.name.as_bytes());
        hash.update(&file.bytes.to_le_bytes());
    }
    let step = sorted.len().div_ceil(SAMPLED_FILES).max(1);
    for file in sorted.into_iter().step_by(step) {
        sample(file, &mut hash).map_err(|e| DataError::io(&file.path, e))?;
    }
    hash.update(reading.as_bytes());
    Ok(hash.finalize().to_hex().to_string())
}

/// Feeds blocks at even distances from the first to the last byte of `file`.
fn sample(file: &FileEntry, hash: &mut blake3::Hasher) -> std::io::Result<()> {
    let handle = open_regular(&file.path)?;
    let mut block = vec![0; BLOCK_BYTES.min(file.bytes) as usize];
    let last_start = file.bytes.saturating_sub(BLOCK_BYTES);
    let blocks = if last_start == 0 { 1 } else { SAMPLED_BLOCKS };
    for i in 0..blocks {
        let start = last_start.checked_mul(i).map_or(last_start, |at| at / (blocks - 1).max(1));
        handle.read_exact_at(&mut block, start)?;
        hash.update(&block);
    }
    Ok(())
}
