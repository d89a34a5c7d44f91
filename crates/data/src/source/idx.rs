//! IDX files, the format of MNIST: a big-endian header and raw bytes, plain or gzip. Read whole into memory
//! (60,000 grey 28×28 images are 47 MB) and expanded to RGB on demand.

use std::io::Read;
use std::path::{Path, PathBuf};

use vitals_files::{open_regular, read_regular};

use super::split_name::{SplitName, by_split, same_split};
use super::{FileEntry, Found, Reason, Source, relative_name};
use crate::decode::{Pixels, Wanted};
use crate::findings::{Findings, Labels, Why};
use crate::{DataError, Result, RgbImage};

/// More than this is not an IDX set that fits in memory.
const MAX_BYTES: u64 = 16 << 30;
/// Images of handwriting come to a fifth of their size and empty ones to a thousandth: a packed file of more than so many times
/// itself holds no images, and would fill the memory.
const MOST_TIMES_PACKED: u64 = 64;
/// So much is read of any file, however small it is.
const ALWAYS_BYTES: u64 = 256 << 20;

/// The parsed content of an IDX file of unsigned bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Idx {
    /// Sizes of the dimensions, outermost first: images N×H×W or N×H×W×C, labels N.
    pub dims: Vec<usize>,
    pub data: Vec<u8>,
}

/// Parses an IDX stream. Never allocates for more data than the stream delivers. The error says what is wrong.
pub(crate) fn parse(reader: impl Read) -> std::result::Result<Idx, String> {
    parse_within(reader, MAX_BYTES)
}

/// The same, of a file that may have so many bytes of data.
fn parse_within(mut reader: impl Read, most: u64) -> std::result::Result<Idx, String> {
    let mut magic = [0u8; 4];
    reader.read_exact(&mut magic).map_err(|e| format!("no IDX header: {e}"))?;
    if magic[..2] != [0, 0] {
        return Err(format!("not an IDX file: it starts with {:02x} {:02x}, not 00 00", magic[0], magic[1]));
    }
    if magic[2] != 8 {
        return Err(format!("IDX element type 0x{:02x} where unsigned bytes (0x08) are expected", magic[2]));
    }
    let mut dims = Vec::with_capacity(usize::from(magic[3]));
    let mut total: u64 = 1;
    for _ in 0..magic[3] {
        let mut size = [0u8; 4];
        reader.read_exact(&mut size).map_err(|e| format!("IDX header is cut off: {e}"))?;
        let size = u32::from_be_bytes(size);
        total = total
            .checked_mul(u64::from(size))
            .filter(|&t| t <= MAX_BYTES)
            .ok_or("IDX header promises too much")?;
        dims.push(size as usize);
    }
    if total > most {
        let [total, most] = [total, most].map(|bytes| bytes >> 20);
        return Err(format!(
            "the packed file promises {total} MiB, more than the {most} MiB that images of its size have"
        ));
    }
    if dims.is_empty() {
        return Err("IDX header without dimensions".into());
    }
    let mut data = Vec::new();
    reader.take(total).read_to_end(&mut data).map_err(|e| format!("IDX data cannot be read: {e}"))?;
    if data.len() as u64 != total {
        return Err(format!("IDX data is cut off: {} of {total} bytes", data.len()));
    }
    Ok(Idx { dims, data })
}

/// Reads an IDX file; gzip is recognised by its first bytes, not by the name.
fn read(path: &Path) -> Result<Idx> {
    let mut file = open_regular(path).map_err(|e| DataError::io(path, e))?;
    let most =
        file.metadata().map_or(0, |data| data.len()).saturating_mul(MOST_TIMES_PACKED).max(ALWAYS_BYTES);
    let mut first = Vec::with_capacity(2);
    file.by_ref().take(2).read_to_end(&mut first).map_err(|e| DataError::io(path, e))?;
    let gzip = first == [0x1f, 0x8b];
    let whole = std::io::BufReader::with_capacity(1 << 16, std::io::Cursor::new(first).chain(file));
    let parsed = match gzip {
        true => parse_within(flate2::bufread::MultiGzDecoder::new(whole), most),
        false => parse(whole),
    };
    parsed.map_err(|what| DataError::format(path, what))
}

