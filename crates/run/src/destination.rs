//! Where a file that a person named is to be written. A link is followed and stays a link; a device, a pipe, a socket or a folder
//! is refused, as writing a file means to put a new one in the old one's place. Looks only, and writes nothing.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

vitals_recipe::sentences! {
    /// Why nothing is written to a path.
    #[derive(Eq)]
    pub enum NoDestination in "destination" {
        Folder { path: String } = "{path} is a folder; name a file in it";
        Device { path: String } = "{path} is a device, which a file would replace; name a file";
        Pipe { path: String } = "{path} is a pipe, which a file would replace; name a file";
        Socket { path: String } = "{path} is a socket, which a file would replace; name a file";
        LinkToNothing { path: String } = "{path} is a link, and what it leads to is not there; name a file";
        Unseen { path: String, reason: String } = "failed to look at {path}: {reason}";
    }
}

/// The place of the file: behind links the one that they lead to.
///
/// # Errors
/// What stands there is no regular file.
pub fn destination(path: &Path) -> Result<PathBuf, NoDestination> {
    let name = || path.display().to_string();
    let unseen = |error: io::Error| NoDestination::Unseen { path: name(), reason: error.to_string() };
    let kind = match fs::metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match path.is_symlink() {
                true => Err(NoDestination::LinkToNothing { path: name() }),
                false => Ok(path.to_owned()),
            };
        }
        Err(error) => return Err(unseen(error)),
    };
    match kind {
        _ if kind.is_file() => fs::canonicalize(path).map_err(unseen),
        _ if kind.is_dir() => Err(NoDestination::Folder { path: name() }),
        _ if kind.is_fifo() => Err(NoDestination::Pipe { path: name() }),
        _ if kind.is_socket() => Err(NoDestination::Socket { path: name() }),
        _ => Err(NoDestination::Device { path: name() }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_link_is_followed_and_only_files_are_written() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::write(at("file"), "").unwrap();
        for (name, target) in
            [("link", "file"), ("link-of-link", "link"), ("lost", "nowhere"), ("null", "/dev/null")]
        {
            symlink(target, at(name)).unwrap();
        }
        let listener = UnixListener::bind(at("socket")).unwrap();
        let file = fs::canonicalize(at("file")).unwrap();
        for name in ["file", "link", "link-of-link"] {
            assert_eq!(destination(&at(name)), Ok(file.clone()), "{name}");
        }
        assert_eq!(destination(&at("new")), Ok(at("new")));
        let refused = |path: &Path, why: &str| {
            let said = destination(path).unwrap_err().to_string();
            assert_eq!(said, format!("{} {why}", path.display()));
        };
        refused(root.path(), "is a folder; name a file in it");
        refused(&at("lost"), "is a link, and what it leads to is not there; name a file");
        for device in ["/dev/full", "/dev/null"] {
            refused(Path::new(device), "is a device, which a file would replace; name a file");
        }
        refused(&at("null"), "is a device, which a file would replace; name a file");
        refused(&at("socket"), "is a socket, which a file would replace; name a file");
        drop(listener);
        assert!(matches!(destination(&at("file/below")), Err(NoDestination::Unseen { .. })));
    }
}
