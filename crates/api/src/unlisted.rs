//! Run folders that lie in a workspace and that its database does not know, as after a lost or damaged database: how many,
//! and the command that reads them. It only looks: names first, and into a folder only where its name is unknown.

use std::path::{Path, PathBuf};

use vitals_journal::Lock;
use vitals_recipe::Told;
use vitals_store::RunId;
use vitals_supervisor::Workspace;

use crate::Context;
use crate::error::Result;
use crate::said::Remark;

/// As many are named one by one; of more, all are meant.
const NAMED: usize = 3;

/// Run folders of a workspace whose id `is_known` does not take, sorted. Folders on which somebody works are left out: a
/// supervisor takes living runs up by itself, and an import is on its way.
pub(crate) fn folders(workspace: &Workspace, is_known: impl Fn(RunId) -> bool) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = named_as_runs(workspace)
        .into_iter()
        .filter(|&run| !is_known(run))
        .map(|run| workspace.run_folder(run))
        .filter(|folder| folder.job().exists() || folder.import().exists())
        .filter(|folder| !Lock::is_held(&folder.lock()).unwrap_or(false))
        .map(|folder| folder.path().to_owned())
        .collect();
    found.sort();
    found
}

/// The ids that folders are named after.
fn named_as_runs(workspace: &Workspace) -> Vec<RunId> {
    let entries = std::fs::read_dir(workspace.runs_dir()).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The command line that reads run folders into a workspace's database.
pub(crate) fn ingest_command(workspace: &Workspace, folders: &[PathBuf]) -> String {
    let mut command = format!("vitals --workspace {} ingest", quoted(workspace.root()));
    if folders.len() > NAMED {
        return format!("{command} {}/*", quoted(workspace.runs_dir()));
    }
    for folder in folders {
        command.push(' ');
        command.push_str(&quoted(folder));
    }
    command
}

/// Run folders that the open database does not know.
///
/// # Errors
/// The database cannot be read.
pub(crate) async fn unlisted(context: &Context) -> Result<Vec<PathBuf>> {
    let named = named_as_runs(context.workspace());
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let known = context.store().known_runs(&named).await?;
    Ok(folders(context.workspace(), |run| known.contains(&run)))
}

/// What a listing says before it lists; `None` where all folders are known.
///
/// # Errors
/// The database cannot be read.
pub async fn remark(context: &Context) -> Result<Option<Told>> {
    let found = unlisted(context).await?;
    let command = ingest_command(context.workspace(), &found);
    Ok(match found.len() {
        0 => None,
        1 => Some(Remark::UnlistedFolder { command }.into()),
        count => Some(Remark::UnlistedFolders { count, command }.into()),
    })
}

/// A path as a shell takes it for one word.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:,@%".contains(letter);
    if path.chars().all(is_plain) { path } else { vitals_run::quoted(&path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        assert_eq!(quoted(Path::new("/data/my-workspace_1.0")), "/data/my-workspace_1.0");
        assert_eq!(quoted(Path::new("/data/a b")), "'/data/a b'");
        assert_eq!(quoted(Path::new("/data/it's $HOME")), r"'/data/it'\''s $HOME'");
    }

    #[test]
    fn folders_of_unknown_runs_are_found_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(root.path());
        assert_eq!(folders(&workspace, |_| false), Vec::<PathBuf>::new(), "no folder at all");
        let ids: Vec<RunId> = (1..=5).map(RunId::from_u128).collect();
        for &run in &ids {
            std::fs::create_dir_all(workspace.run_folder(run).path()).unwrap();
        }
        std::fs::create_dir_all(workspace.runs_dir().join("notes")).unwrap();
        for &run in &ids[..3] {
            std::fs::write(workspace.run_folder(run).job(), "{}").unwrap();
        }
        std::fs::write(workspace.run_folder(ids[3]).import(), "{}").unwrap();
        let _lock = Lock::acquire(&workspace.run_folder(ids[2]).lock()).unwrap();
        let found = folders(&workspace, |run| run == ids[0]);
        let expected = [ids[1], ids[3]].map(|run| workspace.run_folder(run).path().to_owned());
        assert_eq!(found, expected);
        let runs = workspace.runs_dir().display().to_string();
        let root = root.path().display();
        assert_eq!(
            ingest_command(&workspace, &found),
            format!("vitals --workspace {root} ingest {runs}/{} {runs}/{}", ids[1], ids[3])
        );
        let all: Vec<PathBuf> = ids.iter().map(|run| workspace.run_folder(*run).path().to_owned()).collect();
        assert_eq!(ingest_command(&workspace, &all), format!("vitals --workspace {root} ingest {runs}/*"));
    }
}
