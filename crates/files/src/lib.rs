//! How files are opened that somebody else may have made: a pipe, a device or a link in the place of a file is an error that
//! says so, and nothing waits for it. Knows nothing of what stands in them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};

/// Opens a file to read.
///
/// # Errors
/// It cannot be opened, or is none.
pub fn open_regular(path: &Path) -> io::Result<File> {
    opened(OpenOptions::new().read(true), path)
}

/// The whole of a file.
///
/// # Errors
/// As [`open_regular`].
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file as `options` say, without following a link in its place: for files that are written.
///
/// # Errors
/// As [`open_regular`]; a link.
pub fn open_in_place(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed());
    regular(options.open(path)?)
}

fn opened(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Without it the open of a pipe waits until somebody writes.
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    regular(options.open(path)?)
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// Opens a folder, below another or at its path.
///
/// # Errors
/// It cannot be opened, is none, or is one by way of a link.
pub fn open_folder(below: Option<&File>, path: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let folder = match below {
        Some(below) => openat(below, path, flags, Mode::empty())?,
        None => openat(rustix::fs::CWD, path, flags, Mode::empty())?,
    };
    Ok(File::from(folder))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let pipe = root.path().join("lock");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .unwrap();
        for error in [open_regular(&pipe), open_in_place(OpenOptions::new().write(true).read(true), &pipe)] {
            assert_eq!(error.unwrap_err().to_string(), "it is no regular file");
        }
        assert!(open_regular(Path::new("/dev/zero")).is_err() && open_regular(root.path()).is_err());
    }

    #[test]
    fn a_link_is_read_and_never_written() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_regular(&link).unwrap(), b"text");
        assert!(open_in_place(OpenOptions::new().write(true).truncate(true), &link).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"text");
    }
}
