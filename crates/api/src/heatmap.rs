//! The gradient view's data: depth × steps of one run as one binary frame of cells. A cell is the largest of its
//! values, never a mean, so that a spike of one step in one layer shows at every width.

use vitals_series::{is_layer, relative_to_running_median};
use vitals_store::{Series, SeriesQuery};

use crate::Context;
use crate::dto::{ApiError, HeatmapCell, HeatmapHeader, HeatmapRequest, HeatmapRow};
use crate::error::Result;
use crate::frames::{MAX_COLUMNS, MAX_SERIES, MEDIAN_WINDOW, with_header};
use crate::runs;

/// The layer whose values a ratio divides by.
const PATCH_PROJECTION: &str = "patch_embed";

/// A row of cells before they are laid out.
struct Cells {
    row: HeatmapRow,
    largest: Vec<f32>,
    nonfinite: Vec<f32>,
}

/// Where the columns lie: whole steps each, at most as many as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grid {
    from: u64,
    stride: u64,
    columns: usize,
}

impl Grid {
    fn new(from: u64, to: u64, columns: u32) -> Self {
        let steps = to - from + 1;
        let stride = steps.div_ceil(u64::from(columns)).max(1);
        Self { from, stride, columns: usize::try_from(steps.div_ceil(stride)).unwrap_or(0) }
    }

    fn column_of(&self, step: u64) -> Option<usize> {
        let column = usize::try_from(step.checked_sub(self.from)? / self.stride).ok()?;
        (column < self.columns).then_some(column)
    }
}

/// Answers a request with a binary frame (`dto::HeatmapHeader` says the layout).
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn frame(context: &Context, request: &HeatmapRequest) -> Result<Vec<u8>> {
    if request.columns == 0 || request.columns > MAX_COLUMNS {
        return Err(ApiError::invalid(format!(
            "a heat map has 1 to {MAX_COLUMNS} columns, not {}",
            request.columns
        )));
    }
    if request.layers.len() > MAX_SERIES {
        return Err(ApiError::invalid(format!("a heat map has at most {MAX_SERIES} rows")));
    }
    let run = runs::resolve(context, &request.run).await?;
    let entries = context.store().series_list(run).await?;
    let layers = if request.layers.is_empty() { runs::layers(&entries) } else { request.layers.clone() };
    let mut names: Vec<String> = layers.iter().map(|layer| format!("{}/{layer}", request.metric)).collect();
    let reference = format!("{}/{PATCH_PROJECTION}", request.metric);
    if request.cell == HeatmapCell::Ratio && !names.contains(&reference) {
        names.push(reference);
    }
    let series = context.store().series(run, &SeriesQuery { names, ..SeriesQuery::default() }).await?;
    let request = request.clone();
    // Medians over 100,000 steps take a while; the runtime's threads serve others meanwhile.
    tokio::task::spawn_blocking(move || encode(run.to_string(), &series, &layers, &request))
        .await
        .map_err(|error| ApiError::failed(format!("failed to make a heat map: {error}")))?
}

fn encode(run: String, series: &[Series], layers: &[String], request: &HeatmapRequest) -> Result<Vec<u8>> {
    let first = series.iter().filter_map(|one| one.steps.first()).min().copied().unwrap_or(0);
    let last = series.iter().filter_map(|one| one.steps.last()).max().copied().unwrap_or(0);
    let from = request.from.map_or(first, |from| from.max(0.0).floor() as u64);
    let to = request.to.map_or(last, |to| to.max(0.0).ceil() as u64).max(from);
    let grid = Grid::new(from, to, request.columns);
    let named = |layer: &str| {
        let name = format!("{}/{layer}", request.metric);
        series.iter().find(|one| one.name == name)
    };
    let reference = named(PATCH_PROJECTION);
    let rows: Vec<Cells> = layers
        .iter()
        .filter_map(|layer| Some((layer, named(layer)?)))
        .map(|(layer, one)| {
            let values = match request.cell {
                HeatmapCell::Absolute => one.values.clone(),
                HeatmapCell::Relative => relative_to_running_median(&one.values, MEDIAN_WINDOW),
                HeatmapCell::Ratio => ratio(one, reference),
            };
            cells(layer, one, &values, grid)
        })
        .collect();
    lay_out(run, request, grid, &rows)
}

/// Each value over the reference's value of the same step; NaN where there is none.
fn ratio(series: &Series, reference: Option<&Series>) -> Vec<f64> {
    let Some(reference) = reference else { return vec![f64::NAN; series.values.len()] };
    let of = |(&step, &value): (&u64, &f64)| {
        let found = reference.steps.partition_point(|&other| other < step);
        match reference.steps.get(found) {
            Some(&other) if other == step => value / reference.values[found],
            _ => f64::NAN,
        }
    };
    series.steps.iter().zip(&series.values).map(of).collect()
}

