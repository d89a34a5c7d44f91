//! The one way in which a file is written that a person named: exports, what the window drew, the text of
//! a sweep. The file is written beside its place and renamed, so that no half of it is ever seen; a link is followed; what
//! is no file is refused and stays.

use std::path::Path;

use vitals_journal::atomic_write;

use crate::dto::ApiError;
use crate::error::{Result, io_error, journal_error};
use crate::said::Operation;

/// Puts a file in its place, with the folders that it lacks.
///
/// # Errors
/// `invalid_input` where a device, a pipe, a socket or a folder stands there; `failed` where the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = vitals_run::destination(path).map_err(ApiError::invalid)?;
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| io_error(Operation::Create, folder, &error))?;
    }
    atomic_write(&place, bytes).map_err(|error| journal_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_file_and_a_device_stays_one() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("elsewhere/file.csv"), folder.path().join("link.csv"));
        std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
        std::fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert!(link.is_symlink());

        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        for path in [pipe.as_path(), Path::new("/dev/full"), folder.path()] {
            let error = write(path, b"new").unwrap_err();
            assert_eq!(error.code, crate::dto::ErrorCode::InvalidInput, "{}", error.message);
        }
        assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(std::fs::symlink_metadata("/dev/full").unwrap().file_type().is_char_device());
    }
}
