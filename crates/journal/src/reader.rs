//! Reads a journal that may still grow. Each outcome says what the caller may do next: take the record, come back
//! later, settle the file as torn, or report damage and go on behind it. Nothing here panics on any bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use vitals_files::open_regular;

use crate::codec::{self, Undecoded};
use crate::frame::{self, Parsed};
use crate::record::{Declared, Header, Record};
use crate::streams::Streams;
use crate::{FORMAT_VERSION, JournalError, Result};

/// Bytes asked of the kernel at once.
const READ_BYTES: usize = 256 << 10;

/// What is at the reader's place.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadOutcome {
    /// A sound record; the reader now stands at `offset_after`, where a later reader may go on.
    Record { offset: u64, offset_after: u64, record: Record },
    /// The end of the file, or the beginning of a record whose rest is not there yet (`pending` bytes of it are). While
    /// the worker lives: read again later. When it is dead, [`Reader::finish`] settles it.
    NotYet { offset: u64, pending: u64 },
    /// The last `bytes` bytes are no whole record and never will be: the worker died in the middle, or power failed.
    /// Everything before is sound; nothing follows.
    Torn { offset: u64, bytes: u64 },
    /// Bytes were changed after they were written. The reader stands at `resume_at`, where the next record begins or,
    /// behind a damaged length at the end of what is there, the search for it goes on.
    Corrupt { offset: u64, what: String, resume_at: u64 },
}

/// Reads one journal, record by record.
#[derive(Debug)]
pub struct Reader<F = File> {
    path: PathBuf,
    file: F,
    buffer: Vec<u8>,
    /// Where in `buffer` the next record begins.
    start: usize,
    /// Where in the file the next record begins.
    offset: u64,
    header: Option<Header>,
    streams: Streams,
}

impl Reader {
    /// Opens a journal at a byte offset: 0, or an `offset_after` of an earlier reader. The declarations before it are
    /// read again (lengths and declarations only).
    ///
    /// # Errors
    /// The file cannot be read, or was written by a newer version. A file whose header is not there yet opens.
    pub fn open(path: &Path, offset: u64) -> Result<Self> {
        let file = open_regular(path).map_err(JournalError::io("open the journal", path))?;
        Self::of(file, path, offset)
    }
}

impl<F: Read + Seek> Reader<F> {
    /// As [`Reader::open`], of whatever holds the journal's bytes and stands at the first; `path` is for messages.
    pub(crate) fn of(file: F, path: &Path, offset: u64) -> Result<Self> {
        let path = path.to_owned();
        let (buffer, streams) = (Vec::new(), Streams::default());
        let mut reader = Self { path, file, buffer, start: 0, offset: 0, header: None, streams };
        if offset > 0 {
            reader.read_declarations(offset)?;
        }
        Ok(reader)
    }

    /// Where the next record begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The header, once it has been read.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The streams declared before the reader's place.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Reads what is at the reader's place.
    ///
    /// # Errors
    /// The file cannot be read, or was written by a newer version.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: after `NotYet` more may come")]
    pub fn next(&mut self) -> Result<ReadOutcome> {
        self.read(false)
    }

    /// As [`Reader::next`], for a journal whose worker is known to be dead: an unfinished record is `Torn`. `NotYet`
    /// with nothing pending is then the plain end.
    pub fn finish(&mut self) -> Result<ReadOutcome> {
        self.read(true)
    }

    /// `dead`: the file grows no more.
    fn read(&mut self, dead: bool) -> Result<ReadOutcome> {
        let offset = self.offset;
        loop {
            let unread = &self.buffer[self.start..];
            let (size, decoded) = match frame::parse(unread) {
                Parsed::Incomplete { needed } => {
                    if self.fill(needed)? {
                        continue;
                    }
                    let pending = self.buffer.len() as u64;
                    return Ok(if dead && pending > 0 {
                        ReadOutcome::Torn { offset, bytes: pending }
                    } else {
                        ReadOutcome::NotYet { offset, pending }
                    });
                }
                Parsed::BadLength => return self.pass_bad_length(dead),
                Parsed::BadPayload { size } => {
                    (size, Err(Undecoded::Bad("a record whose checksum does not hold".to_owned())))
                }
                Parsed::Frame { payload, size } => (size, codec::decode(payload, &self.streams)),
            };
            let decoded = match decoded {
                Ok(record) => self.accept(record)?,
                Err(Undecoded::Undeclared(_)) if offset > 0 => return self.pass_undeclared(size),
                Err(Undecoded::Undeclared(_)) => Err("the first record is no header".to_owned()),
                Err(Undecoded::Bad(what)) => Err(what),
            };
            self.pass(size);
            let after = self.offset;
            return Ok(match decoded {
                Ok(record) => ReadOutcome::Record { offset, offset_after: after, record },
                Err(what) => ReadOutcome::Corrupt { offset, what, resume_at: after },
            });
        }
    }

    /// Keeps what later records need, and of what comes again leaves what is new. The outer error ends reading, the inner
    /// one is damage.
    fn accept(&mut self, record: Record) -> Result<Result<Record, String>> {
        match record {
            Record::Header(_) if self.offset > 0 => Ok(Err("a second header".to_owned())),
            Record::Header(header) => {
                self.take_header(&header)?;
                Ok(Ok(Record::Header(header)))
            }
            _ if self.offset == 0 => Ok(Err("the first record is no header".to_owned())),
            Record::Stream(stream) => {
                Ok(self.streams.declare(stream.clone()).map(|()| Record::Stream(stream)))
            }
            Record::Declared(declared) => self.accept_again(declared),
            other => Ok(Ok(other)),
        }
    }

