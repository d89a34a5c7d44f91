//! `vitals queue` and `vitals settings`: the order in which runs start, and what the supervisor obeys while it starts them.

use serde_json::{Value, json};
use vitals_api::caution::cautions;
use vitals_api::dto::ApiError;
use vitals_api::{Command, Context, Result, overview, queue_settings, runs, sweeps};

use crate::args::QueueCommand;
use crate::out::Out;
use crate::said::Refusal;
use crate::standing;
use crate::text::{Table, short};

pub async fn queue(context: &Context, command: Option<QueueCommand>, out: &Out) -> Result<u8> {
    match command.unwrap_or(QueueCommand::List) {
        QueueCommand::List => list(context, out).await?,
        QueueCommand::Pause => {
            sweeps::queue_request(context, Command::PauseQueue).await?;
            out.remark("asked: the queue pauses; living runs are left alone");
        }
        QueueCommand::Resume => {
            look_twice(context, out).await?;
            sweeps::queue_request(context, Command::ResumeQueue).await?;
            out.remark("asked: the queue goes on");
        }
        QueueCommand::Move { id, place } => {
            let Some(position) = place.checked_sub(1) else {
                return Err(ApiError::invalid(Refusal::PlaceZero));
            };
            let id = runs::resolve(context, &id).await?;
            context.store().move_in_queue(id, position as usize).await?;
        }
        QueueCommand::Priority { priority, ids } => runs::set_priority(context, &ids, priority).await?,
    }
    Ok(0)
}

async fn list(context: &Context, out: &Out) -> Result<()> {
    let queue = overview::queued(context).await?;
    let mut table = Table::new(&["place", "run", "label", "sweep", "priority", "evidence"]);
    for run in &queue {
        if out.json {
            out.document(run)?;
            continue;
        }
        table.row(vec![
            run.queue_position.map_or_else(String::new, |place| (place + 1).to_string()),
            short(&run.id),
            run.label.clone(),
            run.sweep_name.clone().unwrap_or_default(),
            run.priority.to_string(),
            run.evidence.clone(),
        ]);
    }
    if !out.json && !queue.is_empty() {
        table.lines().iter().for_each(|line| out.line(line));
    }
    let held_up = standing::of_queue(&overview::app_info(context).await?.supervisor, true);
    let active = overview::active(context).await?;
    let still: Vec<String> = active.iter().filter_map(standing::of_run).collect();
    if queue.is_empty() && held_up.is_empty() && still.is_empty() {
        out.remark("nothing waits");
    }
    held_up.into_iter().chain(still).for_each(|line| out.remark(line));
    Ok(())
}

/// Shows the settings, after changing those that are named: all of them or, where one is wrong, none.
pub async fn settings(context: &Context, words: &[String], trust: bool, out: &Out) -> Result<u8> {
    let mut settings = queue_settings::get(context).await?;
    if trust {
        settings = queue_settings::confirm(context, &settings).await?;
    }
    if !words.is_empty() {
        let read = settings.clone();
        for word in words {
            queue_settings::assign(&mut settings, word)?;
        }
        settings = queue_settings::change(context, &read, settings).await?;
    }
    if out.json {
        out.document(&settings)?;
        return Ok(0);
    }
    for (name, value) in flat("", &json!(settings)) {
        out.line(format!("{name} = {value}"));
    }
    if trust {
        out.remark("confirmed: runs may be sent off as these settings say");
    } else if let Some(why) = queue_settings::unconfirmed(context).await? {
        out.remark(why.to_string());
    }
    Ok(0)
}

/// Before anything is started: what to look at twice, and why nothing will start.
pub async fn look_twice(context: &Context, out: &Out) -> Result<()> {
    cautions(context).iter().for_each(|caution| out.remark(format!("warning: {caution}")));
    if let Some(why) = queue_settings::unconfirmed(context).await? {
        out.remark(format!("warning: {why}"));
    }
    Ok(())
}

/// Every leaf by its whole name, as `NAME=VALUE` says it.
fn flat(prefix: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let dot = if prefix.is_empty() { "" } else { "." };
                flat(&format!("{prefix}{dot}{name}"), value)
            })
            .collect(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            vec![(prefix.to_owned(), items.join(","))]
        }
        Value::String(text) => vec![(prefix.to_owned(), text.clone())],
        other => vec![(prefix.to_owned(), other.to_string())],
    }
}
