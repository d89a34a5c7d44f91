//! The stability map: runs that differ in nothing but their seeds make a cell, with n, mean and spread of what can be coloured
//! by. A failed run is counted and in no mean, as in the groups of the table of runs.

pub(crate) mod axes;
mod table;

use std::collections::BTreeSet;

use vitals_recipe::query::{Field, Name, Row as _, Scalar};
use vitals_recipe::{Metric, Reading};
use vitals_run::RunState;
use vitals_series::median;
use vitals_store::{MetricChoice, RunRow};

use crate::decide::ENOUGH_FOR_INTERVAL;
use crate::dto::{MapBy, MapCell, MapLead, MapMean, MapRun, Number, StabilityMap};
use crate::error::Result;
use crate::filter::{self, Filtered};
use crate::number::small;
use crate::stability::stability;
use crate::{Context, events, objective, run_table, runs};

pub use table::text;

/// The map of the runs that a condition takes.
///
/// # Errors
/// `invalid_input` for a condition or a metric that cannot be read.
pub async fn map(context: &Context, asked: &MapBy) -> Result<StabilityMap> {
    let chosen = asked.metric.as_deref().map(filter::column).transpose()?;
    // Names of layers' metrics have a slash; most maps show none, and there are many.
    let asks_layers = [Some(asked.filter.as_str()), asked.metric.as_deref()].into_iter().flatten();
    let choice = match asks_layers.into_iter().any(|text| text.contains('/')) {
        true => MetricChoice::All,
        false => MetricChoice::Plain,
    };
    let mut rows = runs::matching(context, &asked.filter, &choice).await?;
    rows.retain(is_mapped);

    let objective = objective::declared(context, rows.iter().filter_map(|row| row.sweep).collect()).await?;
    let plain = rows.iter().flat_map(|row| row.metrics.keys()).filter(|name| !name.contains('/'));
    let metrics: BTreeSet<String> = plain.cloned().collect();
    let metric = chosen.unwrap_or_else(|| usual(objective.as_deref(), &metrics));

    let mut values = Vec::with_capacity(rows.len());
    for row in &rows {
        values.push(Values::of(context, row, &metric, asked.leads).await?);
    }
    let axes::Axes { names, keys } = axes::of(&rows)?;
    let members = run_table::alike(&keys);
    let mut cells = vec![0; rows.len()];
    for (cell, members) in members.iter().enumerate() {
        members.iter().for_each(|place| cells[*place] = small(cell));
    }
    let of_cell = |members: &Vec<usize>| MapCell {
        key: keys[members[0]].clone(),
        runs: small(members.len()),
        failed: small(members.iter().filter(|place| run_table::failed(&rows[**place])).count()),
        metric: mean(&rows, members, |place| values[place].metric),
        score: mean(&rows, members, |place| values[place].score),
        spikes_per_1000_steps: mean(&rows, members, |place| values[place].spikes),
        lead: lead(members.iter().flat_map(|place| values[*place].leads.iter().copied()).collect()),
    };
    let told = rows.iter().zip(&values).zip(&cells).map(|((row, values), cell)| MapRun {
        id: row.id.to_string(),
        label: row.label.clone(),
        seed: row.trained().map(|trained| trained.seed),
        state: row.state.as_str().to_owned(),
        evidence_code: row.evidence_code.clone(),
        cell: *cell,
        failed: run_table::failed(row),
        metric: values.metric.map(Number::from),
        score: values.score,
        spikes_per_1000_steps: values.spikes,
        lead: median(values.leads.clone()),
        events: row.events.clone(),
        effective_learning_rate: values.effective_learning_rate,
    });
    Ok(StabilityMap {
        holds: run_table::holds(&metric),
        metric: metric.to_string(),
        objective,
        metrics: metrics.into_iter().collect(),
        names,
        cells: members.iter().map(of_cell).collect(),
        runs: told.collect(),
    })
}

/// Probes judge other runs, and what was cancelled before its first step tells nothing.
pub(crate) fn is_mapped(row: &RunRow) -> bool {
    row.probed.is_none() && (row.steps_done > 0 || row.state != RunState::Cancelled)
}

/// The last value of what the sweeps are after, of kNN accuracy or of the loss: the first that any run has. What is after a layer's
/// metric would ask for those of all layers.
fn usual(objective: Option<&str>, metrics: &BTreeSet<String>) -> Name {
    let usual = objective.into_iter().chain([Metric::KnnTop1.name(), Metric::Loss.name()]);
    let metric = usual.into_iter().find(|name| metrics.contains(*name)).unwrap_or(Metric::KnnTop1.name());
    Name::Metric { metric: metric.to_owned(), reading: Reading::Last }
}

/// What a run has of each that a map is coloured by.
struct Values {
    metric: Option<f64>,
    score: Option<f64>,
    spikes: Option<f64>,
    leads: Vec<f64>,
    effective_learning_rate: Option<f64>,
}

impl Values {
    async fn of(context: &Context, row: &RunRow, metric: &Name, leads: bool) -> Result<Self> {
        let run = Filtered::with(context, row, &[metric]).await?;
        let number = |name: &Name| match run.lookup(name) {
            Some(Scalar::Number(value)) => Some(value),
            _ => None,
        };
        let counted = stability(row, None).filter(|_| row.steps_done > 0);
        Ok(Self {
            metric: number(metric),
            score: number(&Name::Field(Field::Stability)),
            spikes: counted.map(|stability| stability.spike_rate().per_1000_steps),
            leads: if leads { events::leads(context, row).await? } else { Vec::new() },
            effective_learning_rate: number(&Name::Field(Field::EffectiveLearningRate)),
        })
    }
}

fn mean(rows: &[RunRow], members: &[usize], value: impl Fn(usize) -> Option<f64>) -> Option<MapMean> {
    let found = run_table::mean(members.iter().map(|place| (&rows[*place], value(*place))))?;
    Some(MapMean {
        mean: found.mean,
        std: (found.n > 1).then_some(found.sd),
        interval: (found.n >= ENOUGH_FOR_INTERVAL).then(|| found.interval(0.05)),
        n: small(found.n),
    })
}

fn lead(leads: Vec<f64>) -> Option<MapLead> {
    let spikes = small(leads.len());
    let low = leads.iter().copied().fold(f64::INFINITY, f64::min);
    let high = leads.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(MapLead { median: median(leads)?, low, high, spikes })
}
