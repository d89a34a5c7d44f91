//! The table of results: arms by what their runs came to. The judged column is the decision's own values, the others are of the
//! same runs.

use std::collections::BTreeMap;

use vitals_recipe::{Metric, Reading, Reads, metric};
use vitals_series::best;

use super::document::{Block, File, Section, Span, Table};
use super::drawn::{cell, csv};
use super::names::reading;
use super::read::Material;
use crate::Context;
use crate::digits::grouped;
use crate::dto::{ArmRun, ArmVerdict, EventInfo, Number, Sheet, SheetCell, SheetColumn};
use crate::error::Result;
use crate::said::Report;
use crate::{readings, tabulate};

/// What is read of every run beside the judged value.
struct Column {
    told: SheetColumn,
    what: What,
}

enum What {
    Judged,
    Reading(String, Reading),
    Spikes,
}

/// By run.
type Values = BTreeMap<String, f64>;

pub async fn section(context: &Context, material: &Material) -> Result<Section> {
    let Material { language, rows, .. } = material;
    let columns = columns(material);
    let mut values: Vec<Values> = Vec::new();
    for column in &columns {
        values.push(read(context, material, &column.what).await?);
    }
    let sheet = sheet(material, columns, &values);
    let mut caption = vec![
        Span::Strong(language.say(&Report::Table { number: "1".to_owned() })),
        Span::text(format!(
            " {}",
            language.say(&Report::ResultsCaption { runs: grouped(rows.len() as u64) })
        )),
    ];
    if material.arms.len() > 1 {
        caption.push(Span::text(format!(" {}", language.say(&Report::ResultsTied))));
    }
    let mut files = Vec::new();
    for (format, ending, kind) in [
        ("latex", "tex", "text/plain;charset=utf-8"),
        ("markdown", "md", "text/markdown;charset=utf-8"),
        ("csv", "csv", "text/csv;charset=utf-8"),
    ] {
        let label = match format {
            "latex" => "LaTeX",
            "markdown" => "Markdown",
            _ => "CSV",
        };
        let content = tabulate::write(&sheet, format)?;
        files.push(File { name: format!("table-1.{ending}"), label: label.to_owned(), kind, content });
    }
    files.push(File::csv("runs", &language.say(&Report::RunsCsv), every_run(material, &sheet, &values)));
    let table = Table { head: head(&sheet), rows: cells(material, &sheet), caption, files };
    Ok(Section { title: language.say(&Report::Results), blocks: vec![Block::Table(table)], is_half: false })
}

fn columns(material: &Material) -> Vec<Column> {
    let Material { language, decision, rows, .. } = material;
    let column = |name: &str, value: &str, what: What, higher: Option<bool>| {
        let percent = metric(name, None).is_some_and(|known| known.row().reads == Reads::Percent);
        let title = reading(name, value, *language);
        let title = if percent { format!("{title}, %") } else { title };
        let told = SheetColumn { name: format!("{name}.{value}"), title, percent, higher_is_better: higher };
        Column { told, what }
    };
    let judged = &decision.metric;
    let higher = Some(decision.higher_is_better);
    let mut all = vec![column(judged, &decision.value, What::Judged, higher)];
    if decision.value != "best" {
        all.push(column(judged, "best", What::Reading(judged.clone(), Reading::Best), higher));
    }
    // What others would ask for next.
    for other in [Metric::KnnTop1Fixed, Metric::KnnTop1, Metric::Loss].map(Metric::name) {
        let has = rows.values().any(|row| row.metrics.contains_key(other));
        if other != judged && has && all.len() < 4 {
            let better = Some(readings::higher_is_better(other));
            all.push(column(other, "last", What::Reading(other.to_owned(), Reading::Last), better));
        }
    }
    let spikes = SheetColumn {
        name: "spikes".to_owned(),
        title: language.say(&Report::SpikesRun),
        percent: false,
        higher_is_better: None,
    };
    all.push(Column { told: spikes, what: What::Spikes });
    all
}

async fn read(context: &Context, material: &Material, what: &What) -> Result<Values> {
    let mut found = Values::new();
    for (_, _, run) in material.runs() {
        // Of the same runs as the judged column.
        let Some(judged) = run.value else { continue };
        let Some(row) = material.rows.get(&run.run) else { continue };
        let value = match what {
            What::Judged => Some(judged),
            What::Reading(metric, reading) => {
                let higher = match metric == &material.decision.metric {
                    true => material.decision.higher_is_better,
                    false => readings::higher_is_better(metric),
                };
                readings::read(context, row.id, metric, *reading, higher).await?
            }
            What::Spikes => {
                let own = |event: &&EventInfo| event.kind == "spike" && !event.injected;
                let found = material.events.get(&run.run);
                found.map(|found| found.events.iter().filter(own).count() as f64)
            }
        };
        found.extend(value.map(|value| (run.run.clone(), value)));
    }
    Ok(found)
}

