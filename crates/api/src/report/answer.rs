//! Title and paragraph: a question, and what the verdicts answer. Their numbers are fields, so that a text that somebody has
//! edited follows the data; nothing here says more than Decide does.

use std::cell::RefCell;
use std::collections::BTreeMap;

use vitals_recipe::Names;

use super::names::{inside, outcome};
use super::read::Material;
use crate::digits::{grouped, probability};
use crate::dto::{ApiError, ArmComparison, ArmVerdict};
use crate::error::Result;
use crate::language::filled;
use crate::said::{Advice, Failure, Report};
use vitals_series::Correction;

/// Changes of which the paragraph speaks; the others are counted.
const MOST_TOLD: usize = 5;

pub struct Answer {
    pub title: String,
    pub paragraph: String,
    pub fields: BTreeMap<String, String>,
}

/// As the verdicts propose it.
pub fn proposed(material: &Material) -> Answer {
    let Material { language, decision, .. } = material;
    let metric = inside(&language.metric(&decision.metric));
    let title = match decision.comparisons.as_slice() {
        [only] => language.say(&Report::TitleOne { arm: name(material, only), metric }),
        many => language.say(&Report::TitleMany { count: many.len().to_string(), metric }),
    };
    let mut told: Vec<(usize, &ArmComparison)> = decision.comparisons.iter().enumerate().collect();
    told.sort_by_key(|(at, one)| (rank(one.verdict), *at));
    let (open, told): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, one)| lacks_pairs(one));
    let mut parts: Vec<String> =
        told.iter().take(MOST_TOLD).map(|(at, one)| said(material, *at + 1, one)).collect();
    let named = open.len().min(MOST_TOLD.saturating_sub(parts.len()));
    parts.extend(too_few(material, &open[..named]));
    let further = told.len().saturating_sub(MOST_TOLD) + open.len() - named;
    if further > 0 {
        parts.push(language.say(&Report::Further { count: further.to_string() }));
    }
    let setting = language.say(&Report::Setting {
        data: "{data}".to_owned(),
        steps: "{steps}".to_owned(),
        runs: "{runs}".to_owned(),
        baseline: material.arms[0].name.clone(),
    });
    let mut paragraph = format!("{setting} {}.", parts.join("; "));
    if decision.arms.iter().any(|arm| arm.failed > 0) {
        let failed = Report::Failed { failed: "{failed}".to_owned(), runs: "{runs}".to_owned() };
        paragraph = format!("{paragraph} {}", language.say(&failed));
    }
    Answer { title, paragraph, fields: fields(material) }
}

/// Neither pairs nor failures settle it.
fn lacks_pairs(one: &ArmComparison) -> bool {
    one.verdict == ArmVerdict::Undecided && !is_of_failures(one)
}

fn is_of_failures(one: &ArmComparison) -> bool {
    matches!(one.why_told.kind.as_str(), "why.failures_contradict" | "why.failures_differ")
}

/// Several that are alike in this are one part of the sentence.
fn too_few(material: &Material, open: &[(usize, &ArmComparison)]) -> Option<String> {
    let language = material.language;
    let pairs = |at: usize| format!("{{pairs{}}}", at + 1);
    Some(language.say(&match open {
        [] => return None,
        [(at, only)] => Report::NotSettled { arm: name(material, only), pairs: pairs(*at) },
        many => {
            let arms = many.iter().map(|(at, one)| format!("{} ({})", name(material, one), pairs(*at)));
            Report::NotSettledMany { arms: arms.collect::<Vec<_>>().join(", ") }
        }
    }))
}

/// Verdicts first, then what is open, then what cannot be said.
fn rank(verdict: ArmVerdict) -> u8 {
    match verdict {
        ArmVerdict::Helps => 0,
        ArmVerdict::Hurts => 1,
        ArmVerdict::NoDifference => 2,
        ArmVerdict::Undecided => 3,
        ArmVerdict::NotComparable => 4,
    }
}

fn name(material: &Material, one: &ArmComparison) -> String {
    material.arm(&one.written).map_or_else(|| one.written.clone(), |arm| arm.name.clone())
}

fn said(material: &Material, number: usize, one: &ArmComparison) -> String {
    let language = material.language;
    let arm = name(material, one);
    let field = |name: &str| format!("{{{name}{number}}}");
    let (difference, pairs, delta) = (field("difference"), field("pairs"), "{delta}".to_owned());
    let rest =
        language.say(&Report::Rest { interval: field("interval"), pairs: pairs.clone(), p: field("p") });
    let is_little = one.why_told.kind == "why.clear_but_small";
    let (failed, without) = (one.failures.arm, one.failures.baseline);
    language.say(&match one.verdict {
        ArmVerdict::Helps if is_little => Report::HelpsLittle { arm, difference, rest, delta },
        ArmVerdict::Helps => Report::Helps { arm, difference, rest },
        ArmVerdict::Hurts if is_little => Report::HurtsLittle { arm, difference, rest, delta },
        ArmVerdict::Hurts => Report::Hurts { arm, difference, rest },
        ArmVerdict::NoDifference => Report::NoDifference { arm, delta, interval: field("within"), pairs },
        ArmVerdict::Undecided if is_of_failures(one) => Report::NotSettledFailures {
            arm,
            with: failed.0.to_string(),
            without: without.0.to_string(),
            of: failed.1.to_string(),
        },
        ArmVerdict::Undecided => Report::NotSettled { arm, pairs },
        ArmVerdict::NotComparable => Report::NotComparable { arm, why: language.told(&one.why_told) },
    })
}

