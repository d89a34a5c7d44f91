//! Three of the five doors between page and product: `rpc` (JSON), `series` (raw bytes), `watch` (notices of change). A workspace
//! that cannot be opened still has a window: every door answers with the reason.

use std::path::Path;

use serde_json::Value;
use tauri::State;
use tauri::ipc::{Channel, Response};
use vitals_api::dto::{ApiError, ChangeNotice, SeriesRequest};
use vitals_api::said::Failure;
use vitals_api::{Binaries, Context, Result, frames};

use crate::clock;
use crate::destinations::Destinations;
use crate::watchers::Watchers;

/// Notices that may wait for a busy page; it asks again for all that it shows, so few are enough.
const NOTICES: usize = 8;

/// The workspace, or why it cannot be used.
#[derive(Debug)]
pub struct Workspace(Result<Context>);

impl Workspace {
    pub fn open(root: &Path) -> Self {
        let opened = match Binaries::beside_own() {
            Ok(binaries) => tauri::async_runtime::block_on(Context::open(root, binaries, clock::now)),
            Err(error) => Err(ApiError::failed(Failure::ProgramsNotFound { reason: error.to_string() })),
        };
        if let Err(error) = &opened {
            tracing::error!("{error}");
        }
        Self(opened)
    }

    fn context(&self) -> Result<&Context> {
        self.0.as_ref().map_err(Clone::clone)
    }
}

/// A method of the API with its parameters. Files are written only where a person would look for them.
#[tauri::command]
pub async fn rpc(
    workspace: State<'_, Workspace>,
    destinations: State<'_, Destinations>,
    method: String,
    params: Value,
) -> Result<Value> {
    let context = workspace.context()?;
    destinations.allow(context.workspace().root(), &method, &params)?;
    vitals_api::dispatch(context, &method, params).await
}

/// What a chart shows, as one binary frame.
#[tauri::command]
pub async fn series(workspace: State<'_, Workspace>, request: SeriesRequest) -> Result<Response> {
    Ok(Response::new(frames::series(workspace.context()?, &request).await?))
}

/// Sends a notice whenever something moved, until the page is left.
#[tauri::command]
pub async fn watch(
    workspace: State<'_, Workspace>,
    watchers: State<'_, Watchers>,
    channel: Channel<ChangeNotice>,
) -> Result<()> {
    let context = workspace.context()?.clone();
    watchers.add(async move {
        let (sender, mut notices) = tokio::sync::mpsc::channel(NOTICES);
        let passing_on = async move {
            while let Some(notice) = notices.recv().await {
                if let Err(error) = channel.send(notice) {
                    tracing::debug!("the page takes no more notices: {error}");
                    break;
                }
            }
        };
        let (watched, ()) = tokio::join!(vitals_api::watch(context, sender), passing_on);
        if let Err(error) = watched {
            tracing::error!("failed to watch the workspace: {error}");
        }
    });
    Ok(())
}
