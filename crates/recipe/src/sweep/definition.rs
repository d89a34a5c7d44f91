//! A sweep as written: what its file says, checked value by value, with the place of every value. Nothing here is
//! resolved or expanded yet.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::condition::Condition;
use super::diagnostic::Diagnostic;
use super::place::LineIndex;
use crate::preset::Preset;
use crate::reading::Reading;

/// The form of sweep files that this version reads and writes.
pub(crate) const SWEEP_FORMAT: u64 = 1;

/// Most runs that one sweep may have.
pub(crate) const MAX_RUNS: u64 = 10_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    pub value: T,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// A sweep definition.
#[derive(Debug, Clone)]
pub struct Sweep {
    pub name: String,
    pub description: String,
    pub seeds: Vec<u64>,
    pub preset: Option<Placed<&'static Preset>>,
    /// Overrides of the preset: parameter and value.
    pub recipe: Vec<(&'static str, Placed<Value>)>,
    pub axes: Vec<Axis>,
    pub exclusions: Vec<Exclusion>,
    pub sample: Option<Sample>,
    pub objective: Option<Objective>,
    pub decide: Option<Decide>,
    /// Findings of reading that do not forbid the sweep.
    pub warnings: Vec<Diagnostic>,
    pub(crate) lines: LineIndex,
    /// Parameters whose value was refused: what depends on them cannot be judged.
    pub(crate) refused: BTreeSet<&'static str>,
    pub(crate) recipe_span: Range<usize>,
}

/// How an axis is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AxisForm {
    Values,
    Range,
    Log,
    Linear,
    Zip,
}

/// One dimension of the grid: one parameter, or several that move together.
#[derive(Debug, Clone)]
pub struct Axis {
    pub parameters: Vec<&'static str>,
    /// One row a step of the axis, one value a parameter.
    pub rows: Vec<Vec<Placed<Value>>>,
    pub form: AxisForm,
    pub span: Range<usize>,
}

/// Points to leave out: those that meet every condition.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// Parameter and condition; a parameter may have several.
    pub conditions: Vec<(&'static str, Condition)>,
    /// Its place among the file's exclusions, from 0.
    pub index: u32,
    pub span: Range<usize>,
}

/// A random subset of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub count: u64,
    pub seed: u64,
    pub span: Range<usize>,
}

/// What "best" means in this sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    pub metric: String,
    pub goal: Goal,
}

/// How the runs of this sweep are judged, declared before they are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// Which value of the objective's metric stands for a run.
    pub value: Reading,
    /// The smallest difference that would matter, in the metric's unit as it is stored.
    pub smallest_effect: Option<f64>,
    /// Numbers of pairs at which it is looked, rising.
    pub looks: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    Maximize,
    Minimize,
}
