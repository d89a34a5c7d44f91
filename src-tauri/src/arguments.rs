//! The window's own arguments. The workspace is found as the command line finds it.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use vitals_api::place::default_workspace;

/// The window of Vitals.
#[derive(Debug, Parser)]
#[command(name = "vitals-desktop", version)]
pub struct Arguments {
    /// The workspace: database, run folders, sweep files. Default: $XDG_DATA_HOME/vitals.
    #[arg(long, env = "VITALS_WORKSPACE", value_name = "DIR", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    workspace: Option<PathBuf>,
}

impl Arguments {
    /// The workspace that is meant.
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        if let Some(root) = self.workspace.as_ref().filter(|root| !root.as_os_str().is_empty()) {
            return Ok(root.clone());
        }
        let place = default_workspace(|name| std::env::var_os(name))
            .map_err(|error| anyhow::anyhow!("{}; {}", error.message, error.hints.join("; ")))?;
        place.remarks.iter().for_each(|told| tracing::warn!("{told}"));
        Ok(place.root)
    }
}
