//! Curves: the mean of every arm over steps, those of the question with band and seeds.

use super::document::{Block, Figure, File, Section, Span};
use super::drawn::{WIDE_MM, blank, cell, csv, drawing, panel, reach};
use super::names::Named;
use super::read::Material;
use crate::Context;
use crate::arm_frames::{self, bounds};
use crate::digits::grouped;
use crate::dto::{Arm, ArmsRequest, FigureLine, FigureLines, FigurePlot, SeriesAsk};
use crate::error::Result;
use crate::said::Report;
use vitals_series::ArmColumn;

/// Columns of a figure of the whole width, about as many as it has points.
const COLUMNS: u32 = 500;

pub async fn section(context: &Context, material: &Material, number: usize) -> Result<Section> {
    let Material { language, decision, arms, unit, .. } = material;
    let title = language.say(&Report::Curves);
    let open = open(material);
    let mut table = "arm,step,n,mean,low_95,high_95,min,max,nonfinite\n".to_owned();
    let mut lines = Vec::new();
    for (at, (named, arm)) in arms.iter().zip(&decision.arms).enumerate() {
        let request = ArmsRequest {
            arms: vec![arm.runs.iter().map(|run| run.run.clone()).collect()],
            series: vec![SeriesAsk::raw(&decision.metric)],
            from: None,
            to: None,
            columns: COLUMNS,
        };
        let (found, _) = arm_frames::lines(context, &request).await?;
        let Some(line) = found.into_iter().next().filter(|line| !line.columns.is_empty()) else { continue };
        table += &rows(named, &line.columns);
        lines.push((at, named, arm, line));
    }
    let steps = || lines.iter().flat_map(|(.., line)| &line.columns).map(|column| column.first_step as f64);
    let first = steps().fold(f64::INFINITY, f64::min);
    let to = steps().fold(first, f64::max);
    let from = lines.first().map_or(first, |(.., line)| start(&means(&line.columns)));
    let shown = lines.iter().flat_map(|(at, .., line)| {
        let columns = line.columns.iter().filter(|column| column.first_step as f64 >= from);
        columns.flat_map(|column| ends(column, *at == 0 || *at == open))
    });
    let Some(y) = reach(shown) else {
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
        lines
            .iter()
            .map(|(at, named, arm, line)| mean(material, named, arm, line.runs(), *at == 0 || *at == open)),
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
    if from > first {
        let step = grouped(from as u64);
        caption.push(Span::text(format!(" {}", language.say(&Report::FromStep { step }))));
    }
    let files = vec![File::csv("figure-1-curves", &language.say(&Report::DataCsv), table)];
    let figure = Figure { drawings: vec![drawing], caption, files };
    Ok(Section { title, blocks: vec![Block::Figure(figure)], is_half: false })
}

fn rows(named: &Named, columns: &[ArmColumn]) -> String {
    let mut text = String::new();
    for column in columns {
        let n = column.interval.map_or(0, |interval| interval.n);
        let (low, high) = bounds(column).unwrap_or((f64::NAN, f64::NAN));
        let numbers = [mean_of(column), low, high, column.min, column.max].map(csv).join(",");
        text += &format!("{},{},{n},{numbers},{}\n", cell(&named.name), column.first_step, column.nonfinite);
    }
    text
}

fn mean_of(column: &ArmColumn) -> f64 {
    column.interval.map_or(f64::NAN, |interval| interval.mean)
}

fn means(columns: &[ArmColumn]) -> Vec<(f64, f64)> {
    columns.iter().map(|column| (column.first_step as f64, mean_of(column))).collect()
}

/// What the vertical axis has to reach of a column.
fn ends(column: &ArmColumn, of_question: bool) -> Vec<f64> {
    let (low, high) = bounds(column).unwrap_or((f64::NAN, f64::NAN));
    let band = if of_question { vec![low, high, column.min, column.max] } else { Vec::new() };
    [mean_of(column)].into_iter().chain(band).collect()
}

/// The step from which curves are shown. Where most of the change is over early, all that tells arms apart would lie in a line
/// at the edge: then from where 60 % of it is done, but never without the last 60 % of the steps.
fn start(curve: &[(f64, f64)]) -> f64 {
    let finite = || curve.iter().filter(|(_, mean)| mean.is_finite());
    let (Some(&(begin, low)), Some(&(end, high))) = (finite().next(), finite().next_back()) else {
        return curve.first().map_or(0.0, |(step, _)| *step);
    };
    let far = finite().find(|(_, mean)| (mean - low).abs() >= 0.6 * (high - low).abs());
    let far = far.map(|(step, _)| *step).filter(|step| *step - begin <= 0.4 * (end - begin));
    far.filter(|_| high != low).unwrap_or(begin)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_rise_is_left_out_and_an_even_one_is_not() {
        let curve = |of: fn(f64) -> f64| {
            (0..=100).map(|step| (f64::from(step), of(f64::from(step)))).collect::<Vec<_>>()
        };
        // 1 − e^(−x/10) has done 60 % of its change after 10 ln 2.5 = 9.2 steps.
        assert_eq!(start(&curve(|step| 1.0 - (-step / 10.0).exp())), 10.0);
        assert_eq!(start(&curve(|step| 9.0 * (-step / 10.0).exp())), 10.0);
        assert_eq!(start(&curve(|step| step)), 0.0);
        assert_eq!(start(&curve(|_| 0.5)), 0.0);
        assert_eq!(start(&curve(|_| f64::NAN)), 0.0);
        assert_eq!(start(&[]), 0.0);
    }
}
