//! What turns the steps of a run into another axis: images, epochs, or seconds of training.

use vitals_series::Summary;
use vitals_store::{RunId, Series, SeriesQuery};

use crate::Context;
use crate::branches::{branches, joined};
use crate::dto::FrameAxis;
use crate::error::Result;

/// What turns a run's steps into another axis.
pub(crate) enum Scale {
    Steps,
    /// Axis units to a step; NaN where it is not known.
    Linear(f64),
    /// Series of each branch that tell seconds of training.
    Seconds(Vec<Clock>),
}

/// Seconds of training at the steps of one series.
pub(crate) struct Clock {
    superseded_attempt: Option<u32>,
    steps: Vec<u64>,
    seconds: Vec<f64>,
}

impl Clock {
    fn of((superseded_attempt, series): (Option<u32>, Series)) -> Self {
        Self { superseded_attempt, seconds: training_seconds(&series), steps: series.steps }
    }

    fn at(&self, step: u64) -> Option<f64> {
        self.steps.binary_search(&step).ok().map(|row| self.seconds[row])
    }
}

impl Scale {
    /// `lines`: stream and name of each that will be placed.
    pub async fn of(
        context: &Context,
        run: RunId,
        axis: Option<FrameAxis>,
        superseded: bool,
        lines: &[(&str, &str)],
    ) -> Result<Self> {
        Ok(match axis.unwrap_or(FrameAxis::Step) {
            FrameAxis::Step => Self::Steps,
            FrameAxis::Images => Self::Linear(images_per_step(context, run).await?),
            FrameAxis::Epoch => Self::Linear(epochs_per_step(context, run).await?),
            FrameAxis::Elapsed => Self::Seconds(clocks(context, run, superseded, lines).await?),
        })
    }

    /// Where each column's first step lies; empty on an axis of steps. `branch`: the attempt whose superseded values these are.
    pub fn positions(&self, columns: &[Summary], branch: Option<u32>) -> Vec<f64> {
        let steps = columns.iter().map(|column| column.first_step);
        match self {
            Self::Steps => Vec::new(),
            Self::Linear(per_step) => steps.map(|step| step as f64 * per_step).collect(),
            Self::Seconds(clocks) => {
                let of = || clocks.iter().filter(|clock| clock.superseded_attempt == branch);
                steps.map(|step| of().find_map(|clock| clock.at(step)).unwrap_or(f64::NAN)).collect()
            }
        }
    }
}

/// NaN, and so no place on the axis, where the batch is not known.
async fn images_per_step(context: &Context, run: RunId) -> Result<f64> {
    let recipe = context.store().run(run).await?.recipe()?;
    Ok(recipe.map_or(f64::NAN, |recipe| f64::from(recipe.batch_size)))
}

async fn epochs_per_step(context: &Context, run: RunId) -> Result<f64> {
    let Some(recipe) = context.store().run(run).await?.recipe()? else { return Ok(f64::NAN) };
    let facts = crate::datasets::known_facts(context).await?.remove(&recipe.dataset);
    let images = facts.or_else(|| vitals_recipe::DatasetFacts::published(&recipe.dataset)).map(|f| f.images);
    let steps = images.map(|images| recipe.schedule(images).steps_per_epoch as f64);
    Ok(steps.filter(|steps| *steps > 0.0).map_or(f64::NAN, f64::recip))
}

/// The times of one series of each stream.
async fn clocks(
    context: &Context,
    run: RunId,
    superseded: bool,
    lines: &[(&str, &str)],
) -> Result<Vec<Clock>> {
    let mut of_streams: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        if !of_streams.iter().any(|known| known.0 == line.0) {
            of_streams.push(*line);
        }
    }
    if of_streams.is_empty() {
        return Ok(Vec::new());
    }
    let names = of_streams.iter().map(|(_, name)| (*name).to_owned()).collect();
    let query = SeriesQuery { names, superseded, ..SeriesQuery::default() };
    let read = joined(context.store().series(run, &query).await?);
    Ok(read.into_iter().flat_map(branches).map(Clock::of).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn axes_of_images_and_time() {
        let mut resumed = series("loss", vec![0.0; 6]);
        resumed.elapsed_secs = vec![1.0, 2.0, 3.0, 0.5, 1.5, 2.5];
        resumed.attempts = vec![1, 1, 1, 2, 2, 2];
        let x = |scale: &Scale| {
            let column = |row: usize| Summary::of(&resumed.steps[row..=row], &resumed.values[row..=row]);
            let columns: Vec<Summary> = (0..6).map(column).collect();
            scale.positions(&columns, None)
        };
        assert!(x(&Scale::Steps).is_empty());
        assert_eq!(x(&Scale::Linear(256.0)), [0.0, 256.0, 512.0, 768.0, 1024.0, 1280.0]);
        assert_eq!(
            x(&Scale::Seconds(vec![Clock::of((None, resumed.clone()))])),
            [1.0, 2.0, 3.0, 3.5, 4.5, 5.5]
        );
        assert!(x(&Scale::Seconds(Vec::new())).iter().all(|x| x.is_nan()));
    }
}
