//! The window's data path: what a chart shows, cut to pixel columns here, sent as one binary frame. Raw series never
//! cross; every extreme and every non-finite value of the window does.

use std::sync::Arc;

use vitals_series::{Frame, Summary, frame as cut, relative_to_running_median, smooth_ema};
use vitals_store::{RunId, Series, SeriesQuery};

use crate::Context;
use crate::dto::{ApiError, FrameAxis, FrameHeader, FrameRequest, FrameSeries, SeriesRequest};
use crate::error::Result;
use crate::runs;

/// Runs and series in one frame, and columns of it: bounds what a request can cost.
pub(crate) const MAX_SERIES: usize = 4_000;
pub(crate) const MAX_COLUMNS: u32 = 16_384;
/// Steps behind a value whose median it is divided by.
pub(crate) const MEDIAN_WINDOW: usize = 100;
/// f64 arrays of one series: step, min, max, mean, first, last, nonfinite; x comes as another where it is asked for.
const ARRAYS: usize = 7;

/// One non-empty bucket of a series.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// First step in the bucket.
    pub step: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
}

/// Cuts a series into at most `count` buckets over its whole length, or over a window of steps (both included).
pub fn columns(steps: &[u64], values: &[f64], window: Option<(u64, u64)>, count: u32) -> Vec<Column> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
    let (from, to) = window.unwrap_or((*first, *last));
    let frame = cut(steps, values, from, to.saturating_add(1), count as usize);
    let column = |summary: &Summary| {
        let (min, max) = extremes(summary);
        Column { step: summary.first_step, min, max, mean: summary.mean() }
    };
    frame.columns.iter().filter(|summary| summary.count > 0).map(column).collect()
}

/// Least and greatest finite value; NaN where there is none.
fn extremes(summary: &Summary) -> (f64, f64) {
    if summary.finite() > 0 { (summary.min, summary.max) } else { (f64::NAN, f64::NAN) }
}

/// One series of one run, cut.
struct Cut {
    run: String,
    name: String,
    unit: String,
    superseded_attempt: Option<u32>,
    frame: Frame,
    /// Of each column's first step; empty on an axis of steps.
    x: Vec<f64>,
}

/// What turns a run's steps into another axis.
#[derive(Debug, Clone, Copy, Default)]
struct Scale {
    images_per_step: f64,
    steps_per_epoch: Option<f64>,
}

/// Answers whatever is asked for at the `series` door.
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn series(context: &Context, request: &SeriesRequest) -> Result<Vec<u8>> {
    match request {
        SeriesRequest::Curves(request) => frame(context, request).await,
        SeriesRequest::Heatmap { heatmap } => crate::heatmap::frame(context, heatmap).await,
    }
}

/// Answers a request with a binary frame (`dto::FrameHeader` says the layout).
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn frame(context: &Context, request: &FrameRequest) -> Result<Vec<u8>> {
    if request.columns == 0 || request.columns > MAX_COLUMNS {
        return Err(ApiError::invalid(format!(
            "a frame has 1 to {MAX_COLUMNS} columns, not {}",
            request.columns
        )));
    }
    if request.runs.len() * request.series.len() > MAX_SERIES {
        return Err(
            ApiError::invalid(format!("a frame has at most {MAX_SERIES} series")).hint("choose fewer layers")
        );
    }
    if !(0.0..1.0).contains(&request.smoothing) {
        return Err(ApiError::invalid(format!(
            "smoothing is {}; it must be at least 0 and below 1",
            request.smoothing
        )));
    }
    let axis = request.axis.unwrap_or(FrameAxis::Step);
    let mut read = Vec::new();
    for id in &request.runs {
        let id = runs::resolve(context, id).await?;
        let scale = if matches!(axis, FrameAxis::Epoch | FrameAxis::Images) {
            scale(context, id).await?
        } else {
            Scale::default()
        };
        read.push(ReadRun { id, scale, series: read_series(context, id, request).await? });
    }
    let request = Arc::new(request.clone());
    // Medians and cuts over 100,000 steps take a while; the runtime's threads serve others meanwhile.
    tokio::task::spawn_blocking(move || encode(&cut_all(read, &request)))
        .await
        .map_err(|error| ApiError::failed(format!("failed to make a frame: {error}")))?
}

/// A run's series with what its axis needs.
struct ReadRun {
    id: RunId,
    scale: Scale,
    series: Vec<Series>,
}

