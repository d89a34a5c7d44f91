//! Huffman codes of a JPEG, and the bits they are read from. A look at the next twelve bits tells a code's symbol and the
//! length of code and value together: that length is all that the next look waits for.

/// Bits that one look covers; longer codes are rare.
const LOOK: u32 = 12;
const LONGEST: usize = 16;

/// A code's symbol: bits of code and value together, bits of the value, zeros before it, and whether the block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol(u16);

impl Symbol {
    const NONE: Self = Self(0);

    fn new(symbol: u8, code_bits: u32, is_ac: bool) -> Self {
        let (run, size) = (u16::from(symbol >> 4), u16::from(symbol & 15));
        // A run of 15 without a value (0xf0) is sixteen zeros, and no end.
        let ends = is_ac && size == 0 && run != 15;
        // A code of 16 bits and a value of 15 make 31: five bits hold the length.
        Self((code_bits as u16 + size) | (size << 5) | (run << 9) | (u16::from(ends) << 13))
    }

    #[inline(always)]
    fn bits(self) -> u32 {
        u32::from(self.0) & 31
    }

    #[inline(always)]
    fn size(self) -> u32 {
        u32::from(self.0) >> 5 & 15
    }

    /// Coefficients to go on by before this one: its zeros, or past every block where the block ends.
    #[inline(always)]
    pub(super) fn skip(self) -> usize {
        // 128 leads past any of the 64 coefficients.
        usize::from(self.0 >> 9 & 15) + (usize::from(self.0 >> 13) << 7)
    }
}

/// One Huffman table.
#[derive(Debug)]
pub(super) struct Table {
    /// Counts and symbols as in the file: the same ones again need no work.
    definition: Vec<u8>,
    is_ac: bool,
    is_defined: bool,
    look: Box<[Symbol; 1 << LOOK]>,
    /// By length: the first code that is longer, left-aligned in 16 bits.
    end: [u32; LONGEST + 1],
    /// By length: place of the first symbol less its code.
    place: [i32; LONGEST + 1],
}

impl Default for Table {
    fn default() -> Self {
        let look = Box::new([Symbol::NONE; 1 << LOOK]);
        let (end, place) = ([0; LONGEST + 1], [0; LONGEST + 1]);
        Self { definition: Vec::new(), is_ac: false, is_defined: false, look, end, place }
    }
}

impl Table {
    /// The next image has to define the table before it uses it.
    pub(super) fn forget(&mut self) {
        self.is_defined = false;
    }

    pub(super) fn is_defined(&self) -> bool {
        self.is_defined
    }

    /// Takes 16 counts by length, then the symbols. `None` for counts that no code has, and for differences of more than 15
    /// bits, which libjpeg refuses too.
    pub(super) fn define(&mut self, definition: &[u8], is_ac: bool) -> Option<()> {
        self.is_defined = true;
        if self.definition == definition && self.is_ac == is_ac {
            return Some(());
        }
        self.definition.clear();
        self.is_ac = is_ac;
        self.look.fill(Symbol::NONE);
        let (counts, symbols) = definition.split_at_checked(LONGEST)?;
        if !is_ac && symbols.iter().any(|&size| size > 15) {
            return None;
        }
        let (mut code, mut place) = (0u32, 0usize);
        for (length, &count) in (1u32..).zip(counts) {
            let of_length = symbols.get(place..place + usize::from(count))?;
            self.place[length as usize] = place as i32 - code as i32;
            for &symbol in of_length {
                if let Some(spare) = LOOK.checked_sub(length) {
                    let looks = (code as usize) << spare..(code as usize + 1) << spare;
                    self.look.get_mut(looks)?.fill(Symbol::new(symbol, length, is_ac));
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            self.end[length as usize] = code << (LONGEST as u32 - length);
            // Codes are canonical: the next length goes on from here, with one bit more.
            code <<= 1;
            place += usize::from(count);
        }
        self.definition.extend_from_slice(definition);
        Some(())
    }

    /// The symbol of a code longer than a look; `bits` are the next 16.
    #[cold]
    fn long(&self, bits: u32) -> Option<Symbol> {
        let length = (LOOK as usize + 1..=LONGEST).find(|&length| bits < self.end[length])?;
        let at = (bits >> (LONGEST - length)) as i32 + self.place[length];
        let symbol = self.definition.get(LONGEST + usize::try_from(at).ok()?)?;
        Some(Symbol::new(*symbol, length as u32, self.is_ac))
    }
}

/// Bits of unstuffed data, the next one topmost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    next: u64,
    /// Bits of `next` that count as read from `data`; below them lie more, which are read again.
    count: u32,
}

/// Zeros behind unstuffed data: a refill looks ahead by up to this many bytes.
const PADDING: usize = 16;

impl<'a> Bits<'a> {
    /// Bits of `data` from byte `at` on; behind them lie [`PADDING`] bytes.
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, next: 0, count: 0 }
    }

    /// Makes 56 bits ready: enough for any symbol and its value. `None` behind the end.
    #[inline(always)]
    pub(super) fn refill(&mut self) -> Option<()> {
        let word = self.data.get(self.at..)?.first_chunk::<8>()?;
        // Bits below `count` may be there already: they are the same ones, and `|` leaves them so.
        self.next |= u64::from_be_bytes(*word) >> self.count;
        // As many whole bytes as fit; `| 56` adds eight for each of them, as the lowest three bits of the count stay.
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
        Some(())
    }

    /// The next symbol, which is not yet taken; `None` where the bits are no code.
    #[inline(always)]
    pub(super) fn look(&self, table: &Table) -> Option<Symbol> {
        let symbol = table.look[(self.next >> (64 - LOOK)) as usize];
        if symbol != Symbol::NONE { Some(symbol) } else { table.long((self.next >> 48) as u32) }
    }

    /// Takes a symbol and returns its value; 0 for one without.
    #[inline(always)]
    pub(super) fn take(&mut self, symbol: Symbol) -> i32 {
        let (bits, size) = (symbol.bits(), symbol.size());
        let value = self.next << (bits - size);
        // Two shifts: one by 64 − size would be by 64 where there is no value.
        let magnitude = (value >> 1 >> (63 - size)) as i32;
        // A value whose first bit is 0 is negative: counted from below.
        let below = ((1i32 << size) - 1) & !((value as i64 >> 63) as i32);
        self.next <<= bits;
        self.count -= bits;
        magnitude - below
    }
}

/// Copies entropy-coded data without its stuffed bytes; `starts` receives where each restart interval begins. Returns where the
/// marker stands that ends it; `None` where none does.
pub(super) fn unstuff(data: &[u8], out: &mut Vec<u8>, starts: &mut Vec<usize>) -> Option<usize> {
    out.clear();
    starts.clear();
    starts.push(0);
    let mut rest = data;
    loop {
        let at = memchr::memchr(0xff, rest)?;
        let (before, behind) = rest.split_at(at);
        out.extend_from_slice(before);
        rest = match behind.get(1)? {
            0 => {
                out.push(0xff);
                &behind[2..]
            }
            0xd0..=0xd7 => {
                starts.push(out.len());
                &behind[2..]
            }
            // Bytes that fill up before a marker.
            0xff => &behind[1..],
            _ => {
                rest = behind;
                break;
            }
        };
    }
    out.extend_from_slice(&[0; PADDING]);
    Some(data.len() - rest.len())
}
