//! Columns of a table: names of the filter language, and metrics with the value of them that is meant.

use std::collections::BTreeSet;

use vitals_recipe::query::Name;
use vitals_recipe::sweep::Goal;
use vitals_recipe::{Better, Metric, MetricRow, Reading, Reads, USUAL_READING, metric};
use vitals_store::RunRow;

use super::told;
use crate::Context;
use crate::dto::{SheetBy, SheetColumn};
use crate::error::Result;
use crate::{filter, objective};

/// Where its values come from.
pub enum What {
    Name(Name),
    /// Of the values in force.
    Reading {
        metric: String,
        reading: Reading,
        higher_is_better: bool,
    },
}

pub struct Column {
    pub told: SheetColumn,
    pub what: What,
}

impl Column {
    /// Whether a group has a mean of it.
    pub fn is_measured(&self) -> bool {
        match &self.what {
            What::Reading { .. } => true,
            What::Name(name) => filter::is_measured(name),
        }
    }
}

/// The columns asked for, those of the group first; where none are asked for, what the sweeps vary and are after.
pub async fn chosen(context: &Context, asked: &SheetBy, rows: &[RunRow]) -> Result<Vec<Column>> {
    let sweeps = rows.iter().filter_map(|row| row.sweep).collect();
    let texts = objective::files(context, sweeps).await?;
    let mut objectives: Vec<(String, Goal)> = texts
        .iter()
        .filter_map(|text| text.objective.as_ref())
        .map(|one| (one.metric.clone(), one.goal))
        .collect();
    objectives.dedup();
    let mut names: Vec<String> = asked.group.clone();
    if asked.columns.is_empty() {
        let axes: BTreeSet<&String> = rows.iter().flat_map(|row| row.axes.keys()).collect();
        if names.is_empty() {
            names.push("label".to_owned());
            names.extend(axes.into_iter().cloned());
            names.push("state".to_owned());
        }
        let after = match objectives.as_slice() {
            [] => usual(rows),
            some => some.iter().map(|(metric, _)| metric.clone()).collect(),
        };
        names.extend(after.into_iter().map(|metric| format!("{metric}.{USUAL_READING}")));
    } else {
        names.extend(asked.columns.iter().cloned());
    }
    let goal = |metric: &str| {
        objectives.iter().find(|(name, _)| name == metric).map(|(_, goal)| *goal == Goal::Maximize)
    };
    names.iter().map(|name| column(name, &goal)).collect()
}

/// What all runs of Vitals have, as far as any of these has it.
fn usual(rows: &[RunRow]) -> Vec<String> {
    let known = [Metric::KnnTop1, Metric::Loss].map(Metric::name);
    known
        .into_iter()
        .filter(|name| rows.iter().any(|row| row.metrics.contains_key(*name)))
        .map(str::to_owned)
        .collect()
}

/// The column of one name; `goal`: whether more of a metric is better.
pub fn column(text: &str, goal: &dyn Fn(&str) -> Option<bool>) -> Result<Column> {
    let read = text.rsplit_once('.').and_then(|(name, word)| Some((name, word.parse::<Reading>().ok()?)));
    if let Some((name, reading)) = read.filter(|(name, _)| !name.is_empty()) {
        let row: Option<&MetricRow> = metric(name, None).map(Metric::row);
        let by_table = row.and_then(|row| match row.better {
            Better::Higher => Some(true),
            Better::Lower => Some(false),
            Better::Neither => None,
        });
        let better = goal(name).or(by_table);
        let percent = row.is_some_and(|row| row.reads == Reads::Percent);
        let title = row.map_or(name, |row| row.title);
        let unit = if percent { ", %" } else { "" };
        let column = told(text, format!("{title}{unit} ({})", in_words(reading)));
        return Ok(Column {
            told: SheetColumn { percent, higher_is_better: better, ..column },
            what: What::Reading {
                metric: name.to_owned(),
                reading,
                higher_is_better: better.unwrap_or(true),
            },
        });
    }
    let name = filter::column(text)?;
    Ok(Column { told: told(text, text.replace('_', " ")), what: What::Name(name) })
}

fn in_words(reading: Reading) -> String {
    match reading {
        Reading::Mean(count) => format!("mean of the last {count}"),
        other => other.to_string(),
    }
}
