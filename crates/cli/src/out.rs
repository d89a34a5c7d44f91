//! Where words go: results to standard output, remarks and errors to standard error; JSON where it was asked for.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use vitals_api::dto::ApiError;
use vitals_api::said::Failure;

/// Whether the terminal, where there is one, can draw over what it shows.
pub fn moves_cursor() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// How this process prints.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    pub json: bool,
    pub quiet: bool,
    colour: bool,
}

impl Out {
    pub fn new(json: bool, quiet: bool) -> Self {
        let colour = vitals_api::wants_colour(std::io::stderr().is_terminal(), |name| std::env::var_os(name));
        Self { json, quiet, colour }
    }

    /// Whether what goes to standard error may be coloured.
    pub fn colour(self) -> bool {
        self.colour
    }

    /// A line of the result. A reader that went away ends the program quietly, as `head` expects.
    pub fn line(self, text: impl AsRef<str>) {
        if writeln!(std::io::stdout().lock(), "{}", text.as_ref()).is_err() {
            std::process::exit(0);
        }
    }

    /// A remark beside the result.
    pub fn remark(self, text: impl AsRef<str>) {
        if !self.quiet && !self.json {
            eprintln!("{}", text.as_ref());
        }
    }

    /// A JSON document on one line.
    pub fn document(self, value: &impl Serialize) -> vitals_api::Result<()> {
        let text = serde_json::to_string(value).map_err(|error| ApiError::failed(Failure::json(&error)))?;
        self.line(text);
        Ok(())
    }

    /// The failure that ends the program.
    pub fn error(self, error: &ApiError) {
        if self.json {
            eprintln!("{}", serde_json::json!({ "error": error }));
            return;
        }
        eprintln!("vitals: {}", error.message);
        for hint in &error.hints {
            eprintln!("  hint: {hint}");
        }
    }
}
