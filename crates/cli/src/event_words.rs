//! Events as a terminal tells them: what was large, who moved first and by how much, how it ended. JSON has the rest.

use vitals_api::dto::{EventInfo, LayerDelay, LeadLag, LeadOrder, LeadSummary};
use vitals_api::{
    BackboneCheck, Bytes, CheckpointMade, Happening, Nonfinite, Rewound, Shock, SkippedStep, Stalled,
};

use crate::text::{number, percent};

/// One sentence, without the step and the kind, which have columns of their own.
pub fn sentence(event: &EventInfo) -> String {
    let what = Happening::parse(&event.kind, event.details.clone());
    let mut parts = vec![happened(event, &what)];
    if let Some(lead) = &event.lead {
        parts.push(order(lead));
    }
    if event.confirmed == Some(false) {
        parts.push("the fixed bank does not show it".to_owned());
    }
    parts.join("; ")
}

fn happened(event: &EventInfo, what: &Happening) -> String {
    let until = event.end_step.map_or("goes on".to_owned(), |end| format!("until step {end}"));
    match what {
        Happening::Spike(spike) => {
            let layer = event.peak_layer.as_deref().unwrap_or("a layer");
            let height = number(spike.peak_z.abs());
            // Detection finds jumps both ways.
            let way = if spike.peak_z < 0.0 { "fell " } else { "" };
            format!("{layer} {way}{height} times its noise at step {}, {until}", spike.peak_step)
        }
        Happening::Dip(dip) => {
            let end = match (dip.recovered, dip.open) {
                (Some(step), _) => format!("back at step {step}"),
                (None, true) => "goes on".to_owned(),
                (None, false) => "never back".to_owned(),
            };
            let (depth, from) = (percent(dip.depth.abs()), percent(dip.baseline));
            format!("{} {depth} points below {from} % at step {}, {end}", dip.metric, dip.peak_step)
        }
        Happening::Collapse(level) | Happening::Divergence(level) => {
            format!("{} from {} to {}, {until}", level.metric, number(level.from), number(level.to))
        }
        Happening::Nonfinite(Nonfinite::Stretch { count, series, .. }) => {
            let values = if *count == 1 { "value is" } else { "values are" };
            format!("{count} {values} not finite, first in {}, {until}", series.join(", "))
        }
        Happening::Nonfinite(Nonfinite::Loss { loss }) => format!("the loss is {loss}"),
        Happening::Checkpoint(CheckpointMade { path, bytes: size }) => match size {
            Some(size) => format!("{path}, {}", Bytes(*size)),
            None => path.clone(),
        },
        Happening::Rewound(Rewound { resume_from }) => match resume_from {
            Some(path) => format!("goes on from {path}"),
            None => "goes on from the beginning".to_owned(),
        },
        Happening::Stalled(Stalled::Silent { silent_seconds, limit_seconds, .. }) => {
            format!("silent for {} s, longer than {} s", number(*silent_seconds), number(*limit_seconds))
        }
        Happening::Stalled(Stalled::FullDisk { reason, lasted_secs }) => {
            format!("the disk was full for {} s: {reason}", number(*lasted_secs))
        }
        Happening::Shock(Shock { factor, steps, .. }) => {
            let steps = if *steps == 1 { "one step".to_owned() } else { format!("{steps} steps") };
            format!("learning rate times {} for {steps}", number(*factor))
        }
        Happening::SkippedStep(SkippedStep { loss_scale }) => match loss_scale {
            Some(scale) => format!("a gradient overflowed at loss scale {}", number(*scale)),
            None => "a gradient overflowed".to_owned(),
        },
        Happening::BackboneCheck(BackboneCheck { identical: true, .. }) => {
            "the backbone is bit-identical before and after".to_owned()
        }
        Happening::BackboneCheck(BackboneCheck { before, after, .. }) => {
            format!("the backbone has changed: {before} before, {after} after")
        }
        Happening::Other { details, .. } => details.to_string(),
    }
}

