//! Runs as files for others: CSV (the form that `import csv` reads), JSON lines, and the comparison figure as PDF, PNG, SVG or
//! pgfplots, by one table that the command line and the window's form follow too. A file is written beside its place and renamed, so that no
//! half file is ever seen; what is no file, as a device or a pipe, is left as it is.

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;
use vitals_charts::{
    ChartError, ComparedRun, Comparison, Figure, Marker, comparison, figure, pdf, pgfplots, plot_width,
    png_within,
};
use vitals_recipe::Metric;
use vitals_recipe::Names;
use vitals_series::{Frame, frame as cut};
use vitals_store::{RunId, RunRow, Series, SeriesQuery};

use crate::Context;
use crate::csv_table::Table;
use crate::dto::{ApiError, Number};
use crate::error::Result;
use crate::named_file::write;
use crate::runs;
use crate::said::{Advice, Failure};

/// Width of a figure in CSS pixels, and pixels to each in a PNG.
const WIDTH: u32 = 960;
const PNG_SCALE: f64 = 2.0;
/// A picture beyond this comes with fewer colours.
const PNG_BYTES: usize = 200_000;

/// A form of file that runs can be written in; it is also how the file's name ends.
pub struct Format {
    pub name: &'static str,
    write: Write,
}

/// A figure as the bytes of a file.
pub(crate) type Draw = fn(&Figure) -> Result<Vec<u8>>;

/// What one file holds, and how it comes to be.
#[derive(Clone, Copy)]
enum Write {
    /// Every recorded value of one run.
    Values(fn(&[Series]) -> Result<Vec<u8>>),
    /// One figure of all runs.
    Figure(Draw),
}

/// Command line, dispatcher and the window's form follow from it.
pub const FORMATS: &[Format] = &[
    Format { name: "csv", write: Write::Values(|series| Ok(Table::of(series).to_csv().into_bytes())) },
    Format { name: "jsonl", write: Write::Values(|series| Ok(json_lines(series)?.into_bytes())) },
    Format { name: "pdf", write: Write::Figure(|shown| pdf(shown).map_err(|error| undrawn(&error))) },
    Format { name: "png", write: Write::Figure(picture) },
    Format { name: "svg", write: Write::Figure(|shown| Ok(drawing_of(shown)?.into_bytes())) },
    Format {
        name: "tex",
        write: Write::Figure(|shown| Ok(pgfplots(shown).map_err(|error| undrawn(&error))?.into_bytes())),
    },
];

impl Format {
    /// What a file of it holds, as the window names it.
    pub fn holds(&self) -> &'static str {
        match self.write {
            Write::Values(_) => "values",
            Write::Figure(_) => "figure",
        }
    }
}

/// Their names, `csv, jsonl, pdf, …`.
fn format_names() -> Names {
    FORMATS.iter().map(|format| format.name).collect()
}

/// What an export left on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub paths: Vec<PathBuf>,
    /// The outermost folder that was made for them; none where all were there.
    pub made: Option<PathBuf>,
}

/// Writes runs in a format and says what was written.
///
/// # Errors
/// `invalid_input` for an unknown format, and for a folder that would have to be made at the root of the file system; `failed` where a
/// file cannot be written.
pub async fn export(context: &Context, ids: &[String], format: &str, path: &Path) -> Result<Written> {
    let (chosen, format) = (resolved(context, ids).await?, known(format)?);
    // Several tables lie in the folder PATH, all else in the folder around it.
    let folder = match format.write {
        Write::Values(_) if chosen.len() > 1 => Some(path),
        _ => path.parent(),
    };
    let made = missing(folder)?;
    let paths = match format.write {
        Write::Values(made) => tables(context, &chosen, format.name, made, path).await,
        Write::Figure(made) => {
            let bytes = drawn(context, &chosen, made).await?;
            write(path, &bytes).map(|()| vec![path.to_path_buf()])
        }
    }?;
    Ok(Written { paths, made })
}

/// What one file of runs holds: a figure of all of them, or the values of one.
///
/// # Errors
/// `invalid_input` for an unknown format, and for the values of several runs, which are several files.
pub async fn content(context: &Context, ids: &[String], format: &str) -> Result<Vec<u8>> {
    let (chosen, format) = (resolved(context, ids).await?, known(format)?);
    match (format.write, chosen.as_slice()) {
        (Write::Values(made), &[id]) => values(context, id, made).await,
        (Write::Values(_), _) => Err(ApiError::invalid(Failure::SeveralFiles).hint(Advice::NameFolder)),
        (Write::Figure(made), _) => drawn(context, &chosen, made).await,
    }
}

