//! The index of a tar archive: names, places and sizes of its files, and its links. Reads ustar with GNU long names and pax
//! headers, and refuses what is cut off or has a wrong checksum. Extracts nothing; devices and folders are skipped.

use std::ffi::OsStr;
use std::io::{BufReader, Read, Seek};
use std::os::unix::ffi::OsStrExt;

use super::shown::shown;
use crate::tar_header::{check_sum, number};

const BLOCK: u64 = 512;
/// A longer name, or pax header, is no name but an attack on memory.
const MAX_EXTENDED: u64 = 1 << 20;
/// Small members are read while the index is made: labels, never images.
const MAX_INLINE: u64 = 64 << 10;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file, whose bytes lie in one piece.
    File,
    /// Another name of the member of this path.
    HardLink(String),
    /// A link to this path, seen from the link's folder.
    SymbolicLink(String),
    /// A file with holes: its bytes are not those that it would have once extracted.
    Sparse,
}

/// A file of an archive, or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Path within the archive.
    pub name: String,
    pub kind: Kind,
    /// Place of its first byte, and their number.
    pub start: u64,
    pub bytes: u64,
    /// The content, where `inline` wanted it and it is at most [`MAX_INLINE`] bytes.
    pub content: Option<Vec<u8>>,
}

/// What the header blocks before a member say about it.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    link: Option<String>,
    bytes: Option<u64>,
    is_sparse: bool,
}

/// Lists the files and links of an archive of `len` bytes, in order. `inline` says by name whose content is wanted.
///
/// # Errors
/// A fragment that says what is wrong with the archive.
pub(crate) fn members<R: Read + Seek>(
    reader: &mut BufReader<R>,
    len: u64,
    inline: &dyn Fn(&str) -> bool,
) -> Result<Vec<Member>, String> {
    let mut members = Vec::new();
    let mut extended = Extended::default();
    let mut at = 0;
    let mut header = [0u8; BLOCK as usize];
    while at < len {
        if len - at < BLOCK {
            return Err(cut_off(at));
        }
        reader.read_exact(&mut header).map_err(|e| e.to_string())?;
        if header.iter().all(|&byte| byte == 0) {
            // The end, or padding before it: what lies behind an end mark is none of the archive's.
            break;
        }
        check_sum(&header)
            .map_err(|what| if at == 0 { format!("not a tar archive: {what}") } else { what })?;
        let kind = header[156];
        let mut start = at + BLOCK;
        // A sparse file's map goes on in blocks that its size does not count.
        let mut more = kind == b'S' && header[482] != 0;
        while more {
            let mut map = [0u8; BLOCK as usize];
            reader.read_exact(&mut map).map_err(|_| cut_off(at))?;
            start += BLOCK;
            more = map[504] != 0;
        }
        let own = number(&header[124..136]).ok_or("a member's size is not a number")?;
        let regular = matches!(kind, b'0' | b'\0' | b'7');
        let bytes = match kind {
            // Links, devices and folders are headers only, whatever size they state.
            b'1'..=b'6' => 0,
            _ if regular => extended.bytes.take().unwrap_or(own),
            _ => own,
        };
        let end = start.checked_add(bytes).filter(|&end| end <= len).ok_or_else(|| cut_off(at))?;
        let mut read = 0;
        match kind {
            b'L' | b'K' | b'x' => {
                let content = read_small(reader, bytes, MAX_EXTENDED)?;
                read = bytes;
                match kind {
                    b'L' => extended.name = Some(text(&content)),
                    b'K' => extended.link = Some(text(&content)),
                    _ => pax(&content, &mut extended),
                }
            }
            b'1' | b'2' | b'S' | b'0' | b'\0' | b'7' => {
                let Extended { name, link, is_sparse, .. } = std::mem::take(&mut extended);
                let name = name.unwrap_or_else(|| name_of(&header));
                let link = || link.unwrap_or_else(|| text(&header[157..257]));
                let kind = match kind {
                    b'1' => Kind::HardLink(link()),
                    b'2' => Kind::SymbolicLink(link()),
                    _ if kind == b'S' || is_sparse => Kind::Sparse,
                    _ => Kind::File,
                };
                let wanted = kind == Kind::File && bytes <= MAX_INLINE && inline(&name);
                let content = if wanted { Some(read_small(reader, bytes, MAX_INLINE)?) } else { None };
                read = content.as_ref().map_or(0, |content| content.len() as u64);
                members.push(Member { name, kind, start, bytes, content });
            }
            // A global pax header says nothing about names; anything else is not a file.
            b'g' => {}
            _ => extended = Extended::default(),
        }
        // Members are padded to whole blocks; the padding of the last one may be missing.
        at = end.next_multiple_of(BLOCK);
        let skip = i64::try_from(at - start - read).map_err(|e| e.to_string())?;
        reader.seek_relative(skip).map_err(|e| e.to_string())?;
    }
    Ok(members)
}

fn cut_off(at: u64) -> String {
    format!("the archive is cut off: its member at byte {at} is not complete")
}

fn read_small(reader: &mut impl Read, bytes: u64, most: u64) -> Result<Vec<u8>, String> {
    if bytes > most {
        return Err(format!("a header of {bytes} bytes"));
    }
    let mut content = vec![0; bytes as usize];
    reader.read_exact(&mut content).map_err(|e| e.to_string())?;
    Ok(content)
}

/// Bytes up to the first zero.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    shown(OsStr::from_bytes(&bytes[..end]))
}