/// What stands for each field.
fn fields(material: &Material) -> BTreeMap<String, String> {
    let Material { language, decision, unit, rows, .. } = material;
    let mut fields = BTreeMap::new();
    let mut put = |name: String, value: Option<String>| {
        fields.insert(name, value.unwrap_or_else(|| "–".to_owned()));
    };
    let tested = decision.comparisons.iter().filter(|one| one.verdict != ArmVerdict::NotComparable).count();
    for (number, one) in (1..).zip(&decision.comparisons) {
        let digits = unit.digits(one);
        let interval = |ends: Option<(f64, f64)>| ends.map(|ends| unit.interval(ends, digits, *language));
        put(format!("difference{number}"), one.difference.map(|value| unit.difference(value, digits)));
        put(format!("interval{number}"), interval(one.interval));
        put(format!("within{number}"), interval(one.interval_90));
        put(format!("pairs{number}"), Some(one.pairs.to_string()));
        put(format!("p{number}"), p(material, one, tested));
    }
    let names: Vec<&str> = material.datasets.iter().map(|(name, ..)| name.as_str()).collect();
    let shared = material.shared("dataset").and_then(|value| value.as_str().map(str::to_owned));
    let data = if names.is_empty() { shared } else { Some(names.join(", ")) };
    put("data".to_owned(), data);
    put("steps".to_owned(), Some(steps(material)));
    put("runs".to_owned(), Some(grouped(rows.len() as u64)));
    put("arms".to_owned(), Some(decision.arms.len().to_string()));
    let failed = decision.arms.iter().map(|arm| arm.failed).sum();
    put("failed".to_owned(), Some(grouped(failed)));
    put("delta".to_owned(), decision.smallest_effect.map(|delta| unit.delta(delta)));
    put("outcome".to_owned(), Some(inside(&outcome(decision, *language))));
    fields
}

/// The p that the figure has, with what was done for several arms.
fn p(material: &Material, one: &ArmComparison, tested: usize) -> Option<String> {
    let language = material.language;
    let name = match one.correction {
        Correction::None => {
            let p = probability(one.p?);
            let uncorrected = language.word("decide.p_uncorrected");
            return Some(if tested > 1 { format!("{p} {uncorrected}") } else { p });
        }
        Correction::Seeds => "decide.correction.seeds",
        Correction::Holm => "decide.correction.holm",
        Correction::Bonferroni => "decide.correction.bonferroni",
    };
    Some(language.say(&Report::Corrected { p: probability(one.p_corrected?), name: language.word(name) }))
}

/// 6,000, or 40 to 80.
pub fn steps(material: &Material) -> String {
    let all = || material.rows.values().filter_map(|row| row.total_steps);
    match (all().min(), all().max()) {
        (Some(low), Some(high)) if low == high => grouped(low),
        (Some(low), Some(high)) => {
            let (low, high) = (grouped(low), grouped(high));
            material.language.words("decide.interval", &[("low", &low), ("high", &high)])
        }
        _ => "–".to_owned(),
    }
}

/// A text with its numbers.
///
/// # Errors
/// `invalid_input` for a field that there is not.
pub fn with_numbers(text: &str, fields: &BTreeMap<String, String>) -> Result<String> {
    let unknown: RefCell<Option<String>> = RefCell::new(None);
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    let found = filled(text, |name| {
        let value = fields.get(name).cloned();
        if value.is_none() && is_name(name) {
            unknown.borrow_mut().get_or_insert_with(|| name.to_owned());
        }
        value
    });
    match unknown.into_inner() {
        None => Ok(found),
        Some(name) => {
            let names: Names = fields.keys().map(|name| format!("{{{name}}}")).collect();
            Err(ApiError::invalid(Failure::ReportField { name }).hint(Advice::ReportFields { names }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_the_data_and_an_unknown_one_is_named() {
        let fields = BTreeMap::from([("difference1".to_owned(), "+1.7 pt".to_owned())]);
        assert_eq!(with_numbers("gains {difference1} {1, 2}", &fields).unwrap(), "gains +1.7 pt {1, 2}");
        let error = with_numbers("gains {difference2}", &fields).unwrap_err();
        assert_eq!(
            (error.exit_code(), error.message.as_str()),
            (2, "there is no field `difference2` of a report")
        );
        assert_eq!(error.hints, ["there are {difference1}"]);
    }
}
