//! The events of a run: those that are there, and with `--follow` those that come and change, as JSON lines.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use vitals_api::dto::ApiError;
use vitals_api::{Context, Result, RunEvent, RunId, runs};

use crate::args::EventsArgs;
use crate::event_words::{sentence, summary};
use crate::out::Out;
use crate::said::Refusal;
use crate::text::Table;

pub async fn events(context: &Context, args: &EventsArgs, out: &Out) -> Result<u8> {
    let id = runs::resolve(context, &args.id).await?;
    if args.follow {
        return follow(context, id, &args.kind, out).await;
    }
    if out.json {
        let kinds: Vec<&str> = args.kind.iter().map(String::as_str).collect();
        let events = context.store().events(id, &kinds, false).await?;
        events.iter().try_for_each(|row| out.document(&document(row)))?;
        return Ok(0);
    }
    let told = vitals_api::events::events(context, &id.to_string(), &args.kind).await?;
    let mut table = Table::new(&["step", "event", "what"]);
    for event in &told.events {
        let kind = if event.injected { format!("{} (injected)", event.kind) } else { event.kind.clone() };
        table.row(vec![event.step.to_string(), kind, sentence(event)]);
    }
    table.lines().iter().for_each(|line| out.line(line));
    if let Some(lead) = &told.lead {
        summary(lead).iter().for_each(|line| out.line(line));
    }
    Ok(0)
}

fn document(row: &RunEvent) -> Value {
    let event = &row.event;
    json!({
        "kind": event.what.kind(), "step": event.step, "end_step": event.end_step, "layer": event.layer,
        "injected": event.injected, "details": event.what.details(),
    })
}

/// Prints each event, and again when more of it is known, until interrupted.
async fn follow(context: &Context, run: RunId, kinds: &[String], out: &Out) -> Result<u8> {
    let (sender, mut notices) = mpsc::channel(16);
    // Watched before the first look: what comes in between is seen at the next.
    let watching = tokio::spawn(vitals_api::watch(context.clone(), sender));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let mut told: HashMap<i64, Value> = HashMap::new();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    loop {
        for event in context.store().events(run, &kinds, false).await? {
            let now = document(&event);
            if told.get(&event.id) != Some(&now) {
                out.document(&now)?;
                told.insert(event.id, now);
            }
        }
        loop {
            tokio::select! {
                _ = &mut interrupted => { watching.abort(); return Ok(crate::INTERRUPTED) }
                notice = notices.recv() => {
                    let Some(notice) = notice else { return Err(ApiError::failed(Refusal::StoreNotWatched)) };
                    if notice.runs.contains_key(&run.to_string()) {
                        break;
                    }
                }
            }
        }
    }
}
