//! The forest plot: every arm against the baseline, by the decision that the text is of.

use super::document::{Block, Figure, File, Section, Span};
use super::drawn::{WIDE_MM, blank, cell, csv, drawing, panel, words};
use super::names::{beginning, inside, outcome};
use super::read::Material;
use crate::Context;
use crate::decide::ENOUGH_FOR_INTERVAL;
use crate::dto::{ArmVerdict, FigureArm, FigureDecision, FigureForest, FigurePlot};
use crate::error::Result;
use crate::said::Report;
use vitals_series::Correction;

pub async fn section(context: &Context, material: &Material, number: usize) -> Result<Section> {
    let Material { language, decision, arms, unit, .. } = material;
    let title = language.say(&Report::Forest);
    let mut ask = blank(*language, WIDE_MM, (0.0, 0.0));
    let named = arms.iter().map(|arm| FigureArm {
        written: arm.written.clone(),
        label: arm.name.clone(),
        slot: arm.slot,
    });
    ask.decision = Some(FigureDecision {
        of: material.asked.of.clone(),
        scale: unit.scale,
        arms: named.collect(),
        words: words(*language),
    });
    let x_title = language.words("decide.difference_unit", &[("unit", &unit.difference)]);
    let x_title = if unit.difference.is_empty() { language.word("decide.difference") } else { x_title };
    let plot = FigurePlot::Forest(FigureForest { x_title });
    ask.panels = vec![panel("", "", 1.0, plot)];
    let drawing = drawing(
        context,
        &ask,
        Some(decision.clone()),
        (Vec::new(), format!("{title}, {}", outcome(decision, *language))),
    )
    .await?;
    let files = vec![File::csv("figure-2-differences", &language.say(&Report::DataCsv), table(material))];
    let caption = caption(material, number);
    let figure = Figure { drawings: vec![drawing], caption, files };
    Ok(Section { title, blocks: vec![Block::Figure(figure)], is_half: false })
}

/// Baseline, signs, bars, correction, δ: what the screen writes below the same plot.
fn caption(material: &Material, number: usize) -> Vec<Span> {
    let Material { language, decision, unit, .. } = material;
    let baseline = material.arms[0].name.clone();
    let outcome = inside(&outcome(decision, *language));
    let mut said = vec![language.say(&Report::ForestCaption { baseline, outcome })];
    let signs = [
        (ArmVerdict::Helps, "+", "helps"),
        (ArmVerdict::Hurts, "−", "hurts"),
        (ArmVerdict::NoDifference, "≈", "no_difference"),
        (ArmVerdict::Undecided, "…", "undecided"),
        (ArmVerdict::NotComparable, "≠", "not_comparable"),
    ];
    let given = signs
        .into_iter()
        .filter(|(verdict, ..)| decision.comparisons.iter().any(|one| one.verdict == *verdict));
    let signs: Vec<String> = given
        .map(|(_, sign, word)| format!("{sign} {}", language.word(&format!("decide.legend.{word}"))))
        .collect();
    said.push(format!("{}.", signs.join(", ")));
    let tested: Vec<_> =
        decision.comparisons.iter().filter(|one| one.verdict != ArmVerdict::NotComparable).collect();
    let n = tested.len().to_string();
    let correction = tested.iter().map(|one| one.correction).find(|one| *one != Correction::None);
    let bars = match correction {
        None => language.word("decide.thick"),
        Some(_) => language.words("decide.thick_thin", &[("n", &n)]),
    };
    said.push(format!("{}.", beginning(&bars)));
    if tested.iter().any(|one| one.pairs < ENOUGH_FOR_INTERVAL as u64) {
        said.push(format!("{}.", beginning(&language.word("decide.below_three"))));
    }
    let corrected = match correction {
        Some(one) => {
            let name = match one {
                Correction::Seeds => "seeds",
                Correction::Holm => "holm",
                _ => "bonferroni",
            };
            let name = language.word(&format!("decide.correction.{name}"));
            language.words("decide.corrected_for", &[("n", &n), ("name", &name)])
        }
        None if tested.len() > 1 => language.words("decide.uncorrected_many", &[("n", &n)]),
        None => language.word("decide.uncorrected"),
    };
    said.push(format!("{}.", beginning(&corrected)));
    if let Some(delta) = decision.smallest_effect {
        let zone = language.words("decide.figure_delta", &[("delta", &unit.delta(delta))]);
        said.push(format!("{}.", beginning(&zone)));
    }
    if decision.left_out > 0 {
        let left = decision.left_out.to_string();
        said.push(format!("{}.", language.words("decide.imported_left_out", &[("n", &left)])));
    }
    let figure = Span::Strong(language.say(&Report::Figure { number: number.to_string() }));
    vec![figure, Span::text(format!(" {}", said.join(" ")))]
}

/// Numbers as they are stored, not as they are shown.
fn table(material: &Material) -> String {
    let mut text = "arm,verdict,pairs,difference,low_95,high_95,low_90,high_90,low_corrected,high_corrected,p,p_sign_flip,\
                    p_corrected,correction,e_value,failed,failed_baseline,pairs_ended\n"
        .to_owned();
    for one in &material.decision.comparisons {
        let word = |value: serde_json::Result<serde_json::Value>| {
            value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let ends = |interval: Option<(f64, f64)>| {
            interval.map_or_else(|| ",".to_owned(), |(low, high)| format!("{},{}", csv(low), csv(high)))
        };
        let number = |value: Option<f64>| csv(value.unwrap_or(f64::NAN));
        let name = material.arm(&one.written).map_or(one.written.as_str(), |arm| arm.name.as_str());
        let cells = [
            cell(name),
            word(serde_json::to_value(one.verdict)),
            one.pairs.to_string(),
            number(one.difference),
            ends(one.interval),
            ends(one.interval_90),
            ends(one.interval_corrected),
            number(one.p),
            number(one.p_sign_flip),
            number(one.p_corrected),
            word(serde_json::to_value(one.correction)),
            number(one.e_value),
            one.failures.arm.0.to_string(),
            one.failures.baseline.0.to_string(),
            one.failures.arm.1.to_string(),
        ];
        text += &format!("{}\n", cells.join(","));
    }
    text
}
