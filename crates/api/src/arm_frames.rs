//! The mean curves of arms: each run is cut on one grid of pixel columns, and the seeds of an arm make one line of them with
//! its interval and its n. Means of the window's pixels would know neither.

use tokio::task::JoinSet;
use vitals_series::{ArmColumn, Grid, Interval, Summary, arm_columns};
use vitals_store::RunId;

use crate::Context;
use crate::decide::ENOUGH_FOR_INTERVAL;
use crate::dto::{ApiError, ArmSeries, ArmsHeader, ArmsRequest};
use crate::error::Result;
use crate::framing::{check, window, with_header};
use crate::lines::{self as run_lines, Alike, Line};
use crate::number::small;
use crate::runs;
use crate::said::Failure;

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
    let mut runs: Vec<(usize, RunId)> = Vec::new();
    for (arm, ids) in request.arms.iter().enumerate() {
        for id in ids {
            runs.push((arm, runs::resolve(context, id).await?));
        }
    }
    let of_all: Vec<RunId> = runs.iter().map(|(_, run)| *run).collect();
    let mut shown: Option<(u64, u64)> = None;
    let mut found = Vec::new();
    for alike in run_lines::alike(&request.series) {
        let alike = Alike { superseded: false, ..alike };
        let (from, to) = window(context, &of_all, &alike.names, false, (request.from, request.to)).await?;
        shown = Some(shown.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
        let grid = Grid::for_series(runs.len() * alike.names.len(), from, to, request.columns);
        let read = read(context, &runs, &alike, grid).await?;
        found.extend(of_arms(&read, request.arms.len(), &alike, grid));
    }
    Ok((found, shown.unwrap_or((0, 0))))
}

/// The lines of all runs, in their order, each with its arm. They are read side by side, as many as the store lets.
async fn read(
    context: &Context,
    runs: &[(usize, RunId)],
    alike: &Alike,
    grid: Grid,
) -> Result<Vec<(usize, Line)>> {
    let mut reading = JoinSet::new();
    for (place, &(arm, run)) in runs.iter().enumerate() {
        let (context, asked) = (context.clone(), [(alike.clone(), grid)]);
        reading.spawn(async move {
            let lines = run_lines::read(&context, run, &asked, false, None).await?;
            Ok::<_, ApiError>((place, arm, lines))
        });
    }
    let mut read = Vec::with_capacity(runs.len());
    while let Some(answer) = reading.join_next().await {
        read.push(answer.map_err(|error| ApiError::failed(Failure::answer(&error)))??);
    }
    read.sort_by_key(|(place, ..)| *place);
    Ok(read.into_iter().flat_map(|(_, arm, lines)| lines.into_iter().map(move |line| (arm, line))).collect())
}

fn of_arms(lines: &[(usize, Line)], arms: usize, alike: &Alike, grid: Grid) -> Vec<ArmLine> {
    let mut found = Vec::new();
    for arm in 0..arms {
        for name in &alike.names {
            let own =
                || lines.iter().filter(|(of, line)| *of == arm && line.name == *name).map(|(_, line)| line);
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
