//! A report as a document: what stands in it in which order, whatever file it becomes. Holds no markup and no number that is
//! not text already.

use crate::dto::Language;

/// The whole.
#[derive(Debug, Default)]
pub struct Document {
    pub language: Language,
    /// Above the title: of what, when.
    pub about: Vec<Span>,
    pub written: Vec<Span>,
    pub title: String,
    pub paragraph: Vec<Span>,
    /// What a reader has to know before all else: runs on the way, what could not be read.
    pub notices: Vec<Vec<Span>>,
    pub facts: Vec<(String, Vec<Span>)>,
    pub sections: Vec<Section>,
    /// Below everything.
    pub end: Vec<String>,
}

#[derive(Debug)]
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
    /// Stands beside its neighbour where there is room.
    pub is_half: bool,
}

#[derive(Debug)]
pub enum Block {
    Text(Vec<Span>),
    Figure(Figure),
    Table(Table),
    /// Lines for a terminal; those that begin with `#` are remarks.
    Code(Vec<String>),
    Files(Vec<Span>, Vec<File>),
}

/// A run of letters of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Strong(String),
    Quiet(String),
    Code(String),
    /// Colour and shape n of a series, counted from 0; beside its name, never in place of it.
    Mark(usize),
}

impl Span {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

#[derive(Debug)]
pub struct Figure {
    /// Side by side.
    pub drawings: Vec<Drawing>,
    pub caption: Vec<Span>,
    pub files: Vec<File>,
}

#[derive(Debug)]
pub struct Drawing {
    /// Above it.
    pub head: Vec<Span>,
    pub svg: String,
    /// What is to be seen, for those who do not.
    pub alt: String,
}

#[derive(Debug)]
pub struct Table {
    /// With whether its cells are numbers, which stand right.
    pub head: Vec<(String, bool)>,
    pub rows: Vec<Vec<Vec<Span>>>,
    pub caption: Vec<Span>,
    pub files: Vec<File>,
}

/// A file inside the report.
#[derive(Debug)]
pub struct File {
    pub name: String,
    /// What the link says.
    pub label: String,
    pub kind: &'static str,
    pub content: String,
}

impl File {
    pub fn csv(name: &str, label: &str, content: String) -> Self {
        Self { name: format!("{name}.csv"), label: label.to_owned(), kind: "text/csv;charset=utf-8", content }
    }
}

impl Document {
    /// What takes most room in it: its name and how much.
    pub fn largest(&self) -> Option<(String, usize)> {
        let blocks =
            self.sections.iter().flat_map(|section| section.blocks.iter().map(|one| (&section.title, one)));
        let sized = blocks.map(|(title, block)| {
            let files = |files: &[File]| files.iter().map(|file| file.content.len() / 3 * 4).sum::<usize>();
            let size = match block {
                Block::Figure(figure) => {
                    figure.drawings.iter().map(|one| one.svg.len()).sum::<usize>() + files(&figure.files)
                }
                Block::Table(table) => files(&table.files),
                Block::Files(_, given) => files(given),
                Block::Text(_) | Block::Code(_) => 0,
            };
            (title.clone(), size)
        });
        sized.max_by_key(|(_, size)| *size)
    }
}

/// A text with `**bold**` parts.
pub fn emphasised(text: &str) -> Vec<Span> {
    let parts = text.split("**").enumerate();
    let odd = text.matches("**").count() % 2 == 1;
    if odd {
        return vec![Span::text(text)];
    }
    parts
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| if at % 2 == 1 { Span::Strong(part.to_owned()) } else { Span::text(part) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_in_pairs_are_bold_and_one_alone_is_a_star() {
        let bold = |text: &str| Span::Strong(text.to_owned());
        assert_eq!(emphasised("a **b** c"), [Span::text("a "), bold("b"), Span::text(" c")]);
        assert_eq!(emphasised("**b**"), [bold("b")]);
        assert_eq!(emphasised("2**3"), [Span::text("2**3")]);
    }
}