    fn accept_again(&mut self, declared: Declared) -> Result<Result<Record, String>> {
        let header = declared.header.filter(|_| self.header.is_none());
        if let Some(header) = &header {
            self.take_header(header)?;
        }
        let mut streams = Vec::new();
        for stream in declared.streams {
            let is_new = self.streams.get(stream.id).is_none();
            if let Err(what) = self.streams.declare(stream.clone()) {
                return Ok(Err(what));
            }
            streams.extend(Some(stream).filter(|_| is_new));
        }
        Ok(Ok(Record::Declared(Declared { header, streams })))
    }

    fn take_header(&mut self, header: &Header) -> Result<()> {
        if header.format > FORMAT_VERSION {
            return Err(JournalError::NewerFormat { found: header.format, supported: FORMAT_VERSION });
        }
        self.header = Some(header.clone());
        Ok(())
    }

    /// Rows one after the other that nothing explains until their declarations come again: one place of damage.
    fn pass_undeclared(&mut self, first: usize) -> Result<ReadOutcome> {
        let offset = self.offset;
        let mut rows = 1_u64;
        self.pass(first);
        loop {
            let next = match frame::parse(&self.buffer[self.start..]) {
                Parsed::Incomplete { needed } => Err(needed),
                Parsed::Frame { payload, size }
                    if matches!(codec::decode(payload, &self.streams), Err(Undecoded::Undeclared(_))) =>
                {
                    Ok(size)
                }
                _ => break,
            };
            match next {
                Ok(size) => {
                    self.pass(size);
                    rows += 1;
                }
                Err(needed) if self.fill(needed)? => {}
                Err(_) => break,
            }
        }
        let what = match rows {
            1 => "1 row of a stream whose declaration is damaged is left out".to_owned(),
            _ => format!("{rows} rows of streams whose declarations are damaged are left out"),
        };
        Ok(ReadOutcome::Corrupt { offset, what, resume_at: self.offset })
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// A length that does not hold: the zeros that a power failure leaves at a file's end, or damage. The next record
    /// begins at the next length that holds.
    fn pass_bad_length(&mut self, dead: bool) -> Result<ReadOutcome> {
        let offset = self.offset;
        let mut all_zero = true;
        loop {
            let unread = &self.buffer[self.start..];
            let found = frame::find_length(unread, usize::from(self.offset == offset));
            // Of a length, all but the last byte may be at the end of what is there.
            let tried = found.unwrap_or(unread.len() - (frame::HEAD_BYTES - 1));
            all_zero = all_zero && unread[..tried].iter().all(|&byte| byte == 0);
            self.pass(tried);
            if found.is_some() {
                break;
            }
            let rest = self.buffer.len() - self.start;
            if self.fill(rest + 1)? {
                continue;
            }
            if all_zero && self.buffer.iter().all(|&byte| byte == 0) {
                let bytes = self.offset + rest as u64 - offset;
                self.go_to(offset)?;
                return Ok(ReadOutcome::Torn { offset, bytes });
            }
            if dead {
                self.pass(rest);
            }
            break;
        }
        let what = format!("a record whose length is damaged: {} bytes are left out", self.offset - offset);
        Ok(ReadOutcome::Corrupt { offset, what, resume_at: self.offset })
    }

    /// Forgets what was read ahead: a file that lives may hold something else there by now.
    fn go_to(&mut self, offset: u64) -> Result<()> {
        self.file.seek(SeekFrom::Start(offset)).map_err(JournalError::io("read the journal", &self.path))?;
        self.buffer.clear();
        (self.start, self.offset) = (0, offset);
        Ok(())
    }

    /// Reads on until `needed` unread bytes are there; `false` at the file's end.
    fn fill(&mut self, needed: usize) -> Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        while self.buffer.len() < needed {
            let held = self.buffer.len();
            self.buffer.resize(held + READ_BYTES.max(needed - held), 0);
            let count = loop {
                match self.file.read(&mut self.buffer[held..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(held + count.as_ref().copied().unwrap_or(0));
            if count.map_err(JournalError::io("read the journal", &self.path))? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Walks from the beginning to `end`, taking declarations and skipping everything else.
    fn read_declarations(&mut self, end: u64) -> Result<()> {
        while self.offset < end {
            if self.buffer.len() - self.start <= frame::HEAD_BYTES && !self.fill(frame::HEAD_BYTES + 1)? {
                break;
            }
            let unread = &self.buffer[self.start..];
            let length = unread.first_chunk().and_then(frame::payload_length);
            let Some(length) = length.filter(|_| !codec::is_declaration(unread[frame::HEAD_BYTES])) else {
                let before = self.offset;
                self.next()?;
                if self.offset == before {
                    break;
                }
                continue;
            };
            let size = frame::HEAD_BYTES + length + frame::TAIL_BYTES;
            if unread.len() < size && !self.fill(size)? {
                break;
            }
            self.pass(size);
        }
        if self.offset == end {
            return Ok(());
        }
        Err(JournalError::BadOffset { path: self.path.clone(), offset: end })
    }
}
