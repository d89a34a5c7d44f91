//! The numbers of a tar header, and the sum that tells one from any other 512 bytes.

/// Whether an archive may begin so.
pub(crate) fn is_header(block: &[u8; 512]) -> bool {
    check_sum(block).is_ok()
}

/// The sum of a header's bytes, its own field counted as spaces, must be what the field says.
pub(crate) fn check_sum(header: &[u8; 512]) -> Result<(), String> {
    let stated = number(&header[148..156]).ok_or("a header's checksum is not a number")?;
    let spaces = 8 * u64::from(b' ');
    let sum = |range: std::ops::Range<usize>| header[range].iter().map(|&byte| u64::from(byte)).sum::<u64>();
    if sum(0..148) + spaces + sum(156..512) == stated {
        Ok(())
    } else {
        Err("a header's checksum is wrong".to_owned())
    }
}

/// A number: octal digits between spaces and zero bytes, or big-endian binary where the first bit is set.
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xff, rest @ ..] = field {
        let digits = std::iter::once(first & 0x7f).chain(rest.iter().copied());
        return digits
            .into_iter()
            .try_fold(0u64, |value, digit| value.checked_mul(256)?.checked_add(u64::from(digit)));
    }
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   12 \0 "), Some(0o12));
        assert_eq!(number(&[0; 12]), Some(0));
        assert_eq!(number(&[0x80, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(b"12a"), None);
        assert_eq!(number(&[0xff; 12]), None);
    }
}