/// Images of one IDX file with the labels of another.
struct IdxSource {
    file: String,
    width: usize,
    height: usize,
    channels: usize,
    images: Vec<u8>,
    labels: Option<Vec<u8>>,
}

impl IdxSource {
    fn open(images: &Path, labels: Option<&Path>) -> Result<Self> {
        let idx = read(images)?;
        let (height, width, channels) = match idx.dims[..] {
            [_, h, w] => (h, w, 1),
            [_, h, w, c @ (1 | 3)] => (h, w, c),
            _ => {
                let what = format!("dimensions {:?} are not images (N×H×W or N×H×W×3)", idx.dims);
                return Err(DataError::format(images, what));
            }
        };
        if height == 0 || width == 0 {
            return Err(DataError::format(images, "images without pixels"));
        }
        let labels = match labels {
            None => None,
            Some(path) => {
                let labels = read(path)?;
                if labels.dims != [idx.dims[0]] {
                    let what = format!("labels of shape {:?} for {} images", labels.dims, idx.dims[0]);
                    return Err(DataError::format(path, what));
                }
                Some(labels.data)
            }
        };
        let file = images.file_name().unwrap_or(images.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { file, width, height, channels, images: idx.data, labels })
    }
}

impl Source for IdxSource {
    fn len(&self) -> usize {
        self.images.len() / (self.width * self.height * self.channels)
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.as_ref().and_then(|labels| labels.get(index)).map(|&label| u32::from(label))
    }

    fn name(&self, index: usize) -> String {
        format!("{} #{index}", self.file)
    }

    fn decode_into(
        &self,
        index: usize,
        _: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<Pixels, Reason> {
        let bytes = self.width * self.height * self.channels;
        let pixels = &self.images[index * bytes..(index + 1) * bytes];
        let (width, height) = (self.width as u32, self.height as u32);
        if self.channels == 1 {
            image.set_grey(width, height, pixels);
        } else {
            image.reshape(width, height).copy_from_slice(pixels);
        }
        Ok(Pixels::Exact)
    }

    fn image_size(&self) -> Option<(u32, u32)> {
        Some((self.width as u32, self.height as u32))
    }
}

/// True where a file is named like IDX images: `train-images-idx3-ubyte`, `…gz`, `x.idx3-ubyte`.
pub(crate) fn is_images_name(name: &str) -> bool {
    name.contains("idx3-ubyte") || name.contains("idx4-ubyte")
}

/// True where a file is named like the labels of IDX images.
pub(crate) fn is_labels_name(name: &str) -> bool {
    name.contains("idx1-ubyte")
}

/// Opens the IDX images `images` below `root`, one file a split, with the label files that lie beside them.
///
/// # Errors
/// Several sets, several files of one split, or what reading a file says.
pub(crate) fn open(root: &Path, images: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    let mut found = Found { findings, ..Found::default() };
    let images = without_packed_twins(images, root, &mut found.findings);
    let splits = by_split(images, |path| relative_name(root, path), &mut found.findings)
        .map_err(|why| DataError::ambiguous(root, why))?;
    for (split, mut paths) in splits {
        // Of copies, rather one that has its labels beside it.
        paths.sort_by_key(|path| labels_beside(path).is_none());
        let Some((path, others)) = paths.split_first() else { continue };
        leave_copies(root, split, path, others, &mut found.findings)?;
        let labels = labels_beside(path);
        if labels.is_some() {
            found.findings.labels = Labels::Records;
        }
        let source: Box<dyn Source> = Box::new(IdxSource::open(path, labels.as_deref())?);
        found.set(split, source);
        for file in [Some(path), labels.as_ref()].into_iter().flatten() {
            found.files.push(FileEntry::new(root, file)?);
        }
    }
    Ok(found)
}

/// Of `x` and `x.gz`, the plain one: both are the same images.
fn without_packed_twins(files: Vec<PathBuf>, root: &Path, findings: &mut Findings) -> Vec<PathBuf> {
    let is_twin = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "gz") && files.contains(&path.with_extension(""))
    };
    let (twins, kept): (Vec<_>, Vec<_>) = files.iter().cloned().partition(is_twin);
    twins.iter().for_each(|path| findings.leave(Why::Copies, relative_name(root, path)));
    kept
}