async fn resolved(context: &Context, ids: &[String]) -> Result<Vec<RunId>> {
    let mut chosen = Vec::with_capacity(ids.len());
    for id in ids {
        chosen.push(runs::resolve(context, id).await?);
    }
    Ok(chosen)
}

fn known(format: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|known| known.name == format).ok_or_else(|| {
        let error = ApiError::invalid(Failure::NoFormat { name: format.to_owned() });
        error.hint(Advice::ChooseOneOf { choices: format_names() })
    })
}

/// How a figure is drawn in a format.
///
/// # Errors
/// `invalid_input` for a format that holds no figure.
pub(crate) fn drawing(format: &str) -> Result<Draw> {
    match known(format)?.write {
        Write::Figure(draw) => Ok(draw),
        Write::Values(_) => {
            let figures = FORMATS.iter().filter(|one| matches!(one.write, Write::Figure(_)));
            let error = ApiError::invalid(Failure::NoFormat { name: format.to_owned() });
            Err(error.hint(Advice::ChooseOneOf { choices: figures.map(|one| one.name).collect() }))
        }
    }
}

/// The outermost folder of a path that is not there yet. At the root of the file system none is made: a path that begins with an
/// unknown folder there is nearly always mistyped.
fn missing(folder: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(None) };
    let outermost = folder.ancestors().filter(|one| !one.as_os_str().is_empty() && !one.exists()).last();
    let Some(outermost) = outermost else { return Ok(None) };
    if outermost.parent().is_some_and(|above| above.parent().is_none() && above.has_root()) {
        let error = ApiError::invalid(Failure::NoFolder { path: outermost.display().to_string() });
        return Err(error.hint(Advice::MakeFolder));
    }
    Ok(Some(outermost.to_path_buf()))
}

/// Writes what the window drew: what its charts show, as it shows it. `content` is in base64.
///
/// # Errors
/// `invalid_input` where that is not base64; `failed` where the file cannot be written.
pub fn save(path: &Path, content: &str) -> Result<()> {
    let bytes = BASE64_STANDARD.decode(content);
    let bytes = bytes.map_err(|error| ApiError::invalid(Failure::NoBase64 { reason: error.to_string() }))?;
    put(path, &bytes).map(|_| ())
}

/// Writes bytes to a file, in folders that are made where that is no mistake; the outermost of those.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<Option<PathBuf>> {
    let made = missing(path.parent())?;
    write(path, bytes).map(|()| made)
}

/// One file a run: PATH itself for one run, files in the folder PATH for several.
async fn tables(
    context: &Context,
    ids: &[RunId],
    ending: &str,
    made: fn(&[Series]) -> Result<Vec<u8>>,
    path: &Path,
) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for &id in ids {
        let bytes = values(context, id, made).await?;
        let file = match ids {
            [_] => path.to_path_buf(),
            _ => {
                let row = context.store().run(id).await?;
                // Labels repeat between sweeps; the id's end does not.
                let id = id.simple().to_string();
                path.join(format!("{}-{}.{ending}", file_name(&row.label), &id[id.len() - 6..]))
            }
        };
        write(&file, &bytes)?;
        written.push(file);
    }
    Ok(written)
}

