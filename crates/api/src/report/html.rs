//! A report as one HTML file: no script, nothing that is loaded, everything escaped. Its policy forbids requests even to what
//! somebody might have smuggled into a name.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use vitals_charts::{WEB_FONT, mark};

use super::document::{Block, Document, Drawing, File, Section, Span, Table};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";

pub fn html(document: &Document) -> String {
    let mut body = String::new();
    body += &format!(
        "<header class=\"top\"><b>{}</b><span class=\"grow\"></span>{}</header>\n",
        spans(&document.about),
        spans(&document.written)
    );
    body += &format!("<main>\n<h1>{}</h1>\n", escaped(&document.title));
    body += &format!("<p class=\"abstract\">{}</p>\n", spans(&document.paragraph));
    for notice in &document.notices {
        body += &format!("<p class=\"notice\">{}</p>\n", spans(notice));
    }
    body += "<dl class=\"facts\">\n";
    for (name, told) in &document.facts {
        body += &format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), spans(told));
    }
    body += "</dl>\n";
    let mut sections = document.sections.iter().peekable();
    while let Some(section) = sections.next() {
        let neighbour = sections.next_if(|next| section.is_half && next.is_half);
        match neighbour {
            Some(next) => {
                body += &format!("<div class=\"two\">\n{}{}</div>\n", section_of(section), section_of(next));
            }
            None => body += &section_of(section),
        }
    }
    body += "</main>\n<footer>";
    for line in &document.end {
        body += &format!("<p>{}</p>", escaped(line));
    }
    body += "</footer>\n";
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<div class=\"page\">\n{body}</div>\n</body>\n</html>\n",
        document.language.tag(),
        escaped(&document.title),
        font()
    )
}

/// Figures are laid out for Inter: letters of another font would run out of them. Hangul is the reader's own.
fn font() -> String {
    format!(
        "@font-face {{ font-family: \"Inter\"; font-weight: 100 900; src: url(data:font/woff2;base64,{}) format(\"woff2\"); }}\n",
        BASE64_STANDARD.encode(WEB_FONT)
    )
}

fn section_of(section: &Section) -> String {
    let mut text = format!("<section>\n<h2>{}</h2>\n", escaped(&section.title));
    for block in &section.blocks {
        text += &match block {
            Block::Text(told) => format!("<p>{}</p>\n", spans(told)),
            Block::Figure(figure) => {
                let class = if figure.drawings.len() > 1 { " class=\"pair\"" } else { "" };
                let drawings: String = figure.drawings.iter().map(drawing).collect();
                let caption = caption(&figure.caption, &figure.files);
                format!(
                    "<figure>\n<div{class}>{drawings}</div>\n<figcaption>{caption}</figcaption>\n</figure>\n"
                )
            }
            Block::Table(table) => table_of(table, &section.title),
            Block::Code(lines) => code(lines),
            Block::Files(told, files) => format!("<p class=\"caption\">{}</p>\n", caption(told, files)),
        };
    }
    text + "</section>\n"
}

fn drawing(drawing: &Drawing) -> String {
    let head = if drawing.head.is_empty() {
        String::new()
    } else {
        format!("<p class=\"head\">{}</p>", spans(&drawing.head))
    };
    // What names the picture is what it shows here, and its description stays.
    let svg =
        drawing.svg.replacen("<title></title>", &format!("<title>{}</title>", escaped(&drawing.alt)), 1);
    format!("<div>{head}{svg}</div>")
}

fn caption(told: &[Span], files: &[File]) -> String {
    let links: Vec<String> = files.iter().map(link).collect();
    format!("{} {}", spans(told), links.join(" · ")).trim_end().to_owned()
}

fn link(file: &File) -> String {
    format!(
        "<a download=\"{}\" href=\"data:{};base64,{}\">{}</a>",
        escaped(&file.name),
        file.kind,
        BASE64_STANDARD.encode(&file.content),
        escaped(&file.label)
    )
}

fn table_of(table: &Table, name: &str) -> String {
    let class = |right: bool| if right { " class=\"r\"" } else { "" };
    let head: String = table
        .head
        .iter()
        .map(|(title, right)| format!("<th scope=\"col\"{}>{}</th>", class(*right), escaped(title)))
        .collect();
    let mut rows = String::new();
    for row in &table.rows {
        rows += "<tr>";
        for (at, cell) in row.iter().enumerate() {
            let right = table.head.get(at).is_some_and(|(_, right)| *right);
            rows += &match at {
                0 => format!("<th scope=\"row\">{}</th>", spans(cell)),
                _ => format!("<td{}>{}</td>", class(right), spans(cell)),
            };
        }
        rows += "</tr>\n";
    }
    format!(
        "<table aria-label=\"{}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n<p class=\"caption\">{}</p>\n",
        escaped(name),
        caption(&table.caption, &table.files)
    )
}

fn code(lines: &[String]) -> String {
    let line = |line: &String| match line.strip_prefix('#') {
        Some(_) => format!("<span class=\"quiet\">{}</span>", escaped(line)),
        None => escaped(line),
    };
    format!("<pre><code>{}</code></pre>\n", lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn spans(told: &[Span]) -> String {
    let one = |span: &Span| match span {
        Span::Text(text) => escaped(text),
        Span::Strong(text) => format!("<b>{}</b>", escaped(text)),
        Span::Quiet(text) => format!("<span class=\"quiet\">{}</span>", escaped(text)),
        Span::Code(text) => format!("<code>{}</code>", escaped(text)),
        // Never alone at the end of a line.
        Span::Mark(index) => format!("{}&#8288;", mark(*index)),
    };
    told.iter().map(one).collect()
}

/// Letters that mean something in HTML, and controls, which mean nothing in a text.
pub fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => found.push_str("&amp;"),
            '<' => found.push_str("&lt;"),
            '>' => found.push_str("&gt;"),
            '"' => found.push_str("&quot;"),
            '\'' => found.push_str("&#39;"),
            '\n' | '\t' => found.push(' '),
            // Turns the direction of what follows, or is seen as nothing.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {}
            letter if letter.is_control() => {}
            letter => found.push(letter),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_named_is_text() {
        assert_eq!(
            escaped("<img src=x onerror='a'> & \"b\"\u{202e}\u{1b}[2J"),
            "&lt;img src=x onerror=&#39;a&#39;&gt; &amp; &quot;b&quot;[2J"
        );
    }
}
