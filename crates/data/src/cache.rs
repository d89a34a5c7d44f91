//! Decoded images kept for the next epoch: opt-in, in memory or in a file. No byte of a batch changes; what changes is
//! the use of memory or disk, and that an image which vanishes from the set after it was decoded goes unnoticed. Files
//! are read by place and not mapped: a mapped file that another program cuts short would end the process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use vitals_recipe::DecodedImages;

use crate::{DataError, Result, RgbImage};

mod disk;

pub(crate) use disk::Disk;

/// Where a user's programs keep what can be made again: `XDG_CACHE_HOME`, else `.cache` in the home folder. A variable that is
/// empty or holds a relative path does not count (XDG Base Directory Specification). `env` looks one up.
pub fn cache_folder(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

/// Where decoded images are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodedCache {
    /// At most `bytes` bytes of pixels in memory; later images are decoded each time.
    Memory { bytes: u64 },
    /// A file in `folder`, named after the set's fingerprint and of at most `bytes` bytes of pixels. It is kept for later
    /// runs once nearly every image is in it, and removed otherwise.
    Disk { folder: PathBuf, bytes: u64 },
}

impl DecodedCache {
    /// What a recipe's `decoded_cache` and `decoded_cache_gib` ask for. `folder` is the user's cache folder, if there is one.
    ///
    /// # Errors
    /// [`DataError::NoCacheFolder`] where images are to be kept on disk and nobody knows where.
    pub fn asked_for(images: DecodedImages, gib: f64, folder: Option<PathBuf>) -> Result<Option<Self>> {
        let bytes = (gib * f64::from(1 << 30)) as u64;
        Ok(match images {
            DecodedImages::None => None,
            DecodedImages::Memory => Some(Self::Memory { bytes }),
            DecodedImages::Disk => {
                let folder = folder.ok_or(DataError::NoCacheFolder)?.join("vitals/decoded");
                Some(Self::Disk { folder, bytes })
            }
        })
    }
}

/// Decoded images of one source by index.
pub(crate) enum Cache {
    Memory(Memory),
    Disk(Disk),
}

impl Cache {
    /// Copies image `index` into `image`, where it is kept.
    pub(crate) fn get(&self, index: usize, image: &mut RgbImage) -> bool {
        match self {
            Cache::Memory(memory) => memory.get(index, image),
            Cache::Disk(disk) => disk.get(index, image),
        }
    }

    /// Keeps a copy of `image`, where there is room.
    pub(crate) fn put(&self, index: usize, image: &RgbImage) {
        match self {
            Cache::Memory(memory) => memory.put(index, image),
            Cache::Disk(disk) => disk.put(index, image),
        }
    }
}

/// Images in memory. Readers take no lock.
pub(crate) struct Memory {
    slots: Vec<OnceLock<RgbImage>>,
    room: Room,
}

impl Memory {
    pub(crate) fn new(images: usize, bytes: u64) -> Self {
        Self { slots: (0..images).map(|_| OnceLock::new()).collect(), room: Room::new(bytes) }
    }

    fn get(&self, index: usize, image: &mut RgbImage) -> bool {
        let Some(kept) = self.slots[index].get() else { return false };
        image.reshape(kept.width, kept.height).copy_from_slice(&kept.pixels);
        true
    }

    fn put(&self, index: usize, image: &RgbImage) {
        let bytes = image.pixels.len() as u64;
        if self.slots[index].get().is_none() && self.room.take(bytes).is_some() {
            // Exactly as large as the image: a thread's own buffer may be far larger.
            let kept = RgbImage { pixels: image.pixels.as_slice().to_vec(), ..*image };
            if self.slots[index].set(kept).is_err() {
                self.room.give_back(bytes);
            }
        }
    }
}

/// Bytes that may still be taken.
struct Room {
    used: AtomicU64,
    budget: u64,
}

impl Room {
    pub(crate) fn new(budget: u64) -> Self {
        Self { used: AtomicU64::new(0), budget }
    }

    /// Takes `bytes` and returns how many were taken before; `None` where they do not fit.
    pub(crate) fn take(&self, bytes: u64) -> Option<u64> {
        let more = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= self.budget);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()
    }

    pub(crate) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_says_where_images_are_kept() {
        let asked =
            |images, folder: Option<&str>| DecodedCache::asked_for(images, 0.5, folder.map(PathBuf::from));
        let bytes = 512 << 20;
        assert_eq!(asked(DecodedImages::None, Some("/home/me/.cache")).unwrap(), None);
        assert_eq!(asked(DecodedImages::Memory, None).unwrap(), Some(DecodedCache::Memory { bytes }));
        let folder = "/home/me/.cache/vitals/decoded".into();
        let on_disk = asked(DecodedImages::Disk, Some("/home/me/.cache")).unwrap();
        assert_eq!(on_disk, Some(DecodedCache::Disk { folder, bytes }));
        let error = asked(DecodedImages::Disk, None).unwrap_err().to_string();
        assert!(error.contains("XDG_CACHE_HOME"), "{error}");
    }
}
