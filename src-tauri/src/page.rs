//! The page in the window: only our own, with its errors kept where a person or a test can read them.

use std::error::Error;

use tauri::{App, WebviewWindowBuilder};

use crate::draws;

/// Runs before any script of the page. `window.vitalsErrors` holds what went wrong since the page was loaded, at most a
/// hundred texts.
const KEEP_ERRORS: &str = r"
(() => {
  const errors = [];
  const keep = (text) => { if (errors.length < 100) errors.push(String(text)); };
  Object.defineProperty(window, 'vitalsErrors', { value: errors });
  addEventListener('error', (event) => keep(event.message || `failed to load ${event.target?.src ?? event.target?.href}`), true);
  addEventListener('unhandledrejection', (event) => keep(event.reason?.message ?? event.reason));
  addEventListener('securitypolicyviolation', (event) => keep(`${event.violatedDirective}: ${event.blockedURI}`));
  const shown = console.error;
  console.error = (...parts) => { keep(parts.join(' ')); shown.apply(console, parts); };
})();
";

/// Under the locale C.UTF-8 WebKit calls its language "C", which is none: formatting numbers with it throws.
const NAME_A_LANGUAGE: &str = r"
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
  Object.defineProperty(navigator, 'languages', { value: Object.freeze(['en-US']) });
}
";

/// Opens the window that the configuration describes. It goes nowhere but to the interface inside the binary.
pub fn open(app: &mut App) -> Result<(), Box<dyn Error>> {
    for config in &app.config().app.windows {
        let window = WebviewWindowBuilder::from_config(app.handle(), config)?
            .initialization_script(KEEP_ERRORS)
            .initialization_script(NAME_A_LANGUAGE)
            .on_navigation(|address| address.scheme() == "tauri")
            .build()?;
        draws::keep_no_notes(&window.gtk_window()?);
    }
    Ok(())
}
