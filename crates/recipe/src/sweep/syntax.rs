//! Why a text is not TOML, in words of our own with what to do: the parser's words are for people who know its grammar.

use std::ops::Range;

use super::change::Edit;
use super::diagnostic::Diagnostic;
use super::place::LineIndex;
use crate::hint::Hint;

crate::sentences! {
    /// What keeps a text from being TOML.
    pub enum Syntax in "toml" {
        UnclosedText = "a text has no closing quote";
        UnclosedList = "a list is not closed";
        UnclosedTable = "a table is not closed";
        UnclosedHeading = "a heading is not closed";
        Unquoted { word: String } = "`{word}` is a text and needs quotes";
        NoNumber { word: String } = "`{word}` is not a number";
        NoValue = "a value is missing";
        NoEquals { word: String } = "`{word}` is not followed by `=` and a value";
        RepeatedKey { word: String } = "`{word}` stands here for the second time";
        NoComma = "two values stand side by side";
        SpareComma = "there is a comma too many";
        SpareEquals = "there is a `=` too many";
        /// What the parser says where we know no better.
        Other { message: String } = "this is not TOML: {message}";
    }
}

/// The findings about a text that is not TOML, one a line: what follows on a line only echoes the first, and what follows
/// an open list is read as its values.
pub(crate) fn syntax_errors(
    lines: &LineIndex,
    errors: impl IntoIterator<Item = toml::de::Error>,
) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for error in errors {
        let diagnostic = explain(lines, error.message(), error.span());
        let is_open = diagnostic.said.kind == "toml.unclosed_list";
        if !found.iter().any(|earlier| earlier.line == diagnostic.line) {
            found.push(diagnostic);
        }
        if is_open {
            break;
        }
    }
    found
}

/// A message of the parser in our words, at its place.
pub(crate) fn explain(lines: &LineIndex, message: &str, span: Option<Range<usize>>) -> Diagnostic {
    let text = lines.text.as_str();
    let span = span.unwrap_or(text.len()..text.len());
    let parsed = span.clone();
    let word_span = word_around(text, &span);
    let word = text.get(word_span.clone()).unwrap_or_default().to_owned();
    let is_number =
        |word: &str| word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let has = |part: &str| message.contains(part);
    // A heading or a key where a value is due: what came before was never closed.
    let is_next = begins_next(text, span.start);
    let span = if has("missing comma") && is_next {
        let end = text[..text.floor_char_boundary(span.start)].trim_end().len();
        end..end
    } else if is_number(&word) || has("key with no value") {
        word_span.clone()
    } else {
        span
    };
    let (said, hint) = if has("unclosed array table") || has("unclosed table") {
        (Syntax::UnclosedHeading, Some(Hint::CloseList))
    } else if has("unclosed array") || has("missing comma") && is_next {
        (Syntax::UnclosedList, Some(Hint::CloseList))
    } else if has("unclosed inline table") {
        (Syntax::UnclosedTable, Some(Hint::CloseTable))
    } else if has("duplicate key") {
        (Syntax::RepeatedKey { word }, Some(Hint::KeepOne))
    } else if has("missing comma")
        || text.get(parsed).is_some_and(|parsed| parsed.trim().contains(char::is_whitespace))
            && is_number(&word)
    {
        (Syntax::NoComma, Some(Hint::PutComma))
    } else if has("extra comma") {
        (Syntax::SpareComma, Some(Hint::TakeAway))
    } else if has("extra `=`") || has("extra assignment") || has("unexpected `=`") {
        (Syntax::SpareEquals, Some(Hint::TakeAway))
    } else if has("key with no value") || has("missing assignment") || has("invalid key-value pair") {
        (Syntax::NoEquals { word }, Some(Hint::WriteEquals))
    } else if has("missing value") || has("must be quoted") && word.is_empty() {
        (Syntax::NoValue, Some(Hint::WriteValue))
    } else if has("string") && has("expected") && !has("must be quoted") {
        (Syntax::UnclosedText, Some(Hint::CloseQuote))
    } else if word.contains("..") {
        (Syntax::NoNumber { word }, Some(Hint::range_is_written()))
    } else if is_number(&word) {
        (Syntax::NoNumber { word }, None)
    } else if word.starts_with(char::is_alphabetic) && is_value(text, word_span.start) {
        let hint = Hint::Write { text: format!("\"{word}\"") };
        let mut diagnostic = lines.error(word_span.clone(), Syntax::Unquoted { word: word.clone() });
        let at = u32::try_from(word_span.start).ok();
        let fix = at.map(|at| Edit::ReplaceText { at, new: format!("\"{word}\""), old: word });
        diagnostic.hint(hint).mended_by(fix);
        return diagnostic;
    } else {
        (Syntax::Other { message: message.to_owned() }, None)
    };
    let mut diagnostic = lines.error(span, said);
    diagnostic.hint = hint.map(Into::into);
    diagnostic
}

/// The whole word that a place lies in: no blanks, commas, brackets or signs of TOML.
fn word_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let at = text.floor_char_boundary(span.start);
    let ends = |letter: char| letter.is_whitespace() || ",=[]{}#\"'".contains(letter);
    let start = text[..at]
        .rfind(ends)
        .map_or(0, |found| found + text[found..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(ends).map_or(text.len(), |found| at + found);
    start..end
}

/// Whether a line of its own begins at a place, with a heading or a key.
fn begins_next(text: &str, at: usize) -> bool {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    text[start..at].trim().is_empty() && (line.trim_start().starts_with('[') || line.contains('='))
}

/// Whether a value may stand at a place: after `=`, `[` or a comma on its line, or at the start of a line of a list.
fn is_value(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let before = text[line..at].trim_end();
    before.ends_with(['=', '[', ',', '{'])
}
