//! Series of other tools as runs: CSV in the form that `export --format csv` writes.

use std::collections::BTreeMap;
use std::path::Path;

use vitals_journal::{Column, StreamId, Writer};
use vitals_recipe::Told;
use vitals_store::RunId;

use crate::Context;
use crate::dto::{ApiError, Diagnostic};
use crate::error::{Result, io_error};
use crate::foreign::{About, record};
use crate::said::{Advice, Failure, Operation};

const STEP: &str = "step";
const ELAPSED: &str = "elapsed_seconds";
const TAG: &str = "imported";

/// What an import came to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Imported {
    pub run: RunId,
    pub label: String,
    pub metrics: u64,
    pub rows: u64,
    pub values: u64,
}

/// A CSV file as read: cells by row, empty ones absent.
#[derive(Debug, PartialEq)]
struct Table {
    names: Vec<String>,
    /// By step: seconds, and one cell a name.
    rows: BTreeMap<u64, (f64, Vec<Option<f64>>)>,
}

/// Makes a run of a CSV file and returns it.
///
/// # Errors
/// `invalid_input` with line and column where the file is not of the form; nothing is stored then.
pub async fn csv(context: &Context, path: &Path) -> Result<Imported> {
    let text = std::fs::read_to_string(path).map_err(|error| io_error(Operation::Read, path, &error))?;
    let table = parse(&text).map_err(|Wrong { line, column, message, hint }| {
        let (file, said) = (path.display().to_string(), Told::from(Failure::Table { what: message }));
        let hint = Told::from(Advice::Table { what: hint.to_owned() });
        ApiError::invalid(Failure::At { file, line, column, said: said.clone() })
            .at(vec![Diagnostic::new(line, column, said, Some(hint.clone()))])
            .hint(hint)
    })?;
    let label = path.file_stem().map_or_else(|| TAG.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let metrics = table.names.len() as u64;
    let about = About {
        label: label.clone(),
        steps: table.rows.keys().next_back().map_or(0, |last| last + 1),
        evidence: format!("imported from {}", path.display()),
        note: format!("Imported from {}; its parameters are unknown.", path.display()),
        tag: TAG.to_owned(),
    };
    let recorded = record(context, about, move |journal| write_rows(journal, &table)).await?;
    Ok(Imported { run: recorded.run, label, metrics, rows: recorded.rows, values: recorded.values })
}

/// Columns that are measured at the same steps share a stream: an absent cell is no value, not a NaN.
fn write_rows(journal: &Writer, table: &Table) -> vitals_journal::Result<()> {
    let measured = |column: usize| -> Vec<bool> {
        table.rows.values().map(|(_, cells)| cells[column].is_some()).collect()
    };
    let mut groups: Vec<(Vec<bool>, Vec<usize>)> = Vec::new();
    for column in 0..table.names.len() {
        let at = measured(column);
        match groups.iter_mut().find(|(known, _)| *known == at) {
            Some((_, columns)) => columns.push(column),
            None => groups.push((at, vec![column])),
        }
    }
    let mut streams: Vec<(StreamId, Vec<usize>)> = Vec::new();
    for (n, (_, columns)) in (1..).zip(groups) {
        let name = if n == 1 { "step".to_owned() } else { format!("csv-{n}") };
        // f64, so that every number comes back as it was written.
        let declared = columns.iter().map(|&column| Column::f64(table.names[column].clone(), "")).collect();
        streams.push((journal.stream(&name, declared)?, columns));
    }
    for (&step, (elapsed, cells)) in &table.rows {
        for (stream, columns) in &streams {
            let values: Vec<f64> = columns.iter().filter_map(|&column| cells[column]).collect();
            if values.len() == columns.len() {
                journal.row(*stream, step, *elapsed, &values)?;
            }
        }
    }
    Ok(())
}

/// What is wrong at a place, and what to do.
#[derive(Debug)]
struct Wrong {
    line: u32,
    column: u32,
    message: String,
    hint: &'static str,
}

const HEADER: &str = "begin with `step`, then `elapsed_seconds` if times are known, then one metric a column";
const NAMES: &str = "give each column a name of its own";
const CELLS: &str = "give each row a cell for each column; an empty cell is no value";
const STEPS: &str = "count steps in whole numbers, each step once";
const NUMBERS: &str = "write a number, NaN, inf or -inf, or leave the cell empty";

fn parse(text: &str) -> Result<Table, Wrong> {
    let mut lines = (1_u32..).zip(text.lines());
    let wrong = |line: u32, column: usize, message: String, hint: &'static str| Wrong {
        line,
        column: u32::try_from(column).unwrap_or(u32::MAX),
        message,
        hint,
    };
    let Some((_, head)) = lines.next().filter(|(_, head)| !head.trim().is_empty()) else {
        return Err(wrong(1, 1, "the file has no header".to_owned(), HEADER));
    };
    let head = cells(head.trim_start_matches('\u{feff}'));
    if head.first().is_none_or(|(_, name)| name != STEP) {
        return Err(wrong(1, 1, "the first column of the header is not `step`".to_owned(), HEADER));
    }
    let has_elapsed = head.get(1).is_some_and(|(_, name)| name == ELAPSED);
    let before = 1 + usize::from(has_elapsed);
    let mut names: Vec<String> = Vec::new();
    for (at, name) in head.iter().skip(before) {
        if name.is_empty() || name == STEP || names.contains(name) {
            return Err(wrong(1, *at, format!("`{name}` cannot be the name of another column"), NAMES));
        }
        names.push(name.clone());
    }
    let mut rows = BTreeMap::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let row = cells(text);
        if row.len() != head.len() {
            let message = format!("{} cells, but the header has {}", row.len(), head.len());
            return Err(wrong(line, 1, message, CELLS));
        }
        let step: u64 = row[0].1.trim().parse().map_err(|_| {
            wrong(line, 1, format!("`{}` is no step: a whole number from 0 on", row[0].1), STEPS)
        })?;
        let mut numbers = Vec::with_capacity(row.len());
        for (at, cell) in &row[1..] {
            numbers.push(
                number(cell).map_err(|()| wrong(line, *at, format!("`{cell}` is no number"), NUMBERS))?,
            );
        }
        let elapsed = if has_elapsed { numbers.remove(0).unwrap_or(0.0) } else { 0.0 };
        if rows.insert(step, (elapsed, numbers)).is_some() {
            return Err(wrong(line, 1, format!("step {step} is there twice"), STEPS));
        }
    }
    Ok(Table { names, rows })
}

