//! `vitals sweep …`: from a file to queued runs.

use std::path::{Path, PathBuf};

use serde_json::json;
use vitals_api::dto::{EstimateBasis, MoreRuns, SweepCheck, SweepStarted};
use vitals_api::{Command, Context, Result, SweepId, decide, files, named_file, overview, sweeps};

use crate::args::SweepCommand;
use crate::out::Out;
use crate::queue_commands::look_twice;
use crate::text::{Table, counted, duration, number};
use crate::wait;

pub async fn run(context: &Context, command: SweepCommand, out: &Out) -> Result<u8> {
    match command {
        SweepCommand::Check { file } => check(context, &file, out).await,
        SweepCommand::Add { file } => {
            let id = add(context, &file, out).await?;
            if out.json {
                out.document(&json!({ "sweep": id }))?;
            } else {
                out.line(id.to_string());
            }
            Ok(0)
        }
        SweepCommand::List => list(context, out).await,
        SweepCommand::Show { id } => show(context, &id, out).await,
        SweepCommand::Export { id, out: path } => export(context, &id, path, out).await,
        SweepCommand::Remove { id } => {
            let id = context.store().resolve_sweep(&id).await?;
            context.store().remove_sweep(id).await?;
            out.remark(format!("removed sweep {id}; its runs stay"));
            Ok(0)
        }
        SweepCommand::Pause { id } => ask(context, Command::Pause, &id, out).await,
        SweepCommand::Resume { id } => ask(context, Command::Resume, &id, out).await,
        SweepCommand::Cancel { id } => ask(context, Command::Cancel, &id, out).await,
        SweepCommand::Retry { id } => ask(context, Command::Retry, &id, out).await,
        SweepCommand::Start { id, wait } => {
            let id = context.store().resolve_sweep(&id).await?;
            start(context, id, wait, out).await
        }
        SweepCommand::AddSeeds { id, seeds, condition, dry_run } => {
            let id = context.store().resolve_sweep(&id).await?;
            if !dry_run {
                look_twice(context, out).await?;
            }
            let more = decide::seeds_more(context, id, seeds, &condition, dry_run).await?;
            report_more(&more, dry_run, out)?;
            Ok(0)
        }
        SweepCommand::Run { file, wait } => {
            let id = add(context, &file, out).await?;
            start(context, id, wait, out).await
        }
    }
}

async fn ask(context: &Context, command: Command, id: &str, out: &Out) -> Result<u8> {
    let answer = sweeps::ask(context, command, id).await?;
    crate::run_commands::report_asked(command, &answer, out)?;
    Ok(0)
}

async fn check(context: &Context, file: &Path, out: &Out) -> Result<u8> {
    let text = files::named(file)?;
    let name = file.display().to_string();
    let found = sweeps::check(context, &text, &name).await?;
    if out.json {
        out.document(&as_contract(&found))?;
    } else {
        print_diagnostics(context, &text, &name, out).await?;
        print_points(&found, out);
    }
    Ok(if found.errors.is_empty() { 0 } else { 2 })
}

/// The contract's form: parameters of a point are those that the sweep varies.
fn as_contract(found: &SweepCheck) -> serde_json::Value {
    let point = |point: &vitals_api::dto::PointPreview| {
        json!({
            "id": point.id,
            "label": point.label,
            "parameters": point.axes,
            "effective_learning_rate": point.effective_learning_rate,
            "total_steps": point.total_steps,
            "warmup_steps": point.warmup_steps,
            "seeds": point.seeds,
        })
    };
    json!({
        "runs": found.runs,
        "points": found.points.iter().map(point).collect::<Vec<_>>(),
        "excluded": found.excluded,
        "warnings": found.warnings,
        "notes": found.notes,
        "errors": found.errors,
    })
}

/// Each finding under its line of the file, with a caret.
async fn print_diagnostics(context: &Context, text: &str, name: &str, out: &Out) -> Result<()> {
    let rendered = sweeps::render(context, text, name, out.colour()).await?;
    if !rendered.is_empty() {
        crate::out::say(&rendered);
    }
    Ok(())
}

fn print_points(found: &SweepCheck, out: &Out) {
    let mut table = Table::new(&["point", "effective lr", "steps", "warm-up", "seeds"]);
    let steps = |steps: Option<u64>| steps.map_or_else(|| "–".to_owned(), |steps| steps.to_string());
    for point in &found.points {
        let seeds: Vec<String> = point.seeds.iter().map(u64::to_string).collect();
        table.row(vec![
            point.label.clone(),
            number(point.effective_learning_rate),
            steps(point.total_steps),
            steps(point.warmup_steps),
            seeds.join(" "),
        ]);
    }
    if !found.points.is_empty() {
        table.lines().iter().for_each(|line| out.line(line));
    }
    let excluded = if found.excluded > 0 { format!(", {} excluded", found.excluded) } else { String::new() };
    // Of more than that the finding says how many there are.
    if found.runs < u64::MAX {
        out.line(format!(
            "{} at {}{excluded}",
            counted(found.runs, "run"),
            counted(found.points.len() as u64, "point")
        ));
    }
    if let Some(seconds) = found.estimated_seconds {
        let basis = match found.estimate_basis {
            Some(EstimateBasis::Guessed) => "a rough guess: nothing has been measured here yet",
            Some(EstimateBasis::Scaled) => "from measured runs of other sizes",
            Some(EstimateBasis::Measured) | None => "from measured runs",
        };
        out.remark(format!("about {} of computing, {basis}", duration(seconds)));
    }
}

