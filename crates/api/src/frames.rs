//! The window's data path: what a chart shows, cut to pixel columns here, sent as one binary frame. Raw series never
//! cross; every extreme and every non-finite value of the window does. The contract is that of `vitals_series::Grid`.

use vitals_series::{Frame, Grid, Summary, frame as cut};

use crate::Context;
use crate::dto::{FrameAxis, FrameHeader, FrameRequest, FrameSeries, SeriesRequest};
use crate::error::Result;
use crate::framing::{check, named, window, with_header};
use crate::lines::{self, Line};
use crate::number::small;

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
    /// Values in it that are NaN or infinite, which the others leave out.
    pub nonfinite: u64,
}

/// Cuts a series into at most `count` buckets over its whole length, or over a window of steps (both included).
pub fn columns(steps: &[u64], values: &[f64], window: Option<(u64, u64)>, count: u32) -> Vec<Column> {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Vec::new() };
    let (from, to) = window.unwrap_or((*first, *last));
    let frame: Frame = cut(steps, values, from, to.saturating_add(1), count as usize);
    let column = |summary: &Summary| {
        let (min, max) = extremes(summary);
        Column { step: summary.first_step, min, max, mean: summary.mean(), nonfinite: summary.nonfinite }
    };
    frame.columns.iter().filter(|summary| summary.count > 0).map(column).collect()
}

/// Least and greatest finite value; NaN where there is none.
fn extremes(summary: &Summary) -> (f64, f64) {
    if summary.finite() > 0 { (summary.min, summary.max) } else { (f64::NAN, f64::NAN) }
}

/// Answers whatever is asked for at the `series` door.
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn series(context: &Context, request: &SeriesRequest) -> Result<Vec<u8>> {
    match request {
        SeriesRequest::Curves(request) => frame(context, request).await,
        SeriesRequest::Heatmap { heatmap } => crate::heatmap::frame(context, heatmap).await,
        SeriesRequest::Arms { arms } => crate::arm_frames::frame(context, arms).await,
    }
}

/// Answers a request with a binary frame (`dto::FrameHeader` says the layout).
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn frame(context: &Context, request: &FrameRequest) -> Result<Vec<u8>> {
    let (found, shown) = lines(context, request).await?;
    encode(&found, shown, request.axis.is_some_and(|axis| axis != FrameAxis::Step))
}

/// The lines that a request asks for, and the first and last step of their window.
pub(crate) async fn lines(context: &Context, request: &FrameRequest) -> Result<(Vec<Line>, (u64, u64))> {
    check(request.columns, request.runs.len(), &request.series)?;
    let runs = named(context, &request.runs).await?;
    let mut asked = Vec::new();
    let mut shown: Option<(u64, u64)> = None;
    for alike in lines::alike(&request.series) {
        let ends = (request.from, request.to);
        let (from, to) = window(context, &runs, &alike.names, alike.superseded, ends).await?;
        let grid = Grid::for_series(runs.len() * alike.names.len(), from, to, request.columns);
        shown = Some(shown.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
        asked.push((alike, grid));
    }
    // Nothing lies beyond all that is recorded.
    let surrounded = request.edges && (request.from.is_some() || request.to.is_some());
    let found = lines::read(context, &runs, &asked, surrounded, request.axis).await?;
    Ok((found.into_iter().flatten().collect(), shown.unwrap_or((0, 0))))
}

fn encode(lines: &[Line], (from, to): (u64, u64), with_x: bool) -> Result<Vec<u8>> {
    let arrays = ARRAYS + usize::from(with_x);
    let header = |base: u32| {
        let mut offset = base as usize;
        let series = lines.iter().map(|line| {
            let at = offset;
            offset += line.columns.len() * arrays * 8;
            FrameSeries {
                run: line.run.to_string(),
                name: line.name.clone(),
                unit: line.unit.clone(),
                relative: line.relative,
                smoothing: line.smoothing,
                superseded_attempt: line.superseded_attempt,
                columns: small(line.columns.len()),
                values: line.values(),
                before: line.before,
                after: line.after,
                offset: small(at),
            }
        });
        FrameHeader {
            arrays: small(arrays),
            series: series.collect(),
            from: from as f64,
            to: to as f64,
            values: lines.iter().map(Line::values).sum(),
        }
    };
    let total: usize = lines.iter().map(|line| line.columns.len() * arrays * 8).sum();
    let mut bytes = with_header(total, header)?;
    for line in lines {
        let mut array = |value: &dyn Fn(&Summary) -> f64| {
            for summary in &line.columns {
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
        line.x.iter().for_each(|x| bytes.extend_from_slice(&x.to_le_bytes()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use vitals_store::RunId;

    use super::*;

    /// Reads a frame as the window does: header, then arrays at their offsets.
    fn decode(bytes: &[u8]) -> (FrameHeader, Vec<Vec<Vec<f64>>>) {
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let header: FrameHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        assert_eq!((4 + length) % 8, 0, "arrays are aligned");
        let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let arrays = header.series.iter().map(|series| {
            let (start, rows) = (series.offset as usize, series.columns as usize);
            (0..header.arrays as usize)
                .map(|array| (0..rows).map(|row| number(start + (array * rows + row) * 8)).collect())
                .collect()
        });
        let arrays = arrays.collect();
        (header, arrays)
    }

    fn line(name: &str, columns: Vec<Summary>, x: Vec<f64>) -> Line {
        Line {
            run: RunId::nil(),
            name: name.to_owned(),
            unit: String::new(),
            relative: false,
            smoothing: 0.0,
            superseded_attempt: None,
            columns,
            before: false,
            after: false,
            x,
        }
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let column = Summary::of(&[3, 4, 5], &[1.0, f64::NAN, 4.0]);
        let nothing_finite = Summary::of(&[7], &[f64::INFINITY]);
        let lines = [
            line("loss", vec![column, nothing_finite], vec![0.5, 0.75]),
            line("empty", Vec::new(), Vec::new()),
        ];
        let (header, arrays) = decode(&encode(&lines, (3, 7), true).unwrap());
        assert_eq!((header.arrays, header.from, header.to, header.values), (8, 3.0, 7.0, 4));
        assert_eq!((header.series[0].columns, header.series[0].values, header.series[1].columns), (2, 4, 0));
        let firsts: Vec<f64> = arrays[0].iter().map(|array| array[0]).collect();
        assert_eq!(firsts, [3.0, 1.0, 4.0, 2.5, 1.0, 4.0, 1.0, 0.5]);
        assert!(arrays[0][1][1].is_nan() && arrays[0][2][1].is_nan());
        assert_eq!((arrays[0][6][1], arrays[0][7][1]), (1.0, 0.75));
    }

    #[test]
    fn a_bucket_of_nothing_finite_has_no_extremes() {
        let found = columns(&[0, 1, 2, 3], &[1.0, 2.0, f64::NAN, f64::INFINITY], None, 2);
        assert_eq!((found[0].min, found[0].max), (1.0, 2.0));
        assert!(found[1].min.is_nan() && found[1].max.is_nan());
    }
}
