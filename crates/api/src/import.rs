//! Series of other tools as runs: CSV in the form that `export --format csv` writes. An import becomes a run folder with a
//! journal of its own and is ingested like any other, so that it is detected in, and outlives the database.

use std::collections::BTreeMap;
use std::path::Path;

use vitals_journal::{
    Column, EndRecord, FORMAT_VERSION, Header, RunFolder, StreamId, Writer, WriterOptions, atomic_write,
};
use vitals_recipe::{DatasetFacts, JOB_FORMAT, Job, JobDataset, Recipe, point_id};
use vitals_store::{Evidence, NewRun, RunId, RunState};

use crate::Context;
use crate::context::rfc3339;
use crate::dto::{ApiError, Diagnostic};
use crate::error::{Result, io_error};

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
    let text = std::fs::read_to_string(path).map_err(|error| io_error("read", path, &error))?;
    let table = parse(&text).map_err(|(line, column, message)| {
        ApiError::invalid(format!("{}:{line}:{column}: {message}", path.display())).at(vec![Diagnostic {
            message,
            line,
            column,
            hint: None,
            parameter: None,
        }])
    })?;
    let label = path.file_stem().map_or_else(|| TAG.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let recipe = Recipe::preset("mocov3_vit_micro").unwrap_or_default();
    let steps = table.rows.keys().next_back().map(|last| last + 1);
    let new = NewRun {
        id: None,
        point: point_id(&recipe),
        seed: recipe.seed,
        recipe: serde_json::to_value(&recipe).map_err(|error| ApiError::failed(error.to_string()))?,
        axes: BTreeMap::default(),
        label: label.clone(),
        priority: 0,
        total_steps: steps,
        state: RunState::Lost,
        evidence: Evidence::text(format!("imported from {}", path.display())),
    };
    let inserted = context.store().insert_runs(None, &[new], context.now()).await?;
    let Some(&run) = inserted.added.first() else {
        return Err(ApiError::failed("failed to add a run for the import"));
    };
    let folder = context.workspace().run_folder(run);
    let job = job(run, recipe, steps.unwrap_or(0));
    let (metrics, started_at) = (table.names.len() as u64, rfc3339(context.now()));
    let written = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || write(&folder, &job, &started_at, &table))
    };
    let written = written.await.map_err(|error| ApiError::failed(format!("failed to import: {error}")));
    let ingested = match written.and_then(|written| written) {
        Ok(()) => vitals_supervisor::ingest_folder(context.store(), folder.path(), context.now()).await,
        Err(error) => return Err(error),
    };
    let ingested =
        ingested.map_err(|error| ApiError::failed(format!("failed to ingest the import: {error}")))?;
    context.store().tag_run(run, &[TAG.to_owned()], &[]).await?;
    let note = format!("Imported from {}; its parameters are unknown.", path.display());
    context.store().set_note(run, &note).await?;
    Ok(Imported { run, label, metrics, rows: ingested.rows, values: ingested.values })
}

fn job(run: RunId, recipe: Recipe, steps: u64) -> Job {
    let name = recipe.dataset.clone();
    let facts =
        DatasetFacts { name: name.clone(), images: steps, classes: 0, labelled: false, image_size: None };
    Job {
        format: JOB_FORMAT,
        run: run.to_string(),
        attempt: 1,
        first_step: 0,
        resume_from: None,
        recipe,
        dataset: JobDataset { name, path: String::new(), fingerprint: String::new(), facts },
        device: String::new(),
        acknowledged_control: 0,
        versions: BTreeMap::default(),
    }
}

fn write(folder: &RunFolder, job: &Job, started_at: &str, table: &Table) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| ApiError::failed(format!("failed to import: {error}"));
    folder.create_attempt(1).map_err(|error| failed(&error))?;
    let text = serde_json::to_vec_pretty(job).map_err(|error| failed(&error))?;
    atomic_write(&folder.job(), &text).map_err(|error| failed(&error))?;
    let header = Header {
        format: FORMAT_VERSION,
        run: job.run.clone(),
        attempt: 1,
        first_step: 0,
        started_at: started_at.to_owned(),
        versions: BTreeMap::default(),
    };
    let journal = Writer::create(&folder.journal(1), header, WriterOptions::default())
        .map_err(|error| failed(&error))?;
    write_rows(&journal, table).map_err(|error| failed(&error))?;
    let end = EndRecord {
        reason: "finished".to_owned(),
        exit_code: 0,
        last_step: table.rows.keys().next_back().copied(),
        message: "imported".to_owned(),
    };
    journal.end(end).map_err(|error| failed(&error))
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

/// Line, column and what is wrong there.
type Wrong = (u32, u32, String);

fn parse(text: &str) -> Result<Table, Wrong> {
    let mut lines = (1_u32..).zip(text.lines());
    let wrong = |line: u32, column: usize, message: String| {
        (line, u32::try_from(column).unwrap_or(u32::MAX), message)
    };
    let Some((_, head)) = lines.next().filter(|(_, head)| !head.trim().is_empty()) else {
        return Err(wrong(1, 1, "the file has no header".to_owned()));
    };
    let head = cells(head.trim_start_matches('\u{feff}'));
    if head.first().is_none_or(|(_, name)| name != STEP) {
        return Err(wrong(1, 1, "the first column of the header is not `step`".to_owned()));
    }
    let has_elapsed = head.get(1).is_some_and(|(_, name)| name == ELAPSED);
    let before = 1 + usize::from(has_elapsed);
    let mut names: Vec<String> = Vec::new();
    for (at, name) in head.iter().skip(before) {
        if name.is_empty() || name == STEP || names.contains(name) {
            return Err(wrong(1, *at, format!("`{name}` cannot be the name of another column")));
        }
        names.push(name.clone());
    }
    let mut rows = BTreeMap::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let row = cells(text);
        if row.len() != head.len() {
            let message = format!("{} cells, but the header has {}", row.len(), head.len());
            return Err(wrong(line, 1, message));
        }
        let step: u64 =
            row[0].1.trim().parse().map_err(|_| {
                wrong(line, 1, format!("`{}` is no step: a whole number from 0 on", row[0].1))
            })?;
        let mut numbers = Vec::with_capacity(row.len());
        for (at, cell) in &row[1..] {
            numbers.push(number(cell).map_err(|()| wrong(line, *at, format!("`{cell}` is no number")))?);
        }
        let elapsed = if has_elapsed { numbers.remove(0).unwrap_or(0.0) } else { 0.0 };
        if rows.insert(step, (elapsed, numbers)).is_some() {
            return Err(wrong(line, 1, format!("step {step} is there twice")));
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
            let (line, column, message) = parse(text).unwrap_err();
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
