//! Records of a CSV text, one at a time from a stream, each cell with its place. A record ends at a line feed, a carriage
//! return, or both; quotes hide separators and line ends, a doubled quote is one. It knows nothing of what cells mean.

use std::io::BufRead;

use super::wrong::{Place, Unread, Wrong};
use crate::said::{Misfit, TableAdvice};

/// Longest record: what is longer has lost a quote, and must not fill the memory.
const MOST_MIB: usize = 16;

/// One record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    text: String,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    places: Vec<Place>,
}

impl Record {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell; empty beyond the last one.
    pub fn cell(&self, at: usize) -> &str {
        let Some(&end) = self.ends.get(at) else { return "" };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..end]
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.cell(at))
    }

    /// What is wrong with a cell.
    pub fn wrong(&self, at: usize, said: Misfit, hint: TableAdvice) -> Wrong {
        let place = self.places.get(at).or(self.places.first()).copied();
        Wrong::at(place.unwrap_or(Place::FIRST), said, hint)
    }

    fn close(&mut self, end: usize, place: Place) {
        self.ends.push(end);
        self.places.push(place);
    }

    fn with_text(mut self, bytes: Vec<u8>) -> Result<Self, Wrong> {
        match String::from_utf8(bytes) {
            // Halves of a letter in two cells are text only together.
            Ok(text) => match self.ends.iter().position(|end| !text.is_char_boundary(*end)) {
                Some(cell) => Err(self.wrong(cell, Misfit::NoText, TableAdvice::Utf8)),
                None => {
                    self.text = text;
                    Ok(self)
                }
            },
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let cell = self.ends.iter().position(|end| *end > valid).unwrap_or(0);
                Err(self.wrong(cell, Misfit::NoText, TableAdvice::Utf8))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the first byte of a cell.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted cell: doubled, or the end of what is quoted.
    Quote,
}

/// The records of a stream.
pub(super) struct Records<R> {
    input: R,
    separator: u8,
    /// Of the next byte.
    at: Place,
    /// The last byte was a carriage return: a line feed belongs to it.
    after_return: bool,
}

impl<R: BufRead> Records<R> {
    pub fn of(input: R, separator: u8) -> Self {
        Self { input, separator, at: Place::FIRST, after_return: false }
    }

    /// The next record in which something stands.
    ///
    /// # Errors
    /// It is no text, has a quote that is never closed, or cannot be read.
    pub fn next(&mut self) -> Result<Option<Record>, Unread> {
        loop {
            match self.record()? {
                Some(record) if record.cells().all(|cell| cell.trim().is_empty()) => {}
                other => return Ok(other),
            }
        }
    }

    fn record(&mut self) -> Result<Option<Record>, Unread> {
        let (mut record, mut bytes) = (Record::default(), Vec::new());
        let (mut state, mut begun) = (State::Begin, false);
        let mut place = self.at;
        loop {
            let ends_return = self.after_return;
            let Some(byte) = self.byte()? else {
                if state == State::Quoted {
                    return Err(Wrong::at(place, Misfit::NeverClosed, TableAdvice::Cells).into());
                }
                if !begun {
                    return Ok(None);
                }
                record.close(bytes.len(), place);
                return Ok(Some(record.with_text(bytes)?));
            };
            if !begun && ends_return && byte == b'\n' {
                continue;
            }
            begun = true;
            state = match (state, byte) {
                (State::Begin, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) | (State::Quote, b'"') => {
                    bytes.push(byte);
                    State::Quoted
                }
                (_, b'\n' | b'\r') => {
                    record.close(bytes.len(), place);
                    return Ok(Some(record.with_text(bytes)?));
                }
                (_, byte) if byte == self.separator => {
                    record.close(bytes.len(), place);
                    place = self.at;
                    State::Begin
                }
                (_, byte) => {
                    bytes.push(byte);
                    State::Plain
                }
            };
            if bytes.len() > MOST_MIB << 20 {
                return Err(Wrong::at(place, Misfit::TooLong { mib: MOST_MIB }, TableAdvice::Cells).into());
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, std::io::Error> {
        let byte = loop {
            match self.input.fill_buf() {
                Ok(bytes) => break bytes.first().copied(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        let Some(byte) = byte else { return Ok(None) };
        self.input.consume(1);
        match byte {
            b'\n' if self.after_return => {}
            b'\n' | b'\r' => self.at = Place { line: self.at.line.saturating_add(1), column: 1 },
            // Not a character's first byte.
            0x80..0xc0 => {}
            _ => self.at.column = self.at.column.saturating_add(1),
        }
        self.after_return = byte == b'\r';
        Ok(Some(byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str, separator: u8) -> Vec<Vec<String>> {
        let mut records = Records::of(text.as_bytes(), separator);
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push(record.cells().map(str::to_owned).collect());
        }
        found
    }

    #[test]
    fn any_line_end_ends_a_record_and_quotes_hide_it() {
        let expected = [["a", "b"], ["1", "2"]];
        for text in ["a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "\n\ra,b\r\r1,2\n\r\n", "\"a\",\"b\"\n 1,2"]
        {
            let found = records(text, b',');
            let found: Vec<Vec<&str>> =
                found.iter().map(|row| row.iter().map(|cell| cell.trim()).collect()).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        assert_eq!(records("\"a\r\nb\";\"c;\"\"d\"\"\"\r", b';'), [["a\r\nb", "c;\"d\""]]);
        assert_eq!(records("a,\n,b", b','), [["a", ""], ["", "b"]]);
    }

    #[test]
    fn a_cell_has_its_place_whatever_stands_before_it() {
        let mut records = Records::of("a,\"é\rb\",c\r\n\r\nd,\"x\",é,y".as_bytes(), b',');
        let place = |record: &Record, at| {
            let Wrong { line, column, .. } = record.wrong(at, Misfit::NoHeader, TableAdvice::Header);
            (line, column)
        };
        let first = records.next().unwrap().unwrap();
        assert_eq!([0, 1, 2].map(|at| place(&first, at)), [(1, 1), (1, 3), (2, 4)]);
        let second = records.next().unwrap().unwrap();
        assert_eq!([0, 1, 2, 3].map(|at| place(&second, at)), [(4, 1), (4, 3), (4, 7), (4, 9)]);
    }

    #[test]
    fn what_is_no_text_and_what_never_ends_is_said() {
        let wrong = |bytes: &[u8]| {
            let mut records = Records::of(bytes, b',');
            loop {
                match records.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => return String::new(),
                    Err(Unread::Wrong(wrong)) => {
                        return format!("{}:{} {}", wrong.line, wrong.column, wrong.said);
                    }
                    Err(Unread::Io(error)) => return error.to_string(),
                }
            }
        };
        assert_eq!(wrong(b"step,loss\n0,\xff\n"), "2:3 this is no text in UTF-8");
        assert_eq!(wrong(b"step,loss\n0,\"1\n2,3\n"), "2:3 a quote is never closed");
        let endless = [b"step,\"".to_vec(), vec![b'x'; (MOST_MIB << 20) + 1]].concat();
        assert_eq!(wrong(&endless), "1:6 a row is longer than 16 MiB; perhaps a quote is never closed");
    }

    proptest! {
        /// The library reads the same cells, where lines end in a way that it knows.
        #[test]
        fn cells_are_those_that_the_csv_library_reads(text in "[0-9a\", é\n]{0,60}", returns in any::<bool>()) {
            let text = if returns { text.replace('\n', "\r\n") } else { text };
            let mut library = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = library
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .filter(|cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty()))
                .collect();
            let mut records = Records::of(text.as_bytes(), b',');
            let mut found: Vec<Vec<String>> = Vec::new();
            let closed = loop {
                match records.next() {
                    Ok(Some(record)) => found.push(record.cells().map(str::to_owned).collect()),
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            if closed {
                prop_assert_eq!(found, expected);
            } else {
                // What stood before the quote that is never closed.
                prop_assert_eq!(&expected[..found.len()], &found[..]);
            }
        }
    }
}
