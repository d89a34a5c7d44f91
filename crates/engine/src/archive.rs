//! The zip files that `torch.save` writes: entries by name, stored without compression. It reads a file that is held in
//! memory and refuses everything else a zip may be: compressed, encrypted, split, damaged.

use std::collections::HashMap;
use std::ops::Range;

const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_PLACE: u32 = 0x0706_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// The longest comment that may follow the end record.
const COMMENT: usize = 65535;

/// Whether the bytes begin as a zip file does.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(&LOCAL.to_le_bytes())
}

/// Where each entry's bytes lie, by name below the archive's one folder (`data.pkl`, `data/0`).
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: HashMap<String, Range<usize>>,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<u64, String> {
    let end = at.checked_add(N).ok_or("a place beyond all bounds")?;
    let slice = bytes.get(at..end).ok_or("the file is cut short")?;
    let mut value = [0u8; 8];
    value[..N].copy_from_slice(slice);
    Ok(u64::from_le_bytes(value))
}

fn place(value: u64) -> Result<usize, String> {
    usize::try_from(value).map_err(|_| "a place beyond all bounds".to_owned())
}

fn expect(bytes: &[u8], at: usize, signature: u32) -> Result<(), String> {
    match number::<4>(bytes, at)? == u64::from(signature) {
        true => Ok(()),
        false => Err("its directory is damaged".to_owned()),
    }
}

impl<'a> Archive<'a> {
    /// Reads the directory at the end of the file.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Archive<'a>, String> {
        let from = bytes.len().saturating_sub(22 + COMMENT);
        let end = (from..bytes.len().saturating_sub(21))
            .rev()
            .find(|&at| bytes[at..].starts_with(&END.to_le_bytes()))
            .ok_or("it has no directory: the file is cut short")?;
        let (mut count, mut at) = (number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?);
        if let Some(locator) = end.checked_sub(20)
            && expect(bytes, locator, END_64_PLACE).is_ok()
        {
            let end = place(number::<8>(bytes, locator + 8)?)?;
            expect(bytes, end, END_64)?;
            (count, at) =
                (number::<8>(bytes, end.saturating_add(32))?, number::<8>(bytes, end.saturating_add(48))?);
        }
        let mut at = place(at)?;
        let mut entries = HashMap::new();
        for _ in 0..count {
            let (name, range, next) = entry(bytes, at)?;
            let inside = name.split_once('/').map_or(name.as_str(), |(_, inside)| inside).to_owned();
            entries.insert(inside, range);
            at = next;
        }
        Ok(Archive { bytes, entries })
    }

    /// The bytes of an entry.
    pub(crate) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.bytes.get(self.entries.get(name)?.clone())
    }
}

/// One record of the directory: name, where the contents lie, where the next record begins.
fn entry(bytes: &[u8], at: usize) -> Result<(String, Range<usize>, usize), String> {
    expect(bytes, at, CENTRAL)?;
    let flags = number::<2>(bytes, at + 8)?;
    let method = number::<2>(bytes, at + 10)?;
    let (mut packed, mut size) = (number::<4>(bytes, at + 20)?, number::<4>(bytes, at + 24)?);
    let lengths = [28, 30, 32].map(|offset| number::<2>(bytes, at + offset));
    let [name_length, extra_length, comment_length] = lengths;
    let (name_length, extra_length) = (place(name_length?)?, place(extra_length?)?);
    let mut local = number::<4>(bytes, at + 42)?;
    let name = bytes.get(at + 46..at + 46 + name_length).ok_or("the file is cut short")?;
    let name = String::from_utf8_lossy(name).into_owned();
    if flags & 1 != 0 || method != 0 {
        return Err(format!(
            "its entry {name} is compressed or encrypted, which torch.save never does; unpack it first"
        ));
    }
    // Sizes beyond four bytes stand in an extra field, in this order, each only where it is needed.
    let mut extra = at + 46 + name_length;
    let extra_end = extra + extra_length;
    while extra + 4 <= extra_end {
        let (tag, length) = (number::<2>(bytes, extra)?, place(number::<2>(bytes, extra + 2)?)?);
        if tag == 1 {
            let mut field = extra + 4;
            for value in [&mut size, &mut packed, &mut local] {
                if *value == u64::from(u32::MAX) {
                    *value = number::<8>(bytes, field)?;
                    field += 8;
                }
            }
        }
        extra += 4 + length;
    }
    let local = place(local)?;
    expect(bytes, local, LOCAL)?;
    let start =
        local + 30 + place(number::<2>(bytes, local + 26)?)? + place(number::<2>(bytes, local + 28)?)?;
    let end = start.checked_add(place(size)?).filter(|end| *end <= bytes.len() && packed == size);
    let end = end.ok_or_else(|| format!("its entry {name} is cut short"))?;
    Ok((name, start..end, extra_end + place(comment_length?)?))
}
