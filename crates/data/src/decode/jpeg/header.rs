//! What stands before the entropy-coded data of each scan of a JPEG: size, components, tables. Only what the quick decoder
//! takes is read: sequential Huffman coding of 8-bit grey or YCbCr. For all else the answer is `None`.

use super::huffman::Table;

/// One colour component.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Component {
    id: u8,
    /// Blocks of a minimum coded unit across and down.
    pub across: usize,
    pub down: usize,
    pub quantisation: usize,
    pub dc: usize,
    pub ac: usize,
}

#[derive(Debug, Default)]
pub(super) struct Header {
    pub width: usize,
    pub height: usize,
    components: [Component; 3],
    count: usize,
    /// Components of the scan that comes next, in the frame's order.
    in_scan: [bool; 3],
    /// Components of it and of earlier scans.
    seen: [bool; 3],
    colours: Colours,
    /// Minimum coded units between restart markers; 0 = none.
    pub restart: usize,
    /// Where the entropy-coded data of the scan begins.
    pub data: usize,
}

/// Blocks of an interleaved unit that libjpeg takes at most.
const MAX_BLOCKS: usize = 10;

impl Header {
    pub(super) fn components(&self) -> &[Component] {
        &self.components[..self.count]
    }

    /// Places of the components of the scan that comes next.
    pub(super) fn in_scan(&self) -> impl Iterator<Item = usize> {
        (0..self.count).filter(|&i| self.in_scan[i])
    }

    /// True where no component is missing.
    pub(super) fn is_complete(&self) -> bool {
        (0..self.count).all(|i| self.seen[i])
    }

    /// Blocks of a minimum coded unit across and down: those of the first component.
    pub(super) fn unit(&self) -> (usize, usize) {
        (self.components[0].across, self.components[0].down)
    }
}

/// Quantisation tables in zigzag order, and Huffman tables. Kept between images.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub quantisation: [Option<[u16; 64]>; 4],
    pub dc: [Table; 4],
    pub ac: [Table; 4],
}

/// Which colours the three components are, as far as the file says so.
#[derive(Debug, Default)]
struct Colours {
    jfif: bool,
    adobe_transform: Option<u8>,
}

/// Reads the header of `bytes` up to the data of its first scan into a [`Header`] and `tables`.
pub(super) fn read(bytes: &[u8], tables: &mut Tables) -> Option<Header> {
    tables.quantisation = [None; 4];
    tables.dc.iter_mut().chain(&mut tables.ac).for_each(Table::forget);
    let mut header = Header::default();
    let start = bytes.starts_with(&[0xff, 0xd8]).then_some(2)?;
    next_scan(bytes, start, &mut header, tables)?;
    header.colours.are_known(&header).then_some(header)
}

/// Reads on from the marker at `start` to the data of the next scan.
pub(super) fn next_scan(bytes: &[u8], start: usize, header: &mut Header, tables: &mut Tables) -> Option<()> {
    let mut rest = bytes.get(start..)?;
    loop {
        rest = rest.strip_prefix(&[0xff])?;
        while let Some(more) = rest.strip_prefix(&[0xff]) {
            rest = more;
        }
        let (&marker, behind) = rest.split_first()?;
        let length = usize::from(u16::from_be_bytes(*behind.first_chunk()?));
        let (segment, after) = behind.get(2..).zip(behind.get(length..))?;
        let segment = segment.get(..length.checked_sub(2)?)?;
        rest = after;
        match marker {
            0xc0 | 0xc1 => frame(segment, header)?,
            0xc4 => huffman(segment, tables)?,
            0xda => {
                scan(segment, header)?;
                header.data = bytes.len() - rest.len();
                return Some(());
            }
            0xdb => quantisation(segment, tables)?,
            0xdd => header.restart = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
            0xe0 => header.colours.jfif |= segment.starts_with(b"JFIF\0"),
            0xee if segment.starts_with(b"Adobe") => {
                header.colours.adobe_transform = segment.get(11).copied();
            }
            0xe1..=0xef | 0xfe => {}
            _ => return None,
        }
    }
}

