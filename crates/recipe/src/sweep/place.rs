//! Lines and columns of a text.

/// Finds line and column of byte offsets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineIndex {
    pub(crate) text: String,
    /// Byte offset of the start of every line.
    starts: Vec<usize>,
}

impl LineIndex {
    pub(crate) fn new(text: &str) -> LineIndex {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        LineIndex { text: text.to_owned(), starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Line and column of a byte offset, both from 1; offsets beyond the end or inside a character count as the place
    /// before them.
    pub(crate) fn position(&self, offset: usize) -> (u32, u32) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        (line as u32 + 1, column as u32 + 1)
    }
}
