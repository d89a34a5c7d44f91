//! What the columns of a header hold: steps, times, values. The form that we write ourselves is taken to the letter; those
//! of other programs are known by the names of their columns, and what is read otherwise than it stands is noticed.

use std::collections::BTreeSet;

use vitals_recipe::Names;

use super::records::Record;
use super::wrong::Wrong;
use super::{ELAPSED, STEP};
use crate::said::{Misfit, Noticed, TableAdvice};

/// What steps are called, the surest first: without any other an epoch counts them.
const STEPS: &[&str] =
    &["step", "_step", "global_step", "trainer/global_step", "iteration", "iterations", "iter", "epoch"];
/// Seconds since the start.
const DURATIONS: &[&str] =
    &["elapsed_seconds", "_runtime", "relative time (process)", "relative time (wall)", "relative time"];
/// Moments of the clock.
const MOMENTS: &[&str] = &["wall time", "wall_time", "walltime", "_timestamp", "timestamp"];
/// What a row's number is called where the index is written.
const INDEXES: &[&str] = &["", "index", "unnamed: 0"];
/// The long form: one value a row, whose metric another column names.
const METRICS: &[&str] = &["key", "metric", "metric_name", "tag", "name"];
const VALUES: &[&str] = &["value", "metric_value"];
const RUNS: &[&str] = &["run_id", "run id", "run_uuid", "run", "run_name"];
const NAN_FLAG: &str = "is_nan";
/// Columns that W&B adds to each it draws.
const BOUNDS: [&str; 2] = ["__MIN", "__MAX"];
/// Between run and metric in W&B's columns.
const RUN_AND_METRIC: &str = " - ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Seconds since the start.
    Elapsed,
    /// Seconds, or a thousandth, millionth or billionth of them, since 1970.
    Moment,
}

#[derive(Debug, PartialEq)]
pub(super) enum Values {
    /// One metric a column.
    Wide(Vec<(usize, String)>),
    /// One value a row.
    Long { metric: usize, value: usize, run: Option<usize>, is_nan: Option<usize> },
}

/// What stands where.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    /// Our own form: every cell is a number or empty.
    pub is_own: bool,
    /// The program that wrote it, where its form tells.
    pub tool: Option<&'static str>,
    /// What the run is called in the header.
    pub run: Option<String>,
    pub step: usize,
    pub time: Option<(usize, Time)>,
    pub values: Values,
    /// Columns without a name, in which nothing may stand.
    pub nameless: Vec<usize>,
    pub noticed: Vec<Noticed>,
}

/// Whether a column of this name, behind `step`, means something of its own where `elapsed_seconds` does not tell the form.
pub(super) fn is_special(name: &str) -> bool {
    let plain = name.trim().to_lowercase();
    let is_known =
        [DURATIONS, MOMENTS, METRICS, VALUES, RUNS].iter().any(|names| names.contains(&plain.as_str()));
    is_known || name.trim() != name || BOUNDS.iter().any(|bound| name.ends_with(bound))
}

impl Layout {
    /// # Errors
    /// No column holds steps, or none values; two have one name; several runs.
    pub fn of(head: &Record) -> Result<Self, Wrong> {
        let begins_as_ours = head.cell(0) == STEP;
        if begins_as_ours && (head.cell(1) == ELAPSED || !head.cells().skip(1).any(is_special)) {
            return own(head);
        }
        Foreign::of(head).layout()
    }

    /// Whether a header with these cells has a column that steps may stand in.
    pub fn has_steps(head: &Record) -> bool {
        head.cells().any(|cell| position(STEPS, &[cell.trim().to_owned()]).is_some())
    }
}

