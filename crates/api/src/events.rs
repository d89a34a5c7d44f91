//! A run's events with what is said over them: which layer moved first, which gradient event a dip follows, how stable
//! the run was. Detection itself is done at ingest; here its findings are only read and related.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vitals_series::{
    DETECTION_VERSION, Delay, Onset, Order, at_least_by_chance, bootstrap_median, delay, order,
};

use crate::Context;
use crate::dto::{EventInfo, EventLayer, LayerDelay, LeadLag, LeadOrder, LeadSummary, RunEvents, Stability};
use crate::error::Result;
use crate::runs;

/// The layer that may move first, if any does.
const REFERENCE: &str = "patch_embed";
/// A dip follows a gradient event that began at most so many steps before its onset.
const FOLLOWS_WITHIN_STEPS: u64 = 200;
/// Series of the bank that no queue of training features can fake.
const FIXED_BANK: &str = "knn_top1_fixed";

/// What detection writes beside an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    peak_step: Option<u64>,
    peak_z: Option<f64>,
    layers: Vec<EventLayer>,
    metric: Option<String>,
    baseline: Option<f64>,
    depth: Option<f64>,
    area: Option<f64>,
    recovered: Option<u64>,
    count: Option<u64>,
    open: bool,
}

/// The events of a run, of the given kinds (empty: all).
///
/// # Errors
/// `not_found` for an unknown run.
pub async fn events(context: &Context, id: &str, kinds: &[String]) -> Result<RunEvents> {
    let id = runs::resolve(context, id).await?;
    let row = context.store().run(id).await?;
    let mut events: Vec<EventInfo> =
        context.store().events(id, &[], false).await?.into_iter().map(info).collect();
    relate(&mut events);
    let lead = summary(&events);
    if !kinds.is_empty() {
        events.retain(|event| kinds.contains(&event.kind));
    }
    Ok(RunEvents {
        events,
        stability: stability_form(row.stability),
        lead,
        detection_version: DETECTION_VERSION,
    })
}

/// A stability in the form that crosses the door.
fn stability_form(stability: vitals_series::Stability) -> Stability {
    Stability {
        score: stability.score(),
        spikes_per_1000_steps: stability.spikes_per_1000_steps,
        dip_area_share: stability.dip_area_share,
        nonfinite: stability.nonfinite,
    }
}

pub(crate) fn info(event: vitals_store::RunEvent) -> EventInfo {
    let known = Details::deserialize(&event.details).unwrap_or_default();
    EventInfo {
        id: event.id.unsigned_abs(),
        kind: event.kind,
        step: event.step,
        end_step: event.end_step,
        peak_step: known.peak_step,
        peak_z: known.peak_z,
        layer: event.layer,
        injected: event.injected,
        lead: lead_lag(&known.layers),
        layers: known.layers,
        metric: known.metric,
        baseline: known.baseline,
        depth: known.depth,
        area: known.area,
        recovered_step: known.recovered,
        confirmed: None,
        follows: Vec::new(),
        count: known.count,
        open: known.open,
        details: if event.details.is_null() { Value::Object(serde_json::Map::new()) } else { event.details },
    }
}

fn onset(layer: &EventLayer) -> Onset {
    Onset { step: layer.onset, low: layer.onset_low, high: layer.onset_high }
}

fn layer_delay(layer: &str, delay: Delay) -> LayerDelay {
    let Delay { steps, low, high } = delay;
    LayerDelay { layer: layer.to_owned(), steps, low, high, ordered: delay.is_ordered() }
}

/// Delays of the other layers; `None` where fewer than two took part.
fn lead_lag(layers: &[EventLayer]) -> Option<LeadLag> {
    if layers.len() < 2 {
        return None;
    }
    let reference = layers
        .iter()
        .find(|layer| layer.layer == REFERENCE)
        .or_else(|| layers.iter().min_by_key(|layer| layer.onset))?;
    let others = layers.iter().filter(|layer| layer.layer != reference.layer);
    let delays: Vec<(&str, Delay)> =
        others.map(|layer| (layer.layer.as_str(), delay(onset(reference), onset(layer)))).collect();
    let order = match order(&delays.iter().map(|(_, delay)| *delay).collect::<Vec<_>>()) {
        Order::First => LeadOrder::ReferenceFirst,
        Order::Later => LeadOrder::ReferenceLater,
        Order::Together => LeadOrder::Together,
    };
    let delays = delays.into_iter().map(|(layer, delay)| layer_delay(layer, delay)).collect();
    Some(LeadLag { reference: reference.layer.clone(), order, delays })
}

