//! Framing as TFRecord: u64 length, masked CRC-32C of the length, payload, masked CRC-32C of the payload, all little
//! endian. The length has a checksum of its own, so that a damaged length is "corrupt" and never "not yet written".

/// Version of the journal's format, stored in its header.
pub const FORMAT_VERSION: u32 = 1;
/// A writer declares everything again after so many bytes at first, then after twice as many, so that damage near the
/// beginning of a short journal costs little ...
pub const DECLARED_AGAIN_AFTER: u64 = 64 << 10;
/// ... and after so many bytes of a long one.
pub const DECLARED_AGAIN_EVERY: u64 = 4 << 20;
/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 12;
/// Bytes after the payload.
pub(crate) const TAIL_BYTES: usize = 4;
/// Readers take no larger payload for meant.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 64 << 20;

/// TFRecord's mask: a CRC of data that contains CRCs would otherwise be weak.
fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn checksum(bytes: &[u8]) -> u32 {
    mask(crc32c::crc32c(bytes))
}

/// Appends one frame whose payload is what `write` appends; returns the frame's size. No allocation once the buffer
/// has grown.
pub(crate) fn append(buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> usize {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEAD_BYTES]);
    write(buffer);
    let payload_start = start + HEAD_BYTES;
    let length = ((buffer.len() - payload_start) as u64).to_le_bytes();
    buffer[start..start + 8].copy_from_slice(&length);
    buffer[start + 8..payload_start].copy_from_slice(&checksum(&length).to_le_bytes());
    let crc = checksum(&buffer[payload_start..]);
    buffer.extend_from_slice(&crc.to_le_bytes());
    buffer.len() - start
}

/// What the bytes at a frame's place are.
#[derive(Debug, PartialEq)]
pub(crate) enum Parsed<'a> {
    /// A sound frame of `size` bytes.
    Frame { payload: &'a [u8], size: usize },
    /// At least `needed` bytes are wanted in all.
    Incomplete { needed: usize },
    /// The length cannot be trusted: where the next frame begins has to be looked for.
    BadLength,
    /// The payload is damaged; the next frame begins after `size` bytes.
    BadPayload { size: usize },
}

/// The payload's length, once its checksum holds. `None`: damaged.
pub(crate) fn payload_length(head: &[u8; HEAD_BYTES]) -> Option<usize> {
    let (bytes, crc) = head.split_at(8);
    let length = usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()?;
    // The cheap question first: behind damage this is asked of every byte.
    (length <= MAX_PAYLOAD_BYTES && checksum(bytes).to_le_bytes() == crc).then_some(length)
}

/// Where the first length that holds begins, from `first` on. Other bytes pass for one once in four thousand million
/// places that look like a length at all.
pub(crate) fn find_length(bytes: &[u8], first: usize) -> Option<usize> {
    let mut heads = bytes.get(first..)?.windows(HEAD_BYTES);
    heads.position(|head| head.first_chunk().and_then(payload_length).is_some()).map(|at| first + at)
}

/// Reads the frame at the beginning of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else {
        return Parsed::Incomplete { needed: HEAD_BYTES };
    };
    let Some(length) = payload_length(head) else { return Parsed::BadLength };
    // The length is bounded by `MAX_PAYLOAD_BYTES`: the sum cannot overflow.
    let size = HEAD_BYTES + length + TAIL_BYTES;
    if bytes.len() < size {
        return Parsed::Incomplete { needed: size };
    }
    let payload = &bytes[HEAD_BYTES..HEAD_BYTES + length];
    if checksum(payload).to_le_bytes() != bytes[HEAD_BYTES + length..size] {
        return Parsed::BadPayload { size };
    }
    Parsed::Frame { payload, size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frame that TensorFlow writes for the payload `abc`: checked against the published algorithm.
    #[test]
    fn agrees_with_tfrecord() {
        let mut bytes = Vec::new();
        let size = append(&mut bytes, |buffer| buffer.extend_from_slice(b"abc"));
        assert_eq!(size, 19);
        // crc32c("abc") = 0x364b3fb7 (RFC 3720 polynomial).
        assert_eq!(crc32c::crc32c(b"abc"), 0x364b_3fb7);
        assert_eq!(bytes[15..19], mask(0x364b_3fb7).to_le_bytes());
        // ((crc >> 15) | (crc << 17)) + 0xa282ead8, by hand.
        assert_eq!(mask(0x364b_3fb7), 0x7f6e_6c96_u32.wrapping_add(0xa282_ead8));
        assert_eq!(parse(&bytes), Parsed::Frame { payload: b"abc", size: 19 });
    }

    #[test]
    fn zeros_are_not_a_frame() {
        assert_eq!(parse(&[0; 64]), Parsed::BadLength);
        assert_eq!(find_length(&[0; 64], 0), None);
    }

    #[test]
    fn a_length_is_found_among_other_bytes_and_only_whole() {
        let mut bytes = vec![7; 40];
        append(&mut bytes, |buffer| buffer.extend_from_slice(b"abc"));
        for first in 0..=40 {
            assert_eq!(find_length(&bytes, first), Some(40), "from {first}");
        }
        assert_eq!(find_length(&bytes, 41), None);
        assert_eq!(find_length(&bytes[..40 + HEAD_BYTES - 1], 0), None);
        assert_eq!(find_length(&bytes, bytes.len() + 1), None);
    }
}
