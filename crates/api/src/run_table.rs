//! The table of runs: those that a condition or some words find, with columns of choice, in groups where that is asked for. Also
//! what can be asked of the runs of this workspace, and the ways of looking at them that are kept under a name.

mod groups;
mod names;
mod views;

use std::collections::BTreeSet;
use std::time::Instant;

use vitals_recipe::query::{Field, Name, Row as _, Scalar};
use vitals_recipe::{Kind, Metric, Reads, Scale, metric, parameter};
use vitals_store::{MetricChoice, RunRow, RunSelection};

use crate::Context;
use crate::dto::{ColumnHolds, ColumnOf, Number, RunCell, RunColumn, RunTable, RunTableBy, RunTableRow};
use crate::error::Result;
use crate::filter::{self, Filtered, Order};
use crate::{objective, runs};

pub(crate) use groups::{alike, failed, mean};
pub use names::names;
pub use views::{remove as remove_view, save as save_view, views};

/// The table, newest run first where no order is asked for.
///
/// # Errors
/// `invalid_input` for a condition, an order, a column or a group that cannot be read.
pub async fn table(context: &Context, asked: &RunTableBy) -> Result<RunTable> {
    let began = Instant::now();
    let Read { wanted, order, keys, chosen } = check(asked)?;
    let texts = [&asked.filter, &asked.sort].into_iter().chain(&asked.columns).chain(&asked.group);
    // Names of layers' metrics have a slash; most tables show none, and there are many.
    let metrics = if texts.into_iter().any(|text| text.contains('/')) {
        MetricChoice::All
    } else {
        MetricChoice::Plain
    };
    let stored = context.store().runs(&RunSelection::All, &metrics).await?;
    let total = stored.len() as u64;

    let mut asked_of: Vec<&Name> = wanted.names();
    asked_of.extend(keys.iter().chain(&chosen).chain(order.as_ref().map(|order| &order.name)));
    let mut found = Vec::with_capacity(stored.len());
    for row in &stored {
        let run = Filtered::with(context, row, &asked_of).await?;
        if wanted.takes(row, &run) {
            let key = order.as_ref().and_then(|order| run.lookup(&order.name));
            found.push((key, row, run));
        }
    }
    let shown: Vec<&RunRow> = found.iter().map(|(_, row, _)| *row).collect();
    let objective = objective::declared(context, shown.iter().filter_map(|row| row.sweep).collect()).await?;
    let columns = if chosen.is_empty() { usual(&shown, objective.as_deref()) } else { chosen };
    if let Some(order) = &order {
        found.sort_by(|(a, one, _), (b, other, _)| {
            order.compare(a.as_ref(), b.as_ref()).then_with(|| runs::by_name(one).cmp(&runs::by_name(other)))
        });
    }
    let values: Vec<Vec<Option<Scalar>>> =
        found.iter().map(|(_, _, run)| columns.iter().map(|name| run.lookup(name)).collect()).collect();
    let (groups, places) = if keys.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        let keys: Vec<Vec<Option<Scalar>>> =
            found.iter().map(|(_, _, run)| keys.iter().map(|name| run.lookup(name)).collect()).collect();
        let rows: Vec<&RunRow> = found.iter().map(|(_, row, _)| *row).collect();
        let sorted = order.as_ref().and_then(|order| {
            let at = columns.iter().position(|name| *name == order.name)?;
            Some((at, order))
        });
        groups::of(&rows, &keys, &columns, &values, sorted)
    };
    let rows = found.iter().zip(&values).enumerate().map(|(place, ((_, row, _), values))| RunTableRow {
        id: row.id.to_string(),
        label: row.label.clone(),
        sweep: row.sweep.map(|id| id.to_string()),
        sweep_name: row.sweep_name.clone(),
        is_probe: row.probed.is_some(),
        state: row.state.as_str().to_owned(),
        failed: groups::failed(row),
        evidence_code: row.evidence_code.clone(),
        step: row.steps_done,
        total_steps: row.total_steps.unwrap_or(0),
        tags: row.tags.clone(),
        events: row.events.clone(),
        group: places.get(place).copied(),
        cells: values.iter().map(|value| value.as_ref().map(cell)).collect(),
    });
    Ok(RunTable {
        rows: rows.collect(),
        columns: columns.iter().map(column).collect(),
        groups,
        words: matches!(wanted, Wanted::Words(_)),
        objective,
        total,
        elapsed_ms: began.elapsed().as_secs_f64() * 1e3,
    })
}

