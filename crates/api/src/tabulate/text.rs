//! A table as Markdown, LaTeX (booktabs) or CSV. Numbers of a column have one number of decimals, as its spread asks for.

use crate::dto::{ApiError, Sheet, SheetCell, SheetColumn};
use crate::error::Result;
use crate::said::{Advice, Failure};

/// What a table can be written as.
pub const FORMATS: [&str; 3] = ["markdown", "latex", "csv"];
/// Digits of a number that has no spread.
const DIGITS: i32 = 4;

/// The table in one of [`FORMATS`].
///
/// # Errors
/// `invalid_input` for another.
pub fn write(sheet: &Sheet, format: &str) -> Result<String> {
    match format {
        "markdown" => Ok(markdown(sheet)),
        "latex" => Ok(latex(sheet)),
        "csv" => csv(sheet),
        other => {
            let error = ApiError::invalid(Failure::NoTableFormat { format: other.to_owned() });
            Err(error.hint(Advice::Use { choices: FORMATS.into_iter().collect() }))
        }
    }
}

/// How a number of the column is written.
struct Notation {
    factor: f64,
    /// `None`: powers of ten.
    decimals: Option<usize>,
}

impl Notation {
    fn of(sheet: &Sheet, at: usize) -> Self {
        let factor = if sheet.columns[at].percent { 100.0 } else { 1.0 };
        let cells = || sheet.rows.iter().filter_map(move |row| row.get(at));
        let spreads = cells().filter_map(|cell| match cell {
            SheetCell::Mean { std, .. } => *std,
            _ => None,
        });
        let numbers = cells().filter_map(|cell| match cell {
            SheetCell::Mean { mean, .. } => Some(*mean),
            SheetCell::Number { value } => Some(value.value()),
            _ => None,
        });
        let largest = |all: &mut dyn Iterator<Item = f64>| {
            all.map(|one| (one * factor).abs()).filter(|one| one.is_finite()).fold(0.0, f64::max)
        };
        let (spread, number) = (largest(&mut spreads.into_iter()), largest(&mut numbers.into_iter()));
        let whole = cells().all(|cell| match cell {
            SheetCell::Number { value } => value.value().fract() == 0.0,
            SheetCell::Mean { .. } => false,
            _ => true,
        });
        if whole && number < 1e15 {
            return Self { factor, decimals: Some(0) };
        }
        if number != 0.0 && !(1e-3..1e7).contains(&number) {
            return Self { factor, decimals: None };
        }
        // Two digits of the spread, but no more of the number than anybody reads.
        let digits = |value: f64, wanted: i32| (wanted - 1 - value.log10().floor() as i32).max(0);
        let decimals = match (spread, number) {
            (spread, number) if spread > 0.0 => digits(spread, 2).min(digits(number.max(spread), 6)),
            (_, number) if number > 0.0 => digits(number, DIGITS),
            _ => 0,
        };
        Self { factor, decimals: Some(decimals as usize) }
    }

    fn write(&self, value: f64) -> String {
        let value = value * self.factor;
        match self.decimals {
            _ if value.is_nan() => "NaN".to_owned(),
            _ if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
            Some(decimals) => format!("{value:.decimals$}"),
            None => format!("{value:.2e}"),
        }
    }
}

/// A number of a column, as all formats for people have it.
pub(crate) fn number(sheet: &Sheet, at: usize, value: f64) -> String {
    Notation::of(sheet, at).write(value)
}

fn notations(sheet: &Sheet) -> Vec<Notation> {
    (0..sheet.columns.len()).map(|at| Notation::of(sheet, at)).collect()
}

/// Whether the column holds numbers, which stand right.
fn is_numeric(sheet: &Sheet, at: usize) -> bool {
    let number = |cell: &SheetCell| matches!(cell, SheetCell::Number { .. } | SheetCell::Mean { .. });
    let text = |cell: &SheetCell| matches!(cell, SheetCell::Text { .. });
    sheet.rows.iter().any(|row| number(&row[at])) && !sheet.rows.iter().any(|row| text(&row[at]))
}

