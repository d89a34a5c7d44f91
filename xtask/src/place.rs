//! Where things are: the clone, its target folder and the cache outside the clone. Reads the environment once, here.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The version of libtorch that the engine is written against.
pub const LIBTORCH_VERSION: &str = "2.11.0";

/// The folders that every task works with.
#[derive(Debug, Clone)]
pub struct Place {
    /// The clone.
    pub root: PathBuf,
    /// `target`, or what `CARGO_TARGET_DIR` names.
    pub target: PathBuf,
    /// `$XDG_CACHE_HOME/vitals`: shared by all clones of one user.
    pub cache: PathBuf,
}

impl Place {
    /// Reads the environment. Fails when neither `XDG_CACHE_HOME` nor `HOME` names an absolute folder.
    pub fn find() -> anyhow::Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("the xtask crate lies in a folder of the clone")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .context("find a cache folder: set HOME or XDG_CACHE_HOME to an absolute path")?;
        Ok(Self { root, target, cache: cache.join("vitals") })
    }

    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    pub fn e2e(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// The link that points the build at libtorch.
    pub fn libtorch_link(&self) -> PathBuf {
        self.root.join(".libtorch")
    }

    /// A built binary of the development profile.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// Tools that only the tests need.
    pub fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// The path as a person in the clone would type it.
    pub fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
