//! Last, least and greatest of the values in force, for all columns of one shape: what a list of runs shows without
//! reading a series. Kept up to date by ingest, computed anew when an attempt supersedes recorded steps.

use vitals_journal::StepRange;

use crate::codec::{Group, Input, put_varint};
use crate::{Result, StoreError};

const VERSION: u8 = 1;

/// One metric over the values in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricSummary {
    /// The value at the greatest step; may be non-finite.
    pub last: f64,
    /// Over finite values only; none where there is none.
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub nonfinite: u64,
    /// How many values are in force.
    pub values: u64,
    pub first_step: u64,
    pub last_step: u64,
}

impl MetricSummary {
    /// The summary of two disjoint sets of values of the same metric.
    pub(crate) fn merge(self, other: Self) -> Self {
        let later = if other.last_step >= self.last_step { other } else { self };
        Self {
            last: later.last,
            min: self.min.into_iter().chain(other.min).reduce(f64::min),
            max: self.max.into_iter().chain(other.max).reduce(f64::max),
            nonfinite: self.nonfinite + other.nonfinite,
            values: self.values + other.values,
            first_step: self.first_step.min(other.first_step),
            last_step: later.last_step,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ColumnState {
    last: f64,
    /// `min > max` while no finite value was seen.
    min: f64,
    max: f64,
    nonfinite: u64,
}

/// The running state of one shape in one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShapeSummary {
    rows: u64,
    first_step: u64,
    last_step: u64,
    columns: Vec<ColumnState>,
}

impl ShapeSummary {
    pub(crate) fn new(columns: usize) -> Self {
        let empty = ColumnState { last: f64::NAN, min: f64::INFINITY, max: f64::NEG_INFINITY, nonfinite: 0 };
        Self { rows: 0, first_step: 0, last_step: 0, columns: vec![empty; columns] }
    }

    /// The greatest step in force.
    pub(crate) fn last_step(&self) -> Option<u64> {
        (self.rows > 0).then_some(self.last_step)
    }

    /// Takes the rows of `group` whose steps lie in `range`.
    pub(crate) fn absorb(&mut self, group: &Group, range: StepRange) {
        let inside: Vec<bool> = group.steps.iter().map(|s| range.contains(*s)).collect();
        let mut latest = None;
        for (row, &step) in group.steps.iter().enumerate().filter(|(row, _)| inside[*row]) {
            self.first_step = if self.rows == 0 { step } else { self.first_step.min(step) };
            if self.rows == 0 || step >= self.last_step {
                self.last_step = step;
                latest = Some(row);
            }
            self.rows += 1;
        }
        for (state, values) in self.columns.iter_mut().zip(&group.columns) {
            if let Some(row) = latest {
                state.last = values[row];
            }
            for (&value, _) in values.iter().zip(&inside).filter(|(_, inside)| **inside) {
                if value.is_finite() {
                    state.min = if value < state.min { value } else { state.min };
                    state.max = if value > state.max { value } else { state.max };
                } else {
                    state.nonfinite += 1;
                }
            }
        }
    }

    /// The summary of one column, where there is a value.
    pub(crate) fn metric(&self, column: usize) -> Option<MetricSummary> {
        let state = self.columns.get(column)?;
        let finite = state.min <= state.max;
        (self.rows > 0).then(|| MetricSummary {
            last: state.last,
            min: finite.then_some(state.min),
            max: finite.then_some(state.max),
            nonfinite: state.nonfinite,
            values: self.rows,
            first_step: self.first_step,
            last_step: self.last_step,
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.columns.len() * 25);
        out.push(VERSION);
        put_varint(&mut out, self.rows);
        put_varint(&mut out, self.first_step);
        put_varint(&mut out, self.last_step);
        put_varint(&mut out, self.columns.len() as u64);
        for column in &self.columns {
            for value in [column.last, column.min, column.max] {
                out.extend_from_slice(&value.to_le_bytes());
            }
            put_varint(&mut out, column.nonfinite);
        }
        out
    }

    pub(crate) fn decode(data: &[u8]) -> Result<Self> {
        let mut input = Input { rest: data };
        if input.byte()? != VERSION {
            return Err(StoreError::Corrupt { what: "summary of an unknown version".to_owned() });
        }
        let (rows, first_step, last_step) = (input.varint()?, input.varint()?, input.varint()?);
        let count = input.length()?;
        let mut columns = Vec::new();
        for _ in 0..count {
            let values = input.f64s(3)?;
            let nonfinite = input.varint()?;
            columns.push(ColumnState { last: values[0], min: values[1], max: values[2], nonfinite });
        }
        Ok(Self { rows, first_step, last_step, columns })
    }
}