async fn scale(context: &Context, run: RunId) -> Result<Scale> {
    let recipe = context.store().run(run).await?.resolved()?;
    let facts = crate::datasets::known_facts(context).await?.remove(&recipe.dataset);
    let images = facts.or_else(|| vitals_recipe::DatasetFacts::published(&recipe.dataset)).map(|f| f.images);
    let steps_per_epoch = images.map(|images| recipe.schedule(images).steps_per_epoch as f64);
    Ok(Scale {
        images_per_step: f64::from(recipe.batch_size),
        steps_per_epoch: steps_per_epoch.filter(|steps| *steps > 0.0),
    })
}

async fn read_series(context: &Context, run: RunId, request: &FrameRequest) -> Result<Vec<Series>> {
    if request.series.is_empty() {
        return Ok(Vec::new());
    }
    // From the beginning: medians and smoothing look back beyond the window.
    let superseded = request.superseded.unwrap_or(false);
    let query = SeriesQuery { names: request.series.clone(), superseded, ..SeriesQuery::default() };
    Ok(context.store().series(run, &query).await?)
}

/// The frames of one window for all runs and series.
struct AllCut {
    from: u64,
    to: u64,
    values: u64,
    with_x: bool,
    cuts: Vec<Cut>,
}

fn cut_all(read: Vec<ReadRun>, request: &FrameRequest) -> AllCut {
    let all = || read.iter().flat_map(|run| &run.series);
    let first = all().filter_map(|series| series.steps.first()).min().copied().unwrap_or(0);
    let last = all().filter_map(|series| series.steps.last()).max().copied().unwrap_or(0);
    let from = request.from.map_or(first, |from| from.max(0.0).floor() as u64);
    let to = request.to.map_or(last, |to| to.max(0.0).ceil() as u64).max(from);
    let axis = request.axis.unwrap_or(FrameAxis::Step);
    let mut values_read = 0;
    let mut cuts = Vec::new();
    for ReadRun { id, scale, series } in read {
        for (superseded_attempt, series) in series.into_iter().flat_map(branches) {
            values_read += series.values.len() as u64;
            let values = shown(&series, request);
            let frame = cut(&series.steps, &values, from, to.saturating_add(1), request.columns as usize);
            let x = positions(&series, &frame, axis, scale);
            let (run, name, unit) = (id.to_string(), series.name, series.unit);
            cuts.push(Cut { run, name, unit, superseded_attempt, frame, x });
        }
    }
    AllCut { from, to, values: values_read, with_x: axis != FrameAxis::Step, cuts }
}

/// The values in force, and behind them those that each attempt lost to a later one.
fn branches(series: Series) -> Vec<(Option<u32>, Series)> {
    if series.in_force.iter().all(|in_force| *in_force) {
        return vec![(None, series)];
    }
    let mut lost: Vec<u32> =
        series.attempts.iter().zip(&series.in_force).filter(|(_, kept)| !**kept).map(|(a, _)| *a).collect();
    lost.sort_unstable();
    lost.dedup();
    let part = |of: Option<u32>| {
        let rows: Vec<usize> = (0..series.steps.len())
            .filter(|&row| match of {
                None => series.in_force[row],
                Some(attempt) => !series.in_force[row] && series.attempts[row] == attempt,
            })
            .collect();
        Series {
            steps: rows.iter().map(|&row| series.steps[row]).collect(),
            values: rows.iter().map(|&row| series.values[row]).collect(),
            elapsed_secs: rows.iter().map(|&row| series.elapsed_secs[row]).collect(),
            attempts: rows.iter().map(|&row| series.attempts[row]).collect(),
            in_force: rows.iter().map(|&row| series.in_force[row]).collect(),
            ..series.clone()
        }
    };
    std::iter::once(None).chain(lost.into_iter().map(Some)).map(|of| (of, part(of))).collect()
}

fn shown(series: &Series, request: &FrameRequest) -> Vec<f64> {
    let values = if request.relative {
        relative_to_running_median(&series.values, MEDIAN_WINDOW)
    } else {
        series.values.clone()
    };
    if request.smoothing > 0.0 { smooth_ema(&values, request.smoothing) } else { values }
}

