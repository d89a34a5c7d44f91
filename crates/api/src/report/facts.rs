//! The facts above the figures: on what, how long, how many, judged by what, at which cost, by which code. What nobody wrote
//! down is said to be so; no path and no name of a machine stands among them.

use std::collections::{BTreeMap, BTreeSet};

use vitals_run::RunState;

use super::answer::steps;
use super::document::Span;
use super::names::{outcome, value_text};
use super::read::Material;
use crate::digits::grouped;
use crate::said::Report;

/// What identifies a data set is long; so much of it tells two apart.
const FINGERPRINT: usize = 12;

pub fn facts(material: &Material) -> Vec<(String, Vec<Span>)> {
    let Material { language, decision, .. } = material;
    let say = |word: Report| language.say(&word);
    vec![
        (say(Report::Data), vec![Span::text(data(material))]),
        (say(Report::Fingerprint), fingerprints(material)),
        (say(Report::Trained), vec![Span::text(trained(material))]),
        (say(Report::Length), vec![Span::text(say(Report::Steps { steps: steps(material) }))]),
        (say(Report::Runs), vec![Span::text(runs(material))]),
        (say(Report::JudgedBy), vec![Span::text(outcome(decision, *language))]),
        (say(Report::Delta), vec![Span::text(delta(material))]),
        (say(Report::Cost), vec![Span::text(cost(material))]),
        (say(Report::Versions), versions(material)),
    ]
}

fn data(material: &Material) -> String {
    let told = material.datasets.iter().map(|(name, _, images)| {
        material.language.say(&Report::Images { name: name.clone(), images: grouped(*images) })
    });
    let told: Vec<String> = told.collect();
    let shared = || material.shared("dataset").map(|value| value_text(&value));
    if told.is_empty() { shared().unwrap_or_else(|| not_recorded(material)) } else { told.join("; ") }
}

fn not_recorded(material: &Material) -> String {
    material.language.say(&Report::NotRecorded)
}

fn fingerprints(material: &Material) -> Vec<Span> {
    let known: BTreeSet<String> = material
        .datasets
        .iter()
        .filter(|(_, fingerprint, _)| !fingerprint.is_empty())
        .map(|(_, fingerprint, _)| fingerprint.chars().take(FINGERPRINT).collect())
        .collect();
    if known.is_empty() {
        return vec![Span::text(not_recorded(material))];
    }
    vec![Span::Code(known.into_iter().collect::<Vec<_>>().join(", "))]
}

/// What tells most of a recipe, as far as all runs share it.
fn trained(material: &Material) -> String {
    let language = material.language;
    let shared = |name: &str| material.shared(name).map(|value| value_text(&value));
    let parts = [
        shared("method"),
        shared("backbone"),
        shared("optimizer"),
        shared("batch_size").map(|count| language.say(&Report::Batch { count })),
        shared("base_learning_rate").map(|rate| language.say(&Report::Rate { rate })),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn runs(material: &Material) -> String {
    let Material { language, decision, rows, .. } = material;
    let say = |word: Report| language.say(&word);
    let (all, arms) = (rows.len(), decision.arms.len());
    let mut parts = vec![say(Report::RunsOfArms { runs: grouped(all as u64), arms: arms.to_string() })];
    let count = |state: RunState| rows.values().filter(|row| row.state == state).count();
    let (finished, failed) = (count(RunState::Finished), count(RunState::Failed));
    if finished == all {
        parts.push(say(Report::AllFinished));
    } else {
        parts.push(say(Report::Finished { count: finished.to_string() }));
        if failed > 0 {
            parts.push(say(Report::FailedCount { count: failed.to_string() }));
        }
        if all > finished + failed {
            parts.push(say(Report::Living { count: (all - finished - failed).to_string() }));
        }
    }
    parts.join(", ")
}

/// With what was changed of what is declared: a smaller δ that was chosen after looking is another question.
fn delta(material: &Material) -> String {
    let Material { language, decision, unit, .. } = material;
    let Some(delta) = decision.smallest_effect else { return language.say(&Report::NoDelta) };
    let shown = unit.delta(delta);
    match decision.declared_effect {
        Some(declared) if declared == delta => shown,
        Some(declared) => {
            let before = unit.delta(declared);
            format!("{shown}; {}", language.words("decide.delta_changed", &[("before", &before)]))
        }
        None => format!("{shown}; {}", language.word("decide.delta_set")),
    }
}

/// From start to end of every run.
fn cost(material: &Material) -> String {
    let Material { language, rows, .. } = material;
    let seconds = seconds(material);
    if seconds <= 0.0 {
        return not_recorded(material);
    }
    let time = language.duration(seconds);
    let devices: BTreeSet<&str> =
        rows.values().filter_map(|row| row.device.as_deref()).filter(|device| *device != "none").collect();
    let devices: Vec<&str> = devices.into_iter().collect();
    language.say(&if devices.is_empty() {
        Report::CostTime { time }
    } else {
        Report::CostOn { time, devices: devices.join(", ") }
    })
}

pub fn seconds(material: &Material) -> f64 {
    let of_run = |row: &vitals_store::RunRow| Some((row.ended_at? - row.started_at?) as f64 / 1e3);
    material.rows.values().filter_map(of_run).filter(|seconds| *seconds > 0.0).sum()
}

fn versions(material: &Material) -> Vec<Span> {
    let known: &BTreeMap<String, BTreeSet<String>> = &material.versions;
    if known.is_empty() {
        return vec![Span::text(not_recorded(material))];
    }
    let told = known.iter().map(|(name, versions)| {
        let short = |version: &String| version.chars().take(FINGERPRINT).collect::<String>();
        format!("{name} {}", versions.iter().map(short).collect::<Vec<_>>().join(", "))
    });
    vec![Span::text(told.collect::<Vec<_>>().join("; "))]
}
