//! Looks through the footer of a Parquet file before the library does, which makes room for as many elements as a list states:
//! a file of a kilobyte asked for more memory than there is, and ended the process. Understands nothing of what the
//! footer says but its shape (Thrift's compact protocol).

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Behind the footer: its length, and the mark of the format.
const TAIL_BYTES: u64 = 8;
const MARK: &[u8] = b"PAR1";
/// Elements of all lists of a footer: each has a few for every column of every row group.
const MOST_ELEMENTS: usize = 1 << 20;
const MOST_DEPTH: usize = 32;

/// Refuses a footer whose lists hold less than they state, or more than any file has. What else is wrong, the library says.
pub(super) fn check(file: &File) -> Result<(), String> {
    let len = file.metadata().map_err(|error| error.to_string())?.len();
    let mut tail = [0; TAIL_BYTES as usize];
    let Some(end) = len.checked_sub(TAIL_BYTES) else { return Ok(()) };
    file.read_exact_at(&mut tail, end).map_err(|error| error.to_string())?;
    let [a, b, c, d, mark @ ..] = tail;
    let bytes = u32::from_le_bytes([a, b, c, d]);
    let Some(start) = end.checked_sub(u64::from(bytes)).filter(|_| mark == *MARK) else { return Ok(()) };
    let mut footer = vec![0; bytes as usize];
    file.read_exact_at(&mut footer, start).map_err(|error| error.to_string())?;
    let mut walk = Walk { rest: &footer, elements: 0 };
    walk.fields(0).ok_or_else(|| "its footer is damaged".to_owned())
}

struct Walk<'a> {
    rest: &'a [u8],
    elements: usize,
}

impl Walk<'_> {
    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The fields of a struct, up to its end.
    fn fields(&mut self, depth: usize) -> Option<()> {
        loop {
            let head = self.byte()?;
            if head & 0x0f == 0 {
                return Some(());
            }
            // Without a distance from the one before, its number follows.
            if head >> 4 == 0 {
                self.number()?;
            }
            match head & 0x0f {
                // The kind says which of both it is.
                1 | 2 => {}
                kind => self.value(kind, depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MOST_DEPTH {
            return None;
        }
        match kind {
            1..=3 => self.pass(1),
            4..=6 => self.number().map(drop),
            7 => self.pass(8),
            8 => {
                let bytes = self.number()?;
                self.pass(bytes)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
                self.list(count, &[head & 0x0f], depth)
            }
            11 => {
                let count = self.number()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                self.list(count, &[kinds >> 4, kinds & 0x0f], depth)
            }
            12 => self.fields(depth + 1),
            _ => None,
        }
    }

    /// Elements that each take a byte at least.
    fn list(&mut self, count: u64, kinds: &[u8], depth: usize) -> Option<()> {
        let count = usize::try_from(count).ok().filter(|&count| count <= self.rest.len())?;
        self.elements += count;
        if self.elements > MOST_ELEMENTS {
            return None;
        }
        for _ in 0..count {
            kinds.iter().try_for_each(|&kind| self.value(kind, depth + 1))?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn checked(footer: &[u8]) -> Result<(), String> {
        let mut file = tempfile::tempfile().unwrap();
        let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
        file.write_all(&[MARK, footer, &length, MARK].concat()).unwrap();
        check(&file)
    }

    /// Version 2, then a schema of 2³¹ − 1 elements, for which the library asks for 200 GB and more.
    #[test]
    fn a_list_that_is_not_there_is_refused() {
        let refused = Err("its footer is damaged".to_owned());
        assert_eq!(checked(b"\x15\x04\x19\xfc\xff\xff\xff\xff\x07"), refused);
        assert_eq!(checked(b"\x15\x04\x19\x2c\x00\x00\x00"), Ok(()), "two empty structs");
        assert_eq!(checked(b"\x15\x04\x19\x2c\x00\x00"), refused, "and no end");
        let many = [&b"\x15\x04\x19\xfc\x81\x80\x40"[..], &[0; MOST_ELEMENTS + 2]].concat();
        assert_eq!(checked(&many), refused);
        assert_eq!(checked(&[0x1c; 100]), refused, "structs in structs");
        assert_eq!(checked(b""), refused);
    }

    #[test]
    fn what_is_no_footer_is_left_to_the_library() {
        let file = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            check(&file)
        };
        for bytes in [&b""[..], b"PAR1", b"\xff\xff\xff\xffPAR1", b"\x01\x00\x00\x00PNG!"] {
            assert_eq!(file(bytes), Ok(()), "{bytes:?}");
        }
    }
}
