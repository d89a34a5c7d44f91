//! A run's events with what is said over them: which layer moved first, which gradient event a dip follows, how stable
//! the run was. Detection itself is done at ingest; here its findings are only read and related.

use std::collections::BTreeMap;

use serde_json::Value;
use vitals_recipe::{Role, metric};
use vitals_run::{Happening, Nonfinite, SpikeLayer};
use vitals_series::{
    DETECTION_VERSION, Delay, Onset, Order, at_least_by_chance, bootstrap_median, delay, order,
};
use vitals_store::RunRow;

use crate::Context;
use crate::dto::{EventInfo, EventLayer, LayerDelay, LeadLag, LeadOrder, LeadSummary, RunEvents};
use crate::error::Result;
use crate::number::small;
use crate::{runs, stability};

/// A dip follows a gradient event that began at most so many steps before its onset.
const FOLLOWS_WITHIN_STEPS: u64 = 200;

/// The events of a run, of the given kinds (empty: all).
///
/// # Errors
/// `not_found` for an unknown run.
pub async fn events(context: &Context, id: &str, kinds: &[String]) -> Result<RunEvents> {
    let id = runs::resolve(context, id).await?;
    let row = context.store().run(id).await?;
    let queries = row.recipe()?.map(|recipe| recipe.knn_queries);
    let stability = stability::form(stability::stability(&row, queries).unwrap_or_default());
    let reference = runs::first_layer(context, id).await?;
    let reference = reference.as_deref();
    let found = context.store().events(id, &[], false).await?;
    let mut events: Vec<EventInfo> = found.into_iter().map(|event| info(event, reference)).collect();
    relate(&mut events);
    let lead = reference.and_then(|reference| summary(&events, reference));
    if !kinds.is_empty() {
        events.retain(|event| kinds.contains(&event.kind));
    }
    Ok(RunEvents { events, stability, lead, detection_version: DETECTION_VERSION })
}

/// `first` is the network's first layer, where that is known.
pub(crate) fn info(row: vitals_store::RunEvent, first: Option<&str>) -> EventInfo {
    let vitals_run::Event { step, end_step, layer, injected, at: _, what } = row.event;
    let details = what.details();
    let mut info = EventInfo {
        id: row.id.unsigned_abs(),
        kind: what.kind().to_owned(),
        step,
        end_step,
        peak_step: None,
        peak_z: None,
        layer,
        peak_layer: None,
        injected,
        lead: None,
        layers: Vec::new(),
        metric: None,
        baseline: None,
        depth: None,
        area: None,
        recovered_step: None,
        confirmed: None,
        follows: Vec::new(),
        from: None,
        to: None,
        count: None,
        open: what.is_open(),
        details: if details.is_null() { Value::Object(serde_json::Map::new()) } else { details },
    };
    match what {
        Happening::Spike(spike) => {
            info.peak_layer = spike.highest().and_then(|layer| layer.layer.clone());
            info.layers = spike.layers.into_iter().filter_map(event_layer).collect();
            info.lead = lead_lag(&info.layers, first);
            (info.peak_step, info.peak_z) = (Some(spike.peak_step), finite(spike.peak_z));
        }
        Happening::Dip(dip) => {
            (info.metric, info.peak_step) = (Some(dip.metric), Some(dip.peak_step));
            (info.baseline, info.depth, info.area) =
                (finite(dip.baseline), finite(dip.depth), finite(dip.area));
            info.recovered_step = dip.recovered;
        }
        Happening::Nonfinite(Nonfinite::Stretch { count, .. }) => info.count = Some(count),
        Happening::Collapse(level) | Happening::Divergence(level) => {
            info.metric = Some(level.metric);
            (info.from, info.to) = (finite(level.from), finite(level.to));
        }
        _ => {}
    }
    info
}

/// JSON has no other numbers.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn event_layer(layer: SpikeLayer) -> Option<EventLayer> {
    let SpikeLayer { layer, onset, onset_low, onset_high, peak_step, peak_z } = layer;
    Some(EventLayer { layer: layer?, onset, onset_low, onset_high, peak_step, peak_z })
}

fn onset(layer: &EventLayer) -> Onset {
    Onset { step: layer.onset, low: layer.onset_low, high: layer.onset_high }
}

fn layer_delay(layer: &str, delay: Delay) -> LayerDelay {
    let Delay { steps, low, high } = delay;
    LayerDelay { layer: layer.to_owned(), steps, low, high, ordered: delay.is_ordered() }
}

