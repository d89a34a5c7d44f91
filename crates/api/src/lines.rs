//! The lines of a frame: a run's series as columns of pixels. They come from the store's pyramids; values themselves are
//! read for what depends on all that came before, smoothing, and for the times of an axis of seconds.

use vitals_series::{Grid, MEDIAN_WINDOW, Piece, Summary, relative_to_running_median, smooth_ema};
use vitals_store::{RunId, Series, SeriesQuery, View};

use crate::Context;
use crate::branches::{branches, joined};
use crate::dto::{ApiError, FrameAxis, SeriesAsk};
use crate::edges::{self, Edges};
use crate::error::Result;
use crate::said::Failure;

/// One series of one run, cut; empty columns are left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub run: RunId,
    pub name: String,
    pub unit: String,
    pub relative: bool,
    pub smoothing: f64,
    /// The attempt whose superseded values these are; `None`: the values in force.
    pub superseded_attempt: Option<u32>,
    pub columns: Vec<Summary>,
    /// The first column is the value before the window, the last one the value behind it.
    pub before: bool,
    pub after: bool,
    /// Where each column's first step lies on the axis; empty on an axis of steps.
    pub x: Vec<f64>,
}

impl Line {
    /// Values of the window that the columns stand for.
    pub fn values(&self) -> u64 {
        let inside = usize::from(self.before)..self.columns.len() - usize::from(self.after);
        self.columns[inside].iter().map(|column| column.count).sum()
    }
}

/// A line that has no place on the axis yet.
struct Unplaced {
    stream: String,
    name: String,
    unit: String,
    relative: bool,
    smoothing: f64,
    superseded_attempt: Option<u32>,
    columns: Vec<Summary>,
    before: bool,
    after: bool,
}

impl Unplaced {
    fn key(&self) -> edges::Key {
        (self.name.clone(), self.superseded_attempt)
    }

    /// Puts the values beyond the window around the columns.
    fn surround(&mut self, Edges { before, after }: Edges) {
        (self.before, self.after) = (before.is_some(), after.is_some());
        self.columns.splice(0..0, before);
        self.columns.extend(after);
    }
}

/// Series that are wanted in the same way: read in one go, cut on one grid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alike {
    pub names: Vec<String>,
    pub relative: bool,
    pub smoothing: f64,
    pub superseded: bool,
}

/// Asks by the way they are wanted, in the order of their first.
pub(crate) fn alike(asks: &[SeriesAsk]) -> Vec<Alike> {
    let mut found: Vec<Alike> = Vec::new();
    for SeriesAsk { name, relative, smoothing, superseded } in asks {
        let (relative, smoothing, superseded) = (*relative, *smoothing, *superseded);
        let same = found.iter_mut().find(|one| {
            one.relative == relative && one.smoothing == smoothing && one.superseded == superseded
        });
        match same {
            Some(known) => known.names.push(name.clone()),
            None => found.push(Alike { names: vec![name.clone()], relative, smoothing, superseded }),
        }
    }
    found
}

/// A run's lines, each group of series on its grid; with `surrounded`, each with its values beyond the grid's edges.
pub(crate) async fn read(
    context: &Context,
    run: RunId,
    asked: &[(Alike, Grid)],
    surrounded: bool,
    axis: Option<FrameAxis>,
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (alike, grid) in asked {
        lines.extend(cut_alike(context, run, alike, *grid, surrounded).await?);
    }
    let superseded = asked.iter().any(|(alike, _)| alike.superseded);
    place(context, run, superseded, axis, lines).await
}

async fn cut_alike(
    context: &Context,
    run: RunId,
    alike: &Alike,
    grid: Grid,
    surrounded: bool,
) -> Result<Vec<Unplaced>> {
    let beyond = match surrounded {
        true => edges::find(context, run, &alike.names, alike.superseded, grid).await?,
        false => edges::Beyond::default(),
    };
    // Nodes hold what is relative to a median for layers only.
    let of_nodes = !alike.relative || alike.names.iter().all(|name| name.contains('/'));
    if alike.smoothing > 0.0 || !of_nodes {
        return from_values(context, run, alike, grid, surrounded, beyond.last()).await;
    }
    let mut lines = from_nodes(context, run, alike, grid).await?;
    let mut found = edges::read(context, run, &beyond, alike.relative, alike.superseded).await?;
    for line in &mut lines {
        line.surround(found.remove(&line.key()).unwrap_or_default());
    }
    Ok(lines)
}

