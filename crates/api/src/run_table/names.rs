//! What the runs of a workspace can be asked for: fields, parameters, metrics, events and keys from elsewhere, with the values to
//! choose from.

use std::collections::BTreeMap;

use vitals_recipe::PARAMETERS;
use vitals_recipe::query::{Field, Name, Row as _, Scalar};
use vitals_run::RunState;
use vitals_store::{MetricChoice, RunRow, RunSelection};

use super::{cell, holds};
use crate::Context;
use crate::dto::{NameOf, NameValue, RunName};
use crate::error::Result;
use crate::filter::Filtered;

/// More values than this are not chosen from.
const CHOICES: usize = 24;

/// Every name: fields and parameters whether or not runs have a value, the others where one has.
pub async fn names(context: &Context) -> Result<Vec<RunName>> {
    let rows = context.store().runs(&RunSelection::All, &MetricChoice::All).await?;
    let mut counted: Vec<Counted> = Vec::new();
    counted.extend(Field::ALL.iter().map(|field| Counted::new(NameOf::Field, Name::Field(*field))));
    counted
        .extend(PARAMETERS.iter().map(|known| Counted::new(NameOf::Parameter, Name::Parameter(known.name))));
    counted.extend(keys(&rows).into_iter().map(|key| Counted::new(NameOf::Config, Name::Config { key })));
    for row in &rows {
        let run = Filtered::new(row)?;
        counted.iter_mut().for_each(|one| one.count(run.lookup(&one.name)));
    }
    let mut names: Vec<RunName> = counted.into_iter().map(Counted::told).collect();
    names.extend(of_maps(&rows));
    Ok(names)
}

fn keys(rows: &[RunRow]) -> Vec<String> {
    let keys =
        rows.iter().filter_map(RunRow::imported).flat_map(|imported| imported.config.0.keys().cloned());
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Metrics and kinds of events, by how many runs have them.
fn of_maps(rows: &[RunRow]) -> Vec<RunName> {
    let mut metrics: BTreeMap<&String, u64> = BTreeMap::new();
    let mut events: BTreeMap<&String, u64> = BTreeMap::new();
    for row in rows {
        row.metrics.keys().for_each(|name| *metrics.entry(name).or_default() += 1);
        row.events.keys().for_each(|kind| *events.entry(kind).or_default() += 1);
    }
    let metric = |(metric, runs): (&String, u64)| {
        let name = Name::Metric { metric: metric.clone(), reading: vitals_recipe::Reading::Last };
        RunName { name: metric.clone(), of: NameOf::Metric, holds: holds(&name), runs, values: Vec::new() }
    };
    let event = |(kind, runs): (&String, u64)| {
        let name = Name::Events { kind: kind.clone() };
        RunName { name: name.to_string(), of: NameOf::Events, holds: holds(&name), runs, values: Vec::new() }
    };
    metrics.into_iter().map(metric).chain(events.into_iter().map(event)).collect()
}

/// A name, and how often it has which value.
struct Counted {
    of: NameOf,
    name: Name,
    runs: u64,
    /// By their text; values hold floats, which have no order.
    values: BTreeMap<String, (Scalar, u64)>,
    too_many: bool,
}

impl Counted {
    fn new(of: NameOf, name: Name) -> Self {
        Self { of, name, runs: 0, values: BTreeMap::new(), too_many: false }
    }

    fn count(&mut self, value: Option<Scalar>) {
        let Some(value) = value else { return };
        self.runs += 1;
        let each = match value {
            Scalar::List(words) => words.into_iter().map(Scalar::Text).collect(),
            one => vec![one],
        };
        if self.too_many {
            return;
        }
        for value in each {
            self.values.entry(format!("{value:?}")).or_insert((value, 0)).1 += 1;
        }
        if self.values.len() > CHOICES {
            self.too_many = true;
            self.values.clear();
        }
    }

    fn told(self) -> RunName {
        let name = self.name.to_string();
        let mut values: Vec<NameValue> =
            self.values.into_values().map(|(value, runs)| NameValue { value: cell(&value), runs }).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.runs));
        if self.name == Name::Field(Field::State) {
            // A filter may ask for a state that no run is in just now.
            for state in RunState::ALL.map(RunState::as_str) {
                let value = cell(&Scalar::Text(state.to_owned()));
                if values.iter().all(|known| known.value != value) {
                    values.push(NameValue { value, runs: 0 });
                }
            }
        }
        RunName { name, of: self.of, holds: holds(&self.name), runs: self.runs, values }
    }
}