/// Links dips to the gradient events before them, marks what an injected disturbance caused, and confirms dips of the
/// queue's bank on the fixed one.
pub(crate) fn relate(events: &mut [EventInfo]) {
    let spikes: Vec<(u64, u64, bool)> = events
        .iter()
        .filter(|event| matches!(event.kind.as_str(), "spike" | "nonfinite" | "shock"))
        .filter(|event| event.kind != "shock" || event.injected)
        .map(|event| (event.id, event.step, event.injected))
        .collect();
    let fixed: Vec<(u64, u64)> = events
        .iter()
        .filter(|event| event.kind == "dip" && event.metric.as_deref() == Some(FIXED_BANK))
        .map(|dip| (dip.step, dip.recovered_step.or(dip.end_step).unwrap_or(u64::MAX)))
        .collect();
    for dip in events.iter_mut().filter(|event| event.kind == "dip") {
        let before = |step: u64| step <= dip.step && dip.step - step <= FOLLOWS_WITHIN_STEPS;
        let mut near: Vec<_> = spikes.iter().filter(|(_, step, _)| before(*step)).collect();
        near.sort_by_key(|(_, step, _)| std::cmp::Reverse(*step));
        dip.follows = near.iter().map(|(id, ..)| *id).collect();
        dip.injected |= near.iter().any(|(_, _, injected)| *injected);
        if dip.metric.as_deref() != Some(FIXED_BANK) && !fixed.is_empty() {
            let end = dip.recovered_step.or(dip.end_step).unwrap_or(u64::MAX);
            dip.confirmed = Some(fixed.iter().any(|&(from, to)| from <= end && dip.step <= to));
        }
    }
}

/// Whether the patch projection is first more often than chance says, over the spikes of several layers.
fn summary(events: &[EventInfo]) -> Option<LeadSummary> {
    let told: Vec<&EventInfo> = events
        .iter()
        .filter(|event| event.kind == "spike" && !event.injected)
        // Where the projection took no part there is no delay to tell.
        .filter(|event| event.lead.as_ref().is_some_and(|lead| lead.reference == REFERENCE))
        .collect();
    if told.is_empty() {
        return None;
    }
    let (mut first, mut later, mut together) = (0_u32, 0_u32, 0_u32);
    let mut delays: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for lead in told.iter().filter_map(|event| event.lead.as_ref()) {
        match lead.order {
            LeadOrder::ReferenceFirst => first += 1,
            LeadOrder::Together => together += 1,
            LeadOrder::ReferenceLater => later += 1,
        }
        for delay in &lead.delays {
            delays.entry(&delay.layer).or_default().push(delay.steps);
        }
    }
    let chance = told.iter().map(|event| 1.0 / event.layers.len() as f64).sum::<f64>() / told.len() as f64;
    let medians = delays
        .iter()
        .filter_map(|(layer, steps)| Some(layer_delay(layer, bootstrap_median(steps)?)))
        .collect();
    Some(LeadSummary {
        events: u32::try_from(told.len()).unwrap_or(u32::MAX),
        reference_first: first,
        reference_later: later,
        together,
        chance,
        p_value: at_least_by_chance(u64::from(first), told.len() as u64, chance),
        delays: medians,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(id: i64, kind: &str, step: u64, injected: bool, details: Value) -> EventInfo {
        info(vitals_store::RunEvent {
            id,
            attempt: 1,
            kind: kind.to_owned(),
            step,
            end_step: None,
            layer: None,
            injected,
            details,
            at: None,
            superseded: false,
        })
    }

    fn spike(id: i64, onsets: &[(&str, u64)]) -> EventInfo {
        let layer = |&(layer, onset): &(&str, u64)| json!({"layer": layer, "onset": onset, "onset_low": onset, "onset_high": onset, "peak_step": onset, "peak_z": 9.0});
        let layers: Vec<Value> = onsets.iter().map(layer).collect();
        event(id, "spike", onsets[0].1, false, json!({"layers": layers, "peak_z": 9.0}))
    }

    #[test]
    fn a_dip_is_linked_confirmed_and_marked_as_injected() {
        let dip = |metric: &str| json!({"metric": metric, "depth": 0.1, "area": 4.0, "recovered": 300});
        let mut events = vec![
            event(1, "shock", 250, true, json!({})),
            event(2, "spike", 20, false, json!({})),
            event(3, "dip", 259, false, dip("knn_top1")),
            event(4, "dip", 280, false, dip("knn_top1_fixed")),
        ];
        relate(&mut events);
        assert_eq!((events[2].follows.as_slice(), events[2].injected), (&[1][..], true));
        assert_eq!((events[2].confirmed, events[3].confirmed), (Some(true), None));
    }

    #[test]
    fn the_projection_first_in_most_events_is_more_than_chance() {
        let mut events: Vec<EventInfo> =
            (0..6).map(|k| spike(k, &[("patch_embed", 100), ("blocks.0", 108), ("blocks.1", 110)])).collect();
        events.push(spike(9, &[("blocks.0", 100), ("blocks.1", 101)]));
        let found = summary(&events).unwrap();
        assert_eq!((found.events, found.reference_first, found.together), (6, 6, 0));
        assert!(found.p_value < 0.02, "{}", found.p_value);
        assert_eq!(
            (found.delays[0].layer.as_str(), found.delays[0].steps, found.delays[0].ordered),
            ("blocks.0", 8.0, true)
        );
        assert!(summary(&[]).is_none());
    }
}
