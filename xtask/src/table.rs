//! A plain table for the terminal: numbers to the right, words to the left.

use std::fmt::Write as _;

/// Rows of equal length below a head.
pub fn render(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().map(|row| letters(&row[column])).chain([letters(head[column])]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let numeric: Vec<bool> = (0..head.len())
        .map(|column| {
            rows.iter().all(|row| row[column].starts_with(|c: char| c.is_ascii_digit() || "−-–".contains(c)))
        })
        .collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut row = String::new();
        for (column, cell) in cells.enumerate() {
            let space = " ".repeat(widths[column].saturating_sub(letters(cell)));
            let _ = if numeric[column] {
                write!(row, "{space}{cell}   ")
            } else {
                write!(row, "{cell}{space}   ")
            };
        }
        text.push_str(row.trim_end());
        text.push('\n');
    };
    line(&mut head.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows = [vec!["frozen".into(), "3.2".into()], vec!["learned, long".into(), "10.25".into()]];
        assert_eq!(
            render(&["run", "loss"], &rows),
            "run              loss\nfrozen            3.2\nlearned, long   10.25\n"
        );
    }
}
