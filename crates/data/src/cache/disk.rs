//! The decoded cache in a file: pixels one after another, then a table of places, then a trailer that says what the file
//! is. Written beside its name and renamed when nearly complete; a file without a right trailer is never read.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::Room;
use crate::{DataError, Result, RgbImage};

/// Says what the file is, and which version of its form and of the decoders whose pixels it holds.
const MAGIC: &[u8; 8] = b"VITDEC\0\x02";
/// Place, width and height of an image.
const ENTRY: usize = 16;
/// Magic, number of images, place of the table, and the first bytes of the table's hash.
const TRAILER: usize = 32;
/// Of a hundred images, as many must be in the file for it to be kept.
const KEPT_FROM_PERCENT: usize = 95;

/// Where an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    start: u64,
    width: u32,
    height: u32,
}

/// An open cache file: a finished one to read, or one in the making.
pub(crate) struct Disk {
    file: File,
    slots: Vec<OnceLock<Place>>,
    making: Option<Making>,
}

/// What only a file in the making has.
struct Making {
    room: Room,
    kept: AtomicUsize,
    /// The file cannot be written any more: it is read as far as it goes and removed at the end.
    failed: AtomicBool,
    partial: PathBuf,
    finished: PathBuf,
}

impl Disk {
    /// Opens the cache of `images` images called `name` in `folder`, or begins it. What runs that were killed have left
    /// half made is removed.
    ///
    /// # Errors
    /// [`DataError::UnwritableCache`] where the folder or the file cannot be made.
    pub(crate) fn open(folder: &Path, name: &str, images: usize, bytes: u64) -> Result<Self> {
        let unwritable = |source| DataError::UnwritableCache { path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        let finished = folder.join(format!("{name}.decoded"));
        match read(&finished, images) {
            Ok(disk) => return Ok(disk),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(file = %finished.display(), %error, "a cache of decoded images is made anew");
            }
        }
        remove_left_overs(folder, name);
        // Two sets open in one process are two files.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let partial = folder.join(format!("{name}.{}-{number}.partial", std::process::id()));
        // Whoever may open it may hold its lock.
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&partial);
        let file = file.map_err(unwritable)?;
        file.try_lock().map_err(|e| match e {
            TryLockError::Error(e) => unwritable(e),
            TryLockError::WouldBlock => unwritable(io::ErrorKind::ResourceBusy.into()),
        })?;
        let slots = (0..images).map(|_| OnceLock::new()).collect();
        let (room, kept, failed) = (Room::new(bytes), AtomicUsize::new(0), AtomicBool::new(false));
        Ok(Self { file, slots, making: Some(Making { room, kept, failed, partial, finished }) })
    }

    pub(super) fn get(&self, index: usize, image: &mut RgbImage) -> bool {
        let Some(place) = self.slots[index].get() else { return false };
        let pixels = image.reshape(place.width, place.height);
        self.file.read_exact_at(pixels, place.start).is_ok()
    }

    pub(super) fn put(&self, index: usize, image: &RgbImage) {
        let Some(making) = &self.making else { return };
        if making.failed.load(Ordering::Relaxed) || self.slots[index].get().is_some() {
            return;
        }
        // Room taken is never given back: its bytes are places in the file.
        let Some(start) = making.room.take(image.pixels.len() as u64) else { return };
        match self.file.write_all_at(&image.pixels, start) {
            Ok(()) => {
                let place = Place { start, width: image.width, height: image.height };
                if self.slots[index].set(place).is_ok() {
                    making.kept.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(error) => {
                if !making.failed.swap(true, Ordering::Relaxed) {
                    tracing::warn!(file = %making.partial.display(), %error, "no more decoded images are kept");
                }
            }
        }
    }

    /// Writes table and trailer and gives the file its name.
    fn finish(&self, making: &Making) -> io::Result<()> {
        let mut table = Vec::with_capacity(self.slots.len() * ENTRY + TRAILER);
        for slot in &self.slots {
            let absent = Place { start: u64::MAX, width: 0, height: 0 };
            let place = slot.get().unwrap_or(&absent);
            table.extend(place.start.to_le_bytes());
            table.extend(place.width.to_le_bytes());
            table.extend(place.height.to_le_bytes());
        }
        let hash = blake3::hash(&table);
        let at = making.room.used();
        table.extend(MAGIC);
        table.extend((self.slots.len() as u64).to_le_bytes());
        table.extend(at.to_le_bytes());
        table.extend(&hash.as_bytes()[..8]);
        self.file.write_all_at(&table, at)?;
        self.file.sync_all()?;
        std::fs::rename(&making.partial, &making.finished)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let Some(making) = &self.making else { return };
        let kept = making.kept.load(Ordering::Relaxed);
        let nearly_all = kept > 0 && kept * 100 >= self.slots.len() * KEPT_FROM_PERCENT;
        let finished = nearly_all && !making.failed.load(Ordering::Relaxed) && {
            let result = self.finish(making);
            if let Err(error) = &result {
                tracing::warn!(file = %making.finished.display(), %error, "decoded images are not kept");
            }
            result.is_ok()
        };
        if !finished {
            // Nothing is lost but time; the next run that caches removes it should this fail.
            let _ = std::fs::remove_file(&making.partial);
        }
    }
}

/// Opens a finished file.
fn read(path: &Path, images: usize) -> io::Result<Disk> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut trailer = [0u8; TRAILER];
    let end = len.checked_sub(TRAILER as u64).ok_or_else(|| wrong("too short"))?;
    file.read_exact_at(&mut trailer, end)?;
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| trailer[at + i]));
    if &trailer[..8] != MAGIC {
        return Err(wrong("not a cache of this version"));
    }
    let bytes = (images * ENTRY) as u64;
    let at = number(16);
    if number(8) != images as u64 || at.checked_add(bytes) != Some(end) {
        return Err(wrong("not a cache of as many images"));
    }
    let mut table = vec![0; images * ENTRY];
    file.read_exact_at(&mut table, at)?;
    if blake3::hash(&table).as_bytes()[..8] != trailer[24..] {
        return Err(wrong("the table of places is damaged"));
    }
    let slots = table.as_chunks::<ENTRY>().0.iter().map(|entry| {
        let half = |from: usize| u32::from_le_bytes(std::array::from_fn(|i| entry[from + i]));
        let start = u64::from_le_bytes(std::array::from_fn(|i| entry[i]));
        let place = Place { start, width: half(8), height: half(12) };
        let end = (u64::from(place.width) * u64::from(place.height)).checked_mul(3)?.checked_add(start)?;
        // An absent image has no place; its place is past every end.
        (end <= at).then(|| place.into())
    });
    let slots = slots.map(Option::unwrap_or_default).collect();
    Ok(Disk { slots, file, making: None })
}

