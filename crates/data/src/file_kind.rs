//! What a file is by its first bytes, where it is not what was asked for: downloads that came out as something else are
//! told by name and not as damage. It reads no file.

use vitals_recipe::{Bytes, Tells, Told};

use crate::tar_header;

/// So many first bytes tell.
pub const FIRST_BYTES: usize = 512;

vitals_recipe::sentences! {
    /// What a file is instead.
    pub enum FileKind in "file_kind" {
        Empty = "it is empty";
        LfsPointer = "it is a pointer of Git LFS, not the file that it stands for";
        LfsPointerTo { size: Bytes } = "it is a pointer of Git LFS, which stands for a file of {size}";
        WebPage = "it is a web page";
        Xml = "it is an XML document, as servers answer with where they refuse a download";
        Json = "it is a JSON text";
        Gzip = "it is packed with gzip";
        Bzip2 = "it is packed with bzip2";
        Xz = "it is packed with xz";
        Zstd = "it is packed with zstd";
        SevenZip = "it is a 7z archive";
        Rar = "it is a RAR archive";
        Zip = "it is a zip archive";
        Tar = "it is a tar archive";
        Hdf5 = "it is an HDF5 file";
        Numpy = "it is an array of NumPy";
        Parquet = "it is a Parquet file";
        Sqlite = "it is a database of SQLite";
        Pdf = "it is a PDF";
        Picture = "it is a picture";
        Utf16 = "it is text in UTF-16";
    }
}

vitals_recipe::sentences! {
    /// What to do about it.
    pub(crate) enum KindAdvice in "file_kind_hint" {
        Download = "download it again";
        LfsPull = "`git lfs pull` in its repository fetches the file";
        LogIn = "download it again: the address gave a page, perhaps because it asks for a login or a click";
        Unpack = "unpack it first";
        SaveAsUtf8 = "save it as UTF-8";
        OtherKind = "choose another file";
    }
}

/// First bytes.
const MARKS: &[(&[u8], FileKind)] = &[
    (b"\x1f\x8b", FileKind::Gzip),
    (b"BZh", FileKind::Bzip2),
    (b"\xfd7zXZ\0", FileKind::Xz),
    (b"\x28\xb5\x2f\xfd", FileKind::Zstd),
    (b"7z\xbc\xaf\x27\x1c", FileKind::SevenZip),
    (b"Rar!\x1a\x07", FileKind::Rar),
    (b"PK\x03\x04", FileKind::Zip),
    (b"\x89HDF\r\n\x1a\n", FileKind::Hdf5),
    (b"\x93NUMPY", FileKind::Numpy),
    (b"PAR1", FileKind::Parquet),
    (b"SQLite format 3\0", FileKind::Sqlite),
    (b"%PDF-", FileKind::Pdf),
    (b"\x89PNG\r\n\x1a\n", FileKind::Picture),
    (b"\xff\xd8\xff", FileKind::Picture),
    (b"\xff\xfe", FileKind::Utf16),
    (b"\xfe\xff", FileKind::Utf16),
];

impl FileKind {
    /// What a file that begins so is; none where nothing tells. Text is told by its first words.
    pub fn of(first: &[u8]) -> Option<Self> {
        if first.is_empty() {
            return Some(Self::Empty);
        }
        if let Some((_, kind)) = MARKS.iter().find(|(mark, _)| first.starts_with(mark)) {
            return Some(kind.clone());
        }
        // By its sum: any word may stand in the middle of a table.
        if first.first_chunk().is_some_and(tar_header::is_header) {
            return Some(Self::Tar);
        }
        let text = String::from_utf8_lossy(&first[..first.len().min(FIRST_BYTES)]);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let begins =
            |words: &str| text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words));
        if begins("version https://git-lfs") || begins("version https://hawser") {
            let size = text.lines().find_map(|line| line.strip_prefix("size ")?.trim().parse().ok());
            return Some(size.map_or(Self::LfsPointer, |size| Self::LfsPointerTo { size: Bytes(size) }));
        }
        if begins("<!doctype html") || begins("<html") || begins("<head") || begins("<body") {
            return Some(Self::WebPage);
        }
        if begins("<?xml") || begins("<Error>") {
            let is_page = text.to_ascii_lowercase().contains("<html");
            return Some(if is_page { Self::WebPage } else { Self::Xml });
        }
        let opens = text.strip_prefix(['{', '[']).map(str::trim_start);
        opens.is_some_and(|rest| rest.starts_with(['"', '{', '[', '}', ']'])).then_some(Self::Json)
    }

    /// What to do about it.
    pub fn advice(&self) -> Told {
        match self {
            Self::Empty | Self::Xml | Self::Json => KindAdvice::Download.told(),
            Self::LfsPointer | Self::LfsPointerTo { .. } => KindAdvice::LfsPull.told(),
            Self::WebPage => KindAdvice::LogIn.told(),
            Self::Gzip
            | Self::Bzip2
            | Self::Xz
            | Self::Zstd
            | Self::SevenZip
            | Self::Rar
            | Self::Zip
            | Self::Tar => KindAdvice::Unpack.told(),
            Self::Utf16 => KindAdvice::SaveAsUtf8.told(),
            Self::Hdf5 | Self::Numpy | Self::Parquet | Self::Sqlite | Self::Pdf | Self::Picture => {
                KindAdvice::OtherKind.told()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_and_what_to_do() {
        let mut header = tar::Header::new_ustar();
        header.set_path("n01440764.JPEG").unwrap();
        header.set_size(1);
        header.set_cksum();
        let tar = header.as_bytes().to_vec();
        for (first, expected) in [
            (&b""[..], "it is empty; download it again"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1536\n",
                "it is a pointer of Git LFS, which stands for a file of 1.5 KiB; \
                 `git lfs pull` in its repository fetches the file",
            ),
            (
                b"\xef\xbb\xbf \n<!DOCTYPE html><html>",
                "it is a web page; download it again: the address gave a page, perhaps because it asks for a login or a click",
            ),
            (
                b"<?xml version=\"1.0\"?><Error><Code>AccessDenied",
                "it is an XML document, as servers answer with where they refuse a download; download it again",
            ),
            (b"{\"error\": \"not found\"}", "it is a JSON text; download it again"),
            (b"\x1f\x8b\x08\x00", "it is packed with gzip; unpack it first"),
            (&tar, "it is a tar archive; unpack it first"),
            (b"\xff\xfes\0t\0", "it is text in UTF-16; save it as UTF-8"),
        ] {
            let kind = FileKind::of(first).unwrap();
            assert_eq!(format!("{kind}; {}", kind.advice()), expected);
        }
        let word_of_tar = [&[b'a'; 257][..], b"ustar", &[b','; 250]].concat();
        for plain in [&b"step,loss\n0,1\n"[..], b"\x80\x02}q\x00.", b"[1.5, 2]", b"<step>", &word_of_tar] {
            assert_eq!(FileKind::of(plain), None, "{plain:?}");
        }
    }
}