fn own(head: &Record) -> Result<Layout, Wrong> {
    let timed = head.cell(1) == ELAPSED && head.len() > 1;
    let (mut names, mut known): (Vec<(usize, String)>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
    for at in 1 + usize::from(timed)..head.len() {
        let name = head.cell(at).to_owned();
        if name.is_empty() || name == STEP || !known.insert(head.cell(at)) {
            return Err(head.wrong(at, Misfit::BadName { name }, TableAdvice::Names));
        }
        names.push((at, name));
    }
    if names.is_empty() {
        return Err(head.wrong(0, Misfit::NoMetric, TableAdvice::Header));
    }
    Ok(Layout {
        is_own: true,
        tool: None,
        run: None,
        step: 0,
        time: timed.then_some((1, Time::Elapsed)),
        values: Values::Wide(names),
        nameless: Vec::new(),
        noticed: Vec::new(),
    })
}

/// The column that bears the first of the names that any bears.
fn position(wanted: &[&str], names: &[String]) -> Option<usize> {
    wanted.iter().find_map(|wanted| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
}

/// A header of another program.
struct Foreign<'a> {
    head: &'a Record,
    names: Vec<String>,
    /// Columns that are spoken for.
    taken: BTreeSet<usize>,
    noticed: Vec<Noticed>,
}

impl<'a> Foreign<'a> {
    fn of(head: &'a Record) -> Self {
        let names = head.cells().map(|cell| cell.trim().to_owned()).collect();
        Self { head, names, taken: BTreeSet::new(), noticed: Vec::new() }
    }

    fn layout(mut self) -> Result<Layout, Wrong> {
        let is_drawn = self.leave_out_bounds();
        let run = if is_drawn { self.take_run()? } else { None };
        let step = self.take_steps()?;
        let time = self.take_times();
        let tool = self.tool(is_drawn);
        let find = |wanted: &[&str]| position(wanted, &self.names).filter(|at| !self.taken.contains(at));
        let values = match (find(METRICS), find(VALUES)) {
            (Some(metric), Some(value)) => {
                Values::Long { metric, value, run: find(RUNS), is_nan: find(&[NAN_FLAG]) }
            }
            _ => Values::Wide(Vec::new()),
        };
        let rest: Vec<usize> = (0..self.names.len()).filter(|at| !self.taken.contains(at)).collect();
        let nameless = rest.iter().copied().filter(|at| self.names[*at].is_empty()).collect();
        let values = match values {
            Values::Wide(_) => Values::Wide(self.wide(&rest)?),
            long => {
                self.leave_out_others(&long, &rest);
                long
            }
        };
        Ok(Layout { is_own: false, tool, run, step, time, values, nameless, noticed: self.noticed })
    }

    /// W&B draws a line as means of samples, with the least and the greatest beside it. Returns whether it did so here.
    fn leave_out_bounds(&mut self) -> bool {
        let known: BTreeSet<&str> = self.names.iter().map(String::as_str).collect();
        let is_bound = |name: &str| {
            BOUNDS.iter().any(|bound| name.strip_suffix(bound).is_some_and(|base| known.contains(base)))
        };
        let bounds: Vec<usize> = (0..self.names.len()).filter(|at| is_bound(&self.names[*at])).collect();
        if bounds.is_empty() {
            return false;
        }
        let columns: Names = bounds.iter().map(|at| self.names[*at].clone()).collect();
        self.noticed.push(Noticed::LeftOutBounds { columns });
        self.taken.extend(bounds);
        true
    }

    /// Takes the run's name off the names of W&B's columns.
    fn take_run(&mut self) -> Result<Option<String>, Wrong> {
        let split = |name: &String| {
            name.rsplit_once(RUN_AND_METRIC).map(|(run, metric)| (run.to_owned(), metric.to_owned()))
        };
        let named: Vec<(usize, (String, String))> = (0..self.names.len())
            .filter(|at| !self.taken.contains(at))
            .filter_map(|at| Some((at, split(&self.names[at])?)))
            .collect();
        let runs: BTreeSet<String> = named.iter().map(|(_, (run, _))| run.clone()).collect();
        if runs.len() > 1 {
            let said = Misfit::SeveralRuns { runs: runs.into_iter().collect() };
            return Err(self.head.wrong(named[0].0, said, TableAdvice::OneRun));
        }
        for (at, (_, metric)) in named {
            self.names[at] = metric;
        }
        let run = runs.into_iter().next();
        if let Some(name) = &run {
            self.noticed.push(Noticed::RunName { name: name.clone() });
        }
        Ok(run)
    }

    fn take_steps(&mut self) -> Result<usize, Wrong> {
        let index = position(INDEXES, &self.names[..1]);
        let step = match (position(STEPS, &self.names), index) {
            (Some(step), index) => {
                if let Some(index) = index {
                    self.noticed.push(Noticed::LeftOutIndex { name: self.names[index].clone() });
                    self.taken.insert(index);
                }
                if !self.names[step].eq_ignore_ascii_case(STEP) {
                    self.noticed.push(Noticed::StepColumn { name: self.names[step].clone() });
                }
                step
            }
            (None, Some(index)) => {
                self.noticed.push(Noticed::IndexIsStep);
                index
            }
            (None, None) => {
                let columns = self.names.iter().cloned().collect();
                return Err(self.head.wrong(0, Misfit::NoSteps { columns }, TableAdvice::Header));
            }
        };
        self.taken.insert(step);
        Ok(step)
    }

    fn take_times(&mut self) -> Option<(usize, Time)> {
        let is_time = |at: &usize| {
            let known = [DURATIONS, MOMENTS].concat();
            known.iter().any(|name| self.names[*at].eq_ignore_ascii_case(name))
        };
        let all: Vec<usize> = (0..self.names.len()).filter(is_time).collect();
        let elapsed = position(DURATIONS, &self.names).map(|at| (at, Time::Elapsed));
        let (at, time) = elapsed.or_else(|| Some((position(MOMENTS, &self.names)?, Time::Moment)))?;
        let others: Vec<String> =
            all.iter().filter(|other| **other != at).map(|other| self.names[*other].clone()).collect();
        if time == Time::Moment {
            self.noticed.push(Noticed::TimeColumn { name: self.names[at].clone() });
        }
        if !others.is_empty() {
            self.noticed.push(Noticed::LeftOutTimes { columns: others.into_iter().collect() });
        }
        self.taken.extend(all);
        Some((at, time))
    }

    fn tool(&self, is_drawn: bool) -> Option<&'static str> {
        let is = |wanted: &[&str]| {
            wanted.len() == self.names.len()
                && wanted.iter().all(|name| self.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        };
        if is_drawn {
            Some("wandb")
        } else if is(&["wall time", "step", "value"]) {
            Some("tensorboard")
        } else if is(&["run_id", "key", "value", "step", "timestamp"])
            || is(&["run_uuid", "key", "value", "step", "timestamp", "is_nan"])
        {
            Some("mlflow")
        } else {
            None
        }
    }

    fn wide(&self, rest: &[usize]) -> Result<Vec<(usize, String)>, Wrong> {
        let mut columns: Vec<(usize, String)> = Vec::new();
        let mut known = BTreeSet::new();
        for &at in rest {
            let name = self.names[at].clone();
            if name == STEP || !name.is_empty() && !known.insert(name.clone()) {
                return Err(self.head.wrong(at, Misfit::BadName { name }, TableAdvice::Names));
            }
            if !name.is_empty() {
                columns.push((at, name));
            }
        }
        if columns.is_empty() {
            return Err(self.head.wrong(0, Misfit::NoMetric, TableAdvice::Header));
        }
        Ok(columns)
    }

    fn leave_out_others(&mut self, long: &Values, rest: &[usize]) {
        let Values::Long { metric, value, run, is_nan } = long else { return };
        let used = [Some(*metric), Some(*value), *run, *is_nan];
        let others: Vec<String> = rest
            .iter()
            .filter(|at| !used.contains(&Some(**at)) && !self.names[**at].is_empty())
            .map(|at| self.names[*at].clone())
            .collect();
        if !others.is_empty() {
            self.noticed.push(Noticed::LeftOutOthers { columns: others.into_iter().collect() });
        }
    }
}