/// Where each non-empty column's first step lies on the axis.
fn positions(series: &Series, frame: &Frame, axis: FrameAxis, scale: Scale) -> Vec<f64> {
    let steps = frame.columns.iter().filter(|summary| summary.count > 0).map(|summary| summary.first_step);
    match axis {
        FrameAxis::Step => Vec::new(),
        FrameAxis::Epoch => {
            steps.map(|step| scale.steps_per_epoch.map_or(f64::NAN, |epoch| step as f64 / epoch)).collect()
        }
        FrameAxis::Images => steps.map(|step| step as f64 * scale.images_per_step).collect(),
        FrameAxis::Elapsed => {
            let elapsed = training_seconds(series);
            let at = |step| series.steps.partition_point(|&other| other < step);
            steps.map(|step| elapsed.get(at(step)).copied().unwrap_or(f64::NAN)).collect()
        }
    }
}

/// Seconds of training behind each value: an attempt goes on counting where the one before it was left.
fn training_seconds(series: &Series) -> Vec<f64> {
    let (mut before, mut last, mut attempt) = (0.0, 0.0, None);
    let rows = series.elapsed_secs.iter().zip(&series.attempts);
    rows.map(|(&elapsed, &number)| {
        if attempt.is_some_and(|known| known != number) {
            before = last;
        }
        attempt = Some(number);
        last = before + elapsed;
        last
    })
    .collect()
}

fn encode(all: &AllCut) -> Result<Vec<u8>> {
    let rows = |cut: &Cut| cut.frame.columns.iter().filter(|summary| summary.count > 0).count();
    let arrays = ARRAYS + usize::from(all.with_x);
    let header = |base: u32| {
        let mut offset = base as usize;
        let series = all.cuts.iter().map(|cut| {
            let at = offset;
            offset += rows(cut) * arrays * 8;
            FrameSeries {
                run: cut.run.clone(),
                name: cut.name.clone(),
                unit: cut.unit.clone(),
                superseded_attempt: cut.superseded_attempt,
                columns: u32::try_from(rows(cut)).unwrap_or(u32::MAX),
                values: cut.frame.count(),
                offset: u32::try_from(at).unwrap_or(u32::MAX),
            }
        });
        FrameHeader {
            arrays: u32::try_from(arrays).unwrap_or(u32::MAX),
            series: series.collect(),
            from: all.from as f64,
            to: all.to as f64,
            values: all.values,
        }
    };
    let total: usize = all.cuts.iter().map(|cut| rows(cut) * arrays * 8).sum();
    let mut bytes = with_header(total, header)?;
    for cut in &all.cuts {
        let columns: Vec<&Summary> = cut.frame.columns.iter().filter(|summary| summary.count > 0).collect();
        let mut array = |value: &dyn Fn(&Summary) -> f64| {
            for summary in &columns {
                bytes.extend_from_slice(&value(summary).to_le_bytes());
            }
        };
        array(&|summary| summary.first_step as f64);
        array(&|summary| extremes(summary).0);
        array(&|summary| extremes(summary).1);
        array(&|summary| summary.mean());
        array(&|summary| summary.first);
        array(&|summary| summary.last);
        array(&|summary| summary.nonfinite as f64);
        cut.x.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
    }
    Ok(bytes)
}

