//! What charts of the window show, drawn on a page for a paper: the series are read anew, as many columns as the page has, so
//! that every extreme is there at its width; what is said of arms is decided anew.

mod decided;
mod map;
mod parallel;
mod rates;
mod scatter;
mod shares;
mod slots;

use std::path::Path;

use vitals_charts::{
    Band, Column, Event, EventKind, Figure, Ground, Heat, HeatRow, Interval, Line, Lines, Page, Panel, Plot,
    Trace, XAxis,
};
use vitals_series::Summary;

use crate::Context;
use crate::decide::decide;
use crate::dto::{
    ApiError, ArmsRequest, Decision, FigureAsk, FigureEvent, FigureGround, FigureHeat, FigureLine,
    FigureLines, FigurePage, FigurePanel, FigurePlot, FigureSave, FrameAxis, FrameRequest, HeatmapCell,
    HeatmapRequest, SeriesAsk,
};
use crate::error::Result;
use crate::number::small;
use crate::said::Failure;
use crate::{arm_frames, export, frames, heatmap, lines, runs};
use decided::Decided;
use slots::{QUIET, index_of};

/// Writes a figure to a file.
///
/// # Errors
/// `invalid_input` for a format that is no figure, a page that nobody prints, and more than can be shown; `not_found` for an
/// unknown run; `failed` where the file cannot be written.
pub async fn save(context: &Context, ask: &FigureSave) -> Result<()> {
    let draw = export::drawing(&ask.format)?;
    let bytes = draw(&figure(context, &ask.figure).await?)?;
    export::put(Path::new(&ask.path), &bytes).map(|_| ())
}

/// The figure.
///
/// # Errors
/// As [`save`], but for the file.
pub async fn figure(context: &Context, ask: &FigureAsk) -> Result<Figure> {
    let decision = match &ask.decision {
        Some(asked) => Some(decide(context, &asked.of).await?),
        None => None,
    };
    figure_of(context, ask, decision).await
}

/// The figure of a decision that was made: for whoever says more of it than the figure does.
pub(crate) async fn figure_of(
    context: &Context,
    ask: &FigureAsk,
    decision: Option<Decision>,
) -> Result<Figure> {
    let page = page(ask.page)?;
    let columns = small(page.columns());
    let mut panels = Vec::with_capacity(ask.panels.len());
    let decided =
        ask.decision.as_ref().zip(decision).map(|(asked, made)| Decided::new(made, asked, ask.page.width_mm));
    let of_arms = || {
        let reason = "a plot of arms needs its question".to_owned();
        decided.as_ref().ok_or_else(|| ApiError::invalid(Failure::NotDrawn { reason }))
    };
    for FigurePanel { title, unit, height_share, plot } in &ask.panels {
        let mut unit = unit.clone();
        let plot = match plot {
            FigurePlot::Lines(lines) => Plot::from(drawn_lines(context, ask, lines, columns).await?),
            FigurePlot::Heat(heat) => Plot::from(drawn_heat(context, ask, heat, columns).await?),
            FigurePlot::Forest(forest) => Plot::from(of_arms()?.forest(&forest.x_title)),
            FigurePlot::Pairs(pairs) => Plot::from(of_arms()?.pairs(&pairs.arm)?),
            FigurePlot::Rates(asked) => Plot::from(rates::drawn(context, asked).await?),
            FigurePlot::Parallel(asked) => {
                let (plot, count) = parallel::drawn(context, asked).await?;
                unit = count;
                Plot::from(plot)
            }
            FigurePlot::Map(asked) => {
                let (plot, count) = map::drawn(context, asked).await?;
                unit = count;
                Plot::from(plot)
            }
            FigurePlot::Shares(asked) => {
                let (plot, count) = shares::drawn(context, asked).await?;
                unit = count;
                Plot::from(plot)
            }
            FigurePlot::Scatter(asked) => {
                let (plot, count) = scatter::drawn(context, asked).await?;
                unit = count;
                Plot::from(plot)
            }
        };
        panels.push(Panel { height_share: *height_share, ..Panel::new(title, unit, plot) });
    }
    let figure = Figure::new(&ask.title, page, panels);
    let (subtitle, notes, ids) = (ask.subtitle.clone(), ask.notes.clone(), ask.runs.clone());
    Ok(Figure { subtitle, notes, ids, ..figure })
}