fn name_of(header: &[u8; 512]) -> String {
    let name = text(&header[..100]);
    let prefix = if &header[257..262] == b"ustar" { text(&header[345..500]) } else { String::new() };
    // GNU's own magic uses the prefix for other things.
    let gnu = &header[257..265] == b"ustar  \0";
    if prefix.is_empty() || gnu { name } else { format!("{prefix}/{name}") }
}

/// Records `LENGTH KEY=VALUE\n`; what is malformed ends the header.
fn pax(mut bytes: &[u8], extended: &mut Extended) {
    while let Some(space) = bytes.iter().position(|&byte| byte == b' ') {
        let length =
            std::str::from_utf8(&bytes[..space]).ok().and_then(|digits| digits.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| bytes.get(space + 1..length)) else { return };
        bytes = &bytes[space + 1 + record.len()..];
        let record = shown(OsStr::from_bytes(record));
        match record.trim_end_matches('\n').split_once('=') {
            Some(("path" | "GNU.sparse.name", path)) => extended.name = Some(path.to_owned()),
            Some(("linkpath", path)) => extended.link = Some(path.to_owned()),
            Some(("GNU.sparse.major" | "GNU.sparse.map" | "GNU.sparse.size", _)) => extended.is_sparse = true,
            Some(("size", size)) => extended.bytes = size.parse().ok(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn archive(contents: &[Vec<u8>]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (i, content) in contents.iter().enumerate() {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, format!("{}{i}", "x".repeat(i * 40)), &content[..]).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn list(bytes: &[u8]) -> Result<Vec<Member>, String> {
        members(&mut BufReader::new(Cursor::new(bytes)), bytes.len() as u64, &|name| name.ends_with('1'))
    }

    /// What other programs wrote: long names, a folder, links and a sparse file among two images.
    #[test]
    fn archives_of_other_programs_are_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
        let long = format!("{}/photo 1.png", "a folder with a long name/".repeat(7).trim_end_matches('/'));
        for name in ["gnu.tar", "pax.tar", "ustar.tar"] {
            let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
            let members = list(&bytes).unwrap();
            let told: Vec<(&str, &[u8])> = members
                .iter()
                .filter(|member| member.kind == Kind::File)
                .map(|member| {
                    let start = member.start as usize;
                    (member.name.as_str(), &bytes[start..start + member.bytes as usize])
                })
                .collect();
            let last = if name == "ustar.tar" { "last.png" } else { "이름.png" };
            assert_eq!(told, [(long.as_str(), &b"first"[..]), ("label1", b"7\n"), (last, b"last")], "{name}");
            let label = members.iter().find(|member| member.name == "label1").unwrap();
            assert_eq!(label.content.as_deref(), Some(&b"7\n"[..]), "{name}");
            let others = members.iter().filter(|member| member.kind != Kind::File).count();
            assert!(others > 0, "{name} has links or a sparse file");
        }
    }

    #[test]
    fn the_map_of_a_sparse_file_may_go_on_behind_its_header() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNUSparse);
        header.set_path("holes.png").unwrap();
        header.set_size(3);
        header.as_mut_bytes()[482] = 1;
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend([[0; 504].as_slice(), &[1; 8], &[0; 512]].concat());
        bytes.extend([b"abc".as_slice(), &[0; 509]].concat());
        bytes.extend(archive(&[b"whole".to_vec()]));
        let members = list(&bytes).unwrap();
        let told: Vec<_> = members.iter().map(|m| (m.name.as_str(), m.kind.clone(), m.start)).collect();
        assert_eq!(told, [("holes.png", Kind::Sparse, 1536), ("0", Kind::File, 2560)]);
    }

    #[test]
    fn links_are_headers_only_whatever_size_they_state() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Link);
        header.set_path("b.png").unwrap();
        header.set_link_name("a.png").unwrap();
        header.set_size(700);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(archive(&[b"whole".to_vec()]));
        let members = list(&bytes).unwrap();
        assert_eq!((members.len(), &members[0].kind), (2, &Kind::HardLink("a.png".to_owned())));
    }

    #[test]
    fn a_name_without_end_takes_no_memory() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(MAX_EXTENDED + 1);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.resize(4 << 20, b'x');
        assert_eq!(list(&bytes), Err(format!("a header of {} bytes", MAX_EXTENDED + 1)));
    }

    proptest! {
        #[test]
        fn members_are_where_they_are_said_to_be(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1500), 0..5),
        ) {
            let bytes = archive(&contents);
            let members = list(&bytes).unwrap();
            prop_assert_eq!(members.len(), contents.len());
            for (i, (member, content)) in members.iter().zip(&contents).enumerate() {
                prop_assert_eq!(&member.name, &format!("{}{i}", "x".repeat(i * 40)));
                let start = member.start as usize;
                prop_assert_eq!(&bytes[start..start + member.bytes as usize], &content[..]);
                prop_assert_eq!(member.content.as_ref(), (i == 1).then_some(content));
            }
        }

        #[test]
        fn damage_is_an_error_or_members_within_the_file(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 1..4),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            keep in any::<prop::sample::Index>(),
            cut in any::<bool>(),
            mend in any::<bool>(),
        ) {
            let mut bytes = archive(&contents);
            for (at, value) in damage {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if cut {
                bytes.truncate(keep.index(bytes.len()));
            }
            // With its checksum right, damage within the first header gets past the first line of defence.
            if mend && bytes.len() >= 512 {
                bytes[148..156].fill(b' ');
                let sum: u64 = bytes[..512].iter().map(|&byte| u64::from(byte)).sum();
                bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
            if let Ok(members) = list(&bytes) {
                prop_assert!(members.iter().all(|m| m.start + m.bytes <= bytes.len() as u64));
            }
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = list(&bytes);
        }
    }
}