/// Delays of the other layers behind the network's first, or where it took no part behind the one that moved first; `None`
/// where fewer than two took part.
fn lead_lag(layers: &[EventLayer], first: Option<&str>) -> Option<LeadLag> {
    if layers.len() < 2 {
        return None;
    }
    let reference = layers
        .iter()
        .find(|layer| Some(layer.layer.as_str()) == first)
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

/// How far the network's first layer led in each spike of the run's own in which it moved first: steps to the onset in the layer that
/// moved last.
pub(crate) async fn leads(context: &Context, row: &RunRow) -> Result<Vec<f64>> {
    let first = row.first_layer.as_deref();
    if first.is_none() || !row.events.contains_key("spike") {
        return Ok(Vec::new());
    }
    let found = context.store().events(row.id, &["spike"], false).await?;
    Ok(found.into_iter().filter_map(|event| led_by(&info(event, first), first)).collect())
}

fn led_by(event: &EventInfo, first: Option<&str>) -> Option<f64> {
    let lead = event.lead.as_ref().filter(|_| !event.injected)?;
    let is_first = Some(lead.reference.as_str()) == first && lead.order == LeadOrder::ReferenceFirst;
    lead.delays.iter().map(|delay| delay.steps).filter(|_| is_first).max_by(f64::total_cmp)
}

/// A bank that no queue of training features can fake.
fn is_of_fixed_bank(event: &EventInfo) -> bool {
    let known = event.metric.as_deref().and_then(|name| metric(name, None));
    known.is_some_and(|metric| metric.role() == Role::KnnFixedBank)
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
        .filter(|event| event.kind == "dip" && is_of_fixed_bank(event))
        .map(|dip| (dip.step, dip.recovered_step.or(dip.end_step).unwrap_or(u64::MAX)))
        .collect();
    for dip in events.iter_mut().filter(|event| event.kind == "dip") {
        let before = |step: u64| step <= dip.step && dip.step - step <= FOLLOWS_WITHIN_STEPS;
        let mut near: Vec<_> = spikes.iter().filter(|(_, step, _)| before(*step)).collect();
        near.sort_by_key(|(_, step, _)| std::cmp::Reverse(*step));
        dip.follows = near.iter().map(|(id, ..)| *id).collect();
        dip.injected |= near.iter().any(|(_, _, injected)| *injected);
        if !is_of_fixed_bank(dip) && !fixed.is_empty() {
            let end = dip.recovered_step.or(dip.end_step).unwrap_or(u64::MAX);
            dip.confirmed = Some(fixed.iter().any(|&(from, to)| from <= end && dip.step <= to));
        }
    }
}

/// Whether the network's first layer moves first more often than chance says, over the spikes of several layers.
fn summary(events: &[EventInfo], reference: &str) -> Option<LeadSummary> {
    let told: Vec<&EventInfo> = events
        .iter()
        .filter(|event| event.kind == "spike" && !event.injected)
        // Where that layer took no part there is no delay to tell.
        .filter(|event| event.lead.as_ref().is_some_and(|lead| lead.reference == reference))
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
        reference: reference.to_owned(),
        events: small(told.len()),
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
    use vitals_run::{Dip, Event, Shock, Spike};

    use super::*;

    fn event(id: i64, step: u64, injected: bool, what: Happening) -> EventInfo {
        let event = Event { injected, ..Event::new(step, None, what) };
        info(vitals_store::RunEvent { id, attempt: 1, superseded: false, event }, Some("patch_embed"))
    }

    fn spike(id: i64, onsets: &[(&str, u64)]) -> EventInfo {
        let layer = |&(layer, onset): &(&str, u64)| SpikeLayer {
            layer: Some(layer.to_owned()),
            onset,
            onset_low: onset,
            onset_high: onset,
            peak_step: onset,
            peak_z: 9.0,
        };
        let layers = onsets.iter().map(layer).collect();
        let first = onsets[0].1;
        event(
            id,
            first,
            false,
            Happening::Spike(Spike { peak_step: first, peak_z: 9.0, layers, open: false }),
        )
    }

    fn dip(id: i64, step: u64, metric: &str) -> EventInfo {
        let (metric, recovered) = (metric.to_owned(), Some(300));
        let fell =
            Dip { metric, baseline: 0.5, depth: 0.1, area: 4.0, peak_step: step, recovered, open: false };
        event(id, step, false, Happening::Dip(fell))
    }

    #[test]
    fn a_dip_is_linked_confirmed_and_marked_as_injected() {
        let shock = Shock { injected: true, factor: 8.0, steps: 8 };
        let mut events = vec![
            event(1, 250, true, Happening::Shock(shock)),
            spike(2, &[("blocks.0", 20)]),
            dip(3, 259, "knn_top1"),
            dip(4, 280, "knn_top1_fixed"),
        ];
        relate(&mut events);
        assert_eq!((events[2].follows.as_slice(), events[2].injected), (&[1][..], true));
        assert_eq!((events[2].confirmed, events[3].confirmed), (Some(true), None));
        assert_eq!((events[2].depth, events[2].recovered_step), (Some(0.1), Some(300)));
    }

    #[test]
    fn the_projection_first_in_most_events_is_more_than_chance() {
        let mut events: Vec<EventInfo> =
            (0..6).map(|k| spike(k, &[("patch_embed", 100), ("blocks.0", 108), ("blocks.1", 110)])).collect();
        events.push(spike(9, &[("blocks.0", 100), ("blocks.1", 101)]));
        let found = summary(&events, "patch_embed").unwrap();
        assert_eq!((found.events, found.reference_first, found.together), (6, 6, 0));
        assert!(found.p_value < 0.02, "{}", found.p_value);
        assert_eq!(
            (found.delays[0].layer.as_str(), found.delays[0].steps, found.delays[0].ordered),
            ("blocks.0", 8.0, true)
        );
        assert!(summary(&[], "patch_embed").is_none());
    }

    #[test]
    fn a_lead_is_from_the_first_layer_to_the_one_that_moved_last() {
        let first = Some("patch_embed");
        let led = spike(1, &[("patch_embed", 100), ("blocks.0", 108), ("projector", 131)]);
        assert_eq!(led_by(&led, first), Some(31.0));
        let injected = EventInfo { injected: true, ..led };
        assert_eq!(led_by(&injected, first), None);
        for onsets in [
            &[("patch_embed", 100), ("blocks.0", 101)][..],
            &[("blocks.0", 90), ("patch_embed", 100), ("projector", 131)],
            &[("blocks.0", 100), ("projector", 131)],
            &[("patch_embed", 100)],
        ] {
            assert_eq!(led_by(&spike(1, onsets), first), None, "{onsets:?}");
        }
    }
}
