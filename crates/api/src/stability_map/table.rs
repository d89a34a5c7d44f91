//! The cells of a map as a table: what its runs were given, how many there are and how many failed, and each mean with its spread and n.

use std::cmp::Ordering;

use serde_json::Value;

use crate::Context;
use crate::dto::{
    MapBy, MapCell, MapMean, MapTextBy, Number, Sheet, SheetCell, SheetColumn, SheetText, StabilityMap,
};
use crate::error::Result;
use crate::tabulate::{self, told};

/// The table in one of [`tabulate::FORMATS`].
///
/// # Errors
/// `invalid_input` for another format, and where the map has none.
pub async fn text(context: &Context, asked: &MapTextBy) -> Result<SheetText> {
    let map = super::map(context, &asked.of).await?;
    Ok(SheetText { text: tabulate::write(&sheet(&map, &asked.of)?, &asked.format)? })
}

/// A row for each cell, in the order of what its runs were given.
fn sheet(map: &StabilityMap, asked: &MapBy) -> Result<Sheet> {
    let axes: Vec<usize> = (0..map.names.len()).filter(|at| !map.names[*at].follows).collect();
    let mut cells: Vec<&MapCell> = map.cells.iter().collect();
    cells.sort_by(|one, other| {
        let orders = axes.iter().map(|at| order(one.key[*at].as_ref(), other.key[*at].as_ref()));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    let name = |at: &usize| told(&map.names[*at].name, map.names[*at].name.replace('_', " "));
    let measure = |name: &str, title: &str| told(name, title.to_owned());
    let mut columns: Vec<SheetColumn> = axes.iter().map(name).collect();
    columns.extend([measure("runs", "runs"), measure("failed", "failed"), tabulate::titled(&map.metric)?]);
    columns.extend([
        measure("stability", "stability score"),
        measure("spikes_per_1000_steps", "spikes per 1,000 steps"),
    ]);
    if asked.leads {
        columns.extend([measure("lead", "lead, steps"), measure("lead_spikes", "spikes with a lead")]);
    }
    let row = |cell: &&MapCell| {
        let mut row: Vec<SheetCell> = axes.iter().map(|at| given(cell.key[*at].as_ref())).collect();
        row.extend([number(cell.runs), number(cell.failed)]);
        row.extend([mean(cell.metric), mean(cell.score), mean(cell.spikes_per_1000_steps)]);
        if asked.leads {
            let spikes = cell.lead.map_or(SheetCell::Nothing, |lead| number(lead.spikes));
            let median = cell
                .lead
                .map_or(SheetCell::Nothing, |lead| SheetCell::Number { value: Number::from(lead.median) });
            row.extend([median, spikes]);
        }
        row
    };
    let runs = map.runs.len() as u64;
    Ok(Sheet { columns, rows: cells.iter().map(row).collect(), runs, caption: caption(map, asked) })
}

/// Numbers by size and before words; what was not given comes first.
fn order(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None => 0,
        Some(Value::Number(_)) => 1,
        Some(_) => 2,
    };
    let number = |value: Option<&Value>| value.and_then(Value::as_f64).unwrap_or_default();
    let word = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    (rank(one).cmp(&rank(other)))
        .then_with(|| number(one).total_cmp(&number(other)))
        .then_with(|| if rank(one) == 2 { word(one).cmp(&word(other)) } else { Ordering::Equal })
}

fn given(value: Option<&Value>) -> SheetCell {
    match value {
        None | Some(Value::Null) => SheetCell::Nothing,
        Some(Value::String(text)) => SheetCell::Text { text: text.clone() },
        Some(value) => match value.as_f64() {
            Some(value) => SheetCell::Number { value: Number::from(value) },
            None => SheetCell::Text { text: value.to_string() },
        },
    }
}

fn number(count: u32) -> SheetCell {
    SheetCell::Number { value: Number::from(f64::from(count)) }
}

fn mean(found: Option<MapMean>) -> SheetCell {
    found.map_or(SheetCell::Nothing, |MapMean { mean, std, n, .. }| SheetCell::Mean {
        mean,
        std,
        n: u64::from(n),
        best: false,
        tied: false,
    })
}

/// What a reader must know of the numbers.
fn caption(map: &StabilityMap, asked: &MapBy) -> String {
    let mut said = vec!["Mean ± standard deviation over seeds (number of runs).".to_owned()];
    let failed = map.runs.iter().filter(|run| run.failed).count();
    let runs = map.runs.len();
    let plural = if runs == 1 { "run" } else { "runs" };
    said.push(format!("{runs} {plural} in {} cells.", map.cells.len()));
    if failed > 0 {
        said.push(format!("{failed} failed, collapsed or were lost: counted, and in no mean."));
    }
    if asked.leads {
        said.push("Lead: median over the spikes of a cell that have one.".to_owned());
    }
    said.join(" ")
}
