//! Commands about runs: list, show, ask, read, compare, export.

use std::path::Path;

use serde_json::{Value, json};
use vitals_api::dto::{ApiError, CompareMetric, Comparison, Run, RunDetail, RunOrigin, RunsQuery};
use vitals_api::said::Failure;
use vitals_api::series::{Points, SeriesData};
use vitals_api::{
    Command, Context, Metric, Result, Source, compare as api_compare, export as api_export, origin,
    plain_number, runs, series as api_series, supervisor, table,
};

use crate::args::{RunCommand, RunsArgs, SeriesArgs};
use crate::compare_rows;
use crate::follow::follow;
use crate::out::Out;
use crate::probe_commands;
use crate::queue_commands::look_twice;
use crate::runs_table::print_runs;
use crate::said::Refusal;
use crate::text::{Table, alike, counted, last, number, optional};

pub async fn list(context: &Context, args: &RunsArgs, out: &Out) -> Result<u8> {
    let query =
        RunsQuery { filter: args.filter.clone(), sort: args.sort.clone(), limit: args.limit, offset: None };
    if args.follow {
        return follow(context, &query, args.until_ended, out).await;
    }
    let page = runs::list(context, &query).await?;
    if out.json {
        for run in &page.runs {
            out.document(run)?;
        }
    } else if page.total == 0 {
        out.remark("no runs yet; `vitals sweep run FILE` starts some");
    } else {
        print_runs(&page.runs, out);
        out.remark(format!("{} of {} runs", page.runs.len(), page.total));
        let works =
            |state: &str| vitals_api::RunState::parse(state).is_some_and(vitals_api::RunState::is_active);
        if page.runs.iter().any(|run| works(&run.state)) {
            let seen = supervisor::seen(context).await?;
            match seen.lock.hindrance(context.workspace()) {
                Some(why) => out.remark(why.to_string()),
                None if seen.alive => {}
                None => out.remark(
                    "nobody supervises this workspace: states of unfinished runs are as last known; \
                     `vitals supervise`, or the window, looks after them again",
                ),
            }
        }
    }
    Ok(0)
}

pub async fn one(context: &Context, command: RunCommand, out: &Out) -> Result<u8> {
    match command {
        RunCommand::Show { id } => {
            let detail = runs::detail(context, &id).await?;
            let origin = origin::origin(context, &detail.run.id).await?;
            if out.json {
                out.document(&with_run_fields(&detail, &origin)?)?;
            } else {
                print_detail(&detail, &origin, out);
            }
        }
        RunCommand::Pause { ids } => ask(context, Command::Pause, &ids, Value::Null, out).await?,
        RunCommand::Resume { ids } => ask(context, Command::Resume, &ids, Value::Null, out).await?,
        RunCommand::Cancel { ids } => ask(context, Command::Cancel, &ids, Value::Null, out).await?,
        RunCommand::Retry { ids } => ask(context, Command::Retry, &ids, Value::Null, out).await?,
        RunCommand::Checkpoint { ids } => ask(context, Command::Checkpoint, &ids, Value::Null, out).await?,
        RunCommand::Rewind { id, to_step } => {
            ask(context, Command::Rewind, &[id], json!({ "to_step": to_step }), out).await?;
        }
        RunCommand::Remove { ids } => ask(context, Command::Remove, &ids, Value::Null, out).await?,
        RunCommand::Tag { id, tags, remove } => {
            let (add, gone) = if remove { (Vec::new(), tags) } else { (tags, Vec::new()) };
            runs::tag(context, &[id], &add, &gone).await?;
        }
        RunCommand::Note { id, note } => {
            let id = runs::resolve(context, &id).await?;
            context.store().set_note(id, &note).await?;
        }
        RunCommand::Log { id, lines } => {
            for line in runs::log(context, &id, lines).await? {
                if out.json {
                    out.document(&line)?;
                } else {
                    out.line(format!("{} {:5} {}", line.at.unwrap_or_default(), line.level, line.text));
                }
            }
        }
        RunCommand::Hash { id } => {
            let id = runs::resolve(context, &id).await?;
            let sum = context.store().run_sum(id).await?;
            if out.json { out.document(&sum)? } else { out.line(sum.sha256) }
        }
    }
    Ok(0)
}

