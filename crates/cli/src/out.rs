//! Where words go: results to standard output, remarks and errors to standard error; JSON where it was asked for. Whatever is
//! printed for people is made legible here, as labels, evidence and sweep files may be anybody's. A result that cannot be
//! written ends the program with a failure, a remark that cannot be is lost.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;
use vitals_api::dto::ApiError;
use vitals_api::said::Failure;
use vitals_api::{legible, legible_lines, legible_paragraph};

/// Whether the terminal, where there is one, can draw over what it shows.
pub fn moves_cursor() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// A result on standard output, as it is. A reader that went away ends the program quietly, as
/// `head` expects; a full disk ends it with a failure, so that nobody takes half of a result for all of it.
pub fn result(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        say(&format!("vitals: failed to write to standard output: {error}\n"));
        std::process::exit(1);
    }
}

/// A text on standard error, as it is. Where that is full the words are lost, and nothing else.
pub fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
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
        let colour = vitals_api::wants_colour(io::stderr().is_terminal(), |name| std::env::var_os(name));
        Self { json, quiet, colour }
    }

    /// Whether what goes to standard error may be coloured.
    pub fn colour(self) -> bool {
        self.colour
    }

    /// A line of the result.
    pub fn line(self, text: impl AsRef<str>) {
        result(format!("{}\n", legible(text.as_ref())).as_bytes());
    }

    /// A result of several lines.
    pub fn lines(self, text: impl AsRef<str>) {
        result(format!("{}\n", legible_lines(text.as_ref())).as_bytes());
    }

    /// The text of a file: as it is into a file or a pipe, legible on a terminal.
    pub fn file(self, text: &str) {
        let text = text.trim_end();
        if io::stdout().is_terminal() { self.lines(text) } else { result(format!("{text}\n").as_bytes()) }
    }

    /// A remark beside the result.
    pub fn remark(self, text: impl AsRef<str>) {
        if !self.quiet && !self.json {
            say(&format!("{}\n", legible(text.as_ref())));
        }
    }

    /// A JSON document on one line.
    pub fn document(self, value: &impl Serialize) -> vitals_api::Result<()> {
        let text = serde_json::to_string(value).map_err(|error| ApiError::failed(Failure::json(&error)))?;
        result(format!("{text}\n").as_bytes());
        Ok(())
    }

    /// The failure that ends the program.
    pub fn error(self, error: &ApiError) {
        if self.json {
            return say(&format!("{}\n", serde_json::json!({ "error": error })));
        }
        say(&format!("vitals: {}\n", legible_paragraph(&error.message)));
        for hint in &error.hints {
            say(&format!("  hint: {}\n", legible_paragraph(hint)));
        }
    }
}
