//! Why a sweep file cannot be read for a form, or changed by it.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::place::LineIndex;
use super::syntax::explain;
use crate::sentence::Told;

crate::sentences! {
    /// Why a sweep file could not be changed.
    pub enum EditError in "edit" {
        /// The text is not TOML; nothing can be edited before that is mended.
        NotToml { said: Told, line: u32, column: u32 } =
            "the text is not valid TOML: {said} (line {line}, column {column})";
        /// The file has fewer entries than the edit supposes: it changed meanwhile.
        NoSuchAxis { index: u32, count: usize } = "there is no axis {index}: the file has {count}";
        NoSuchExclusion { index: u32, count: usize } = "there is no exclusion {index}: the file has {count}";
        /// A key holds something else than the edit supposes.
        OtherShape { key: String, expected: Told } = "`{key}` is not {expected}";
        /// The text is no longer the one that was to be replaced.
        OtherText { old: String, at: u32 } = "the text has no `{old}` at byte {at}";
        /// The value has no form in TOML.
        Unwritable { value: String } = "{value} cannot be written to the file";
    }
}

impl EditError {
    pub(crate) fn not_toml(text: &str, message: &str, span: Option<Range<usize>>) -> EditError {
        let Diagnostic { said, line, column, .. } = explain(&LineIndex::new(text), message, span);
        EditError::NotToml { said, line, column }
    }
}