async fn values(context: &Context, id: RunId, made: fn(&[Series]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    made(&context.store().series(id, &SeriesQuery::default()).await?)
}

fn file_name(label: &str) -> String {
    label.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect()
}

/// One object a value.
fn json_lines(series: &[Series]) -> Result<String> {
    let mut text = String::new();
    for one in series {
        for ((step, value), attempt) in one.steps.iter().zip(&one.values).zip(&one.attempts) {
            let line =
                json!({ "name": one.name, "step": step, "value": Number::from(*value), "attempt": attempt });
            let line =
                serde_json::to_string(&line).map_err(|error| ApiError::failed(Failure::json(&error)))?;
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(text)
}

async fn drawn(context: &Context, ids: &[RunId], made: Draw) -> Result<Vec<u8>> {
    let mut compared = Vec::new();
    let mut rows = Vec::new();
    for &id in ids {
        let row = context.store().run(id).await?;
        compared.push(compared_run(context, &row).await?);
        rows.push(row);
    }
    let band = rows.first().and_then(|row| vitals_recipe::loss_band(&row.recipe().ok()??));
    let sweeps: std::collections::BTreeSet<&str> =
        rows.iter().filter_map(|row| row.sweep_name.as_deref()).collect();
    let title = match (rows.as_slice(), sweeps.len()) {
        ([one], _) => one.label.clone(),
        (_, 1) => sweeps.into_iter().next().unwrap_or_default().to_owned(),
        _ => format!("{} runs", rows.len()),
    };
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    let picture = Comparison {
        title,
        subtitle: labels.join(" · "),
        loss_band: band.map(|band| (band.start, band.floor)),
        runs: compared,
    };
    made(&comparison(&picture, WIDTH))
}

fn undrawn(error: &ChartError) -> ApiError {
    ApiError::failed(Failure::NotDrawn { reason: error.to_string() })
}

fn drawing_of(shown: &Figure) -> Result<String> {
    figure(shown).map_err(|error| undrawn(&error))
}

fn picture(shown: &Figure) -> Result<Vec<u8>> {
    png_within(&drawing_of(shown)?, PNG_SCALE, PNG_BYTES)
        .map_err(|error| ApiError::failed(Failure::PngNotDrawn { reason: error.to_string() }))
}

async fn compared_run(context: &Context, row: &RunRow) -> Result<ComparedRun> {
    let layers = runs::layers(context, row.id).await?;
    let drawn = [Metric::Loss, Metric::KnnTop1, Metric::LearningRate];
    let mut names = drawn.map(|metric| metric.name().to_owned()).to_vec();
    names.extend(layers.iter().map(|layer| Metric::LayerNorm.member(layer)));
    let series = context.store().series(row.id, &SeriesQuery { names, ..SeriesQuery::default() }).await?;
    let to = row.total_steps.unwrap_or(row.steps_done).max(1);
    let frame = |name: &str| -> Option<Frame> {
        let found = series.iter().find(|series| series.name == name)?;
        Some(cut(&found.steps, &found.values, 0, to + 1, plot_width(WIDTH)))
    };
    let frozen = row.recipe()?.is_some_and(|recipe| recipe.frozen_patch_projection);
    let shocks = context.store().events(row.id, &["shock"], false).await?;
    Ok(ComparedRun {
        label: row.label.clone(),
        index: usize::from(!frozen),
        loss: frame(Metric::Loss.name()),
        knn_top1: frame(Metric::KnnTop1.name()),
        learning_rate: frame(Metric::LearningRate.name()),
        layers: layers
            .iter()
            .filter_map(|layer| Some((layer.clone(), frame(&Metric::LayerNorm.member(layer))?)))
            .collect(),
        markers: shocks
            .iter()
            .map(|shock| Marker { step: shock.event.step, label: "injected".to_owned() })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_window_drew_is_written_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exports/loss.png");
        save(&path, "iVBORw0KGgo=").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"\x89PNG\r\n\x1a\n");
        let error = save(&path, "not base64").unwrap_err();
        assert!(error.message.contains("not base64"), "{}", error.message);
        assert_eq!(std::fs::read(&path).unwrap().len(), 8, "the old file stays");
    }

    #[test]
    fn csv_keeps_every_value_and_leaves_gaps_empty() {
        let series = |name: &str, steps: &[u64], values: &[f64]| Series {
            stream: "step".to_owned(),
            name: name.to_owned(),
            unit: String::new(),
            kind: vitals_store::ValueKind::F64,
            steps: steps.to_vec(),
            values: values.to_vec(),
            elapsed_secs: vec![0.0; steps.len()],
            attempts: vec![1; steps.len()],
            in_force: vec![true; steps.len()],
        };
        let table = Table::of(&[
            series("loss", &[0, 1], &[4.5, f64::NAN]),
            series("a,b", &[1, 2], &[0.1, f64::NEG_INFINITY]),
        ]);
        assert_eq!(table.to_csv(), "step,loss,\"a,b\"\n0,4.5,\n1,NaN,0.1\n2,,-inf\n");
    }
}
