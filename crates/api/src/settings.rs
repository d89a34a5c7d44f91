//! What a person has chosen for the window: language, theme and the like.

use crate::Context;
use crate::dto::{ApiError, Settings};
use crate::error::Result;
use crate::said::{Setting, names};

const WINDOW: &str = "window";

/// The window's part, as stored under one key.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Window {
    language: String,
    theme: String,
    single_key_shortcuts: bool,
    zoom_percent: u32,
    notifications: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            language: "system".into(),
            theme: "system".into(),
            single_key_shortcuts: true,
            zoom_percent: 100,
            notifications: true,
        }
    }
}

pub async fn get(context: &Context) -> Result<Settings> {
    let window: Window = context.store().setting(WINDOW).await?.unwrap_or_default();
    Ok(Settings {
        language: window.language,
        theme: window.theme,
        single_key_shortcuts: window.single_key_shortcuts,
        zoom_percent: window.zoom_percent,
        notifications: window.notifications,
    })
}

/// Stores the settings and returns them as they are now.
///
/// # Errors
/// `invalid_input` names the setting and the values that it can take; nothing is changed then.
pub async fn set(context: &Context, settings: Settings) -> Result<Settings> {
    let one_of = |name: &str, value: &str, words: &[&str]| {
        if words.contains(&value) {
            return Ok(());
        }
        let (name, found) = (name.to_owned(), value.to_owned());
        Err(ApiError::invalid(Setting::Choice { name, found, choices: names(words) }))
    };
    one_of("language", &settings.language, &["system", "en", "ko"])?;
    one_of("theme", &settings.theme, &["system", "light", "dark"])?;
    if !(80..=200).contains(&settings.zoom_percent) {
        return Err(ApiError::invalid(Setting::Zoom { found: settings.zoom_percent }));
    }
    let window = Window {
        language: settings.language,
        theme: settings.theme,
        single_key_shortcuts: settings.single_key_shortcuts,
        zoom_percent: settings.zoom_percent,
        notifications: settings.notifications,
    };
    context.store().set_setting(WINDOW, &window).await?;
    get(context).await
}