/// The contract's JSON of a run, with what `show` adds beside its fields.
fn with_run_fields(detail: &RunDetail, origin: &RunOrigin) -> Result<Value> {
    let encode = |error: serde_json::Error| ApiError::failed(Failure::json(&error));
    let mut whole = serde_json::to_value(&detail.run).map_err(encode)?;
    let rest = serde_json::to_value(detail).map_err(encode)?;
    if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, rest) {
        for (name, value) in rest.into_iter().filter(|(name, _)| name != "run") {
            // `events` of a run are counts; the events themselves have another name here.
            whole.insert(if name == "events" { "event_list".to_owned() } else { name }, value);
        }
        whole.insert("origin".to_owned(), serde_json::to_value(origin).map_err(encode)?);
    }
    Ok(whole)
}

async fn ask(context: &Context, command: Command, ids: &[String], arguments: Value, out: &Out) -> Result<()> {
    if ids.is_empty() {
        return Err(ApiError::invalid(Refusal::NoRunGiven));
    }
    if matches!(command, Command::Resume | Command::Retry) {
        look_twice(context, out).await?;
    }
    let answer = runs::request(context, command, ids, &arguments).await?;
    report_asked(command, &answer, out)
}

/// What was asked of how many runs, and which of them it does not apply to.
pub fn report_asked(command: Command, answer: &Value, out: &Out) -> Result<()> {
    if out.json {
        return out.document(answer);
    }
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for problem in list("problems") {
        out.remark(problem.get("message").and_then(Value::as_str).unwrap_or_default());
    }
    let done = list("done").len();
    out.remark(format!("asked: {} of {done} {}", command.as_str(), if done == 1 { "run" } else { "runs" }));
    Ok(())
}

fn print_detail(detail: &RunDetail, origin: &RunOrigin, out: &Out) {
    let run = &detail.run;
    out.line(format!("{}  {}", run.label, run.id));
    out.line(format!("state       {} · {}", run.state, run.evidence));
    out.line(format!("step        {} of {}", run.progress.step, run.progress.total_steps));
    out.line(format!("folder      {}", detail.folder));
    if run.source.is_none() {
        print_origin(origin, out);
    }
    if !run.tags.is_empty() {
        out.line(format!("tags        {}", run.tags.join(", ")));
    }
    if !run.note.is_empty() {
        out.line(format!("note        {}", run.note));
    }
    if let (Some(start), Some(floor)) = (run.loss_start, run.loss_floor) {
        out.line(format!(
            "loss        {} (starts near {}, floor {})",
            last(run.metrics.get(Metric::Loss.name())),
            number(start),
            number(floor)
        ));
    }
    if let Some(rate) = run.effective_learning_rate {
        out.line(format!("effective lr {}", number(rate)));
    }
    if let Some(source) = &run.source {
        out.line(format!("imported    {}", imported_from(source, run.original_id.as_deref())));
    }
    out.line("");
    let mut states = Table::new(&["at", "state", "evidence"]);
    for change in &detail.transitions {
        states.row(vec![change.at.clone(), change.to.clone(), change.evidence.clone()]);
    }
    states.lines().iter().for_each(|line| out.line(line));
    out.line("");
    let mut metrics = Table::new(&["metric", "last", "min", "max"]);
    for (name, metric) in run.metrics.iter().filter(|(name, _)| !name.contains('/')) {
        let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        metrics.row(vec![name.clone(), optional(metric.last.as_ref()), shown(metric.min), shown(metric.max)]);
    }
    metrics.lines().iter().for_each(|line| out.line(line));
    out.line("");
    match run.source {
        None => print_parameters(run, out),
        Some(_) => print_config(run, out),
    }
    if let Some(probed) = &run.probed {
        let at = probed
            .step
            .map_or_else(|| "untrained".to_owned(), |step| format!("after {}", counted(step, "step")));
        out.line("");
        out.line(format!("judges      {} {at}", probed.run));
    }
    if !detail.probes.is_empty() {
        out.line("");
        out.line("probes");
        probe_commands::print(&detail.probes, out);
    }
}

