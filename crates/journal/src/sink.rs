//! Where the writer thread puts bytes: a file, or in tests something that runs out of room.

use std::fs::File;
use std::io::{self, Write};

/// Appends bytes and makes them durable.
pub trait Sink: Send + 'static {
    /// Hands bytes to the kernel; may take only some of them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns once all bytes written so far are on disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