async fn from_nodes(context: &Context, run: RunId, alike: &Alike, grid: Grid) -> Result<Vec<Unplaced>> {
    let view =
        View { names: alike.names.clone(), grid, relative: alike.relative, superseded: alike.superseded };
    let pick = |piece: &Piece| if alike.relative { piece.relative } else { piece.summary };
    let strips = context.store().viewport(run, &view).await?;
    let line = |strip: vitals_store::Strip| Unplaced {
        stream: strip.stream,
        name: strip.name,
        unit: strip.unit,
        relative: alike.relative,
        smoothing: alike.smoothing,
        superseded_attempt: strip.superseded_attempt,
        columns: strip.columns.iter().map(pick).filter(|column| column.count > 0).collect(),
        before: false,
        after: false,
    };
    Ok(strips.into_iter().map(line).collect())
}

/// `until`: the furthest step behind the grid that is wanted.
async fn from_values(
    context: &Context,
    run: RunId,
    alike: &Alike,
    grid: Grid,
    surrounded: bool,
    until: Option<u64>,
) -> Result<Vec<Unplaced>> {
    // From the beginning: medians and smoothing look back beyond the window.
    let query = SeriesQuery {
        names: alike.names.clone(),
        to: Some(grid.end().saturating_sub(1).max(until.unwrap_or(0))),
        superseded: alike.superseded,
        ..SeriesQuery::default()
    };
    let read = joined(context.store().series(run, &query).await?);
    let (relative, smoothing) = (alike.relative, alike.smoothing);
    // Medians over 100,000 steps take a while; the runtime's threads serve others meanwhile.
    let cut = move || {
        let branches = read.into_iter().flat_map(branches);
        branches
            .map(|(superseded_attempt, series)| {
                let values = shown(&series.steps, &series.values, relative, smoothing);
                let mut line = Unplaced {
                    columns: cut(&series.steps, &values, grid),
                    before: false,
                    after: false,
                    stream: series.stream,
                    name: series.name,
                    unit: series.unit,
                    relative,
                    smoothing,
                    superseded_attempt,
                };
                if surrounded {
                    line.surround(edges_of(&series.steps, &values, grid));
                }
                line
            })
            .collect()
    };
    tokio::task::spawn_blocking(cut).await.map_err(|error| ApiError::failed(Failure::answer(&error)))
}

fn shown(steps: &[u64], values: &[f64], relative: bool, smoothing: f64) -> Vec<f64> {
    let values = if relative { relative_to_running_median(values, MEDIAN_WINDOW) } else { values.to_vec() };
    if smoothing > 0.0 { smooth_ema(steps, &values, smoothing) } else { values }
}

fn cut(steps: &[u64], values: &[f64], grid: Grid) -> Vec<Summary> {
    let mut columns = vec![Summary::EMPTY; grid.columns];
    for (&step, &value) in steps.iter().zip(values) {
        if let Some(column) = grid.column_of(step) {
            columns[column].push(step, value);
        }
    }
    columns.retain(|column| column.count > 0);
    columns
}

/// The values next to a grid, of a series that is at hand as a whole.
fn edges_of(steps: &[u64], values: &[f64], grid: Grid) -> Edges {
    let single = |row: usize| Some(Summary::of(steps.get(row..=row)?, values.get(row..=row)?));
    let [first, end] = [grid.from, grid.end()].map(|edge| steps.partition_point(|&step| step < edge));
    Edges { before: first.checked_sub(1).and_then(single), after: single(end) }
}

/// What turns a run's steps into another axis.
enum Scale {
    Steps,
    /// Axis units to a step; NaN where it is not known.
    Linear(f64),
    /// Series of each branch that tell seconds of training.
    Seconds(Vec<Clock>),
}

