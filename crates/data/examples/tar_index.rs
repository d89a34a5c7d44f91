//! How long an index of a tar archive takes: our reader of headers against the `tar` library, over the archive at PATH or
//! over one of 120,000 small members that it writes. Both must find the same files at the same places.
//!
//! `cargo run --release -p vitals-data --example tar_index [PATH]`

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../src/source/shown.rs"]
mod shown;
#[path = "../src/source/tar_format.rs"]
mod tar_format;
#[expect(dead_code, reason = "what a file is, is asked elsewhere")]
#[path = "../src/tar_header.rs"]
mod tar_header;

type Failure = Box<dyn std::error::Error>;

const SAMPLES: u64 = 60_000;
const ROUNDS: usize = 9;

fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => path.into(),
        None => {
            let path = folder.path().join("shard.tar");
            write(&path)?;
            path
        }
    };
    let len = std::fs::metadata(&path)?.len();
    let inline = |name: &str| name.ends_with(".cls");
    let (mut ours, mut library) = (Vec::new(), Vec::new());
    let mut found = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let members = tar_format::members(&mut BufReader::new(File::open(&path)?), len, &inline)?;
        ours.push(start.elapsed());
        let start = Instant::now();
        let files = by_library(File::open(&path)?, &inline)?;
        library.push(start.elapsed());
        let told = members.iter().map(|member| (&member.name, member.start, member.bytes));
        if !told.eq(files.iter().map(|(name, start, bytes, _)| (name, *start, *bytes))) {
            return Err("the two do not find the same files".into());
        }
        found = members.len();
    }
    println!(
        "{found} members in {} MiB: ours {:?}, the library {:?}",
        len >> 20,
        median(ours),
        median(library)
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Images of 2 to 11 kB, each with a label, as a shard has them.
fn write(path: &Path) -> io::Result<()> {
    let mut archive = tar::Builder::new(BufWriter::new(File::create(path)?));
    for sample in 0..SAMPLES {
        for (ending, bytes) in [("jpg", 2_000 + (sample * 7_919) % 9_000), ("cls", 3)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes);
            let content = io::repeat(b'7').take(bytes);
            archive.append_data(&mut header, format!("{sample:08}.{ending}"), content)?;
        }
    }
    archive.finish()
}

/// Name, place, size and content of a file.
type Listed = (String, u64, u64, Option<Vec<u8>>);

fn by_library(file: File, inline: &dyn Fn(&str) -> bool) -> io::Result<Vec<Listed>> {
    let mut archive = tar::Archive::new(Skipping { reader: BufReader::new(file), at: 0 });
    let mut found = Vec::new();
    for entry in archive.entries_with_seek()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let (start, bytes) = (entry.raw_file_position(), entry.size());
            let mut content = inline(&name).then(Vec::new);
            if let Some(content) = &mut content {
                entry.read_to_end(content)?;
            }
            found.push((name, start, bytes, content));
        }
    }
    Ok(found)
}

/// Short skips stay within the buffer; a seek would throw it away.
struct Skipping {
    reader: BufReader<File>,
    at: u64,
}

impl Read for Skipping {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(bytes)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Skipping {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Current(skip) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        self.reader.seek_relative(skip)?;
        self.at = self.at.checked_add_signed(skip).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
