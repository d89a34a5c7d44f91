//! Recorded series as JSON (`vitals series`): all values, or minimum, maximum and mean of a number of buckets.

use serde::Serialize;
use vitals_recipe::Hint;
use vitals_store::SeriesQuery;

use crate::Context;
use crate::dto::{ApiError, ErrorCode, Number};
use crate::error::Result;
use crate::runs;
use crate::said::{Advice, Failure};

/// One series as printed.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesJson {
    pub name: String,
    pub unit: String,
    /// First step of each bucket, or each value's step.
    pub steps: Vec<u64>,
    #[serde(flatten)]
    pub data: SeriesData,
}

/// Values one by one, or by bucket.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum SeriesData {
    All {
        values: Vec<Number>,
        attempts: Vec<u32>,
    },
    /// Of the finite values; `nonfinite` counts the others of each bucket.
    Buckets {
        min: Vec<Number>,
        max: Vec<Number>,
        mean: Vec<Number>,
        nonfinite: Vec<u64>,
    },
}

/// How many points of a series to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    All,
    Buckets(u32),
}

/// Reads series by name.
///
/// # Errors
/// `not_found` names the first metric that the run lacks, and what it has.
pub async fn read(
    context: &Context,
    id: &str,
    names: &[String],
    (from, to): (Option<u64>, Option<u64>),
    points: Points,
    superseded: bool,
) -> Result<Vec<SeriesJson>> {
    let id = runs::resolve(context, id).await?;
    let query = SeriesQuery { names: names.to_vec(), from, to, superseded };
    let found = context.store().series(id, &query).await?;
    if let Some(missing) = names.iter().find(|name| found.iter().all(|series| series.name != **name)) {
        let known: Vec<String> =
            context.store().series_list(id).await?.into_iter().map(|entry| entry.name).collect();
        let near = vitals_recipe::nearest(missing, known.iter().map(String::as_str));
        let error = ApiError::new(ErrorCode::NotFound, Failure::NoSeries { name: missing.clone() });
        return Err(match near {
            Some(near) => error.hint(Hint::did_you_mean(near)),
            None => error.hint(Advice::ItHas { names: known.iter().take(12).cloned().collect() }),
        });
    }
    let number = |values: Vec<f64>| values.into_iter().map(Number::from).collect::<Vec<_>>();
    let print = |series: vitals_store::Series| match points {
        Points::All => SeriesJson {
            name: series.name,
            unit: series.unit,
            steps: series.steps,
            data: SeriesData::All { values: number(series.values), attempts: series.attempts },
        },
        Points::Buckets(count) => {
            let frame = crate::frames::columns(&series.steps, &series.values, None, count);
            SeriesJson {
                name: series.name,
                unit: series.unit,
                steps: frame.iter().map(|column| column.step).collect(),
                data: SeriesData::Buckets {
                    min: frame.iter().map(|column| column.min.into()).collect(),
                    max: frame.iter().map(|column| column.max.into()).collect(),
                    mean: frame.iter().map(|column| column.mean.into()).collect(),
                    nonfinite: frame.iter().map(|column| column.nonfinite).collect(),
                },
            }
        }
    };
    Ok(found.into_iter().map(print).collect())
}