/// Leaves `others` out where they hold the same bytes as `file`: some archives hold each file twice.
fn leave_copies(
    root: &Path,
    split: SplitName,
    file: &Path,
    others: &[PathBuf],
    findings: &mut Findings,
) -> Result<()> {
    let content = |path: &Path| read_regular(path).map_err(|e| DataError::io(path, e));
    for other in others {
        if content(file)? != content(other)? {
            let names = [file].into_iter().chain(others.iter().map(PathBuf::as_path));
            let why = same_split(split, names.map(|path| relative_name(root, path)));
            return Err(DataError::ambiguous(root, why));
        }
        findings.leave(Why::Copies, relative_name(root, other));
    }
    Ok(())
}

/// `train-images-idx3-ubyte.gz` → `train-labels-idx1-ubyte`, plain or gzip, where it exists.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name().unwrap_or_default().to_string_lossy();
    let labels = name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    let plain = labels.strip_suffix(".gz").unwrap_or(&labels).to_owned();
    let gzip = format!("{plain}.gz");
    [labels, plain, gzip].iter().map(|file| images.with_file_name(file)).find(|p| p != images && p.is_file())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(dims: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    #[test]
    fn parses_what_it_should() {
        let idx = parse(&file(&[2, 1, 3], &[1, 2, 3, 4, 5, 6])[..]).unwrap();
        assert_eq!(idx, Idx { dims: vec![2, 1, 3], data: vec![1, 2, 3, 4, 5, 6] });
    }

    #[test]
    fn says_what_is_wrong() {
        let table: [(&[u8], &str); 6] = [
            (&[], "no IDX header: failed to fill whole buffer"),
            (&[1, 0, 8, 1], "not an IDX file: it starts with 01 00, not 00 00"),
            (&[0, 0, 13, 1, 0, 0, 0, 1], "IDX element type 0x0d where unsigned bytes (0x08) are expected"),
            (&[0, 0, 8, 0], "IDX header without dimensions"),
            (
                &[0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 1, 1],
                "IDX header promises too much",
            ),
            (&[0, 0, 8, 1, 0, 0, 0, 9, 1, 2], "IDX data is cut off: 2 of 9 bytes"),
        ];
        for (bytes, expected) in table {
            assert_eq!(parse(bytes).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_packed_file_of_nothing_is_refused_before_it_fills_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train-images-idx3-ubyte.gz");
        let mut packed =
            flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
        // A header of 400,000 images, and none of them.
        std::io::Write::write_all(&mut packed, &file(&[400_000, 28, 28], &[])).unwrap();
        packed.finish().unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(
            told.ends_with("promises 299 MiB, more than the 256 MiB that images of its size have"),
            "{told}"
        );
        // What its size does not rule out is read until it ends.
        assert_eq!(parse_within(&file(&[2, 1, 1], &[7, 8])[..], 2).unwrap().data, [7, 8]);
        assert!(parse_within(&file(&[3, 1, 1], &[7, 8, 9])[..], 2).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes[..]);
        }

        #[test]
        fn never_panics_after_a_valid_magic(rest in prop::collection::vec(any::<u8>(), 0..64), dims in 0u8..6) {
            let mut bytes = vec![0, 0, 8, dims];
            bytes.extend(rest);
            let parsed = parse(&bytes[..]);
            if let Ok(idx) = parsed {
                prop_assert_eq!(idx.dims.iter().product::<usize>(), idx.data.len());
            }
        }

        #[test]
        fn round_trips(n in 0u32..5, h in 0u32..5, w in 0u32..5, seed in any::<u8>()) {
            let data: Vec<u8> = (0..n * h * w).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect();
            let idx = parse(&file(&[n, h, w], &data)[..]).unwrap();
            prop_assert_eq!(idx.data, data);
        }
    }
}