/// What trained it, and where.
fn print_origin(origin: &RunOrigin, out: &Out) {
    let trained: Vec<String> =
        origin.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let unknown = || "not recorded".to_owned();
    out.line(format!("trained by  {}", if trained.is_empty() { unknown() } else { trained.join(", ") }));
    out.line(format!("host        {}", origin.host.clone().unwrap_or_else(unknown)));
}

fn print_parameters(run: &Run, out: &Out) {
    let mut parameters = Table::new(&["parameter", "value", "default"]);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for one in table::parameters() {
        let value = run.parameters.get(&one.name).filter(|value| **value != one.default);
        if let Some(value) = value {
            parameters.row(vec![one.name, text(value), text(&one.default)]);
        }
    }
    parameters.lines().iter().for_each(|line| out.line(line));
    out.remark("parameters that are not listed are at their defaults; --json lists all");
}

/// What the tool that trained it says; conditions ask for it as `config.KEY`.
fn print_config(run: &Run, out: &Out) {
    if run.config.is_empty() {
        out.remark("Vitals did not train it: its configuration is unknown");
        return;
    }
    let mut config = Table::new(&["config", "value"]);
    for (key, value) in &run.config.0 {
        config.row(vec![key.clone(), value.to_string()]);
    }
    config.lines().iter().for_each(|line| out.line(line));
}

fn imported_from(source: &Source, original_id: Option<&str>) -> String {
    let tool = match (&source.tool, &source.version) {
        (Some(tool), Some(version)) => format!("{tool} {version}, {}", source.kind),
        (Some(tool), None) => format!("{tool}, {}", source.kind),
        (None, _) => source.kind.clone(),
    };
    let called = original_id.map(|id| format!(", called {id} there")).unwrap_or_default();
    let path = source.path.as_ref().map(|path| format!(" from {path}")).unwrap_or_default();
    format!("{tool}{path}{called}")
}

/// The names that `series` takes, with how much is recorded of each.
fn list_series(detail: &RunDetail, out: &Out) -> Result<u8> {
    let mut table = Table::new(&["series", "unit", "values", "last step"]);
    for one in &detail.series {
        if out.json {
            out.document(one)?;
        } else {
            table.row(vec![
                one.name.clone(),
                one.unit.clone(),
                one.values.to_string(),
                one.last_step.to_string(),
            ]);
        }
    }
    if !out.json {
        table.lines().iter().for_each(|line| out.line(line));
    }
    Ok(0)
}

pub async fn series(context: &Context, args: &SeriesArgs, out: &Out) -> Result<u8> {
    if args.names.is_empty() {
        return list_series(&runs::detail(context, &args.id).await?, out);
    }
    let points = match args.points.as_str() {
        "all" => Points::All,
        text => match plain_number(text).parse::<u32>() {
            Ok(count) if count > 0 => Points::Buckets(count),
            _ => {
                return Err(ApiError::invalid(Refusal::Points { found: text.to_owned() }));
            }
        },
    };
    let found =
        api_series::read(context, &args.id, &args.names, (args.from, args.to), points, args.superseded)
            .await?;
    for one in &found {
        if out.json {
            out.document(one)?;
            continue;
        }
        let unit = if one.unit.is_empty() { String::new() } else { format!(", {}", one.unit) };
        match &one.data {
            SeriesData::All { values, .. } => {
                let mut table = Table::new(&["step", &format!("{}{unit}", one.name)]);
                for (step, value) in one.steps.iter().zip(values) {
                    table.row(vec![step.to_string(), optional(Some(value))]);
                }
                table.lines().iter().for_each(|line| out.line(line));
            }
            SeriesData::Buckets { min, max, mean, nonfinite } => {
                let head = format!("max of {}{unit}", one.name);
                // Only where there is something to tell.
                let broken = nonfinite.iter().any(|count| *count > 0);
                let mut table = match broken {
                    true => Table::new(&["step", "min", "mean", &head, "not finite"]),
                    false => Table::new(&["step", "min", "mean", &head]),
                };
                for (index, step) in one.steps.iter().enumerate() {
                    let cells = [min, mean, max].map(|values| optional(values.get(index)));
                    let lost = broken.then(|| nonfinite[index].to_string());
                    table.row(std::iter::once(step.to_string()).chain(cells).chain(lost).collect());
                }
                table.lines().iter().for_each(|line| out.line(line));
            }
        }
    }
    Ok(0)
}