/// An empty cell is no value.
fn number(cell: &str) -> Result<Option<f64>, ()> {
    match cell.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ()),
    }
}

/// The cells of a line with the columns they begin at, from 1. A quoted cell may hold commas, and quotes doubled.
fn cells(line: &str) -> Vec<(usize, String)> {
    let mut found = vec![(1, String::new())];
    let (mut quoted, mut at) = (false, 0);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        at += 1;
        let last = found.len() - 1;
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                at += 1;
                found[last].1.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => found.push((at + 1, String::new())),
            _ => found[last].1.push(character),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_gaps_and_values_that_are_no_numbers() {
        let table = parse("step,elapsed_seconds,loss,\"a,\"\"b\"\n5,0.5,1.25,\n3,0.25,NaN,-inf\n\n").unwrap();
        assert_eq!(table.names, ["loss", "a,\"b"]);
        assert_eq!(table.rows.keys().copied().collect::<Vec<_>>(), [3, 5]);
        assert_eq!(table.rows[&5], (0.5, vec![Some(1.25), None]));
        assert!(table.rows[&3].1[0].is_some_and(f64::is_nan));
        assert_eq!(table.rows[&3].1[1], Some(f64::NEG_INFINITY));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let said = |text: &str| {
            let Wrong { line, column, message, .. } = parse(text).unwrap_err();
            format!("{line}:{column} {message}")
        };
        assert_eq!(said(""), "1:1 the file has no header");
        assert_eq!(said("loss,step\n"), "1:1 the first column of the header is not `step`");
        assert_eq!(said("step,loss,loss\n"), "1:11 `loss` cannot be the name of another column");
        assert_eq!(said("step,loss\n1,2,3\n"), "2:1 3 cells, but the header has 2");
        assert_eq!(said("step,loss\n1,2\n1,3\n"), "3:1 step 1 is there twice");
        assert_eq!(said("step,loss\n1,2\n2,x\n"), "3:3 `x` is no number");
        assert_eq!(said("step,loss\n-1,2\n"), "2:1 `-1` is no step: a whole number from 0 on");
    }
}