/// Stores a file as a sweep. An error prints every place that is wrong.
async fn add(context: &Context, file: &Path, out: &Out) -> Result<SweepId> {
    let text = files::named(file)?;
    let name = match std::path::absolute(file) {
        // A file of the workspace is known by its place there, so that window and command line mean the same sweep.
        Ok(path) => match path.strip_prefix(context.experiments()) {
            Ok(inside) => inside.display().to_string(),
            Err(_) => path.display().to_string(),
        },
        Err(_) => file.display().to_string(),
    };
    match sweeps::add(context, &text, &name).await {
        Ok((id, ..)) => Ok(id),
        Err(error) => {
            if !error.diagnostics.is_empty() && !out.json {
                print_diagnostics(context, &text, &file.display().to_string(), out).await?;
            }
            Err(error)
        }
    }
}

async fn start(context: &Context, id: SweepId, wait: bool, out: &Out) -> Result<u8> {
    look_twice(context, out).await?;
    let started = sweeps::start(context, id).await?;
    if !wait {
        report(&started, out)?;
        return Ok(0);
    }
    out.remark(format!(
        "sweep {}: {} runs queued, {} there already",
        started.sweep, started.queued, started.existing
    ));
    wait::until_ended(context, id, out).await
}

fn report(started: &SweepStarted, out: &Out) -> Result<()> {
    if out.json {
        return out.document(started);
    }
    out.line(format!(
        "sweep {}: {} runs queued, {} there already",
        started.sweep, started.queued, started.existing
    ));
    Ok(())
}

fn report_more(more: &MoreRuns, dry_run: bool, out: &Out) -> Result<()> {
    if out.json {
        return out.document(more);
    }
    more.runs.iter().for_each(|run| out.line(run));
    let cost = more.cost_seconds.map(|seconds| format!(", about {}", duration(seconds))).unwrap_or_default();
    let what = if dry_run { "would be queued" } else { "queued" };
    out.remark(format!("{} {what}{cost}", counted(more.runs.len() as u64, "run")));
    Ok(())
}

async fn list(context: &Context, out: &Out) -> Result<u8> {
    let sweeps = context.store().sweeps().await?;
    let mut table = Table::new(&["sweep", "name", "runs", "finished", "failed", "active", "queued"]);
    for sweep in &sweeps {
        let progress = overview::progress(sweep);
        if out.json {
            out.document(&progress)?;
            continue;
        }
        let counts = [progress.runs, progress.finished, progress.failed, progress.active, progress.queued];
        let mut row = vec![progress.id, progress.name];
        row.extend(counts.map(|count| count.to_string()));
        table.row(row);
    }
    if out.json {
        return Ok(0);
    }
    if sweeps.is_empty() {
        out.remark("no sweeps yet; `vitals sweep add FILE` stores one");
    } else {
        table.lines().iter().for_each(|line| out.line(line));
    }
    Ok(0)
}

async fn show(context: &Context, id: &str, out: &Out) -> Result<u8> {
    let id = context.store().resolve_sweep(id).await?;
    let sweep = context.store().sweep(id).await?;
    let mut runs = Vec::new();
    for row in sweeps::runs(context, id).await?.into_iter().rev() {
        runs.push(vitals_api::runs::run(row)?);
    }
    let wanted = sweeps::points(context, &sweep).await?;
    if out.json {
        out.document(&json!({
            "sweep": overview::progress(&sweep), "revision": sweep.newest, "points": wanted.points,
            "missing_runs": wanted.missing_runs, "runs": runs,
        }))?;
        return Ok(0);
    }
    out.line(format!("{}  {}", sweep.name, id));
    crate::runs_table::print_runs(&runs, out);
    let asked = wanted.points.iter().map(|point| point.seeds.len()).sum::<usize>();
    out.remark(format!(
        "revision {}: {} points × seeds make {asked} runs, {} missing",
        sweep.newest,
        wanted.points.len(),
        wanted.missing_runs
    ));
    let beyond = runs.len() as u64 + wanted.missing_runs;
    if beyond > asked as u64 {
        out.remark(format!("{} runs are of earlier revisions and stay", beyond - asked as u64));
    }
    if wanted.missing_runs > 0 {
        out.remark(format!("`vitals sweep start {id}` queues what is missing"));
    }
    Ok(0)
}

async fn export(context: &Context, id: &str, path: Option<PathBuf>, out: &Out) -> Result<u8> {
    let id = context.store().resolve_sweep(id).await?;
    let newest =
        context.store().sweep_revisions(id).await?.into_iter().max_by_key(|revision| revision.number);
    let text = newest.map(|revision| revision.text).unwrap_or_default();
    match path {
        Some(path) if path != Path::new("-") => {
            named_file::write(&path, text.as_bytes())?;
            out.remark(format!("wrote {}", path.display()));
        }
        _ if out.json => out.document(&json!({ "text": text }))?,
        _ => out.file(&text),
    }
    Ok(0)
}
