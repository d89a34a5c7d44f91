//! What curves and heat map share: how much may be asked for, which runs and steps are meant, and the header before the arrays.

use vitals_store::RunId;

use crate::Context;
use crate::dto::{ApiError, SeriesAsk};
use crate::error::Result;
use crate::number::small;
use crate::runs;
use crate::said::{Advice, Failure};

/// Runs and series in one frame, and columns of it: bounds what a request can cost.
pub(crate) const MAX_SERIES: usize = 4_000;
pub(crate) const MAX_COLUMNS: u32 = 16_384;

/// Whether so many pixel columns of these series of so many runs can be asked for.
pub(crate) fn check(columns: u32, runs: usize, series: &[SeriesAsk]) -> Result<()> {
    if columns == 0 || columns > MAX_COLUMNS {
        return Err(ApiError::invalid(Failure::FrameColumns { most: MAX_COLUMNS, found: columns }));
    }
    if runs * series.len() > MAX_SERIES {
        let error = ApiError::invalid(Failure::FrameSeries { most: MAX_SERIES });
        return Err(error.hint(Advice::FewerLayers));
    }
    if let Some(ask) = series.iter().find(|ask| !(0.0..=f64::MAX).contains(&ask.smoothing)) {
        let (series, found) = (ask.name.clone(), ask.smoothing.to_string());
        return Err(ApiError::invalid(Failure::Smoothing { series, found }));
    }
    Ok(())
}

/// The runs that several ids mean, in their order.
///
/// # Errors
/// As [`runs::resolve`].
pub(crate) async fn named(context: &Context, ids: &[String]) -> Result<Vec<RunId>> {
    // Nearly always they are whole, and one look tells that all of them are there.
    let whole = |id: &String| RunId::parse_str(id).ok().filter(|run| run.to_string() == *id);
    if let Some(runs) = ids.iter().map(whole).collect::<Option<Vec<RunId>>>() {
        let known = context.store().known_runs(&runs).await?;
        if runs.iter().all(|run| known.contains(run)) {
            return Ok(runs);
        }
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(runs::resolve(context, id).await?);
    }
    Ok(found)
}

/// First and last step to show: what is asked for, else all that is recorded.
pub(crate) async fn window(
    context: &Context,
    runs: &[RunId],
    names: &[String],
    superseded: bool,
    (from, to): (Option<f64>, Option<f64>),
) -> Result<(u64, u64)> {
    let (mut first, mut last) = (None::<u64>, 0);
    if from.is_none() || to.is_none() {
        for extent in context.store().extents(runs, names, superseded).await?.into_iter().flatten() {
            first = Some(first.map_or(extent.first_step, |first| first.min(extent.first_step)));
            last = last.max(extent.last_step);
        }
    }
    let from = from.map_or(first.unwrap_or(0), |from| from.max(0.0).floor() as u64);
    Ok((from, to.map_or(last, |to| to.max(0.0).ceil() as u64).max(from)))
}

/// Length and header, with room for `size` bytes of arrays behind them. `header` is given where the arrays begin: offsets
/// stand in the header and the header's length depends on them, so there is room for their longest form.
pub(crate) fn with_header<H: serde::Serialize>(size: usize, header: impl Fn(u32) -> H) -> Result<Vec<u8>> {
    let failed = |error: serde_json::Error| ApiError::failed(Failure::json(&error));
    let longest = serde_json::to_vec(&header(u32::MAX / 2)).map_err(failed)?.len();
    let base = (4 + longest).next_multiple_of(8);
    let mut head = serde_json::to_vec(&header(small(base))).map_err(failed)?;
    head.resize(base - 4, b' ');
    let mut bytes = Vec::with_capacity(base + size);
    bytes.extend_from_slice(&small(head.len()).to_le_bytes());
    bytes.extend_from_slice(&head);
    Ok(bytes)
}
