//! Where the writer's threads put bytes: a file, or in tests something that runs out of room.

use std::fs::File;
use std::io::{self, Write};

/// Appends bytes and makes them durable. The two may run at the same time, on two threads.
pub trait Sink: Send + Sync + 'static {
    /// Hands bytes to the kernel; may take only some of them.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns once all bytes written before the call are on disk.
    fn sync(&self) -> io::Result<()>;
}

impl Sink for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        Write::write(&mut file, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
