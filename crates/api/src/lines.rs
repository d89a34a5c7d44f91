//! The lines of a frame: a run's series as columns of pixels. They come from the store's pyramids; values themselves are
//! read for what depends on all that came before: smoothing, and medians of what is no layer's.

use tokio::task::JoinSet;
use vitals_series::{Grid, MEDIAN_WINDOW, Piece, Summary, relative_to_running_median, smooth_ema};
use vitals_store::{RunId, SeriesQuery, View};

use crate::Context;
use crate::branches::{branches, joined};
use crate::dto::{ApiError, FrameAxis, SeriesAsk};
use crate::edges::{self, Edges};
use crate::error::Result;
use crate::said::Failure;
use crate::scale::Scale;

/// Looks at the store at the same time: what is read of a run as values is megabytes.
const SIDE_BY_SIDE: usize = 4;
/// Columns of one look: 15 MB.
const COLUMNS_AT_ONCE: usize = 100_000;

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

    fn on(self, run: RunId, scale: &Scale) -> Line {
        Line {
            run,
            x: scale.positions(&self.columns, self.superseded_attempt),
            name: self.name,
            unit: self.unit,
            relative: self.relative,
            smoothing: self.smoothing,
            superseded_attempt: self.superseded_attempt,
            columns: self.columns,
            before: self.before,
            after: self.after,
        }
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

/// The lines of each run, each group of series on its grid; with `surrounded`, each with its values beyond the grid's edges.
pub(crate) async fn read(
    context: &Context,
    runs: &[RunId],
    asked: &[(Alike, Grid)],
    surrounded: bool,
    axis: Option<FrameAxis>,
) -> Result<Vec<Vec<Line>>> {
    let mut lines: Vec<Vec<Unplaced>> = runs.iter().map(|_| Vec::new()).collect();
    for (alike, grid) in asked {
        let more = cut_alike(context, runs, alike, *grid, surrounded).await?;
        lines.iter_mut().zip(more).for_each(|(lines, more)| lines.extend(more));
    }
    let superseded = asked.iter().any(|(alike, _)| alike.superseded);
    let mut placed = Vec::with_capacity(runs.len());
    for (&run, lines) in runs.iter().zip(lines) {
        let streams: Vec<(&str, &str)> =
            lines.iter().map(|line| (line.stream.as_str(), line.name.as_str())).collect();
        let scale = Scale::of(context, run, axis, superseded, &streams).await?;
        placed.push(lines.into_iter().map(|line| line.on(run, &scale)).collect());
    }
    Ok(placed)
}

async fn cut_alike(
    context: &Context,
    runs: &[RunId],
    alike: &Alike,
    grid: Grid,
    surrounded: bool,
) -> Result<Vec<Vec<Unplaced>>> {
    let beyond = match surrounded {
        true => edges::find(context, runs, &alike.names, alike.superseded, grid).await?,
        false => runs.iter().map(|_| edges::Beyond::default()).collect(),
    };
    // Nodes hold what is relative to a median for layers only.
    let of_nodes = !alike.relative || alike.names.iter().all(|name| name.contains('/'));
    if alike.smoothing > 0.0 || !of_nodes {
        let asked = runs.iter().copied().zip(beyond.iter().map(edges::Beyond::last));
        return side_by_side(asked, |(run, until)| {
            let (context, alike) = (context.clone(), alike.clone());
            async move { from_values(&context, run, &alike, grid, surrounded, until).await }
        })
        .await;
    }
    let mut lines = from_nodes(context, runs, alike, grid).await?;
    if surrounded {
        let found = edges::read(context, runs, &beyond, alike.relative, alike.superseded).await?;
        for (lines, mut found) in lines.iter_mut().zip(found) {
            for line in lines {
                line.surround(found.remove(&line.key()).unwrap_or_default());
            }
        }
    }
    Ok(lines)
}

/// Some runs at a time with one look each, and some looks side by side: so files are waited for together, and both reading and
/// what is made of it have a core.
async fn from_nodes(
    context: &Context,
    runs: &[RunId],
    alike: &Alike,
    grid: Grid,
) -> Result<Vec<Vec<Unplaced>>> {
    let most = COLUMNS_AT_ONCE / (grid.columns * alike.names.len()).max(1);
    let parts = runs.chunks(runs.len().div_ceil(SIDE_BY_SIDE).min(most).max(1)).map(<[RunId]>::to_vec);
    let read = side_by_side(parts, |runs| {
        let (context, alike) = (context.clone(), alike.clone());
        async move { from_nodes_at_once(&context, &runs, &alike, grid).await }
    });
    Ok(read.await?.into_iter().flatten().collect())
}

async fn from_nodes_at_once(
    context: &Context,
    runs: &[RunId],
    alike: &Alike,
    grid: Grid,
) -> Result<Vec<Vec<Unplaced>>> {
    let view =
        View { names: alike.names.clone(), grid, relative: alike.relative, superseded: alike.superseded };
    let asked: Vec<(RunId, &View)> = runs.iter().map(|run| (*run, &view)).collect();
    let pick = |piece: &Piece| if alike.relative { piece.relative } else { piece.summary };
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
    let strips = context.store().viewports(&asked).await?;
    Ok(strips.into_iter().map(|strips| strips.into_iter().map(line).collect()).collect())
}

/// The answers in the order of what is asked.
async fn side_by_side<T, A, F>(asked: impl IntoIterator<Item = T>, answer: impl Fn(T) -> F) -> Result<Vec<A>>
where
    A: Send + 'static,
    F: Future<Output = Result<A>> + Send + 'static,
{
    let mut waiting = asked.into_iter().enumerate();
    let mut working = JoinSet::new();
    let mut answers: Vec<(usize, A)> = Vec::new();
    loop {
        while working.len() < SIDE_BY_SIDE
            && let Some((place, one)) = waiting.next()
        {
            let answer = answer(one);
            working.spawn(async move { Ok::<_, ApiError>((place, answer.await?)) });
        }
        let Some(ended) = working.join_next().await else { break };
        answers.push(ended.map_err(|error| ApiError::failed(Failure::answer(&error)))??);
    }
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
