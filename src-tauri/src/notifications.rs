//! Hands notifications to the desktop. Which ones and in which words is the page's business; here is only the door.

use vitals_api::Result;
use vitals_api::dto::ApiError;
use vitals_api::said::{Advice, Failure};

/// A notification in the reader's words.
///
/// # Errors
/// `failed` where no service of the desktop takes it.
#[tauri::command]
pub async fn notify(title: String, body: String) -> Result<()> {
    // The call waits for the desktop's answer.
    let shown = tauri::async_runtime::spawn_blocking(move || {
        notify_rust::Notification::new().appname("Vitals").summary(&title).body(&body).show().map(drop)
    });
    let refused = match shown.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(ApiError::failed(Failure::NoNotification { reason: refused }).hint(Advice::StartNotifications))
}
