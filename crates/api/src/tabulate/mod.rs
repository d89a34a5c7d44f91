//! Tables for papers: runs, or groups of runs, by columns of choice. A run that failed, collapsed or has a value that is not
//! finite is counted, never averaged.

mod columns;
mod text;

use std::collections::BTreeMap;

use vitals_recipe::parameter;
use vitals_recipe::query::{Row as _, Scalar};
use vitals_run::RunState;
use vitals_series::{Differences, best};
use vitals_store::{MetricChoice, RunRow};

use crate::Context;
use crate::dto::{ApiError, Number, Sheet, SheetBy, SheetCell, SheetColumn};
use crate::error::Result;
use crate::filter::Filtered;
use crate::said::{Advice, Failure};
use crate::{readings, runs};
use columns::{Column, What};

pub(crate) use text::number;
pub use text::{FORMATS, write};

/// Makes the table.
///
/// # Errors
/// `invalid_input` for an unknown name, a condition that is none, and where no run matches; `not_found` for an unknown sweep.
pub async fn sheet(context: &Context, asked: &SheetBy) -> Result<Sheet> {
    let mut rows = runs::matching(context, &asked.filter, &MetricChoice::All).await?;
    rows.retain(|row| row.probed.is_none());
    if let Some(sweep) = &asked.sweep {
        let sweep = context.store().resolve_sweep(sweep).await?;
        rows.retain(|row| row.sweep == Some(sweep));
    }
    if rows.is_empty() {
        return Err(ApiError::invalid(Failure::NothingToTabulate).hint(Advice::ListRuns));
    }
    // Newest first as they come.
    rows.reverse();
    let columns = columns::chosen(context, asked, &rows).await?;
    let values = values(context, &rows, &columns).await?;
    let keys = asked.group.len();
    let made = if keys == 0 {
        values.iter().map(|row| row.iter().map(Value::cell).collect()).collect()
    } else {
        grouped(&rows, &values, &columns, keys)
    };
    Ok(Sheet {
        caption: caption(&rows, &columns, keys > 0),
        columns: columns.into_iter().map(|column| column.told).collect(),
        rows: made,
        runs: rows.len() as u64,
    })
}

/// What a run has in a column.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Nothing,
    Text(String),
    Number(f64),
}

impl Value {
    fn cell(&self) -> SheetCell {
        match self {
            Self::Nothing => SheetCell::Nothing,
            Self::Text(text) => SheetCell::Text { text: text.clone() },
            Self::Number(value) => SheetCell::Number { value: Number::from(*value) },
        }
    }

    fn of(scalar: Option<Scalar>) -> Self {
        match scalar {
            None => Self::Nothing,
            Some(Scalar::Number(value)) => Self::Number(value),
            Some(Scalar::Text(text)) => Self::Text(text),
            Some(Scalar::Bool(value)) => Self::Text(value.to_string()),
            Some(Scalar::List(words)) => Self::Text(words.join(", ")),
        }
    }
}

async fn values(context: &Context, rows: &[RunRow], columns: &[Column]) -> Result<Vec<Vec<Value>>> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let filtered = Filtered::new(row)?;
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            values.push(match &column.what {
                What::Name(name) => Value::of(filtered.lookup(name)),
                What::Reading { metric, reading, higher_is_better } => {
                    readings::read(context, row.id, metric, *reading, *higher_is_better)
                        .await?
                        .map_or(Value::Nothing, Value::Number)
                }
            });
        }
        all.push(values);
    }
    Ok(all)
}

/// Whether its numbers stand for what was trained.
fn counts(row: &RunRow) -> bool {
    row.state == RunState::Finished && !row.stability.is_some_and(|stability| stability.failed)
}

