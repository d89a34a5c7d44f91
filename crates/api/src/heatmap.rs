//! The gradient view's data: depth × steps of one run as one binary frame of cells. A cell is the largest of its
//! values, never a mean, so that a spike of one step in one layer shows at every width.

use vitals_series::{Grid, Piece};
use vitals_store::{RunId, Strip, View};

use crate::Context;
use crate::dto::{ApiError, HeatmapCell, HeatmapHeader, HeatmapRequest, HeatmapRow};
use crate::error::Result;
use crate::framing::{MAX_COLUMNS, MAX_SERIES, window, with_header};
use crate::number::small;
use crate::runs;
use crate::said::Failure;

/// A row of cells before they are laid out.
pub(crate) struct Cells {
    pub row: HeatmapRow,
    pub largest: Vec<f32>,
    pub nonfinite: Vec<f32>,
}

/// Answers a request with a binary frame (`dto::HeatmapHeader` says the layout).
///
/// # Errors
/// `invalid_input` for more than can be shown; `not_found` for an unknown run.
pub async fn frame(context: &Context, request: &HeatmapRequest) -> Result<Vec<u8>> {
    let run = runs::resolve(context, &request.run).await?;
    let (rows, grid) = read(context, run, request).await?;
    lay_out(run.to_string(), request, grid, &rows)
}

/// The rows that a request asks for, and the grid of their columns.
pub(crate) async fn read(
    context: &Context,
    run: RunId,
    request: &HeatmapRequest,
) -> Result<(Vec<Cells>, Grid)> {
    if request.columns == 0 || request.columns > MAX_COLUMNS {
        return Err(ApiError::invalid(Failure::HeatmapColumns { most: MAX_COLUMNS, found: request.columns }));
    }
    if request.layers.len() > MAX_SERIES {
        return Err(ApiError::invalid(Failure::HeatmapRows { most: MAX_SERIES }));
    }
    let known = runs::layers(context, run).await?;
    let layers = match request.layers.as_slice() {
        [] => known.clone(),
        some => some.to_vec(),
    };
    let names: Vec<String> = layers.iter().map(|layer| format!("{}/{layer}", request.metric)).collect();
    let (from, to) = window(context, &[run], &names, false, (request.from, request.to)).await?;
    let grid = Grid::for_series(names.len(), from, to, request.columns);
    let relative = request.cell != HeatmapCell::Absolute;
    let strips = context.store().viewport(run, &View { names, grid, relative, superseded: false }).await?;
    Ok((rows(&strips, (&layers, &known), request), grid))
}

fn rows(strips: &[Strip], (layers, known): (&[String], &[String]), request: &HeatmapRequest) -> Vec<Cells> {
    let named = |layer: &String| {
        let name = format!("{}/{layer}", request.metric);
        strips.iter().find(|strip| strip.name == name)
    };
    let found = layers.iter().filter_map(|layer| Some((layer, named(layer)?)));
    found.map(|(layer, strip)| cells(layer, !known.contains(layer), strip, request.cell)).collect()
}

fn cells(layer: &str, tensor: bool, strip: &Strip, cell: HeatmapCell) -> Cells {
    let largest = |piece: &Piece| {
        let value = match cell {
            HeatmapCell::Absolute => piece.summary.max,
            HeatmapCell::Relative => piece.relative.max,
            HeatmapCell::Ratio => piece.ratio,
        };
        if value.is_finite() { value as f32 } else { f32::NAN }
    };
    let row = HeatmapRow {
        name: strip.name.clone(),
        layer: layer.to_owned(),
        tensor,
        values: strip.columns.iter().map(|piece| piece.summary.count).sum(),
    };
    Cells {
        row,
        largest: strip.columns.iter().map(largest).collect(),
        nonfinite: strip.columns.iter().map(|piece| piece.summary.nonfinite as f32).collect(),
    }
}

fn lay_out(run: String, request: &HeatmapRequest, grid: Grid, rows: &[Cells]) -> Result<Vec<u8>> {
    let finite = || rows.iter().flat_map(|row| &row.largest).copied().filter(|cell| cell.is_finite());
    let extent = |pick: fn(f32, f32) -> f32| finite().reduce(pick).map(f64::from);
    let header = HeatmapHeader {
        run,
        metric: request.metric.clone(),
        cell: request.cell,
        rows: rows.iter().map(|row| row.row.clone()).collect(),
        columns: small(grid.columns),
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
    use vitals_series::{NODE_STEPS, Rows, pieces};
    use vitals_store::ValueKind;

    use super::*;

    fn strip(name: &str, values: &[f64], reference: &[f64], grid: Grid) -> Strip {
        let steps: Vec<u64> = (0..values.len() as u64).collect();
        let rows = Rows { steps: &steps, values, reference: Some(reference), of_layer: true };
        let mut columns = vec![Piece::EMPTY; grid.columns];
        for (node, piece) in pieces(&[], rows, |step| step / NODE_STEPS) {
            columns[grid.column_of(node * NODE_STEPS).unwrap()].merge(&piece);
        }
        Strip {
            stream: "gradients".to_owned(),
            name: name.to_owned(),
            unit: String::new(),
            kind: ValueKind::F32,
            superseded_attempt: None,
            columns,
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
        let projection = vec![4.0; 31_000];
        let layers = ["patch_embed", "blocks.0", "absent"].map(str::to_owned);
        for columns in [1, 7, 300, 900] {
            let grid = Grid::new(0, 30_999, columns);
            let strips = [
                strip("grad_norm/patch_embed", &projection, &projection, grid),
                strip("grad_norm/blocks.0", &norms, &projection, grid),
            ];
            for (cell, peak) in
                [(HeatmapCell::Absolute, 26.0), (HeatmapCell::Relative, 13.0), (HeatmapCell::Ratio, 6.5)]
            {
                let asked = request(cell, columns);
                let bytes = lay_out("r".to_owned(), &asked, grid, &rows(&strips, (&layers, &layers), &asked))
                    .unwrap();
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