pub async fn compare(context: &Context, ids: &[String], all: bool, out: &Out) -> Result<u8> {
    let comparison = api_compare::compare(context, ids).await?;
    if out.json {
        out.document(&comparison)?;
    } else {
        print_comparison(&comparison, out);
        print_metrics(&comparison, comparison.objective.as_deref(), all, out);
    }
    Ok(0)
}

fn print_comparison(comparison: &Comparison, out: &Out) {
    let labels: Vec<&str> = comparison.runs.iter().map(|run| run.label.as_str()).collect();
    let mut head = vec!["parameter"];
    head.extend(&labels);
    let mut table = Table::new(&head);
    for (name, values) in &comparison.parameters {
        let cell = |value: &Value| match value {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        table.row(std::iter::once(name.clone()).chain(values.iter().map(cell)).collect());
    }
    table.lines().iter().for_each(|line| out.line(line));
    let equal = comparison.equal_parameters;
    out.line(format!(
        "{} equal",
        if equal == 1 { "1 parameter is".to_owned() } else { format!("{equal} parameters are") }
    ));
    if comparison.unshared_parameters > 0 {
        out.line(format!("{} are known of one of them only", comparison.unshared_parameters));
    }
    out.line("");
}

/// Last values with their differences to the first run's, each row in one notation.
fn print_metrics(comparison: &Comparison, objective: Option<&str>, all: bool, out: &Out) {
    let mut head = vec!["metric"];
    head.extend(comparison.runs.iter().map(|run| run.label.as_str()));
    let mut table = Table::new(&head);
    let (names, hidden) = compare_rows::rows(comparison.metrics.keys(), objective, all);
    for name in names {
        let metrics = &comparison.metrics[name];
        let last = |metric: &CompareMetric| metric.last.as_ref().map(vitals_api::dto::Number::value);
        let values: Vec<f64> =
            metrics.iter().flat_map(|metric| [last(metric), metric.delta]).flatten().collect();
        let number = alike(&values);
        let cell = |(index, metric): (usize, &CompareMetric)| {
            let value = last(metric).map_or_else(|| "–".to_owned(), &number);
            match metric.delta.filter(|_| index > 0) {
                Some(delta) => format!("{value} ({}{})", if delta >= 0.0 { "+" } else { "" }, number(delta)),
                None => value,
            }
        };
        table.row(std::iter::once(name.clone()).chain(metrics.iter().enumerate().map(cell)).collect());
    }
    out.line("");
    table.lines().iter().for_each(|line| out.line(line));
    if hidden > 0 {
        out.remark(format!(
            "{} of the machine left out; --all prints {}",
            counted(hidden as u64, "metric"),
            if hidden == 1 { "it" } else { "them" }
        ));
    }
}

pub async fn export(context: &Context, ids: &[String], format: &str, path: &Path, out: &Out) -> Result<u8> {
    if path == Path::new("-") {
        crate::out::result(&api_export::content(context, ids, format).await?);
        return Ok(0);
    }
    let written = api_export::export(context, ids, format, path).await?;
    if out.json {
        out.document(&json!({ "paths": written.paths, "made": written.made }))?;
    } else {
        written.paths.iter().for_each(|path| out.line(path.display().to_string()));
        if let Some(folder) = &written.made {
            out.remark(format!("made the folder {}", folder.display()));
        }
    }
    Ok(0)
}