/// The runs that a condition or some words find, newest first.
///
/// # Errors
/// `invalid_input` for a condition that cannot be read.
pub(crate) async fn found(context: &Context, text: &str) -> Result<Vec<RunRow>> {
    let wanted = Wanted::read(text)?;
    let mut kept = Vec::new();
    for row in context.store().runs(&RunSelection::All, &MetricChoice::Plain).await? {
        let is_wanted = wanted.takes(&row, &Filtered::with(context, &row, &wanted.names()).await?);
        if is_wanted {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// What was asked for, understood.
struct Read {
    wanted: Wanted,
    order: Option<Order>,
    keys: Vec<Name>,
    chosen: Vec<Name>,
}

fn check(asked: &RunTableBy) -> Result<Read> {
    let names =
        |names: &[String]| names.iter().map(|name| filter::column(name)).collect::<Result<Vec<Name>>>();
    Ok(Read {
        wanted: Wanted::read(&asked.filter)?,
        order: filter::order(&asked.sort)?,
        keys: names(&asked.group)?,
        chosen: names(&asked.columns)?,
    })
}

/// Which runs.
enum Wanted {
    All,
    Condition(vitals_recipe::query::Expr),
    /// In lower case.
    Words(Vec<String>),
}

impl Wanted {
    /// Whatever compares nothing is words: no condition does without.
    fn read(text: &str) -> Result<Self> {
        let compares = |word: &str| word.contains(['=', '<', '>', '~', '(', ')']) || word == "in";
        if text.trim().is_empty() {
            Ok(Self::All)
        } else if text.split_whitespace().any(compares) {
            Ok(runs::condition(text)?.map_or(Self::All, Self::Condition))
        } else {
            Ok(Self::Words(text.split_whitespace().map(str::to_lowercase).collect()))
        }
    }

    fn names(&self) -> Vec<&Name> {
        match self {
            Self::Condition(condition) => condition.names(),
            Self::All | Self::Words(_) => Vec::new(),
        }
    }

    fn takes(&self, row: &RunRow, run: &Filtered<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Condition(condition) => condition.matches(run),
            Self::Words(words) => {
                let text = text_of(row);
                words.iter().all(|word| text.contains(word.as_str()))
            }
        }
    }
}

/// What words are looked for in, in lower case, a line each.
fn text_of(row: &RunRow) -> String {
    let mut text = [row.label.as_str(), row.state.as_str(), &row.note].join("\n");
    let id = row.id.to_string();
    let axes = row.axes.values().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    for part in row.sweep_name.iter().cloned().chain(row.tags.iter().cloned()).chain(axes).chain([id]) {
        text.push('\n');
        text.push_str(&part);
    }
    text.to_lowercase()
}

/// What these runs' sweeps vary and are after, and what is usually asked of a run.
fn usual(rows: &[&RunRow], objective: Option<&str>) -> Vec<Name> {
    let axes: BTreeSet<&String> = rows.iter().flat_map(|row| row.axes.keys()).collect();
    let axes = axes.into_iter().filter_map(|name| parameter(name)).map(|known| Name::Parameter(known.name));
    let fields = |fields: &[Field]| fields.iter().copied().map(Name::Field).collect::<Vec<_>>();
    let reading = |metric: &str, reading| Name::Metric { metric: metric.to_owned(), reading };
    let [knn, loss] = [Metric::KnnTop1.name(), Metric::Loss.name()];
    let mut names: Vec<Name> = axes.collect();
    names.extend(fields(&[Field::State, Field::Step]));
    // The one of kNN is there anyway; what is after a layer's metric would ask for those of all layers.
    let objective = objective.filter(|name| *name != knn && !name.contains('/'));
    names.extend(objective.map(|name| reading(name, vitals_recipe::Reading::Best)));
    names.push(reading(knn, vitals_recipe::Reading::Last));
    names.push(reading(knn, vitals_recipe::Reading::Best));
    names.push(reading(loss, vitals_recipe::Reading::Last));
    names.push(Name::Events { kind: "spike".to_owned() });
    names.extend(fields(&[Field::Stability, Field::SweepName, Field::CreatedAt]));
    names
}

fn column(name: &Name) -> RunColumn {
    let of = match name {
        Name::Field(_) => ColumnOf::Field,
        Name::Parameter(_) => ColumnOf::Parameter,
        Name::Metric { metric, reading } => {
            ColumnOf::Metric { metric: metric.clone(), reading: reading.to_string() }
        }
        Name::Events { kind } => ColumnOf::Events { event: kind.clone() },
        Name::Config { key } => ColumnOf::Config { key: key.clone() },
    };
    RunColumn { name: name.to_string(), of, holds: holds(name), scale: scale(name) }
}

/// Along what an axis of its values is even.
fn scale(name: &Name) -> Scale {
    match name {
        Name::Parameter(name) => parameter(name).map_or(Scale::Linear, |known| known.scale),
        Name::Field(Field::EffectiveLearningRate) => Scale::Log,
        _ => Scale::Linear,
    }
}

/// What the values of a column are.
pub(crate) fn holds(name: &Name) -> ColumnHolds {
    match name {
        Name::Field(Field::Tag) => ColumnHolds::Words,
        Name::Field(Field::CreatedAt | Field::StartedAt | Field::EndedAt) => ColumnHolds::Time,
        Name::Field(field) if field.is_number() => ColumnHolds::Number,
        Name::Parameter(name) => match parameter(name).map(|known| known.kind) {
            Some(Kind::Bool) => ColumnHolds::Flag,
            Some(Kind::Integer | Kind::Number) => ColumnHolds::Number,
            _ => ColumnHolds::Text,
        },
        Name::Metric { metric: name, .. } => {
            match metric(name, None).is_some_and(|known| known.row().reads == Reads::Percent) {
                true => ColumnHolds::Share,
                false => ColumnHolds::Number,
            }
        }
        Name::Events { .. } => ColumnHolds::Number,
        Name::Field(_) | Name::Config { .. } => ColumnHolds::Text,
    }
}

fn cell(value: &Scalar) -> RunCell {
    match value {
        Scalar::Bool(value) => RunCell::Flag(*value),
        Scalar::Number(value) => RunCell::Number(Number::from(*value)),
        Scalar::Text(text) => RunCell::Text(text.clone()),
        Scalar::List(words) => RunCell::Words(words.clone()),
    }
}