fn markdown(sheet: &Sheet) -> String {
    // A line break or a bar would end the cell.
    let plain = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ");
    let notations = notations(sheet);
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(sheet.columns.iter().map(|column| plain(&column.title)).collect());
    let rules = (0..sheet.columns.len()).map(|at| if is_numeric(sheet, at) { "---:" } else { "---" });
    text.push_str(&line(rules.map(str::to_owned).collect()));
    for row in &sheet.rows {
        let cells = row.iter().zip(&notations).map(|(cell, notation)| match cell {
            SheetCell::Nothing => "–".to_owned(),
            SheetCell::Several => "several".to_owned(),
            SheetCell::Text { text } => plain(text),
            SheetCell::Number { value } => notation.write(value.value()),
            SheetCell::Mean { mean, std, n, best, tied } => {
                let mean = notation.write(*mean);
                let mean = if *best { format!("**{mean}**") } else { mean };
                let spread = std.map_or_else(String::new, |std| format!(" ± {}", notation.write(std)));
                format!("{mean}{spread} ({n}){}", if *tied { " †" } else { "" })
            }
        });
        text.push_str(&line(cells.collect()));
    }
    format!("{text}\n{}\n", sheet.caption)
}

fn latex(sheet: &Sheet) -> String {
    let notations = notations(sheet);
    let places: String =
        (0..sheet.columns.len()).map(|at| if is_numeric(sheet, at) { 'r' } else { 'l' }).collect();
    let line = |cells: Vec<String>| format!("    {} \\\\\n", cells.join(" & "));
    let head = line(sheet.columns.iter().map(|column| escaped(&column.title)).collect());
    let mut rows = String::new();
    for row in &sheet.rows {
        let cells = row.iter().zip(&notations).map(|(cell, notation)| match cell {
            SheetCell::Nothing => "--".to_owned(),
            SheetCell::Several => "several".to_owned(),
            SheetCell::Text { text } => escaped(text),
            SheetCell::Number { value } => format!("${}$", math(&notation.write(value.value()))),
            SheetCell::Mean { mean, std, n, best, tied } => {
                let mean = math(&notation.write(*mean));
                let mean = if *best { format!("\\mathbf{{{mean}}}") } else { mean };
                let spread =
                    std.map_or_else(String::new, |std| format!(" \\pm {}", math(&notation.write(std))));
                format!("${mean}{spread}$ ({n}){}", if *tied { "$^\\dagger$" } else { "" })
            }
        });
        rows.push_str(&line(cells.collect()));
    }
    let caption = escaped(&sheet.caption).replace('±', "$\\pm$").replace('†', "$\\dagger$");
    format!(
        "% Needs \\usepackage{{booktabs}}.\n\\begin{{table}}\n  \\centering\n  \\begin{{tabular}}{{{places}}}\n    \\toprule\n{head}    \
         \\midrule\n{rows}    \\bottomrule\n  \\end{{tabular}}\n  \\caption{{{caption}}}\n\\end{{table}}\n"
    )
}

/// `1.50e-4` as a product; words upright.
fn math(number: &str) -> String {
    match number.split_once('e') {
        Some((mantissa, power)) => format!("{mantissa} \\cdot 10^{{{power}}}"),
        None if number.ends_with(|last: char| last.is_ascii_digit()) => number.to_owned(),
        None => format!("\\mathrm{{{number}}}"),
    }
}

/// A text that means itself.
fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => found.extend(['\\', letter]),
            '~' => found.push_str("\\textasciitilde{}"),
            '^' => found.push_str("\\textasciicircum{}"),
            '\\' => found.push_str("\\textbackslash{}"),
            letter if letter.is_control() => found.push(' '),
            letter => found.push(letter),
        }
    }
    found
}