fn page(FigurePage { width_mm, height_mm, font_pt, ground }: FigurePage) -> Result<Page> {
    let ground = match ground {
        FigureGround::White => Ground::White,
        FigureGround::Transparent => Ground::Transparent,
        FigureGround::Light => Ground::Light,
        FigureGround::Dark => Ground::Dark,
    };
    let page = Page::new(width_mm, font_pt)
        .map_err(|error| ApiError::invalid(Failure::NotDrawn { reason: error.to_string() }))?
        .on(ground);
    Ok(match height_mm {
        Some(height) => page.with_height_mm(height),
        None => page,
    })
}

fn x_axis(ask: &FigureAsk) -> XAxis {
    match ask.axis {
        None | Some(FrameAxis::Step) => {
            XAxis { window: Some((ask.from, ask.to)), ..XAxis::steps(&ask.x_title) }
        }
        Some(_) => XAxis { is_steps: false, ..XAxis::steps(&ask.x_title) },
    }
}

async fn drawn_lines(context: &Context, ask: &FigureAsk, asked: &FigureLines, columns: u32) -> Result<Lines> {
    let mut made = Lines::new(x_axis(ask));
    made.scale = asked.scale;
    made.log_y = asked.log;
    made.y_limits = Some((asked.y[0] * asked.scale, asked.y[1] * asked.scale));
    for line in &asked.lines {
        if line.is_mean {
            made.lines.extend(mean(context, ask, line, columns).await?);
        } else {
            made.lines.extend(of_run(context, ask, line, columns).await?);
        }
    }
    made.bands = asked
        .band
        .iter()
        .map(|band| Band {
            low: band.low,
            high: band.high,
            low_label: band.low_label.clone(),
            high_label: band.high_label.clone(),
        })
        .collect();
    made.events = asked.events.iter().map(event).collect();
    Ok(made)
}

/// The line of one run, with the ghosts of what it is smoothed from and of what later attempts have superseded.
async fn of_run(context: &Context, ask: &FigureAsk, line: &FigureLine, columns: u32) -> Result<Vec<Line>> {
    let mut series = vec![line.series.clone()];
    if line.series.smoothing > 0.0 {
        series.push(SeriesAsk { smoothing: 0.0, superseded: false, ..line.series.clone() });
    }
    let request = FrameRequest {
        runs: line.runs.clone(),
        series,
        from: Some(ask.from),
        to: Some(ask.to),
        columns,
        axis: ask.axis,
        edges: true,
    };
    let (found, _) = frames::lines(context, &request).await?;
    let made = found.into_iter().map(|one| {
        let is_ghost =
            line.ghost || one.superseded_attempt.is_some() || one.smoothing != line.series.smoothing;
        // A ghost has no entry of its own in the legend.
        let label = if is_ghost && !line.ghost { "" } else { line.label.as_str() };
        styled(line, label, is_ghost, trace(&one, ask.x_divisor))
    });
    Ok(made.collect())
}

fn trace(line: &lines::Line, divisor: f64) -> Trace {
    let columns = line.columns.iter().enumerate().map(|(at, values)| {
        // On another axis than steps only the place of a column's first step is known.
        let (first_x, last_x) = match line.x.get(at) {
            Some(x) => (x / divisor, x / divisor),
            None => (values.first_step as f64, values.last_step as f64),
        };
        Column { first_x, last_x, values: *values, hollow: false }
    });
    along(columns.collect())
}

fn along(columns: Vec<Column>) -> Trace {
    let from = columns.first().map_or(0.0, |column| column.first_x);
    let to = columns.last().map_or(from, |column| column.last_x);
    Trace { from, to, columns }
}

