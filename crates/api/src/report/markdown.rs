//! A report as one Markdown file, as GitHub, editors and pandoc read it: pictures and files stand in it as `data:` addresses.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::document::{Block, Document, File, Span, Table};

pub fn markdown(document: &Document) -> String {
    let mut text = format!("# {}\n\n", escaped(&document.title));
    text += &format!("{}\n\n", spans(&document.paragraph));
    for notice in &document.notices {
        text += &format!("> {}\n\n", spans(notice));
    }
    for (name, told) in &document.facts {
        text += &format!("- {}: {}\n", escaped(name), spans(told));
    }
    for section in &document.sections {
        text += &format!("\n## {}\n\n", escaped(&section.title));
        for block in &section.blocks {
            text += &match block {
                Block::Text(told) => format!("{}\n\n", spans(told)),
                Block::Figure(figure) => {
                    let mut pictures = String::new();
                    for drawing in &figure.drawings {
                        if !drawing.head.is_empty() {
                            pictures += &format!("{}\n\n", spans(&drawing.head));
                        }
                        let svg = BASE64_STANDARD.encode(&drawing.svg);
                        pictures +=
                            &format!("![{}](data:image/svg+xml;base64,{svg})\n\n", escaped(&drawing.alt));
                    }
                    format!("{pictures}{}\n\n", caption(&figure.caption, &figure.files))
                }
                Block::Table(table) => table_of(table),
                Block::Code(lines) => format!("```sh\n{}\n```\n\n", lines.join("\n")),
                Block::Files(told, files) => format!("{}\n\n", caption(told, files)),
            };
        }
    }
    for line in &document.end {
        text += &format!("{}\n\n", escaped(line));
    }
    let about = [&document.about, &document.written].map(|told| spans(told));
    format!("{text}{}\n", about.join(" · ").trim())
}

fn caption(told: &[Span], files: &[File]) -> String {
    let links: Vec<String> = files.iter().map(link).collect();
    format!("{} {}", spans(told).trim_end(), links.join(" · ")).trim_end().to_owned()
}

fn link(file: &File) -> String {
    let (kind, content) = (file.kind, BASE64_STANDARD.encode(&file.content));
    format!("[{}](data:{kind};base64,{content} \"{}\")", escaped(&file.label), escaped(&file.name))
}

fn table_of(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(table.head.iter().map(|(title, _)| escaped(title)).collect());
    text +=
        &line(table.head.iter().map(|(_, right)| if *right { "---:" } else { "---" }.to_owned()).collect());
    for row in &table.rows {
        text += &line(row.iter().map(|cell| spans(cell).trim().to_owned()).collect());
    }
    format!("{text}\n{}\n\n", caption(&table.caption, &table.files))
}

fn spans(told: &[Span]) -> String {
    let one = |span: &Span| match span {
        Span::Text(text) | Span::Quiet(text) => escaped(text),
        Span::Strong(text) => format!("**{}**", escaped(text)),
        Span::Code(text) => format!("`{}`", text.replace(['`', '\n', '\r', '|'], " ")),
        // Names say it alone.
        Span::Mark(_) => String::new(),
    };
    told.iter().map(one).collect()
}

/// A text that means itself, in a line and in a cell.
fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => found.extend(['\\', letter]),
            '\n' | '\r' | '\t' => found.push(' '),
            letter if letter.is_control() => {}
            letter => found.push(letter),
        }
    }
    found
}
