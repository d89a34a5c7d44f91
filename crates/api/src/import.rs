//! Series of other tools as runs: CSV in the form that `export --format csv` writes, and in those that other programs write.
//! What is known of such a run is what its file says, and the configuration that is given beside it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use vitals_journal::{Column, StreamId, Writer};
use vitals_recipe::{Names, Reads, Tells, Told, metric};
use vitals_run::{Evidence, Imported as Known, RunConfig, Source};
use vitals_series::is_in_percent;
use vitals_store::RunId;

use crate::Context;
use crate::csv_table::{Reading, Table, Unread, Wrong, read};
use crate::dto::{ApiError, Diagnostic};
use crate::error::{Result, io_error};
use crate::foreign::{About, Origin, record};
use crate::said::{Failure, Noticed, Operation, TableAdvice};

const TAG: &str = "imported";
const KIND: &str = "csv";
/// TensorBoard's download of one series says in the file's name which it is.
const DOWNLOAD: (&str, &str) = ("run-", "-tag-");
const DOWNLOADED: &str = "Value";

/// What an import came to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Imported {
    pub run: RunId,
    pub label: String,
    pub source: Source,
    /// What the other tool calls it.
    pub original_id: Option<String>,
    pub metrics: u64,
    pub rows: u64,
    pub values: u64,
    /// Values of its configuration.
    pub config: u64,
    /// Accuracies that the file has in percent; they are stored as fractions.
    pub in_percent: Vec<String>,
    /// What was not taken as it stands in the file.
    pub noticed: Vec<Told>,
}

/// Makes a run of a CSV file and returns it.
///
/// # Errors
/// As [`csv_with`].
pub async fn csv(context: &Context, path: &Path) -> Result<Imported> {
    csv_with(context, path, RunConfig::default()).await
}

/// Makes a run of a CSV file and of what is known of its configuration.
///
/// # Errors
/// `invalid_input` with line and column where the file cannot be read as a table; nothing is stored then.
pub async fn csv_with(context: &Context, path: &Path, config: RunConfig) -> Result<Imported> {
    let reading = {
        let path = path.to_path_buf();
        tokio::task::spawn_blocking(move || table(&path)).await
    };
    let Reading { mut table, tool, run, mut noticed } =
        reading.map_err(|error| ApiError::failed(Failure::answer(&error)))??;
    let stem = path.file_stem().map_or_else(|| TAG.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let original_id = run.or_else(|| name_by_file(&mut table, &stem));
    let in_percent = to_fractions(&mut table);
    if !in_percent.is_empty() {
        noticed.push(Noticed::InPercent { names: Names(in_percent.clone()) });
    }
    let source = Source {
        kind: KIND.to_owned(),
        tool: tool.map(str::to_owned),
        version: None,
        path: Some(path.display().to_string()),
    };
    let counted = (table.names.len() as u64, table.rows.len() as u64, config.0.len() as u64);
    let about = About {
        label: stem.clone(),
        steps: table.rows.keys().next_back().map_or(0, |last| last + 1),
        evidence: Evidence::ImportUnfinished { path: path.display().to_string() },
        note: note(path, config.is_empty(), &noticed),
        tag: TAG.to_owned(),
        origin: Origin::Imported(Box::new(Known {
            source: source.clone(),
            original_id: original_id.clone(),
            config,
        })),
    };
    let recorded = record(context, about, move |journal| write_rows(journal, &table)).await?;
    let (metrics, rows, config) = counted;
    Ok(Imported {
        run: recorded.run,
        label: stem,
        source,
        original_id,
        metrics,
        rows,
        values: recorded.values,
        config,
        in_percent,
        noticed: noticed.iter().map(Tells::told).collect(),
    })
}

fn table(path: &Path) -> Result<Reading> {
    let refused = |error: &std::io::Error| io_error(Operation::Read, path, error);
    let file = File::open(path).map_err(|error| refused(&error))?;
    match read(BufReader::with_capacity(1 << 16, file)) {
        Ok(reading) => Ok(reading),
        Err(Unread::Io(error)) => Err(refused(&error)),
        Err(Unread::Wrong(Wrong { line, column, said, hint })) => {
            Err(wrong(path, line, column, said.told(), hint))
        }
    }
}

fn wrong(path: &Path, line: u32, column: u32, said: Told, hint: TableAdvice) -> ApiError {
    let (file, hint) = (path.display().to_string(), hint.told());
    ApiError::invalid(Failure::At { file, line, column, said: said.clone() })
        .at(vec![Diagnostic::new(line, column, said, Some(hint.clone()))])
        .hint(hint)
}

/// Reads a configuration: a JSON object, whose nested keys are joined with dots.
///
/// # Errors
/// `invalid_input` where the file holds none.
pub fn config(path: &Path) -> Result<RunConfig> {
    let text = std::fs::read(path).map_err(|error| io_error(Operation::Read, path, &error))?;
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX).max(1);
        let said = Failure::NoJson { reason: error.to_string() }.told();
        wrong(path, place(error.line()), place(error.column()), said, TableAdvice::JsonConfig)
    })?;
    RunConfig::from_json(&value).map_err(|error| wrong(path, 1, 1, error.told(), TableAdvice::JsonConfig))
}

/// Gives the only series of a download the name that its file bears, and returns the run's.
fn name_by_file(table: &mut Table, stem: &str) -> Option<String> {
    let (before, between) = DOWNLOAD;
    let (run, tag) = stem.strip_prefix(before)?.rsplit_once(between)?;
    if table.names != [DOWNLOADED] || run.is_empty() || tag.is_empty() {
        return None;
    }
    tag.clone_into(&mut table.names[0]);
    Some(run.to_owned())
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

fn note(path: &Path, is_unknown: bool, noticed: &[Noticed]) -> String {
    let path = path.display();
    let known = if is_unknown { "; its configuration is unknown" } else { "" };
    let sentence = |notice: &Noticed| {
        let text = notice.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        format!(" {first}{}.", letters.as_str())
    };
    format!("Imported from {path}{known}.{}", noticed.iter().map(sentence).collect::<String>())
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
