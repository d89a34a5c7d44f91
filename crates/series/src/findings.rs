//! All detection over one run: rows in, findings out, each with a number that stays its own while it is still going on.
//! Streaming, causal and deterministic: the same rows give the same findings, whatever batches they come in. Which series
//! mean what is told by their names.

use std::collections::BTreeMap;

use crate::dips::{Dip, DipDetector, DipRule};
use crate::level::{LevelDetector, LevelEvent, LevelRule};
use crate::nonfinite::{Nonfinite, NonfiniteDetector};
use crate::spikes::{SpikeDetector, SpikeEvent, SpikeRule};

const LAYER_NORMS: &str = "grad_norm/";
const KNN: [&str; 2] = ["knn_top1", "knn_top1_fixed"];

/// Whether a name is that of a layer rather than of a tensor.
pub fn is_layer(name: &str) -> bool {
    matches!(
        name,
        "patch_embed" | "cls_token" | "pos_embed" | "norm" | "projector" | "predictor" | "prototypes"
    ) || name.strip_prefix("blocks.").is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Something found.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    Spike(SpikeEvent),
    Dip { metric: &'static str, dip: Dip },
    Nonfinite(Nonfinite),
    Collapse(LevelEvent),
    Divergence(LevelEvent),
}

/// A finding, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Counts up in the order in which findings began to show.
    pub number: u64,
    pub finding: Finding,
    /// It still goes on.
    pub open: bool,
}

/// What a column means to detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Layer(usize),
    Loss,
    Knn(usize),
    FeatureStd,
}

/// One stream's columns.
#[derive(Debug, Clone, Default)]
struct Columns {
    /// Column, name, role.
    roles: Vec<(usize, String, Role)>,
    last_step: Option<u64>,
}

/// Detectors that can each have one finding going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Spikes,
    Knn(usize),
    Nonfinite,
    Collapse,
    Divergence,
}

/// Detection over one run.
#[derive(Debug, Clone)]
pub struct RunDetector {
    streams: BTreeMap<i64, Columns>,
    layers: Vec<String>,
    norms: Vec<f64>,
    spikes: SpikeDetector,
    knn: [DipDetector; 2],
    nonfinite: NonfiniteDetector,
    collapse: LevelDetector,
    divergence: LevelDetector,
    /// Number and last told state of what goes on.
    going_on: BTreeMap<Source, (u64, Finding)>,
    next_number: u64,
    changed: Vec<Found>,
}

impl Default for RunDetector {
    fn default() -> Self {
        let dips = || DipDetector::new(DipRule::default());
        Self {
            streams: BTreeMap::new(),
            layers: Vec::new(),
            norms: Vec::new(),
            spikes: SpikeDetector::new(0, SpikeRule::default()),
            knn: [dips(), dips()],
            nonfinite: NonfiniteDetector::default(),
            collapse: LevelDetector::new(LevelRule::FEATURE_STD),
            divergence: LevelDetector::new(LevelRule::LOSS),
            going_on: BTreeMap::new(),
            next_number: 0,
            changed: Vec::new(),
        }
    }
}

impl RunDetector {
    /// Whether a series matters here, given all names of its stream.
    pub fn reads(name: &str) -> bool {
        KNN.contains(&name)
            || matches!(name, "loss" | "feature_std")
            || name.strip_prefix(LAYER_NORMS).is_some()
    }

