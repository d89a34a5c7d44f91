//! Where files are written for the page: in the workspace's `exports`, and where a person chose in the host's own dialog since the
//! window was opened. A path that the page merely names is refused, so that a fault of the page, or a text of others that got
//! the better of it, writes nowhere else.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use vitals_api::Result;
use vitals_api::dto::ApiError;
use vitals_api::said::{Advice, Failure};

/// Methods of the API that write a file to the `path` among their parameters.
const WRITE: [&str; 4] = ["export", "figure_save", "report_save", "file_save"];

/// Paths that a person chose.
#[derive(Debug, Default)]
pub struct Destinations(Mutex<BTreeSet<PathBuf>>);

impl Destinations {
    /// A person named it in the host's dialog.
    pub fn choose(&self, path: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    }

    /// Whether a method may write where its parameters say; what writes nothing passes.
    ///
    /// # Errors
    /// `invalid_input` for a path that nobody chose.
    pub fn allow(&self, workspace: &Path, method: &str, params: &Value) -> Result<()> {
        if !WRITE.contains(&method) {
            return Ok(());
        }
        // Without a path the method itself says what is wrong.
        let Some(path) = params.get("path").and_then(Value::as_str) else { return Ok(()) };
        let chosen = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(Path::new(path));
        if chosen || is_export(workspace, Path::new(path)) {
            return Ok(());
        }
        let error = ApiError::invalid(Failure::NotChosen { path: path.to_owned() });
        Err(error.hint(Advice::ChooseFile))
    }
}

/// In the workspace's own folder for exports, with no link on the way that leads out of it.
fn is_export(workspace: &Path, path: &Path) -> bool {
    let exports = workspace.join("exports");
    let Ok(inside) = path.strip_prefix(&exports) else { return false };
    let mut at = exports;
    if at.is_symlink() || inside.as_os_str().is_empty() {
        return false;
    }
    inside.components().all(|part| {
        at.push(part);
        matches!(part, Component::Normal(_)) && !at.is_symlink()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_writes_where_exports_go_or_a_person_chose() {
        let root = tempfile::tempdir().unwrap();
        let workspace = root.path().join("ws");
        let exports = workspace.join("exports");
        std::fs::create_dir_all(&exports).unwrap();
        std::fs::write(root.path().join("thesis"), "").unwrap();
        symlink(root.path().join("thesis"), exports.join("link.csv")).unwrap();
        symlink(root.path(), exports.join("out")).unwrap();
        let destinations = Destinations::default();
        let may = |method: &str, path: &Path| {
            destinations.allow(&workspace, method, &json!({ "path": path })).is_ok()
        };
        for method in WRITE {
            for good in ["loss.csv", "new/loss.csv"] {
                assert!(may(method, &exports.join(good)), "{good}");
            }
            for bad in ["../vitals.db", "new/../../vitals.db", "link.csv", "out/thesis", ""] {
                assert!(!may(method, &exports.join(bad)), "{bad}");
            }
            for bad in ["/etc/passwd", "loss.csv", "exports/loss.csv"] {
                assert!(!may(method, Path::new(bad)), "{bad}");
            }
        }
        assert!(may("dataset_add", Path::new("/anywhere")), "it reads");

        let chosen = root.path().join("chosen.csv");
        assert!(!may("file_save", &chosen));
        destinations.choose(chosen.clone());
        assert!(may("file_save", &chosen) && may("export", &chosen));
        assert!(!may("file_save", &root.path().join("thesis")), "the others stay refused");
        let linked = Destinations::default();
        std::fs::remove_dir_all(&exports).unwrap();
        symlink(root.path(), &exports).unwrap();
        let params = json!({ "path": exports.join("thesis") });
        let error = linked.allow(&workspace, "file_save", &params).unwrap_err();
        assert!(error.message.contains("nobody chose") && !error.hints.is_empty(), "{error:?}");
    }

    /// A method that takes a path and writes belongs into the list: this one names the others that take one.
    #[test]
    fn every_method_with_a_path_is_known_to_write_or_to_read() {
        let types = vitals_api::typescript();
        let methods = types.split("export type Methods = {").nth(1).expect("the map of methods");
        let with_path: Vec<&str> = methods
            .lines()
            .filter(|line| line.contains("path: string"))
            .filter_map(|line| line.split(':').next().map(str::trim))
            .collect();
        assert_eq!(with_path, ["export", "figure_save", "report_save", "file_save", "dataset_add"]);
    }
}
