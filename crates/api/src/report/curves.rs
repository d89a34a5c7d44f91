//! Curves: the mean of every arm over steps, those of the question with band and seeds.

use super::document::{Block, Figure, File, Section, Span};
use super::drawn::{WIDE_MM, blank, cell, csv, drawing, panel, reach};
use super::names::Named;
use super::read::Material;
use crate::Context;
use crate::arm_frames::{self, bounds};
use crate::dto::{Arm, ArmsRequest, FigureLine, FigureLines, FigurePlot, SeriesAsk};
use crate::error::Result;
use crate::said::Report;

/// Columns of a figure of the whole width, about as many as it has points.
const COLUMNS: u32 = 500;

pub async fn section(context: &Context, material: &Material, number: usize) -> Result<Section> {
    let Material { language, decision, arms, unit, .. } = material;
    let title = language.say(&Report::Curves);
    let open = open(material);
    let (mut values, mut table) =
        (Vec::new(), "arm,step,n,mean,low_95,high_95,min,max,nonfinite\n".to_owned());
    let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut lines = Vec::new();
    for (at, (named, arm)) in arms.iter().zip(&decision.arms).enumerate() {
        let ids: Vec<String> = arm.runs.iter().map(|run| run.run.clone()).collect();
        let request = ArmsRequest {
            arms: vec![ids],
            series: vec![SeriesAsk::raw(&decision.metric)],
            from: None,
            to: None,
            columns: COLUMNS,
        };
        let (found, _) = arm_frames::lines(context, &request).await?;
        let Some(line) = found.into_iter().next().filter(|line| !line.columns.is_empty()) else { continue };
        let of_question = at == 0 || at == open;
        for column in &line.columns {
            let mean = column.interval.map_or(f64::NAN, |interval| interval.mean);
            let (low, high) = bounds(column).unwrap_or((f64::NAN, f64::NAN));
            values.push(mean);
            if of_question {
                values.extend([low, high, column.min, column.max]);
            }
            from = from.min(column.first_step as f64);
            to = to.max(column.first_step as f64);
            let n = column.interval.map_or(0, |interval| interval.n);
            let numbers = [mean, low, high, column.min, column.max].map(csv).join(",");
            table +=
                &format!("{},{},{n},{numbers},{}\n", cell(&named.name), column.first_step, column.nonfinite);
        }
        lines.push((at, named, arm, line.runs()));
    }
    let Some(y) = reach(values.into_iter()).filter(|_| from <= to) else {
        let said = vec![Span::text(language.say(&Report::NoCurves))];
        return Ok(Section { title, blocks: vec![Block::Text(said)], is_half: false });
    };
    let others = lines.iter().filter(|(at, ..)| *at != 0 && *at != open).count();
    let seeds = lines.iter().filter(|(at, ..)| *at == 0 || *at == open);
    let mut drawn: Vec<FigureLine> = seeds
        .flat_map(|(_, named, arm, _)| arm.runs.iter().map(|run| seed(material, named, &run.run)))
        .collect();
    // The question on top.
    lines.sort_by_key(|(at, ..)| (*at == open || *at == 0, std::cmp::Reverse(*at)));
    drawn.extend(
        lines.iter().map(|(at, named, arm, n)| mean(material, named, arm, *n, *at == 0 || *at == open)),
    );
    let mut ask = blank(*language, WIDE_MM, (from, to.max(from + 1.0)));
    let metric = language.metric(&decision.metric);
    let plot = FigureLines { scale: unit.scale, log: false, y, lines: drawn, band: None, events: Vec::new() };
    ask.panels = vec![panel(&metric, &unit.value, 1.2, FigurePlot::Lines(plot))];
    let drawing = drawing(context, &ask, None, (Vec::new(), format!("{title}: {metric}"))).await?;
    let mut caption = vec![
        Span::Strong(language.say(&Report::Figure { number: number.to_string() })),
        Span::text(format!(" {}", language.say(&Report::CurvesCaption { metric }))),
    ];
    let (arm, baseline) = (arms[open].name.clone(), arms[0].name.clone());
    caption.push(Span::text(format!(" {}", language.say(&Report::CurvesSeeds { arm, baseline }))));
    if others > 0 {
        let count = others.to_string();
        caption.push(Span::text(format!(" {}", language.say(&Report::CurvesOthers { count }))));
    }
    let files = vec![File::csv("figure-1-curves", &language.say(&Report::DataCsv), table)];
    let figure = Figure { drawings: vec![drawing], caption, files };
    Ok(Section { title, blocks: vec![Block::Figure(figure)], is_half: false })
}

/// The arm that the question is most about: the best one that can be compared.
fn open(material: &Material) -> usize {
    let decision = &material.decision;
    let sign = if decision.higher_is_better { 1.0 } else { -1.0 };
    let better = |place: &usize| {
        decision.comparisons[*place].difference.map_or(f64::NEG_INFINITY, |difference| sign * difference)
    };
    let best = (0..decision.comparisons.len()).rev().max_by(|a, b| better(a).total_cmp(&better(b)));
    best.map_or(0, |place| place + 1)
}

fn mean(material: &Material, named: &Named, arm: &Arm, n: usize, of_question: bool) -> FigureLine {
    let label = material.language.words("decide.curve_n", &[("arm", &named.name), ("n", &n.to_string())]);
    FigureLine {
        label,
        slot: named.slot,
        solid: false,
        ghost: false,
        runs: arm.runs.iter().map(|run| run.run.clone()).collect(),
        is_mean: true,
        interval: of_question,
        series: SeriesAsk::raw(&material.decision.metric),
    }
}

fn seed(material: &Material, named: &Named, run: &str) -> FigureLine {
    FigureLine {
        label: String::new(),
        slot: named.slot,
        solid: false,
        ghost: true,
        runs: vec![run.to_owned()],
        is_mean: false,
        interval: false,
        series: SeriesAsk::raw(&material.decision.metric),
    }
}