fn sheet(material: &Material, columns: Vec<Column>, values: &[Values]) -> Sheet {
    let Material { language, decision, arms, .. } = material;
    let mut rows: Vec<Vec<SheetCell>> =
        arms.iter().map(|arm| vec![SheetCell::Text { text: arm.name.clone() }]).collect();
    for (column, values) in columns.iter().zip(values) {
        let of_arms: Vec<BTreeMap<u64, f64>> =
            decision.arms.iter().map(|arm| by_seed(&arm.runs, values)).collect();
        // What differs in more than the change is neither the best nor no worse than it.
        let is_judged =
            |place: usize| place == 0 || decision.comparisons[place - 1].verdict != ArmVerdict::NotComparable;
        let judged: Vec<BTreeMap<u64, f64>> = of_arms
            .iter()
            .enumerate()
            .map(|(place, arm)| if is_judged(place) { arm.clone() } else { BTreeMap::new() })
            .collect();
        let judged = column.told.higher_is_better.and_then(|higher| best(&judged, higher));
        for (place, row) in rows.iter_mut().enumerate() {
            let own: Vec<f64> = decision.arms[place]
                .runs
                .iter()
                .filter_map(|run| values.get(&run.run).copied())
                .filter(|value| value.is_finite())
                .collect();
            row.push(tabulate::mean(&own, judged.as_ref(), place));
        }
    }
    for (row, arm) in rows.iter_mut().zip(&decision.arms) {
        row.push(SheetCell::Number { value: Number::from(arm.failed as f64) });
    }
    let text = |name: &str, word: Report| SheetColumn {
        name: name.to_owned(),
        title: language.say(&word),
        percent: false,
        higher_is_better: None,
    };
    let mut told = vec![text("arm", Report::Arm)];
    told.extend(columns.into_iter().map(|column| column.told));
    told.push(text("failed", Report::FailedColumn));
    let caption = [
        language.say(&Report::ResultsCaption { runs: grouped(material.rows.len() as u64) }),
        language.say(&Report::ResultsTied),
    ];
    Sheet { columns: told, rows, runs: material.rows.len() as u64, caption: caption.join(" ") }
}

fn by_seed(runs: &[ArmRun], values: &Values) -> BTreeMap<u64, f64> {
    let finite = |run: &ArmRun| values.get(&run.run).copied().filter(|value| value.is_finite());
    runs.iter().filter_map(|run| Some((run.seed, finite(run)?))).collect()
}

fn head(sheet: &Sheet) -> Vec<(String, bool)> {
    sheet.columns.iter().enumerate().map(|(at, column)| (column.title.clone(), at > 0)).collect()
}

fn cells(material: &Material, sheet: &Sheet) -> Vec<Vec<Vec<Span>>> {
    let baseline = material.language.word("decide.baseline");
    let row = |(place, row): (usize, &Vec<SheetCell>)| {
        let number = |at: usize, value: f64| tabulate::number(sheet, at, value);
        row.iter()
            .enumerate()
            .map(|(at, cell)| match cell {
                SheetCell::Text { text } => {
                    let mut spans = vec![Span::Mark(material.arms[place].index()), Span::text(text)];
                    if place == 0 {
                        spans.push(Span::Quiet(format!(" ({baseline})")));
                    }
                    spans
                }
                SheetCell::Number { value } => vec![Span::text(number(at, value.value()))],
                SheetCell::Mean { mean, std, n, best, tied } => {
                    let mean = number(at, *mean);
                    let spread = std.map_or_else(String::new, |std| format!(" ± {}", number(at, std)));
                    let dagger = if *tied { " †" } else { "" };
                    vec![
                        if *best { Span::Strong(mean) } else { Span::Text(mean) },
                        Span::Quiet(format!("{spread} ({n}){dagger}")),
                    ]
                }
                SheetCell::Nothing | SheetCell::Several => vec![Span::Quiet("–".to_owned())],
            })
            .collect()
    };
    sheet.rows.iter().enumerate().map(row).collect()
}

/// Every run with what it came to: what the means are made of, and what is in none of them.
fn every_run(material: &Material, sheet: &Sheet, values: &[Values]) -> String {
    let names = sheet.columns[1..=values.len()].iter().map(|column| cell(&column.name));
    let mut text = format!("run,label,arm,seed,state,steps,{}\n", names.collect::<Vec<_>>().join(","));
    for (named, _, run) in material.runs() {
        let Some(row) = material.rows.get(&run.run) else { continue };
        let numbers = values.iter().map(|values| csv(values.get(&run.run).copied().unwrap_or(f64::NAN)));
        let numbers = numbers.collect::<Vec<_>>().join(",");
        text += &format!(
            "{},{},{},{},{},{},{numbers}\n",
            run.run,
            cell(&row.label),
            cell(&named.name),
            run.seed,
            row.state.as_str(),
            row.steps_done
        );
    }
    text
}