/// Who moved first, and how far behind the others were.
fn order(lead: &LeadLag) -> String {
    let reference = &lead.reference;
    let farthest = lead.delays.iter().max_by(|a, b| a.steps.abs().total_cmp(&b.steps.abs()));
    match (lead.order, farthest) {
        (LeadOrder::ReferenceFirst, Some(last)) => {
            format!("{reference} first, {} {} later [{}]", last.layer, in_steps(last.steps), interval(last))
        }
        (LeadOrder::ReferenceLater, Some(first)) => {
            format!(
                "{reference} later, {} {} before it [{}]",
                first.layer,
                in_steps(-first.steps),
                interval(first)
            )
        }
        _ => format!("{} layers together: no order can be read", lead.delays.len() + 1),
    }
}

fn interval(delay: &LayerDelay) -> String {
    format!("{} to {}", steps(delay.low), steps(delay.high))
}

/// A median may lie between two steps.
fn steps(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count:.0}") } else { number(count) }
}

fn in_steps(count: f64) -> String {
    if count == 1.0 { "1 step".to_owned() } else { format!("{} steps", steps(count)) }
}

/// What all spikes together say of the network's first layer.
pub fn summary(lead: &LeadSummary) -> Vec<String> {
    let LeadSummary {
        reference,
        events,
        reference_first,
        reference_later,
        together,
        chance,
        p_value,
        delays,
    } = lead;
    let spikes = if *events == 1 { "spike" } else { "spikes" };
    let mut lines = vec![format!(
        "{reference} over {events} {spikes} that nobody injected: first {reference_first} times, later {reference_later}, \
         together {together}; by chance first in {} % of them, p = {}",
        percent(*chance),
        number(*p_value)
    )];
    lines.extend(delays.iter().map(|delay| {
        format!("  {} behind it by {}, median, 95 % {}", delay.layer, in_steps(delay.steps), interval(delay))
    }));
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(kind: &str, details: Value, also: Value) -> String {
        let mut event = json!({
            "id": 1, "kind": kind, "step": 301, "injected": false, "layers": [], "follows": [], "open": false,
            "details": details,
        });
        event.as_object_mut().unwrap().extend(also.as_object().unwrap().clone());
        sentence(&serde_json::from_value(event).unwrap())
    }

    fn spike() -> Value {
        let layer = |name: &str, z: f64| json!({"layer": name, "onset": 301, "onset_low": 300, "onset_high": 302, "peak_step": 305, "peak_z": z});
        json!({"layers": [layer("patch_embed", 9.4), layer("predictor", 22.5)], "open": false, "peak_step": 305,
               "peak_z": 22.5})
    }

    /// The height stands on the layer that has it, and a tie has no leader.
    #[test]
    fn a_spike_is_told_by_its_highest_layer_and_its_order() {
        let delay = |ordered: bool| json!({"layer": "predictor", "steps": 40.0, "low": 38.0, "high": 41.0, "ordered": ordered});
        let lead = |order: &str| json!({"reference": "patch_embed", "order": order, "delays": [delay(order != "together")]});
        let also = |order: &str| json!({"peak_layer": "predictor", "end_step": 320, "lead": lead(order)});
        assert_eq!(
            told("spike", spike(), also("together")),
            "predictor 22.5 times its noise at step 305, until step 320; 2 layers together: no order can be read"
        );
        assert_eq!(
            told("spike", spike(), also("reference_first")),
            "predictor 22.5 times its noise at step 305, until step 320; patch_embed first, predictor 40 steps later [38 to 41]"
        );
    }

    #[test]
    fn other_kinds_say_what_changed_and_how_it_ended() {
        let dip = json!({"metric": "knn_top1", "baseline": 0.571, "depth": 0.303, "area": 12.0, "peak_step": 320,
                         "recovered": 380, "open": false});
        assert_eq!(
            told("dip", dip, json!({"confirmed": false})),
            "knn_top1 30.3 points below 57.1 % at step 320, back at step 380; the fixed bank does not show it"
        );
        let level = json!({"metric": "loss", "from": 3.4, "to": 4.02, "open": true});
        assert_eq!(told("divergence", level, json!({})), "loss from 3.40 to 4.02, goes on");
        let shock = json!({"injected": true, "factor": 8.0, "steps": 8});
        assert_eq!(told("shock", shock, json!({})), "learning rate times 8.00 for 8 steps");
        assert_eq!(told("eclipse", json!({"moon": 1}), json!({})), r#"{"moon":1}"#);
    }
}
