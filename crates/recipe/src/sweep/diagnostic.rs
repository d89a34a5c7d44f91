//! Where a sweep file is wrong, or worth a second look: a sentence, a place, a hint, an edit that mends it. Rendering
//! shows the line with a caret under the place.

use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::change::Edit;
use super::place::LineIndex;
use crate::hint::Hint;
use crate::legible::{legible, legible_lines};
use crate::problem::Severity;
use crate::sentence::Told;

/// One finding about a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub said: Told,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What to do about it, where that can be said.
    pub hint: Option<Told>,
    /// The parameter involved, where there is one.
    pub parameter: Option<String>,
    /// The exclusion that it is about, from 0, where it is about one.
    pub exclusion: Option<u32>,
    /// What would mend it in this text.
    pub fix: Option<Edit>,
}

impl LineIndex {
    pub(crate) fn error(&self, span: Range<usize>, said: impl Into<Told>) -> Diagnostic {
        let (line, column) = self.position(span.start);
        let said = said.into();
        Diagnostic {
            severity: Severity::Error,
            said,
            line,
            column,
            span,
            hint: None,
            parameter: None,
            exclusion: None,
            fix: None,
        }
    }

    pub(crate) fn warning(&self, span: Range<usize>, said: impl Into<Told>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.error(span, said) }
    }

    pub(crate) fn note(&self, span: Range<usize>, said: impl Into<Told>) -> Diagnostic {
        Diagnostic { severity: Severity::Note, ..self.error(span, said) }
    }

    /// Another word in the place of the one that stands there, in the same quotes.
    pub(crate) fn respell(&self, span: &Range<usize>, word: &str) -> Option<Edit> {
        let old = self.text.get(span.clone())?;
        let quote = old.chars().next().filter(|first| matches!(first, '"' | '\''));
        let quote = quote.map(String::from).unwrap_or_default();
        let at = u32::try_from(span.start).ok()?;
        Some(Edit::ReplaceText { at, old: old.to_owned(), new: format!("{quote}{word}{quote}") })
    }
}

impl Diagnostic {
    pub(crate) fn hint(&mut self, hint: Hint) -> &mut Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn about(&mut self, parameter: &str) -> &mut Diagnostic {
        self.parameter = Some(parameter.to_owned());
        self
    }

    pub(crate) fn mended_by(&mut self, fix: impl Into<Option<Edit>>) -> &mut Diagnostic {
        self.fix = fix.into();
        self
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// More than anybody mends before the next look; each is looked up in the whole text.
const MOST_SHOWN: usize = 200;

/// The findings as text for a terminal: each with its line of the source, a caret, and the hint. Nothing that stands in the file, or in
/// its name, moves the terminal.
pub fn render(diagnostics: &[Diagnostic], text: &str, file_name: &str, colour: bool) -> String {
    let (shown, file_name) = (legible_lines(text), legible(file_name));
    // The shown text is longer than the file where something of it is escaped.
    let at = |place: usize| legible_lines(&text[..text.floor_char_boundary(place)]).len();
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false).with_context_lines(1);
    let mut output = String::new();
    for diagnostic in &diagnostics[..diagnostics.len().min(MOST_SHOWN)] {
        let place = (diagnostic.line.max(1), diagnostic.column.max(1));
        let report = Report {
            diagnostic,
            span: at(diagnostic.span.start)..at(diagnostic.span.end),
            source: WholeLines { file_name: &file_name, text: &shown, place },
        };
        if handler.render_report(&mut output, &report).is_err() {
            // miette refuses spans outside the text; the finding itself must not be lost.
            let Diagnostic { line, column, said, .. } = diagnostic;
            output.push_str(&format!("{file_name}:{line}:{column}: {}\n", legible(&said.text)));
        }
    }
    if let Some(more) = diagnostics.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
        output.push_str(&format!("and {more} more findings in {file_name}\n"));
    }
    output
}

/// A source that shows the whole lines of a place instead of the place alone, and names the place in its heading as
/// line and character, as the finding has it.
#[derive(Debug)]
struct WholeLines<'a> {
    file_name: &'a str,
    text: &'a str,
    place: (u32, u32),
}

impl SourceCode for WholeLines<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let bytes = self.text.as_bytes();
        let first = span.offset().min(bytes.len());
        let last = (span.offset() + span.len()).min(bytes.len());
        let start = bytes[..first].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = bytes[last..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| last + at);
        // miette asks for the place alone, without lines around it, to write its heading.
        let (line, column) = match lines_before {
            0 => (self.place.0 as usize - 1, self.place.1 as usize - 1),
            _ => (bytes[..start].iter().filter(|byte| **byte == b'\n').count(), 0),
        };
        let shown = SourceSpan::new(start.into(), end - start);
        let name = self.file_name.to_owned();
        Ok(Box::new(MietteSpanContents::new_named(name, &bytes[start..end], shown, line, column, 1)))
    }
}

/// A finding in the form that miette draws.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    /// Bytes of the source as it is shown.
    span: Range<usize>,
    source: WholeLines<'a>,
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&legible(&self.diagnostic.said.text))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let hint = self.diagnostic.hint.as_ref()?;
        Some(Box::new(legible(&hint.text)))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // A place at the end of a line is drawn under the last character before it: miette draws nothing beyond.
        let Range { start, end } = self.span;
        let text = self.source.text;
        let is_line_end = text.as_bytes().get(start).is_none_or(|byte| *byte == b'\n');
        let start = if is_line_end { text.floor_char_boundary(start.saturating_sub(1)) } else { start };
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(
            None,
            (start, end.saturating_sub(start)),
        ))))
    }
}
