//! Commands about the workspace and what is around it: data sets, parameters, journals, ingest, doctor.

use std::path::{Path, PathBuf};

use serde_json::json;
use vitals_api::dto::ApiError;
use vitals_api::said::Failure;
use vitals_api::{
    Binaries, Context, Result, RunConfig, datasets, doctor as api_doctor, journals, place, table, unlisted,
};

use crate::args::{DatasetCommand, ImportCommand, JournalCommand};
use crate::clock;
use crate::out::Out;
use crate::said::Refusal;
use crate::text::{Table, counted};

/// The workspace that is meant: the one named, else `$XDG_DATA_HOME/vitals`.
pub fn root(named: Option<&Path>, out: &Out) -> Result<PathBuf> {
    if let Some(root) = named.filter(|root| !root.as_os_str().is_empty()) {
        return Ok(root.to_owned());
    }
    let place = place::default_workspace(|name| std::env::var_os(name))?;
    place.remarks.iter().for_each(|told| out.remark(&told.text));
    Ok(place.root)
}

pub async fn open(root: &Path) -> Result<Context> {
    Context::open(root, binaries()?, clock::now).await
}

fn binaries() -> Result<Binaries> {
    Binaries::beside_own()
        .map_err(|error| ApiError::failed(Failure::ProgramsNotFound { reason: error.to_string() }))
}

/// Says that run folders lie there which no listing shows; a listing that works is not held up by what this cannot read.
pub async fn remark_unlisted(context: &Context, out: &Out) {
    if context.read_only().is_none()
        && let Ok(Some(remark)) = unlisted::remark(context).await
    {
        out.remark(&remark.text);
    }
}

pub fn parameters(name: Option<&str>, out: &Out) -> Result<()> {
    if let Some(name) = name {
        let one = table::one(name)?;
        if out.json {
            return out.document(&one);
        }
        out.lines(vitals_api::describe_parameter(name).unwrap_or_default().trim_end());
        return Ok(());
    }
    let mut rows = Table::new(&["parameter", "type", "unit", "default", "range or choices"]);
    for one in table::parameters() {
        if out.json {
            out.document(&one)?;
            continue;
        }
        let range = match (one.min, one.max) {
            (Some(min), Some(max)) => format!("{min} … {max}"),
            _ => one.choices.join(" | "),
        };
        let default = one.default.as_str().map_or_else(|| one.default.to_string(), str::to_owned);
        rows.row(vec![one.name, one.kind, one.unit.unwrap_or_default(), default, range]);
    }
    if !out.json {
        rows.lines().iter().for_each(|line| out.line(line));
        out.remark("`vitals parameters NAME` says what one does");
    }
    Ok(())
}

pub fn journal(command: &JournalCommand, out: &Out) -> Result<u8> {
    let JournalCommand::Check { folder } = command;
    let found = journals::check(folder)?;
    if out.json {
        out.document(&found)?;
    } else {
        out.line(format!(
            "{}, {}, last step {}",
            counted(found.records, "record"),
            counted(found.values, "value"),
            found.last_step.map_or_else(|| "–".to_owned(), |step| step.to_string())
        ));
        out.line(format!("sha256 {}", found.sha256));
        let (torn, corrupt) = (found.torn_bytes, found.corrupt_records);
        out.line(format!("{}, {}", counted(torn, "torn byte"), counted(corrupt, "corrupt record")));
        found.problems.iter().for_each(|problem| out.remark(problem));
    }
    Ok(if found.corrupt_records == 0 { 0 } else { 1 })
}

pub async fn ingest(context: &Context, folders: &[PathBuf], out: &Out) -> Result<u8> {
    let mut failed = false;
    for folder in folders {
        match vitals_api::ingest_folder(context.store(), folder, context.now()).await {
            Ok(found) if out.json => out.document(&found)?,
            Ok(found) => {
                let (rows, values) = (found.rows, found.values);
                out.line(format!("{}  {rows} rows, {values} values, {}", found.run, found.state));
                found.losses.iter().for_each(|loss| out.remark(loss));
            }
            Err(error) => {
                failed = true;
                let (path, reason) = (folder.display().to_string(), error.to_string());
                out.error(&ApiError::failed(Refusal::NotIngested { path, reason }));
            }
        }
    }
    Ok(u8::from(failed))
}

/// Each file by itself: one that is wrong is named, and the others are imported all the same.
pub async fn import(context: &Context, command: ImportCommand, out: &Out) -> Result<u8> {
    let ImportCommand::Csv { config, files } = command;
    let config = match config {
        Some(path) => vitals_api::import::config(&path)?,
        None => RunConfig::default(),
    };
    let mut code = 0;
    for file in &files {
        match vitals_api::import::csv_with(context, file, config.clone()).await {
            Ok(found) if out.json => out.document(&found)?,
            Ok(found) => {
                out.line(found.run.to_string());
                let config = match found.config {
                    0 => String::new(),
                    values => format!(", {values} values of its configuration"),
                };
                out.remark(format!(
                    "{}: {} metrics, {} rows, {} values{config}",
                    found.label, found.metrics, found.rows, found.values
                ));
                found.noticed.iter().for_each(|notice| out.remark(&notice.text));
            }
            Err(error) => {
                code = error.exit_code();
                out.error(&error);
            }
        }
    }
    Ok(code)
}

pub async fn dataset(context: &Context, command: DatasetCommand, out: &Out) -> Result<u8> {
    let in_full = matches!(command, DatasetCommand::Add { .. } | DatasetCommand::Check { .. });
    let found = match command {
        DatasetCommand::Add { name, path } => vec![datasets::add(context, &name, &path).await?],
        DatasetCommand::Check { name } => vec![datasets::check(context, &name).await?],
        DatasetCommand::List => datasets::list(context).await?,
        DatasetCommand::Remove { name } => {
            datasets::remove(context, &name).await?;
            out.remark(format!("forgot data set {name}; its files stay"));
            return Ok(0);
        }
    };
    let bad = found.iter().any(|one| one.problem.is_some());
    if out.json {
        for one in &found {
            out.document(one)?;
        }
    } else {
        let mut rows = Table::new(&["data set", "images", "held out", "classes", "path", "problem"]);
        let told: Vec<_> = found.iter().filter(|_| in_full).flat_map(|one| one.found.clone()).collect();
        for one in found {
            let counts = [one.images, one.heldout, one.classes].map(|count| count.to_string());
            let mut row = vec![one.name];
            row.extend(counts);
            row.extend([one.path, one.problem.unwrap_or_default()]);
            rows.row(row);
        }
        rows.lines().iter().for_each(|line| out.line(line));
        told.iter().for_each(|told| out.remark(told.to_string()));
    }
    Ok(u8::from(bad))
}

pub async fn doctor(root: &Path, out: &Out) -> Result<u8> {
    let lines = api_doctor::doctor_at(root, binaries()?, clock::now).await?;
    let well = lines.iter().all(|line| line.ok);
    for line in &lines {
        if out.json {
            out.document(line)?;
            continue;
        }
        out.line(format!("{}  {:10}  {}", if line.ok { "ok " } else { "!! " }, line.check, line.message));
        if let Some(remedy) = &line.remedy {
            out.line(format!("{:17}→ {remedy}", ""));
        }
    }
    if out.json && lines.is_empty() {
        out.document(&json!([]))?;
    }
    Ok(u8::from(!well))
}