/// Length and header, with room for `size` bytes of arrays behind them. `header` is given where the arrays begin: offsets
/// stand in the header and the header's length depends on them, so there is room for their longest form.
pub(crate) fn with_header<H: serde::Serialize>(size: usize, header: impl Fn(u32) -> H) -> Result<Vec<u8>> {
    let failed = |error: serde_json::Error| ApiError::failed(format!("failed to encode a frame: {error}"));
    let longest = serde_json::to_vec(&header(u32::MAX / 2)).map_err(failed)?.len();
    let base = (4 + longest).next_multiple_of(8);
    let mut head = serde_json::to_vec(&header(u32::try_from(base).unwrap_or(u32::MAX))).map_err(failed)?;
    head.resize(base - 4, b' ');
    let mut bytes = Vec::with_capacity(base + size);
    bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&head);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(columns: u32) -> FrameRequest {
        FrameRequest {
            runs: Vec::new(),
            series: Vec::new(),
            from: None,
            to: None,
            columns,
            relative: false,
            smoothing: 0.0,
            axis: None,
            superseded: None,
        }
    }

    fn series(name: &str, values: Vec<f64>) -> Series {
        let count = values.len();
        Series {
            stream: "step".to_owned(),
            name: name.to_owned(),
            unit: String::new(),
            kind: vitals_store::ValueKind::F64,
            steps: (0..count as u64).collect(),
            elapsed_secs: vec![0.0; count],
            attempts: vec![1; count],
            in_force: vec![true; count],
            values,
        }
    }

    /// Reads a frame as the window does: header, then arrays at their offsets.
    fn decode(bytes: &[u8]) -> (FrameHeader, Vec<Vec<Vec<f64>>>) {
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let header: FrameHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        assert_eq!((4 + length) % 8, 0, "arrays are aligned");
        let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let arrays = header.series.iter().map(|series| {
            let (start, rows) = (series.offset as usize, series.columns as usize);
            (0..ARRAYS)
                .map(|array| (0..rows).map(|row| number(start + (array * rows + row) * 8)).collect())
                .collect()
        });
        let arrays = arrays.collect();
        (header, arrays)
    }

    #[test]
    fn a_spike_of_one_step_survives_any_width() {
        let mut values: Vec<f64> = (0..31_000).map(|step| f64::from(step % 7)).collect();
        values[12_345] = 900.0;
        values[20_000] = f64::NAN;
        for columns in [1, 2, 333, 1440] {
            let series = vec![series("loss", values.clone()), series("empty", Vec::new())];
            let read = vec![ReadRun { id: RunId::nil(), scale: Scale::default(), series }];
            let (header, arrays) = decode(&encode(&cut_all(read, &request(columns))).unwrap());
            assert_eq!((header.series.len(), header.series[1].columns), (2, 0));
            assert_eq!(header.series[0].values, 31_000);
            let [_, min, max, _, _, _, nonfinite] = <[Vec<f64>; 7]>::try_from(arrays[0].clone()).unwrap();
            assert_eq!(max.iter().copied().fold(f64::NAN, f64::max), 900.0, "{columns} columns");
            assert_eq!(min.iter().copied().fold(f64::NAN, f64::min), 0.0);
            assert_eq!(nonfinite.iter().sum::<f64>(), 1.0);
        }
    }

    #[test]
    fn a_bucket_of_nothing_finite_has_no_extremes() {
        let found = columns(&[0, 1, 2, 3], &[1.0, 2.0, f64::NAN, f64::INFINITY], None, 2);
        assert_eq!((found[0].min, found[0].max), (1.0, 2.0));
        assert!(found[1].min.is_nan() && found[1].max.is_nan());
    }

    #[test]
    fn axes_of_images_epochs_and_time() {
        let mut resumed = series("loss", vec![0.0; 6]);
        resumed.elapsed_secs = vec![1.0, 2.0, 3.0, 0.5, 1.5, 2.5];
        resumed.attempts = vec![1, 1, 1, 2, 2, 2];
        let x = |axis| {
            let scale = Scale { images_per_step: 256.0, steps_per_epoch: Some(4.0) };
            let read = vec![ReadRun { id: RunId::nil(), scale, series: vec![resumed.clone()] }];
            let request = FrameRequest { axis: Some(axis), ..request(6) };
            let all = cut_all(read, &request);
            assert_eq!(all.with_x, axis != FrameAxis::Step);
            all.cuts[0].x.clone()
        };
        assert!(x(FrameAxis::Step).is_empty());
        assert_eq!(x(FrameAxis::Images), [0.0, 256.0, 512.0, 768.0, 1024.0, 1280.0]);
        assert_eq!(x(FrameAxis::Epoch), [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
        assert_eq!(x(FrameAxis::Elapsed), [1.0, 2.0, 3.0, 3.5, 4.5, 5.5]);
    }

    #[test]
    fn a_superseded_tail_is_a_series_of_its_own() {
        let mut both = series("loss", vec![1.0, 2.0, 3.0, 20.0, 30.0]);
        both.steps = vec![0, 1, 2, 1, 2];
        both.attempts = vec![1, 1, 1, 2, 2];
        both.in_force = vec![true, false, false, true, true];
        let parts: Vec<_> =
            branches(both).into_iter().map(|(attempt, part)| (attempt, part.steps, part.values)).collect();
        assert_eq!(
            parts,
            [(None, vec![0, 1, 2], vec![1.0, 20.0, 30.0]), (Some(1), vec![1, 2], vec![2.0, 3.0])]
        );
    }
}
