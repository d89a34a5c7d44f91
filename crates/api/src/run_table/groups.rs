//! Runs of a table that share some values, and what they have in common or on average.

use std::collections::HashMap;
use std::fmt::Debug;

use vitals_recipe::query::{Name, Scalar};
use vitals_run::RunState;
use vitals_series::Differences;
use vitals_store::RunRow;

use super::cell;
use crate::dto::{GroupCell, RunCell, RunGroup};
use crate::filter::{Order, is_measured};
use crate::number::small;

/// The groups and each run's place among them, in the order of the first run of each, or by their own value of the column that
/// the table is sorted by.
pub(super) fn of(
    rows: &[&RunRow],
    keys: &[Vec<Option<Scalar>>],
    columns: &[Name],
    values: &[Vec<Option<Scalar>>],
    sorted: Option<(usize, &Order)>,
) -> (Vec<RunGroup>, Vec<u32>) {
    let mut made: Vec<(RunGroup, Vec<usize>)> = alike(keys)
        .into_iter()
        .map(|members| {
            let cells = (0..columns.len()).map(|at| shared(rows, columns, values, &members, at)).collect();
            let group = RunGroup {
                key: keys[members[0]].iter().map(|value| value.as_ref().map(cell)).collect(),
                runs: small(members.len()),
                failed: small(members.iter().filter(|place| failed(rows[**place])).count()),
                cells,
            };
            (group, members)
        })
        .collect();
    if let Some((at, order)) = sorted {
        made.sort_by(|(a, _), (b, _)| {
            order.compare(sorts_by(&a.cells[at]).as_ref(), sorts_by(&b.cells[at]).as_ref())
        });
    }
    let mut places = vec![0; rows.len()];
    for (group, (_, members)) in made.iter().enumerate() {
        members.iter().for_each(|place| places[*place] = small(group));
    }
    (made.into_iter().map(|(group, _)| group).collect(), places)
}

/// The places of those that share a key, in the order of the first of each.
pub(crate) fn alike<K: Debug>(keys: &[K]) -> Vec<Vec<usize>> {
    // Values hold floats, which have no hash; their texts tell the same values apart.
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        let group = *known.entry(format!("{key:?}")).or_insert(members.len());
        match members.get_mut(group) {
            Some(group) => group.push(place),
            None => members.push(vec![place]),
        }
    }
    members
}

/// Its numbers do not stand for what was trained.
pub(crate) fn failed(row: &RunRow) -> bool {
    matches!(row.state, RunState::Failed | RunState::Lost)
        || row.stability.is_some_and(|stability| stability.failed)
}

/// Mean and spread over the runs that have a finite value and did not fail; `None` where there is none.
pub(crate) fn mean<'a>(values: impl Iterator<Item = (&'a RunRow, Option<f64>)>) -> Option<Differences> {
    let counted = values.filter(|(row, _)| !failed(row)).filter_map(|(_, value)| value);
    Differences::of(&counted.filter(|value| value.is_finite()).collect::<Vec<f64>>())
}

fn shared(
    rows: &[&RunRow],
    columns: &[Name],
    values: &[Vec<Option<Scalar>>],
    members: &[usize],
    at: usize,
) -> GroupCell {
    if is_measured(&columns[at]) {
        let number = |place: usize| match values[place][at] {
            Some(Scalar::Number(value)) => Some(value),
            _ => None,
        };
        return match mean(members.iter().map(|place| (rows[*place], number(*place)))) {
            None => GroupCell::Nothing,
            Some(found) => GroupCell::Mean {
                mean: found.mean,
                std: (found.n > 1).then_some(found.sd),
                n: small(found.n),
            },
        };
    }
    let first = &values[members[0]][at];
    match first {
        _ if members.iter().any(|place| values[*place][at] != *first) => GroupCell::Several,
        None => GroupCell::Nothing,
        Some(value) => GroupCell::Same { value: cell(value) },
    }
}

/// What a group is sorted by: its mean, or what its runs share.
fn sorts_by(cell: &GroupCell) -> Option<Scalar> {
    match cell {
        GroupCell::Mean { mean, .. } => Some(Scalar::Number(*mean)),
        GroupCell::Same { value: RunCell::Number(value) } => Some(Scalar::Number(value.value())),
        GroupCell::Same { value: RunCell::Text(text) } => Some(Scalar::Text(text.clone())),
        GroupCell::Same { value: RunCell::Flag(flag) } => Some(Scalar::Bool(*flag)),
        GroupCell::Same { value: RunCell::Words(_) } | GroupCell::Nothing | GroupCell::Several => None,
    }
}
