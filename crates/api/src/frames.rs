//! The window's data path: what a chart shows, cut to pixel columns here, sent as one binary frame. Raw series never
//! cross; every extreme and every non-finite value of the window does.

use std::sync::Arc;

use vitals_series::{Frame, Summary, frame as cut, relative_to_running_median, smooth_ema};
use vitals_store::{RunId, Series, SeriesQuery};

use crate::Context;
use crate::dto::{ApiError, FrameHeader, FrameRequest, FrameSeries};
use crate::error::Result;
use crate::runs;

/// Runs and series in one frame, and columns of it: bounds what a request can cost.
const MAX_SERIES: usize = 4_000;
const MAX_COLUMNS: u32 = 16_384;
/// Steps behind a value whose median it is divided by.
const MEDIAN_WINDOW: usize = 100;
/// f64 arrays of one series: step, min, max, mean, first, last, nonfinite.
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
    frame: Frame,
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
    let mut read = Vec::new();
    for id in &request.runs {
        let id = runs::resolve(context, id).await?;
        read.push((id, read_series(context, id, &request.series).await?));
    }
    let request = Arc::new(request.clone());
    // Medians and cuts over 100,000 steps take a while; the runtime's threads serve others meanwhile.
    tokio::task::spawn_blocking(move || encode(cut_all(read, &request)))
        .await
        .map_err(|error| ApiError::failed(format!("failed to make a frame: {error}")))?
}

async fn read_series(context: &Context, run: RunId, names: &[String]) -> Result<Vec<Series>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    // From the beginning: medians and smoothing look back beyond the window.
    let query = SeriesQuery { names: names.to_vec(), ..SeriesQuery::default() };
    Ok(context.store().series(run, &query).await?)
}

/// The frames of one window for all runs and series.
struct AllCut {
    from: u64,
    to: u64,
    values: u64,
    cuts: Vec<Cut>,
}

fn cut_all(read: Vec<(RunId, Vec<Series>)>, request: &FrameRequest) -> AllCut {
    let all = || read.iter().flat_map(|(_, series)| series);
    let first = all().filter_map(|series| series.steps.first()).min().copied().unwrap_or(0);
    let last = all().filter_map(|series| series.steps.last()).max().copied().unwrap_or(0);
    let from = request.from.map_or(first, |from| from.max(0.0).floor() as u64);
    let to = request.to.map_or(last, |to| to.max(0.0).ceil() as u64).max(from);
    let mut values_read = 0;
    let mut cuts = Vec::new();
    for (run, series) in read {
        for series in series {
            values_read += series.values.len() as u64;
            let mut values = series.values;
            if request.relative {
                values = relative_to_running_median(&values, MEDIAN_WINDOW);
            }
            if request.smoothing > 0.0 {
                values = smooth_ema(&values, request.smoothing);
            }
            let frame = cut(&series.steps, &values, from, to.saturating_add(1), request.columns as usize);
            cuts.push(Cut { run: run.to_string(), name: series.name, unit: series.unit, frame });
        }
    }
    AllCut { from, to, values: values_read, cuts }
}

fn encode(all: AllCut) -> Result<Vec<u8>> {
    let rows = |cut: &Cut| cut.frame.columns.iter().filter(|summary| summary.count > 0).count();
    let header = |base: usize| {
        let mut offset = base;
        let series = all.cuts.iter().map(|cut| {
            let at = offset;
            offset += rows(cut) * ARRAYS * 8;
            FrameSeries {
                run: cut.run.clone(),
                name: cut.name.clone(),
                unit: cut.unit.clone(),
                columns: u32::try_from(rows(cut)).unwrap_or(u32::MAX),
                values: cut.frame.count(),
                offset: u32::try_from(at).unwrap_or(u32::MAX),
            }
        });
        FrameHeader { series: series.collect(), from: all.from as f64, to: all.to as f64, values: all.values }
    };
    // Offsets stand in the header and depend on its length: make room for their longest form.
    let failed = |error: serde_json::Error| ApiError::failed(format!("failed to encode a frame: {error}"));
    let longest =
        serde_json::to_vec(&header(u32::MAX as usize / 2)).map_err(failed)?.len() + 16 * all.cuts.len();
    let base = (4 + longest).next_multiple_of(8);
    let mut head = serde_json::to_vec(&header(base)).map_err(failed)?;
    head.resize(base - 4, b' ');
    let total: usize = all.cuts.iter().map(|cut| rows(cut) * ARRAYS * 8).sum();
    let mut bytes = Vec::with_capacity(base + total);
    bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&head);
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
    }
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
            let read =
                vec![(RunId::nil(), vec![series("loss", values.clone()), series("empty", Vec::new())])];
            let (header, arrays) = decode(&encode(cut_all(read, &request(columns))).unwrap());
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
}
