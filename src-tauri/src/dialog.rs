//! The desktop's own dialog for a file to write, which asks before anything is replaced. What a person chose there is remembered
//! (`destinations`); the page learns the path and nothing else of the file system.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use gtk::prelude::{FileChooserExt as _, NativeDialogExt as _};
use gtk::{FileChooserAction, FileChooserNative, ResponseType};
use tauri::{State, WebviewWindow};
use tokio::sync::oneshot::{self, Sender};
use vitals_api::Result;
use vitals_api::dto::ApiError;
use vitals_api::said::Failure;

use crate::destinations::Destinations;

/// Asks for a file, or for a folder that gets several; `path` is what is proposed. `None`: the dialog was left.
///
/// # Errors
/// `failed` where no dialog can be shown.
#[tauri::command]
pub async fn choose(
    window: WebviewWindow,
    destinations: State<'_, Destinations>,
    path: PathBuf,
    folder: bool,
) -> Result<Option<String>> {
    let failed = |reason: String| ApiError::failed(Failure::NoDialog { reason });
    let (answer, chosen) = oneshot::channel();
    let parent = window.clone();
    let shown = window.run_on_main_thread(move || ask(&parent, &path, folder, answer));
    shown.map_err(|error| failed(error.to_string()))?;
    // No answer is none either: the window was closed.
    let Some(chosen) = chosen.await.ok().flatten() else { return Ok(None) };
    let Some(text) = chosen.to_str().map(str::to_owned) else {
        return Err(failed(format!("{} is no text", chosen.display())));
    };
    destinations.choose(chosen);
    Ok(Some(text))
}

/// Shows the dialog and returns at once: the page goes on drawing behind it.
fn ask(window: &WebviewWindow, proposed: &Path, folder: bool, answer: Sender<Option<PathBuf>>) {
    let action = if folder { FileChooserAction::SelectFolder } else { FileChooserAction::Save };
    let dialog = FileChooserNative::new(None, window.gtk_window().ok().as_ref(), action, None, None);
    dialog.set_do_overwrite_confirmation(true);
    // The nearest folder that is there.
    if let Some(start) = proposed.ancestors().skip(1).find(|folder| folder.is_dir()) {
        dialog.set_current_folder(start);
    }
    if let Some(name) = proposed.file_name().filter(|_| !folder) {
        dialog.set_current_name(&name.to_string_lossy());
    }
    // GTK keeps no dialog alive by itself; the answer lets go of it.
    let kept = RefCell::new(Some((dialog.clone(), answer)));
    dialog.connect_response(move |_, response| {
        if let Some((dialog, answer)) = kept.take() {
            let chosen = dialog.filename().filter(|_| response == ResponseType::Accept);
            // Nobody waits any more where the page was left.
            let _ = answer.send(chosen);
            dialog.destroy();
        }
    });
    dialog.show();
}
