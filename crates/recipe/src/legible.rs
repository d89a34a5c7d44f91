//! Text of others as a terminal or a log may show it. Labels, evidence, metric names, log lines and sweep files come from files that
//! anybody may have written: what would move a cursor, fill a clipboard, turn the reading direction or begin a line of its own is
//! shown as what it is (`\x1b`, `\u{202e}`). For people's eyes alone: JSON, files and the database keep every character.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Controls (C0, DEL, C1), what turns the reading direction, and what Unicode takes for the end of a line.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line: nothing in it moves a terminal or ends the line.
pub fn legible(text: &str) -> Cow<'_, str> {
    shown(text, is_hostile)
}

/// Lines, as sources and tables of several lines have them: line ends and tabs stay.
pub fn legible_lines(text: &str) -> Cow<'_, str> {
    let text = if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { Cow::Borrowed(text) };
    let is_hostile = |c: char| !matches!(c, '\n' | '\t') && is_hostile(c);
    match text {
        Cow::Borrowed(text) => shown(text, is_hostile),
        Cow::Owned(text) => shown(&text, is_hostile).into_owned().into(),
    }
}

/// A message whose later lines cannot be taken for lines of whoever says it: each of them begins with a bar.
pub fn legible_paragraph(text: &str) -> String {
    legible_lines(text).replace('\n', "\n  | ")
}

/// One field of a log line: the message as it is, others with their names. Each stays on the line.
///
/// # Errors
/// Those of `line`.
pub fn log_field(line: &mut dyn fmt::Write, name: &str, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    match name {
        "message" => line.write_str(&legible(&text)),
        // How the `log` crate says where a record is from.
        name if name.starts_with("log.") => Ok(()),
        name => write!(line, "{name}={}", legible(&text)),
    }
}

fn shown(text: &str, is_hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_hostile) else { return Cow::Borrowed(text) };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '\n' | '\r' | '\t' if is_hostile(c) => shown.extend(c.escape_default()),
            // Writing to a string cannot fail.
            c if is_hostile(c) && u32::from(c) < 0x100 => drop(write!(shown, "\\x{:02x}", u32::from(c))),
            c if is_hostile(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_a_terminal_is_shown_as_what_it_is() {
        for (text, expected) in [
            ("가나 é 😀 −1 \\x1b", "가나 é 😀 −1 \\x1b"),
            ("\x1b]52;c;cm0g\x07", r"\x1b]52;c;cm0g\x07"),
            ("a\0b\x7fc\u{9b}2J", r"a\x00b\x7fc\x9b2J"),
            ("one\ntwo\r\tthree\u{2028}", r"one\ntwo\r\tthree\u{2028}"),
            ("\u{202e}evil\u{2066}\u{200f}\u{61c}\u{202a}", r"\u{202e}evil\u{2066}\u{200f}\u{61c}\u{202a}"),
        ] {
            assert_eq!(legible(text), expected);
            assert!(!legible(text).chars().any(is_hostile));
        }
        assert!(matches!(legible("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn sources_keep_their_lines_and_messages_mark_theirs() {
        assert_eq!(legible_lines("a\tb\r\nc\rd\x1b[2J\n"), "a\tb\nc\\rd\\x1b[2J\n");
        assert_eq!(
            legible_paragraph("it failed\n  hint: run this\x1b"),
            "it failed\n  |   hint: run this\\x1b"
        );
    }

    #[test]
    fn a_field_of_a_log_stays_on_its_line() {
        let mut line = String::new();
        log_field(&mut line, "message", &format_args!("ended: {}", "x\nERROR forged\x1b[2J")).unwrap();
        line.push(' ');
        log_field(&mut line, "run", &"a\nb").unwrap();
        log_field(&mut line, "log.target", &"somewhere").unwrap();
        assert_eq!(line, r#"ended: x\nERROR forged\x1b[2J run="a\nb""#);
    }
}
