//! The tasks that send notices to the page. They belong to one load of the page and end with it.

use std::sync::{Mutex, PoisonError};

use tauri::async_runtime::JoinHandle;
use tauri::webview::{PageLoadEvent, PageLoadPayload};
use tauri::{Manager as _, Webview};

/// Tasks of the page that is shown.
#[derive(Debug, Default)]
pub struct Watchers(Mutex<Vec<JoinHandle<()>>>);

impl Watchers {
    pub fn add(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().push(tauri::async_runtime::spawn(task));
    }

    fn end_all(&self) {
        for task in self.tasks().drain(..) {
            task.abort();
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        // A list of handles is whole at any moment, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page that loads again asks anew.
pub fn on_page_load(webview: &Webview, payload: &PageLoadPayload<'_>) {
    if payload.event() == PageLoadEvent::Started {
        webview.state::<Watchers>().end_all();
    }
}
