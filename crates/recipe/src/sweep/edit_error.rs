//! Why a sweep file cannot be read for a form, or changed by it.

use std::ops::Range;

use super::diagnostic::LineIndex;

/// Why a sweep file could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML; nothing can be edited before that is mended.
    #[error("the text is not valid TOML: {message} (line {line}, column {column})")]
    NotToml { message: String, line: u32, column: u32 },
    /// The file has fewer entries than the edit supposes: it changed meanwhile.
    #[error("there is no {what} {index}: the file has {count}")]
    NoSuchEntry { what: &'static str, index: u32, count: usize },
    /// A key holds something else than the edit supposes.
    #[error("`{key}` is not {expected}")]
    OtherShape { key: String, expected: &'static str },
    /// The value has no form in TOML.
    #[error("{value} cannot be written to the file")]
    Unwritable { value: String },
}

impl EditError {
    pub(crate) fn not_toml(text: &str, message: &str, span: Option<Range<usize>>) -> EditError {
        let (line, column) = LineIndex::new(text).position(span.map_or(text.len(), |span| span.start));
        EditError::NotToml { message: message.to_owned(), line, column }
    }
}