/// Removes files in the making that nobody makes any more: a living maker holds its file locked.
fn remove_left_overs(folder: &Path, name: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if !(file_name.starts_with(name) && file_name.ends_with(".partial")) {
            continue;
        }
        let free = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if free {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(index: usize) -> RgbImage {
        let (width, height) = (1 + index as u32, 2);
        RgbImage { width, height, pixels: vec![index as u8; (width * height * 3) as usize] }
    }

    /// Fills the cache of ten pictures with those of `kept` and drops it.
    fn fill(folder: &Path, kept: std::ops::Range<usize>) {
        let disk = Disk::open(folder, "set", 10, 1 << 20).unwrap();
        kept.for_each(|index| disk.put(index, &picture(index)));
    }

    /// Indices that a newly opened cache holds, each checked.
    fn held(folder: &Path) -> Vec<usize> {
        let disk = Disk::open(folder, "set", 10, 1 << 20).unwrap();
        let mut image = RgbImage::default();
        let held: Vec<usize> = (0..10).filter(|&index| disk.get(index, &mut image)).collect();
        for &index in &held {
            assert!(disk.get(index, &mut image) && image == picture(index));
        }
        held
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_full_cache_is_kept_and_one_that_is_not_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 0..9);
        assert_eq!(files(folder.path()), Vec::<String>::new());
        fill(folder.path(), 0..10);
        assert_eq!(files(folder.path()), ["set.decoded"]);
        assert_eq!(held(folder.path()), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn the_budget_is_one_of_bytes() {
        let folder = tempfile::tempdir().unwrap();
        // Pictures 0 to 2 are 6, 12 and 18 bytes.
        let disk = Disk::open(folder.path(), "set", 10, 20).unwrap();
        (0..3).for_each(|index| disk.put(index, &picture(index)));
        let mut image = RgbImage::default();
        assert_eq!([0, 1, 2].map(|index| disk.get(index, &mut image)), [true, true, false]);
    }

    #[test]
    fn damage_makes_the_cache_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.decoded");
        let whole = {
            fill(folder.path(), 0..10);
            std::fs::read(&path).unwrap()
        };
        for at in [whole.len() - 1, whole.len() - 20, whole.len() - TRAILER, whole.len() - TRAILER - 5] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(held(folder.path()), Vec::<usize>::new(), "byte {at} of {}", whole.len());
        }
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(held(folder.path()), Vec::<usize>::new());
        std::fs::write(&path, b"").unwrap();
        fill(folder.path(), 0..10);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn left_overs_of_the_dead_go_and_those_of_the_living_stay() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("set.1-0.partial"), b"x").unwrap();
        let living = Disk::open(folder.path(), "set", 10, 1 << 20).unwrap();
        let names = files(folder.path());
        let other = Disk::open(folder.path(), "set", 10, 1 << 20).unwrap();
        assert!(names.len() == 1 && files(folder.path()).contains(&names[0]), "{names:?}");
        drop((living, other));
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
}