impl Colours {
    /// True for grey and for what is certainly YCbCr.
    fn are_known(&self, header: &Header) -> bool {
        let ids = header.components.map(|component| component.id);
        header.count == 1
            || self.jfif
            || self.adobe_transform.map_or(ids == [1, 2, 3], |transform| transform == 1)
    }
}

/// Size and components. Chroma has a block to each unit, luma up to four by four.
fn frame(segment: &[u8], header: &mut Header) -> Option<()> {
    let (&[precision, h0, h1, w0, w1, count], components) = segment.split_first_chunk()?;
    if header.count > 0 {
        return None;
    }
    header.height = usize::from(u16::from_be_bytes([h0, h1]));
    header.width = usize::from(u16::from_be_bytes([w0, w1]));
    header.count = usize::from(count);
    let whole = precision == 8 && header.width > 0 && header.height > 0;
    if !whole || !matches!(count, 1 | 3) || components.len() != 3 * header.count {
        return None;
    }
    for (component, read) in header.components.iter_mut().zip(components.as_chunks::<3>().0) {
        let quantisation = usize::from(read[2]);
        let (across, down) = (usize::from(read[1] >> 4), usize::from(read[1] & 15));
        *component = Component { id: read[0], across, down, quantisation, ..Component::default() };
    }
    if count == 1 {
        // A scan of one component has units of one block, whatever its factors say.
        (header.components[0].across, header.components[0].down) = (1, 1);
    }
    let known = matches!(header.unit(), (1..=4, 1..=4))
        && header.components()[1..].iter().all(|chroma| (chroma.across, chroma.down) == (1, 1));
    known.then_some(())
}

fn huffman(mut segment: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((&kind, behind)) = segment.split_first() {
        let symbols: usize = behind.get(..16)?.iter().map(|&count| usize::from(count)).sum();
        let (definition, rest) = behind.split_at_checked(16 + symbols)?;
        let (set, is_ac) = if kind < 16 { (&mut tables.dc, false) } else { (&mut tables.ac, true) };
        set.get_mut(usize::from(kind & 15)).filter(|_| kind < 32)?.define(definition, is_ac)?;
        segment = rest;
    }
    Some(())
}

fn quantisation(mut segment: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((&kind, behind)) = segment.split_first() {
        let wide = kind >> 4 == 1;
        let (values, rest) = behind.split_at_checked(if wide { 128 } else { 64 })?;
        let table = tables.quantisation.get_mut(usize::from(kind & 15)).filter(|_| kind < 32)?;
        *table = Some(std::array::from_fn(|k| match wide {
            true => u16::from_be_bytes([values[2 * k], values[2 * k + 1]]),
            false => u16::from(values[k]),
        }));
        segment = rest;
    }
    Some(())
}

/// A scan holds components whole, in the frame's order, and none that another one held.
fn scan(segment: &[u8], header: &mut Header) -> Option<()> {
    let (&count, rest) = segment.split_first()?;
    let (components, spectrum) = rest.split_at_checked(2 * usize::from(count))?;
    if count == 0 || spectrum != [0, 63, 0] {
        return None;
    }
    header.in_scan = [false; 3];
    let mut from = 0;
    for read in components.as_chunks::<2>().0 {
        let place = from + header.components().get(from..)?.iter().position(|one| one.id == read[0])?;
        let component = &mut header.components[place];
        (component.dc, component.ac) = (usize::from(read[1] >> 4), usize::from(read[1] & 15));
        if header.seen[place] || component.dc > 3 || component.ac > 3 {
            return None;
        }
        (header.in_scan[place], header.seen[place]) = (true, true);
        from = place + 1;
    }
    let blocks: usize =
        header.in_scan().map(|i| header.components[i].across * header.components[i].down).sum();
    (count == 1 || blocks <= MAX_BLOCKS).then_some(())
}
