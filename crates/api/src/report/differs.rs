//! In what the runs differ, and how they are made again: parameters and commands by the names that files and terminals know.

use std::collections::BTreeSet;

use super::document::{Block, File, Section, Span, Table};
use super::facts::seconds;
use super::names::value_text;
use super::read::Material;
use crate::Context;
use crate::compare;
use crate::digits::grouped;
use crate::dto::{ArmCorrection, Language};
use crate::error::Result;
use crate::files::hash;
use crate::said::Report;

/// More values of one parameter are counted.
const MOST_VALUES: usize = 6;
/// Letters of a text's hash.
const HASH: usize = 12;
/// Runs of no sweep whose texts stand in a report.
const MOST_ALONE: usize = 200;

pub async fn section(context: &Context, material: &Material) -> Result<Section> {
    let Material { language, decision, arms, .. } = material;
    let ids: Vec<String> = material.runs().map(|(_, _, run)| run.run.clone()).collect();
    let places: Vec<usize> = decision
        .arms
        .iter()
        .enumerate()
        .flat_map(|(place, arm)| arm.runs.iter().map(move |_| place))
        .collect();
    let compared = compare::compare(context, &ids).await?;
    let say = |word: Report| language.say(&word);
    let head =
        vec![(say(Report::Parameter), false), (say(Report::Baseline), false), (say(Report::Arm), false)];
    let mut rows = Vec::new();
    let mut names: Vec<&String> = compared.parameters.keys().collect();
    // What makes the arms comes first.
    names.sort_by_key(|name| (!decision.by.contains(name), name.as_str() == "seed"));
    for name in names {
        let values = &compared.parameters[name];
        let of_arm = |place: usize| -> BTreeSet<String> {
            let own = values.iter().zip(&places).filter(|(_, of)| **of == place);
            own.map(|(value, _)| value_text(value)).collect()
        };
        let base = of_arm(0);
        // Arms that share a value stand before it together.
        let mut others: Vec<(BTreeSet<String>, Vec<Span>)> = Vec::new();
        for (place, named) in arms.iter().enumerate().skip(1) {
            let own = of_arm(place);
            match others.iter_mut().find(|(values, _)| *values == own) {
                Some((_, marks)) => marks.push(Span::Mark(named.index())),
                None if own != base => others.push((own, vec![Span::Mark(named.index())])),
                None => {}
            }
        }
        let mut spans: Vec<Span> = Vec::new();
        for (values, marks) in others {
            spans.extend(marks);
            spans.extend([Span::Code(joined(material, &values)), Span::text(" ")]);
        }
        if spans.is_empty() {
            spans.push(Span::Quiet("=".to_owned()));
        }
        rows.push(vec![vec![Span::Code(name.clone())], vec![Span::Code(joined(material, &base))], spans]);
    }
    let all = compared.equal_parameters + compared.parameters.len() as u64;
    let caption = say(Report::DiffersCaption {
        equal: compared.equal_parameters.to_string(),
        all: all.to_string(),
        runs: grouped(ids.len() as u64),
    });
    let table = Table { head, rows, caption: vec![Span::Text(caption)], files: Vec::new() };
    Ok(Section { title: say(Report::Differs), blocks: vec![Block::Table(table)], is_half: true })
}

fn joined(material: &Material, values: &BTreeSet<String>) -> String {
    if values.len() > MOST_VALUES {
        return material.language.say(&Report::Values { count: values.len().to_string() });
    }
    let mut values: Vec<&String> = values.iter().collect();
    values.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => a.cmp(b),
    });
    values.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Commands, and the texts that they need.
pub fn again(material: &Material) -> Section {
    let Material { language, rows, .. } = material;
    let say = |word: Report| language.say(&word);
    let mut files: Vec<File> = Vec::new();
    let mut blocks = Vec::new();
    for (_, text) in &material.texts {
        let number = if files.iter().any(|file| file.name == named(&text.name, "")) {
            format!("-{}", files.len() + 1)
        } else {
            String::new()
        };
        files.push(toml(named(&text.name, &number), text.text.clone()));
    }
    if let Some(first) = files.first() {
        let mut lines: Vec<String> =
            files.iter().map(|file| format!("vitals sweep run {} --wait", file.name)).collect();
        lines.push(command(material));
        if material.is_of_sweep {
            lines.push(format!("# {}", say(Report::AgainId)));
        }
        let time = language.duration(seconds(material));
        let count = grouped(rows.len() as u64);
        lines.push(format!("# {}", say(Report::AgainRemark { runs: count, time })));
        lines.push(format!("# {}", say(Report::AgainRemarkGpu)));
        blocks.push(Block::Code(lines));
        let hash = hash(&first.content);
        let said = vec![
            Span::text(say(Report::AgainFile)),
            Span::Quiet(format!(" blake3 {} ", hash.get(..HASH).unwrap_or(&hash))),
        ];
        blocks.push(Block::Files(said, files));
    } else if material.alone.is_empty() || material.alone.len() > MOST_ALONE {
        blocks.push(Block::Text(vec![Span::text(say(Report::AgainNothing))]));
    } else {
        let texts = material.alone.iter();
        let files = texts.map(|(label, text)| toml(named(label, ""), text.clone())).collect();
        blocks.push(Block::Files(vec![Span::text(format!("{} ", say(Report::AgainRuns)))], files));
    }
    Section { title: say(Report::Again), blocks, is_half: true }
}

fn toml(name: String, content: String) -> File {
    File { label: name.clone(), name, kind: "text/plain;charset=utf-8", content }
}

/// A name of a file without anything that a shell or a system minds.
fn named(name: &str, more: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    let parts: String = name.to_lowercase().chars().map(plain).collect();
    let parts: Vec<&str> = parts.split('-').filter(|part| !part.is_empty()).collect();
    let name = if parts.is_empty() { "sweep".to_owned() } else { parts.join("-") };
    format!("{name}{more}.toml")
}

/// The command that writes this report, as it was asked for.
fn command(material: &Material) -> String {
    let asked = &material.asked;
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut words = vec!["vitals report".to_owned()];
    if material.is_of_sweep {
        words.push("SWEEP".to_owned());
    }
    if !material.is_of_sweep || !material.condition.is_empty() {
        words.push(format!("--where {}", quoted(&material.condition)));
    }
    words.push(format!("--by {}", asked.of.by.join(",")));
    words.extend(asked.of.metric.as_ref().map(|metric| format!("--metric {}", quoted(metric))));
    words.extend(asked.of.smallest_effect.map(|effect| format!("--smallest-effect {effect}")));
    words.extend(asked.of.baseline.as_ref().map(|value| format!("--baseline {}", quoted(value))));
    let correction = match asked.of.correction {
        None | Some(ArmCorrection::Usual) => None,
        Some(ArmCorrection::Holm) => Some("holm"),
        Some(ArmCorrection::None) => Some("none"),
    };
    words.extend(correction.map(|name| format!("--correction {name}")));
    if asked.language != Language::En {
        words.push(format!("--language {}", asked.language.tag()));
    }
    words.push("--out report.html".to_owned());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_sweep_is_a_plain_file_and_values_stand_in_their_order() {
        assert_eq!(named("What steadies / MoCo?", ""), "what-steadies-moco.toml");
        assert_eq!(named("../..", "-2"), "sweep-2.toml");
        assert_eq!(value_text(&Value::from(1e-4)), "1e−4");
    }
}
