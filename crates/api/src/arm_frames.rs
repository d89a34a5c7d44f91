//! The mean curves of arms: each run is cut on one grid of pixel columns, and the seeds of an arm make one line of them with
//! its interval and its n. Means of the window's pixels would know neither.

use vitals_series::{ArmColumn, Grid, Interval, Summary, arm_columns};

use crate::Context;
use crate::decide::ENOUGH_FOR_INTERVAL;
use crate::dto::{ArmSeries, ArmsHeader, ArmsRequest};
use crate::error::Result;
use crate::framing::{check, named, window, with_header};
use crate::lines::{self as run_lines, Alike, Line};
use crate::number::small;

/// step, n, mean, low, high, min, max, nonfinite
const ARRAYS: usize = 8;

/// One series of one arm, cut.
pub(crate) struct ArmLine {
    arm: usize,
    name: String,
    unit: String,
    relative: bool,
    smoothing: f64,
    runs: usize,
    pub columns: Vec<ArmColumn>,
}

/// Ends of a column's interval, where enough seeds have a value for one.
pub(crate) fn bounds(column: &ArmColumn) -> Option<(f64, f64)> {
    let interval = column.interval.filter(|interval| interval.n >= ENOUGH_FOR_INTERVAL)?;
    Some((interval.low, interval.high))
}

impl ArmLine {
    /// Runs that have recorded it.
    pub fn runs(&self) -> usize {
        self.runs
    }

    fn values(&self) -> u64 {
        self.columns.iter().map(|column| column.count).sum()
    }
}

/// Answers a request with a binary frame (`dto::ArmsHeader` says the layout).
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn frame(context: &Context, request: &ArmsRequest) -> Result<Vec<u8>> {
    let (found, shown) = lines(context, request).await?;
    encode(&found, shown)
}

/// The lines that a request asks for, and the first and last step of their window.
pub(crate) async fn lines(context: &Context, request: &ArmsRequest) -> Result<(Vec<ArmLine>, (u64, u64))> {
    check(request.columns, request.arms.iter().map(Vec::len).sum(), &request.series)?;
    let runs = named(context, &request.arms.concat()).await?;
    let mut shown: Option<(u64, u64)> = None;
    let mut found = Vec::new();
    for alike in run_lines::alike(&request.series) {
        let alike = Alike { superseded: false, ..alike };
        let (from, to) = window(context, &runs, &alike.names, false, (request.from, request.to)).await?;
        shown = Some(shown.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
        let grid = Grid::for_series(runs.len() * alike.names.len(), from, to, request.columns);
        let mut read = run_lines::read(context, &runs, &[(alike.clone(), grid)], false, None).await?;
        for (arm, ids) in request.arms.iter().enumerate() {
            let own: Vec<Line> = read.drain(..ids.len()).flatten().collect();
            found.extend(of_arm(arm, &own, &alike, grid));
        }
    }
    Ok((found, shown.unwrap_or((0, 0))))
}

/// The series of an arm, from the lines of its runs.
fn of_arm(arm: usize, lines: &[Line], alike: &Alike, grid: Grid) -> Vec<ArmLine> {
    let mut found = Vec::new();
    for name in &alike.names {
        let own = || lines.iter().filter(|line| line.name == *name);
        let seeds: Vec<&[Summary]> = own().map(|line| line.columns.as_slice()).collect();
        let Some(first) = own().next() else { continue };
        found.push(ArmLine {
            arm,
            name: name.clone(),
            unit: first.unit.clone(),
            relative: alike.relative,
            smoothing: alike.smoothing,
            runs: seeds.len(),
            columns: arm_columns(&seeds, grid),
        });
    }
    found
}

fn encode(lines: &[ArmLine], (from, to): (u64, u64)) -> Result<Vec<u8>> {
    let header = |base: u32| {
        let mut offset = base as usize;
        let series = lines.iter().map(|line| {
            let at = offset;
            offset += line.columns.len() * ARRAYS * 8;
            ArmSeries {
                arm: small(line.arm),
                name: line.name.clone(),
                unit: line.unit.clone(),
                relative: line.relative,
                smoothing: line.smoothing,
                runs: small(line.runs),
                columns: small(line.columns.len()),
                values: line.values(),
                offset: small(at),
            }
        });
        ArmsHeader {
            series: series.collect(),
            from: from as f64,
            to: to as f64,
            values: lines.iter().map(ArmLine::values).sum(),
        }
    };
    let total: usize = lines.iter().map(|line| line.columns.len() * ARRAYS * 8).sum();
    let mut bytes = with_header(total, header)?;
    for line in lines {
        let mut array = |value: &dyn Fn(&ArmColumn) -> f64| {
            for column in &line.columns {
                bytes.extend_from_slice(&value(column).to_le_bytes());
            }
        };
        let of = |column: &ArmColumn, part: fn(Interval) -> f64| column.interval.map_or(f64::NAN, part);
        array(&|column| column.first_step as f64);
        array(&|column| column.interval.map_or(0.0, |interval| interval.n as f64));
        array(&|column| of(column, |interval| interval.mean));
        array(&|column| bounds(column).map_or(f64::NAN, |(low, _)| low));
        array(&|column| bounds(column).map_or(f64::NAN, |(_, high)| high));
        array(&|column| column.min);
        array(&|column| column.max);
        array(&|column| column.nonfinite as f64);
    }
    Ok(bytes)
}
