//! The window's own arguments. The workspace is found as the command line finds it.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

/// The window of Vitals.
#[derive(Debug, Parser)]
#[command(name = "vitals-desktop", version)]
pub struct Arguments {
    /// The workspace: database, run folders, sweep files. Default: $XDG_DATA_HOME/vitals.
    #[arg(long, env = "VITALS_WORKSPACE", value_name = "DIR")]
    workspace: Option<PathBuf>,
}

impl Arguments {
    /// The workspace that is meant.
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        if let Some(root) = &self.workspace {
            return Ok(root.clone());
        }
        let folder = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let data = folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
        let data = data.context(
            "no workspace is known: neither XDG_DATA_HOME nor HOME is set; name one with --workspace",
        )?;
        Ok(data.join("vitals"))
    }
}