/// Numbers as they are stored, a mean in three columns.
fn csv(sheet: &Sheet) -> Result<String> {
    let has_means = |at: usize| sheet.rows.iter().any(|row| matches!(row[at], SheetCell::Mean { .. }));
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head = Vec::new();
    for (at, SheetColumn { name, .. }) in sheet.columns.iter().enumerate() {
        match has_means(at) {
            true => head.extend(["mean", "std", "n"].map(|part| format!("{name} {part}"))),
            false => head.push(name.clone()),
        }
    }
    let failed = |error: csv::Error| ApiError::failed(Failure::NotEncoded { reason: error.to_string() });
    out.write_record(&head).map_err(failed)?;
    for row in &sheet.rows {
        let mut cells = Vec::new();
        for (at, cell) in row.iter().enumerate() {
            let before = cells.len();
            match cell {
                SheetCell::Nothing => {}
                SheetCell::Several => cells.push("several".to_owned()),
                SheetCell::Text { text } => cells.push(text.clone()),
                SheetCell::Number { value } => cells.push(value.value().to_string()),
                SheetCell::Mean { mean, std, n, .. } => {
                    let std = std.map_or_else(String::new, |std| std.to_string());
                    cells.extend([mean.to_string(), std, n.to_string()]);
                }
            }
            cells.resize(before + if has_means(at) { 3 } else { 1 }, String::new());
        }
        out.write_record(&cells).map_err(failed)?;
    }
    let bytes = out
        .into_inner()
        .map_err(|error| ApiError::failed(Failure::NotEncoded { reason: error.to_string() }))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::told;
    use super::*;
    use crate::dto::Number;

    fn sheet() -> Sheet {
        let mean = |mean, std, best, tied| SheetCell::Mean { mean, std, n: 3, best, tied };
        let text = |text: &str| SheetCell::Text { text: text.to_owned() };
        let number = |value: f64| SheetCell::Number { value: Number::from(value) };
        let percent = SheetColumn { percent: true, ..told("knn_top1.last", "kNN, %".to_owned()) };
        Sheet {
            columns: vec![told("a", "R&D_50%".to_owned()), percent, told("lr", "rate".to_owned())],
            rows: vec![
                vec![text("x|y \\z"), mean(0.7081, Some(0.0031), true, false), number(1.5e-4)],
                vec![SheetCell::Several, mean(0.7, None, false, true), number(f64::NAN)],
                vec![SheetCell::Nothing, SheetCell::Nothing, number(6e-4)],
            ],
            runs: 7,
            caption: "Mean ± std; †.".to_owned(),
        }
    }

    #[test]
    fn a_table_in_each_format() {
        assert_eq!(
            write(&sheet(), "markdown").unwrap(),
            "| R&D_50% | kNN, % | rate |\n| --- | ---: | ---: |\n| x\\|y \\\\z | **70.81** ± 0.31 (3) | 1.50e-4 |\n\
             | several | 70.00 (3) † | NaN |\n| – | – | 6.00e-4 |\n\nMean ± std; †.\n"
        );
        assert_eq!(
            write(&sheet(), "latex").unwrap(),
            "% Needs \\usepackage{booktabs}.\n\\begin{table}\n  \\centering\n  \\begin{tabular}{lrr}\n    \\toprule\n    \
             R\\&D\\_50\\% & kNN, \\% & rate \\\\\n    \\midrule\n    \
             x|y \\textbackslash{}z & $\\mathbf{70.81} \\pm 0.31$ (3) & $1.50 \\cdot 10^{-4}$ \\\\\n    \
             several & $70.00$ (3)$^\\dagger$ & $\\mathrm{NaN}$ \\\\\n    -- & -- & $6.00 \\cdot 10^{-4}$ \\\\\n    \
             \\bottomrule\n  \\end{tabular}\n  \\caption{Mean $\\pm$ std; $\\dagger$.}\n\\end{table}\n"
        );
        assert_eq!(
            write(&sheet(), "csv").unwrap(),
            "a,knn_top1.last mean,knn_top1.last std,knn_top1.last n,lr\nx|y \\z,0.7081,0.0031,3,0.00015\n\
             several,0.7,,3,NaN\n,,,,0.0006\n"
        );
        assert!(write(&sheet(), "docx").unwrap_err().message.contains("docx"));
    }
}
