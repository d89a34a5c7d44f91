//! Series of other tools as runs: CSV in the form that `export --format csv` writes.

use std::path::Path;

use vitals_journal::{Column, StreamId, Writer};
use vitals_recipe::{Reads, Told, metric};
use vitals_run::Evidence;
use vitals_series::is_in_percent;
use vitals_store::RunId;

use crate::Context;
use crate::csv_table::{Table, Wrong};
use crate::dto::{ApiError, Diagnostic};
use crate::error::{Result, io_error};
use crate::foreign::{About, record};
use crate::said::{Advice, Failure, Operation};

const TAG: &str = "imported";

/// What an import came to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Imported {
    pub run: RunId,
    pub label: String,
    pub metrics: u64,
    pub rows: u64,
    pub values: u64,
    /// Accuracies that the file has in percent; they are stored as fractions.
    pub in_percent: Vec<String>,
}

/// Makes a run of a CSV file and returns it.
///
/// # Errors
/// `invalid_input` with line and column where the file is not of the form; nothing is stored then.
pub async fn csv(context: &Context, path: &Path) -> Result<Imported> {
    let text = std::fs::read_to_string(path).map_err(|error| io_error(Operation::Read, path, &error))?;
    let mut table = Table::read(&text).map_err(|Wrong { line, column, message, hint }| {
        let (file, said) = (path.display().to_string(), Told::from(Failure::Table { what: message }));
        let hint = Told::from(Advice::Table { what: hint.to_owned() });
        ApiError::invalid(Failure::At { file, line, column, said: said.clone() })
            .at(vec![Diagnostic::new(line, column, said, Some(hint.clone()))])
            .hint(hint)
    })?;
    let in_percent = to_fractions(&mut table);
    let label = path.file_stem().map_or_else(|| TAG.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let metrics = table.names.len() as u64;
    let about = About {
        label: label.clone(),
        steps: table.rows.keys().next_back().map_or(0, |last| last + 1),
        evidence: Evidence::Imported { path: path.display().to_string() },
        note: note(path, &in_percent),
        tag: TAG.to_owned(),
    };
    let recorded = record(context, about, move |journal| write_rows(journal, &table)).await?;
    Ok(Imported {
        run: recorded.run,
        label,
        metrics,
        rows: recorded.rows,
        values: recorded.values,
        in_percent,
    })
}

/// Accuracies are stored as fractions: those that the file has in percent are divided by 100. Returns their names.
fn to_fractions(table: &mut Table) -> Vec<String> {
    let mut in_percent = Vec::new();
    for (column, name) in table.names.iter().enumerate() {
        let is_accuracy = metric(name, None).is_some_and(|metric| metric.row().reads == Reads::Percent);
        if is_accuracy && is_in_percent(table.rows.values().filter_map(|(_, cells)| cells[column])) {
            in_percent.push(name.clone());
            let cells = table.rows.values_mut().filter_map(|(_, cells)| cells[column].as_mut());
            cells.for_each(|accuracy| *accuracy /= 100.0);
        }
    }
    in_percent
}

fn note(path: &Path, in_percent: &[String]) -> String {
    let path = path.display();
    if in_percent.is_empty() {
        return format!("Imported from {path}; its parameters are unknown.");
    }
    let names = in_percent.join(", ");
    format!(
        "Imported from {path}; its parameters are unknown. In percent there, stored as fractions: {names}."
    )
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