    /// Declares a stream by any number; declared again it changes nothing.
    pub fn declare<'a>(&mut self, stream: i64, names: impl Iterator<Item = &'a str> + Clone) {
        if self.streams.contains_key(&stream) {
            return;
        }
        // Other tools name layers as they like: where none bears our names, all norms are layers'.
        let ours = names.clone().filter_map(|name| name.strip_prefix(LAYER_NORMS)).any(is_layer);
        let mut columns = Columns::default();
        for (column, name) in names.enumerate() {
            let role = match name {
                "loss" => Some(Role::Loss),
                "feature_std" => Some(Role::FeatureStd),
                _ => match (KNN.iter().position(|knn| *knn == name), name.strip_prefix(LAYER_NORMS)) {
                    (Some(bank), _) => Some(Role::Knn(bank)),
                    (_, Some(layer)) if is_layer(layer) || !ours => Some(Role::Layer(self.layer(layer))),
                    _ => None,
                },
            };
            columns.roles.extend(role.map(|role| (column, name.to_owned(), role)));
        }
        self.streams.insert(stream, columns);
    }

    /// Whether a stream is declared.
    pub fn knows(&self, stream: i64) -> bool {
        self.streams.contains_key(&stream)
    }

    fn layer(&mut self, name: &str) -> usize {
        if let Some(place) = self.layers.iter().position(|known| known == name) {
            return place;
        }
        self.layers.push(name.to_owned());
        self.norms.push(f64::NAN);
        self.spikes.grow_to(self.layers.len());
        self.layers.len() - 1
    }

    /// Names of the layers that spikes count by.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// Adds a row of a declared stream: `value(column)` is its value there, NaN being one. Absent values of a sparse row are
    /// `None`. A step at or before the stream's last is passed over.
    pub fn push(&mut self, stream: i64, step: u64, value: impl Fn(usize) -> Option<f64>) {
        let Some(mut columns) = self.streams.remove(&stream) else { return };
        if columns.last_step.is_none_or(|last| step > last) {
            columns.last_step = Some(step);
            self.take(&columns, step, &value);
        }
        self.streams.insert(stream, columns);
    }

    fn take(&mut self, columns: &Columns, step: u64, value: &impl Fn(usize) -> Option<f64>) {
        self.norms.fill(f64::NAN);
        let mut has_norms = false;
        for &(column, _, role) in &columns.roles {
            let Some(value) = value(column) else { continue };
            match role {
                Role::Layer(layer) => {
                    self.norms[layer] = value;
                    has_norms = true;
                }
                Role::Loss => {
                    let ended = self.divergence.push(step, value);
                    let now = self.divergence.open().copied();
                    self.tell(
                        Source::Divergence,
                        ended.map(Finding::Divergence),
                        now.map(Finding::Divergence),
                    );
                }
                Role::FeatureStd => {
                    let ended = self.collapse.push(step, value);
                    let now = self.collapse.open().copied();
                    self.tell(Source::Collapse, ended.map(Finding::Collapse), now.map(Finding::Collapse));
                }
                Role::Knn(bank) => {
                    let metric = KNN[bank];
                    let finding = |dip| Finding::Dip { metric, dip };
                    let ended = self.knn[bank].push(step, value);
                    let now = self.knn[bank].open().copied();
                    self.tell(Source::Knn(bank), ended.map(finding), now.map(finding));
                }
            }
        }
        let hit = |(column, name, role): &'_ (usize, String, Role)| {
            let nonfinite = value(*column).is_some_and(|value| !value.is_finite());
            let counts = matches!(role, Role::Layer(_) | Role::Loss);
            (nonfinite && counts).then_some(name.clone())
        };
        let mut names = columns.roles.iter().filter_map(hit).peekable();
        if names.peek().is_some() || self.nonfinite.open().is_some() {
            let names: Vec<String> = names.collect();
            let ended = self.nonfinite.push(step, names.iter().map(String::as_str));
            let now = self.nonfinite.open().cloned();
            self.tell(Source::Nonfinite, ended.map(Finding::Nonfinite), now.map(Finding::Nonfinite));
        }
        if has_norms {
            let norms = std::mem::take(&mut self.norms);
            let ended = self.spikes.push(step, &norms);
            self.norms = norms;
            let now = self.spikes.open().cloned();
            self.tell(Source::Spikes, ended.map(Finding::Spike), now.map(Finding::Spike));
        }
    }

    /// The end of the series ends whatever goes on.
    pub fn finish(&mut self) {
        let ended = self.spikes.finish().map(Finding::Spike);
        self.tell(Source::Spikes, ended, None);
        for (bank, metric) in KNN.into_iter().enumerate() {
            let ended = self.knn[bank].finish().map(|dip| Finding::Dip { metric, dip });
            self.tell(Source::Knn(bank), ended, None);
        }
        let ended = self.nonfinite.finish().map(Finding::Nonfinite);
        self.tell(Source::Nonfinite, ended, None);
        let ended = self.collapse.finish().map(Finding::Collapse);
        self.tell(Source::Collapse, ended, None);
        let ended = self.divergence.finish().map(Finding::Divergence);
        self.tell(Source::Divergence, ended, None);
    }

    /// What began, changed or ended since this was last asked, the latest state of each.
    pub fn take_changed(&mut self) -> Vec<Found> {
        let mut latest: BTreeMap<u64, Found> = BTreeMap::new();
        for found in self.changed.drain(..) {
            latest.insert(found.number, found);
        }
        latest.into_values().collect()
    }

    fn tell(&mut self, source: Source, ended: Option<Finding>, now: Option<Finding>) {
        if let Some(finding) = ended {
            let number = self.going_on.remove(&source).map_or_else(|| self.number(), |(number, _)| number);
            self.changed.push(Found { number, finding, open: false });
        }
        let Some(finding) = now else { return };
        match self.going_on.get(&source) {
            Some((_, known)) if is_same(known, &finding) => {}
            known => {
                let number = known.map(|(number, _)| *number);
                let number = number.unwrap_or_else(|| self.number());
                self.going_on.insert(source, (number, finding.clone()));
                self.changed.push(Found { number, finding, open: true });
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }
}

/// A stretch that only goes on is no news: its end comes when it has ended.
fn is_same(known: &Finding, now: &Finding) -> bool {
    match (known, now) {
        (Finding::Collapse(a), Finding::Collapse(b)) | (Finding::Divergence(a), Finding::Divergence(b)) => {
            a.onset == b.onset
        }
        (Finding::Nonfinite(a), Finding::Nonfinite(b)) => a.onset == b.onset && a.series == b.series,
        _ => known == now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64]) -> impl Fn(usize) -> Option<f64> {
        move |column| values.get(column).copied()
    }

    #[test]
    fn a_spike_keeps_its_number_from_beginning_to_end() {
        let names =
            ["grad_norm/patch_embed", "grad_norm/blocks.0", "grad_norm/base_encoder.norm.weight", "loss"];
        let mut detector = RunDetector::default();
        detector.declare(7, names.into_iter());
        assert_eq!(detector.layers(), ["patch_embed", "blocks.0"]);
        let mut told = Vec::new();
        for step in 0..400_u64 {
            let wobble = 1.0 + 0.05 * (((step * 7919) % 101) as f64 / 101.0);
            let jump = if (300..310).contains(&step) { 20.0 } else { 1.0 };
            detector.push(7, step, row(&[wobble * jump, wobble * jump, f64::NAN, 1.0]));
            told.extend(detector.take_changed().into_iter().map(|found| (step, found.number, found.open)));
        }
        assert_eq!(told.first(), Some(&(300, 0, true)));
        assert!(told.iter().all(|(_, number, _)| *number == 0), "{told:?}");
        assert!(told.last().is_some_and(|&(step, _, open)| !open && step < 330), "{told:?}");
    }

    #[test]
    fn a_step_that_comes_again_is_passed_over() {
        let mut detector = RunDetector::default();
        detector.declare(0, ["loss"].into_iter());
        detector.push(0, 5, row(&[1.0]));
        detector.push(0, 5, row(&[f64::NAN]));
        detector.push(0, 4, row(&[f64::NAN]));
        assert_eq!(detector.take_changed(), []);
        detector.push(0, 6, row(&[f64::NAN]));
        detector.finish();
        let found = detector.take_changed();
        let [Found { finding: Finding::Nonfinite(stretch), open: false, .. }] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!((stretch.onset, stretch.count), (6, 1));
    }
}
