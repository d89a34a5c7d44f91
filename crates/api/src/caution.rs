//! Whose a workspace is. What stands in it is obeyed: which runs there are, where their folders lie, what they are trained on; so
//! whoever may write it decides what this user's programs do. Said before anything is started, and refused to nobody.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use vitals_recipe::Told;

use crate::Context;

vitals_recipe::sentences! {
    /// Why to look twice before anything is started in a workspace.
    pub(crate) enum Caution in "caution" {
        OfAnother { path: String, owner: String } =
            "{path} belongs to user {owner}, and what it says is done in your name; start runs in a workspace of your own if you do not trust them";
        OfMany { path: String } =
            "{path} can be written by others, and what it says is done in your name; `chmod go-w {path}` leaves it to its owner";
    }
}

/// What to look at twice in a workspace.
pub fn cautions(context: &Context) -> Vec<Told> {
    let workspace = context.workspace();
    let own = rustix::process::geteuid().as_raw();
    let mut found = Vec::new();
    for path in [workspace.root(), &workspace.database(), workspace.runs_dir()] {
        found.extend(caution(path, own).map(Told::from));
    }
    found
}

/// Links are followed: what counts is the file that is written.
fn caution(path: &Path, own: u32) -> Option<Caution> {
    let found = std::fs::metadata(path).ok()?;
    let shown = path.display().to_string();
    if found.uid() != own {
        return Some(Caution::OfAnother { path: shown, owner: found.uid().to_string() });
    }
    is_of_many(found.mode(), found.gid(), own).then_some(Caution::OfMany { path: shown })
}

/// The group that bears a user's own number is that user alone, and many systems let it write by default.
fn is_of_many(mode: u32, group: u32, own: u32) -> bool {
    let counts = if group == own { 0o002 } else { 0o022 };
    mode & counts != 0
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_of_others_is_told_by_its_owner_and_by_who_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let own = rustix::process::geteuid().as_raw();
        for (mode, is_told) in [(0o700, false), (0o755, false), (0o707, true), (0o777, true)] {
            set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(caution(folder.path(), own).is_some(), is_told, "{mode:o}");
        }
        assert!(
            is_of_many(0o775, 100, 1000) && !is_of_many(0o775, 1000, 1000) && !is_of_many(0o755, 100, 1000)
        );
        let other = caution(folder.path(), own + 1).unwrap().to_string();
        assert!(other.contains(&format!("belongs to user {own}")), "{other}");
        assert!(caution(&folder.path().join("absent"), own).is_none());
    }
}
