//! The figure that compares runs: loss with its start and floor, kNN accuracy, learning rate, and gradient norms per
//! layer, one panel a run, on one step axis and one scale.

use vitals_series::Frame;

use crate::lines::{Band, Event, EventKind, Line, Lines, XAxis};
use crate::model::{Figure, Panel, Plot};
use crate::page::Page;

/// One run as the comparison shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedRun {
    pub label: String,
    /// Colour and dash: 0 for frozen, 1 for learned, then on. A run whose index another label has taken gets a free one;
    /// runs of one label (seeds) look alike and share a legend entry.
    pub index: usize,
    pub loss: Option<Frame>,
    /// As a fraction.
    pub knn_top1: Option<Frame>,
    pub learning_rate: Option<Frame>,
    /// Gradient norms in network order.
    pub layers: Vec<(String, Frame)>,
    pub markers: Vec<Marker>,
}

/// Something that happened at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    pub step: u64,
    pub label: String,
}

/// The figure's own words, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub loss: String,
    pub knn: String,
    pub knn_unit: String,
    pub learning_rate: String,
    pub gradients: String,
    pub log_scale: String,
    pub start: String,
    pub floor: String,
    pub step: String,
}

impl Words {
    pub fn english() -> Self {
        Self::of([
            "Loss",
            "kNN accuracy",
            "% of held-out images, top 1",
            "Learning rate",
            "Gradient norm by layer",
            "log scale",
            "start: chance",
            "floor",
            "step",
        ])
    }

    pub fn korean() -> Self {
        Self::of([
            "손실",
            "kNN 정확도",
            "%, 검증 이미지 top 1",
            "학습률",
            "레이어별 그래디언트 노름",
            "로그 축",
            "시작값",
            "하한",
            "스텝",
        ])
    }

    fn of(words: [&str; 9]) -> Self {
        let [loss, knn, knn_unit, learning_rate, gradients, log_scale, start, floor, step] =
            words.map(str::to_owned);
        Self { loss, knn, knn_unit, learning_rate, gradients, log_scale, start, floor, step }
    }
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub title: String,
    pub subtitle: String,
    /// Loss at chance and the lowest reachable loss.
    pub loss_band: Option<(f64, f64)>,
    pub runs: Vec<ComparedRun>,
}

/// Builds the figure in English; a panel without data is left out.
pub fn comparison(compared: &Comparison, width: u32) -> Figure {
    comparison_in(compared, &Words::english(), width)
}

/// As [`comparison`], in the reader's words.
pub fn comparison_in(compared: &Comparison, words: &Words, width: u32) -> Figure {
    let runs = &distinct(&compared.runs);
    let mut panels = Vec::new();
    let mut loss = Panel::new(
        &words.loss,
        "",
        Lines {
            lines: lines(runs, |run| run.loss.as_ref()),
            bands: Vec::from_iter(compared.loss_band.map(|(start, floor)| Band {
                low: floor,
                high: start,
                low_label: words.floor.clone(),
                high_label: words.start.clone(),
            })),
            ..chart(words)
        },
    );
    loss.height_share = 1.15;
    panels.push(loss);
    let knn = Lines { scale: 100.0, lines: lines(runs, |run| run.knn_top1.as_ref()), ..chart(words) };
    panels.push(Panel::new(&words.knn, &words.knn_unit, knn));
    let rate = Lines { lines: lines(runs, |run| run.learning_rate.as_ref()), ..chart(words) };
    panels.push(Panel { height_share: 0.5, ..Panel::new(&words.learning_rate, "", rate) });
    panels.extend(runs.iter().map(|run| gradients(run, words, positive_extent(runs))));
    panels.retain(|panel| matches!(&panel.plot, Plot::Lines(plot) if !plot.lines.is_empty()));
    for (place, panel) in panels.iter_mut().enumerate() {
        let Plot::Lines(plot) = &mut panel.plot else { continue };
        for marker in runs.iter().flat_map(|run| &run.markers) {
            // The line goes through all panels, its word stands in the first.
            let label = if place == 0 { marker.label.clone() } else { String::new() };
            let event = Event { label, ..Event::new(EventKind::Shock, marker.step as f64) };
            if !plot.events.contains(&event) {
                plot.events.push(event);
            }
        }
    }
    let shares: f64 = panels.iter().map(|panel| panel.height_share).sum();
    let height = 100.0 + shares * 150.0 + 36.0 * panels.len() as f64;
    let subtitle = compared.subtitle.clone();
    Figure { subtitle, ..Figure::new(&compared.title, Page::window(width, height as u32), panels) }
}

fn chart(words: &Words) -> Lines {
    Lines { means: true, ..Lines::new(XAxis::steps(&words.step)) }
}

/// Runs of one label look alike, runs of different labels never: where an index is taken by another label, the run gets the
/// next free one from the third on.
fn distinct(runs: &[ComparedRun]) -> Vec<ComparedRun> {
    let mut taken: Vec<(String, usize)> = Vec::new();
    let mut distinct = runs.to_vec();
    for run in &mut distinct {
        let known = taken.iter().find(|(label, _)| *label == run.label).map(|(_, index)| *index);
        let is_free = |index: &usize| taken.iter().all(|(_, other)| other != index);
        let index = known.unwrap_or_else(|| {
            Some(run.index).filter(is_free).or_else(|| (2..).find(is_free)).unwrap_or(run.index)
        });
        if known.is_none() {
            taken.push((run.label.clone(), index));
        }
        run.index = index;
    }
    distinct
}

fn gradients(run: &ComparedRun, words: &Words, reach: Option<(f64, f64)>) -> Panel {
    let deepest = run.layers.len().saturating_sub(1).max(1) as f64;
    let layers = run.layers.iter().enumerate();
    let layers =
        layers.map(|(place, (name, frame))| Line::layer(name, place as f64 / deepest, frame.clone()));
    let plot = Lines { log_y: true, y_reach: reach, lines: layers.collect(), ..chart(words) };
    let title = format!("{} · {}", words.gradients, run.label);
    Panel { height_share: 1.3, ..Panel::new(title, &words.log_scale, plot) }
}

/// The smallest and largest positive norm of all runs: their panels share one scale.
fn positive_extent(runs: &[ComparedRun]) -> Option<(f64, f64)> {
    let columns = runs.iter().flat_map(|run| &run.layers).flat_map(|(_, frame)| &frame.columns);
    let values = columns.filter(|column| column.finite() > 0).flat_map(|column| [column.min, column.max]);
    values.filter(|value| *value > 0.0).fold(None, |extent, value| {
        let (low, high) = extent.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

fn lines(runs: &[ComparedRun], frame: impl Fn(&ComparedRun) -> Option<&Frame>) -> Vec<Line> {
    runs.iter().filter_map(|run| Some(Line::new(&run.label, run.index, frame(run)?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_labels_never_look_alike() {
        let run = |label: &str, index| ComparedRun {
            label: label.to_owned(),
            index,
            loss: None,
            knn_top1: None,
            learning_rate: None,
            layers: Vec::new(),
            markers: Vec::new(),
        };
        let runs = [run("a", 0), run("b", 1), run("c", 0), run("a", 0), run("d", 1), run("c", 0)];
        let found: Vec<usize> = distinct(&runs).iter().map(|run| run.index).collect();
        assert_eq!(found, [0, 1, 2, 0, 3, 2]);
    }
}