/// A row for each combination of the first `keys` columns, in the order of their first runs.
fn grouped(rows: &[RunRow], values: &[Vec<Value>], columns: &[Column], keys: usize) -> Vec<Vec<SheetCell>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in 0..rows.len() {
        match groups.iter_mut().find(|group| values[group[0]][..keys] == values[place][..keys]) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    let names = pair_names(rows, &columns[..keys], &groups);
    let mut table: Vec<Vec<SheetCell>> = groups.iter().map(|_| Vec::new()).collect();
    for (at, column) in columns.iter().enumerate() {
        // A mean of what makes the rows says nothing.
        let cells = if at >= keys && column.is_measured() {
            measured(rows, &names, values, &groups, at, column)
        } else {
            groups.iter().map(|group| shared(values, group, at)).collect()
        };
        table.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    table
}

fn shared(values: &[Vec<Value>], group: &[usize], at: usize) -> SheetCell {
    let first = &values[group[0]][at];
    if group.iter().all(|place| values[*place][at] == *first) { first.cell() } else { SheetCell::Several }
}

/// By what each run is a pair with one of another row: its seed, and every setting but those that make the rows. Of several runs
/// of a row that are alike in all this each has a number.
fn pair_names(rows: &[RunRow], keys: &[Column], groups: &[Vec<usize>]) -> Vec<String> {
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| {
            let mut settings = row.parameters().unwrap_or_default();
            let matters = |name: &str| {
                parameter(name).is_some_and(|known| known.hashed)
                    && keys.iter().all(|key| key.told.name != name)
            };
            settings.retain(|name, _| matters(name));
            let seed = row.trained().map(|trained| trained.seed);
            format!("{seed:?} {}", serde_json::Value::Object(settings))
        })
        .collect();
    for group in groups {
        let mut met: BTreeMap<String, u32> = BTreeMap::new();
        for place in group {
            let count = met.entry(names[*place].clone()).or_insert(0);
            *count += 1;
            names[*place].push_str(&format!(" {count}"));
        }
    }
    names
}

fn measured(
    rows: &[RunRow],
    names: &[String],
    values: &[Vec<Value>],
    groups: &[Vec<usize>],
    at: usize,
    column: &Column,
) -> Vec<SheetCell> {
    let arms: Vec<BTreeMap<&str, f64>> = groups
        .iter()
        .map(|group| {
            let finite = group.iter().filter(|place| counts(&rows[**place])).filter_map(|place| match values
                [*place][at]
            {
                Value::Number(value) if value.is_finite() => Some((names[*place].as_str(), value)),
                _ => None,
            });
            finite.collect()
        })
        .collect();
    let judged =
        column.told.higher_is_better.filter(|_| arms.len() > 1).and_then(|higher| best(&arms, higher));
    let values = arms.iter().map(|arm| arm.values().copied().collect::<Vec<f64>>());
    values.enumerate().map(|(place, values)| mean(&values, judged.as_ref(), place)).collect()
}

/// The cell of a row's finite values. `judged`: the best row, and which are not separated from it.
pub(crate) fn mean(values: &[f64], judged: Option<&(usize, Vec<bool>)>, place: usize) -> SheetCell {
    let Some(found) = Differences::of(values) else { return SheetCell::Nothing };
    let is_best = judged.is_some_and(|(best, _)| *best == place);
    SheetCell::Mean {
        mean: found.mean,
        std: (found.n > 1).then_some(found.sd),
        n: found.n as u64,
        best: is_best,
        tied: !is_best && judged.is_some_and(|(_, tied)| tied[place]),
    }
}

/// What a reader must know of the numbers.
fn caption(rows: &[RunRow], columns: &[Column], is_grouped: bool) -> String {
    let mut said = Vec::new();
    if is_grouped && columns.iter().any(Column::is_measured) {
        said.push("Mean ± standard deviation over seeds (number of runs).".to_owned());
    }
    if is_grouped && columns.iter().any(|column| column.told.higher_is_better.is_some()) {
        said.push(
            "Bold: the best; †: not separated from it (exact sign flips over pairs of one seed, Holm over the column, 0.05)."
                .to_owned(),
        );
    }
    let mut steps: Vec<u64> = rows.iter().filter_map(|row| row.total_steps).collect();
    steps.sort_unstable();
    steps.dedup();
    let of_steps = match steps.as_slice() {
        [only] => format!(" of {only} steps"),
        _ => String::new(),
    };
    let runs = if rows.len() == 1 { "run" } else { "runs" };
    said.push(format!("{} {runs}{of_steps}.", rows.len()));
    let left = rows.iter().filter(|row| !counts(row)).count();
    if is_grouped && left > 0 {
        let failed = rows.iter().filter(|row| row.state == RunState::Failed).count();
        said.push(format!(
            "{left} of them did not finish, or collapsed ({failed} failed), and are in no mean."
        ));
    }
    said.join(" ")
}

/// The column of a name of the filter language, or of a metric with its value.
pub(crate) fn titled(name: &str) -> Result<SheetColumn> {
    Ok(columns::column(name, &|_| None)?.told)
}

/// A column of this name, of plain numbers or texts.
pub(crate) fn told(name: &str, title: String) -> SheetColumn {
    SheetColumn { name: name.to_owned(), title, percent: false, higher_is_better: None }
}