fn cells(layer: &str, series: &Series, values: &[f64], grid: Grid) -> Cells {
    let mut largest = vec![f32::NAN; grid.columns];
    let mut nonfinite = vec![0.0; grid.columns];
    let mut count = 0;
    for ((&step, &raw), &value) in series.steps.iter().zip(&series.values).zip(values) {
        let Some(column) = grid.column_of(step) else { continue };
        count += 1;
        if value.is_finite() {
            // NaN gives way to whatever is compared with it.
            largest[column] = largest[column].max(value as f32);
        }
        if !raw.is_finite() {
            nonfinite[column] += 1.0;
        }
    }
    let row = HeatmapRow {
        name: series.name.clone(),
        layer: layer.to_owned(),
        tensor: !is_layer(layer),
        values: count,
    };
    Cells { row, largest, nonfinite }
}

fn lay_out(run: String, request: &HeatmapRequest, grid: Grid, rows: &[Cells]) -> Result<Vec<u8>> {
    let finite = || rows.iter().flat_map(|row| &row.largest).copied().filter(|cell| cell.is_finite());
    let extent = |pick: fn(f32, f32) -> f32| finite().reduce(pick).map(f64::from);
    let header = HeatmapHeader {
        run,
        metric: request.metric.clone(),
        cell: request.cell,
        rows: rows.iter().map(|row| row.row.clone()).collect(),
        columns: u32::try_from(grid.columns).unwrap_or(u32::MAX),
        from: grid.from as f64,
        stride: grid.stride as f64,
        min: extent(f32::min),
        max: extent(f32::max),
        values: rows.iter().map(|row| row.row.values).sum(),
        offset: 0,
    };
    let size = 8 * rows.len() * grid.columns;
    let mut bytes = with_header(size, |offset| HeatmapHeader { offset, ..header.clone() })?;
    for cells in rows.iter().map(|row| &row.largest).chain(rows.iter().map(|row| &row.nonfinite)) {
        cells.iter().for_each(|cell| bytes.extend_from_slice(&cell.to_le_bytes()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use vitals_store::ValueKind;

    use super::*;

    fn series(name: &str, values: Vec<f64>) -> Series {
        let count = values.len();
        Series {
            stream: "gradients".to_owned(),
            name: name.to_owned(),
            unit: String::new(),
            kind: ValueKind::F32,
            steps: (0..count as u64).collect(),
            elapsed_secs: vec![0.0; count],
            attempts: vec![1; count],
            in_force: vec![true; count],
            values,
        }
    }

    fn request(cell: HeatmapCell, columns: u32) -> HeatmapRequest {
        let (run, metric) = ("r".to_owned(), "grad_norm".to_owned());
        HeatmapRequest { run, metric, layers: Vec::new(), cell, from: None, to: None, columns }
    }

    /// Header, cells and counts, as the window reads them.
    fn decode(bytes: &[u8]) -> (HeatmapHeader, Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let header: HeatmapHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        assert_eq!((header.offset as usize, header.offset % 8), (4 + length, 0));
        let numbers: Vec<f32> = bytes[header.offset as usize..]
            .chunks(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        let (cells, counts) = numbers.split_at(numbers.len() / 2);
        let rows = |part: &[f32]| part.chunks(header.columns as usize).map(<[f32]>::to_vec).collect();
        let (cells, counts) = (rows(cells), rows(counts));
        (header, cells, counts)
    }

    #[test]
    fn a_spike_of_one_step_and_a_nan_show_at_every_width() {
        let mut norms = vec![2.0; 31_000];
        norms[12_345] = 26.0;
        norms[20_000] = f64::NAN;
        let read = [series("grad_norm/patch_embed", vec![4.0; 31_000]), series("grad_norm/blocks.0", norms)];
        let layers = ["patch_embed", "blocks.0", "absent"].map(str::to_owned);
        for columns in [1, 7, 300, 1000, 16_000] {
            for (cell, peak) in
                [(HeatmapCell::Absolute, 26.0), (HeatmapCell::Relative, 13.0), (HeatmapCell::Ratio, 6.5)]
            {
                let bytes = encode("r".to_owned(), &read, &layers, &request(cell, columns)).unwrap();
                let (header, cells, counts) = decode(&bytes);
                assert_eq!(header.rows.len(), 2);
                assert!(header.columns <= columns && header.values == 62_000);
                let column = 12_345 / header.stride as usize;
                assert_eq!(cells[1][column], peak, "{cell:?} in {columns}");
                assert_eq!(
                    header.max,
                    Some(f64::from(peak).max(if cell == HeatmapCell::Absolute { 4.0 } else { 1.0 }))
                );
                assert_eq!(counts[1][20_000 / header.stride as usize], 1.0);
                assert_eq!(counts.iter().flatten().sum::<f32>(), 1.0);
            }
        }
    }
}
