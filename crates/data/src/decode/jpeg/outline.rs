//! The markers of a JPEG from its start to its end: where it ends, and what kind it is. Decodes nothing, and walks as libjpeg
//! does, over bytes that belong to no segment too.

/// What the markers of a file say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Place behind the end marker; `None` where the file is cut off.
    pub end: Option<usize>,
    /// The marker of the frame: which process it is coded by.
    frame: u8,
    /// Components of the frame, and of its first scan.
    components: u8,
    in_first_scan: u8,
    /// Sampling factors, across and down, of the first component, and the largest of all.
    first: (u8, u8),
    largest: (u8, u8),
}

impl Outline {
    /// True for spectral selection or successive approximation.
    pub(crate) fn is_progressive(&self) -> bool {
        self.frame == 0xc2
    }

    /// True for three components of 8 bits whose first one has the largest factors.
    pub(crate) fn is_colour(&self) -> bool {
        self.components == 3
    }

    /// True for what the decoder of all formats decodes to other pixels without a word: sequential coding in several scans, and
    /// colour that is sampled finer than brightness.
    pub(crate) fn is_misread_by_others(&self) -> bool {
        let several_scans = matches!(self.frame, 0xc0 | 0xc1) && self.in_first_scan < self.components;
        several_scans || self.first != self.largest
    }
}

/// Reads the markers of `bytes`; `None` where they are no JPEG.
pub(crate) fn outline(bytes: &[u8]) -> Option<Outline> {
    bytes.starts_with(&[0xff, 0xd8, 0xff]).then_some(())?;
    let mut outline = Outline::default();
    let mut at = 2;
    // What is missing is an outline without end.
    walk(bytes, &mut at, &mut outline);
    Some(outline)
}

fn walk(bytes: &[u8], at: &mut usize, outline: &mut Outline) -> Option<()> {
    loop {
        // To the next marker: neither stuffed data nor the mark of a restart interval.
        let marker = loop {
            *at += memchr::memchr(0xff, bytes.get(*at..)?)? + 1;
            match *bytes.get(*at)? {
                0 | 0xd0..=0xd7 | 0xff => {}
                marker => break marker,
            }
        };
        *at += 1;
        if marker == 0xd9 {
            outline.end = Some(*at);
            return Some(());
        }
        if matches!(marker, 0x01 | 0xd8) {
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*bytes.get(*at..)?.first_chunk()?));
        let segment = bytes.get(*at + 2..*at + length.max(2))?;
        *at += length.max(2);
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => frame(marker, segment, outline)?,
            0xda if outline.in_first_scan == 0 => outline.in_first_scan = *segment.first()?,
            _ => {}
        }
    }
}

fn frame(marker: u8, segment: &[u8], outline: &mut Outline) -> Option<()> {
    outline.frame = marker;
    outline.components = *segment.get(5)?;
    for (i, component) in segment.get(6..)?.as_chunks::<3>().0.iter().enumerate() {
        let (across, down) = (component[1] >> 4, component[1] & 15);
        if i == 0 {
            outline.first = (across, down);
        }
        outline.largest = (outline.largest.0.max(across), outline.largest.1.max(down));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../../tests/samples/420.jpg");

    #[test]
    fn the_end_is_the_first_marker_of_its_kind_outside_segments() {
        let with = |tail: &[u8]| outline(&[SAMPLE, tail].concat()).unwrap().end;
        for tail in [&b""[..], b"\xff\xda\xff\xda", SAMPLE, &SAMPLE[..100], b"\xff\xd9"] {
            assert_eq!(with(tail), Some(SAMPLE.len()));
        }
        // An end within a comment is none.
        let comment = [&SAMPLE[..2], b"\xff\xfe\x00\x04\xff\xd9", &SAMPLE[2..]].concat();
        assert_eq!(outline(&comment).unwrap().end, Some(comment.len()));
        for cut in 3..SAMPLE.len() {
            assert_eq!(outline(&SAMPLE[..cut]).unwrap().end, None, "{cut}");
        }
        assert_eq!(outline(b"\x89PNG"), None);
    }
}