/// The mean line of an arm; where its interval is asked for, with it wherever there are enough seeds for one.
async fn mean(context: &Context, ask: &FigureAsk, line: &FigureLine, columns: u32) -> Result<Vec<Line>> {
    let request = ArmsRequest {
        arms: vec![line.runs.clone()],
        series: vec![line.series.clone()],
        from: Some(ask.from),
        to: Some(ask.to),
        columns,
    };
    let (found, _) = arm_frames::lines(context, &request).await?;
    let made = found.into_iter().map(|arm| {
        let mut intervals = Vec::new();
        let mut columns = Vec::new();
        for column in &arm.columns {
            let x = column.first_step as f64;
            let (low, high) = arm_frames::bounds(column).unwrap_or((f64::NAN, f64::NAN));
            if line.interval {
                intervals.push(Interval { x, low, high });
            }
            let mean = column.interval.map_or(f64::NAN, |interval| interval.mean);
            let values = Summary::of(&[column.first_step], &[mean]);
            columns.push(Column { first_x: x, last_x: x, values, hollow: false });
        }
        Line { intervals, ..styled(line, &line.label, line.ghost, along(columns)) }
    });
    Ok(made.collect())
}

fn styled(asked: &FigureLine, label: &str, ghost: bool, trace: Trace) -> Line {
    let index = index_of(asked.slot);
    let made = Line::new(label, index.unwrap_or(QUIET), trace);
    let dash_index = if asked.solid { 0 } else { index.unwrap_or(0) };
    Line { dash_index, ghost, ..made }
}

async fn drawn_heat(context: &Context, ask: &FigureAsk, asked: &FigureHeat, columns: u32) -> Result<Heat> {
    let request = HeatmapRequest {
        run: asked.run.clone(),
        metric: asked.metric.clone(),
        layers: asked.layers.clone(),
        cell: asked.cell,
        from: Some(ask.from),
        to: Some(ask.to),
        columns,
    };
    let run = runs::resolve(context, &asked.run).await?;
    let (rows, grid) = heatmap::read(context, run, &request).await?;
    let to = grid.from + grid.stride * grid.columns as u64;
    let mut made = Heat::new(XAxis::steps(&ask.x_title), grid.from as f64, to as f64);
    made.scale_label = asked.scale_label.clone();
    let called = |layer: String| {
        let place = asked.layers.iter().position(|one| *one == layer);
        place.and_then(|place| asked.labels.get(place).cloned()).unwrap_or(layer)
    };
    made.rows = rows
        .into_iter()
        .map(|cells| HeatRow {
            nonfinite: (0..)
                .zip(&cells.nonfinite)
                .filter(|(_, count)| **count > 0.0)
                .map(|(at, _)| at)
                .collect(),
            values: cells.largest.into_iter().map(f64::from).collect(),
            frozen: asked.frozen.contains(&cells.row.layer),
            name: called(cells.row.layer),
        })
        .collect();
    if asked.cell != HeatmapCell::Relative {
        let finite = || made.rows.iter().flat_map(|row| &row.values).copied().filter(|value| *value > 0.0);
        made.low = finite().fold(f64::INFINITY, f64::min).min(1e300);
        made.high = finite().fold(f64::MIN_POSITIVE, f64::max).max(made.low);
    }
    made.events = asked.events.iter().map(event).collect();
    Ok(made)
}

fn event(asked: &FigureEvent) -> Event {
    let kind = match asked.kind.as_str() {
        "spike" => EventKind::Spike,
        "shock" => EventKind::Shock,
        "dip" => EventKind::Dip,
        "collapse" | "divergence" => EventKind::Collapse,
        "nonfinite" => EventKind::Nonfinite,
        "stalled" => EventKind::Stalled,
        _ => EventKind::Other,
    };
    Event { end: asked.end, injected: asked.injected, ..Event::new(kind, asked.at) }
}