/// Seconds of training at the steps of one series.
struct Clock {
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

async fn place(
    context: &Context,
    run: RunId,
    superseded: bool,
    axis: Option<FrameAxis>,
    lines: Vec<Unplaced>,
) -> Result<Vec<Line>> {
    let scale = match axis.unwrap_or(FrameAxis::Step) {
        FrameAxis::Step => Scale::Steps,
        FrameAxis::Images => Scale::Linear(images_per_step(context, run).await?),
        FrameAxis::Epoch => Scale::Linear(epochs_per_step(context, run).await?),
        FrameAxis::Elapsed => Scale::Seconds(clocks(context, run, superseded, &lines).await?),
    };
    let place = |line: Unplaced| Line {
        run,
        x: positions(&line, &scale),
        name: line.name,
        unit: line.unit,
        relative: line.relative,
        smoothing: line.smoothing,
        superseded_attempt: line.superseded_attempt,
        columns: line.columns,
        before: line.before,
        after: line.after,
    };
    Ok(lines.into_iter().map(place).collect())
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
async fn clocks(context: &Context, run: RunId, superseded: bool, lines: &[Unplaced]) -> Result<Vec<Clock>> {
    let mut of_streams: Vec<&Unplaced> = Vec::new();
    for line in lines {
        if !of_streams.iter().any(|known| known.stream == line.stream) {
            of_streams.push(line);
        }
    }
    if of_streams.is_empty() {
        return Ok(Vec::new());
    }
    let query = SeriesQuery {
        names: of_streams.iter().map(|line| line.name.clone()).collect(),
        superseded,
        ..SeriesQuery::default()
    };
    let read = joined(context.store().series(run, &query).await?);
    Ok(read.into_iter().flat_map(branches).map(Clock::of).collect())
}

fn positions(line: &Unplaced, scale: &Scale) -> Vec<f64> {
    let steps = line.columns.iter().map(|column| column.first_step);
    match scale {
        Scale::Steps => Vec::new(),
        Scale::Linear(per_step) => steps.map(|step| step as f64 * per_step).collect(),
        Scale::Seconds(clocks) => {
            let of = || clocks.iter().filter(|clock| clock.superseded_attempt == line.superseded_attempt);
            steps.map(|step| of().find_map(|clock| clock.at(step)).unwrap_or(f64::NAN)).collect()
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
    fn a_smoothed_curve_is_the_same_at_every_width() {
        let values: Vec<f64> = (0..31_000).map(|step| f64::from(step % 7)).collect();
        let steps: Vec<u64> = (0..31_000).collect();
        let smooth = smooth_ema(&steps, &values, 50.0);
        for pixels in [1, 333, 1440] {
            let grid = Grid::new(1_000, 30_999, pixels);
            let columns = cut(&steps, &shown(&steps, &values, false, 50.0), grid);
            let last = columns.last().map(|column| column.last);
            assert_eq!(last, smooth.last().copied(), "{pixels}");
        }
    }

    #[test]
    fn the_values_next_to_a_grid_are_those_before_and_behind_it() {
        let (steps, values) = ([0, 20, 40, 60, 80], [1.0, 2.0, 3.0, f64::NAN, 5.0]);
        let near = |from, columns| {
            let edges = edges_of(&steps, &values, Grid { from, stride: 1, columns });
            [edges.before, edges.after].map(|one| one.map(|one| (one.first_step, one.last.to_bits())))
        };
        let at = |step: u64, value: f64| Some((step, value.to_bits()));
        assert_eq!(
            near(21, 19),
            [at(20, 2.0), at(40, 3.0)],
            "nothing lies inside, and both neighbours are known"
        );
        assert_eq!(near(20, 21), [at(0, 1.0), at(60, f64::NAN)], "what is not finite breaks the line there");
        assert_eq!(near(0, 81), [None, None]);
    }

    #[test]
    fn series_are_read_with_those_that_are_wanted_alike() {
        let relative = |name: &str| SeriesAsk { relative: true, ..SeriesAsk::raw(name) };
        let smoothed = |name: &str| SeriesAsk { smoothing: 50.0, ..SeriesAsk::raw(name) };
        let asks =
            [SeriesAsk::raw("loss"), relative("a"), smoothed("loss"), SeriesAsk::raw("knn"), relative("b")];
        let found: Vec<_> =
            alike(&asks).into_iter().map(|one| (one.names.join(","), one.relative, one.smoothing)).collect();
        let named = |names: &str, relative, smoothing| (names.to_owned(), relative, smoothing);
        assert_eq!(
            found,
            [named("loss,knn", false, 0.0), named("a,b", true, 0.0), named("loss", false, 50.0)]
        );
    }

    #[test]
    fn axes_of_images_and_time() {
        let mut resumed = series("loss", vec![0.0; 6]);
        resumed.elapsed_secs = vec![1.0, 2.0, 3.0, 0.5, 1.5, 2.5];
        resumed.attempts = vec![1, 1, 1, 2, 2, 2];
        let x = |scale: &Scale| {
            let columns = cut(&resumed.steps, &resumed.values, Grid::new(0, 5, 6));
            let (stream, name, unit) = ("step".to_owned(), "loss".to_owned(), String::new());
            let line = Unplaced {
                stream,
                name,
                unit,
                relative: false,
                smoothing: 0.0,
                superseded_attempt: None,
                columns,
                before: false,
                after: false,
            };
            positions(&line, scale)
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
