//! All detection over one run: rows in, findings out, each with a number that stays its own while it is still going on.
//! Streaming, causal and deterministic: the same rows give the same findings, whatever batches they come in. What a series
//! is watched for is said by whoever declares it; no name is understood here.

use std::collections::BTreeMap;

use crate::dips::{Dip, DipDetector, DipRule};
use crate::level::{CollapseDetector, DivergenceDetector, LevelEvent};
use crate::nonfinite::{Nonfinite, NonfiniteDetector};
use crate::spikes::{SpikeDetector, SpikeEvent, SpikeRule};

/// What detection watches a series for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// The gradient norm of a layer: spikes, by layer.
    LayerNorm,
    /// Divergence.
    Loss,
    /// Dips of accuracy, against a queue of training features or a bank evaluated anew: each has dips of its own.
    QueueAccuracy,
    BankAccuracy,
    /// Collapse.
    FeatureSpread,
}

/// Something found.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    Spike(SpikeEvent),
    /// `metric` is the name that was declared, `watched` which accuracy it is.
    Dip {
        metric: String,
        watched: Watched,
        dip: Dip,
    },
    Nonfinite(Nonfinite),
    Collapse {
        metric: String,
        level: LevelEvent,
    },
    Divergence {
        metric: String,
        level: LevelEvent,
    },
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
    Accuracy(usize),
    FeatureSpread,
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
    Dips(usize),
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
    dips: [DipDetector; 2],
    nonfinite: NonfiniteDetector,
    collapse: CollapseDetector,
    divergence: DivergenceDetector,
    /// The series that each detector reads, by the name of the first that was declared.
    names: BTreeMap<Source, String>,
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
            dips: [dips(), dips()],
            nonfinite: NonfiniteDetector::default(),
            collapse: CollapseDetector::default(),
            divergence: DivergenceDetector::default(),
            names: BTreeMap::new(),
            going_on: BTreeMap::new(),
            next_number: 0,
            changed: Vec::new(),
        }
    }
}

impl RunDetector {
    /// Declares a stream by any number: names of its columns, and what each is watched for. Declared again it changes nothing.
    pub fn declare<'a>(&mut self, stream: i64, series: impl Iterator<Item = (&'a str, Option<Watched>)>) {
        if self.streams.contains_key(&stream) {
            return;
        }
        let mut columns = Columns::default();
        for (column, (name, watched)) in series.enumerate() {
            let Some(watched) = watched else { continue };
            let (role, source) = match watched {
                // One of many series bears its layer's name behind the slash.
                Watched::LayerNorm => {
                    let layer = name.split_once('/').map_or(name, |(_, layer)| layer);
                    (Role::Layer(self.layer(layer)), Source::Spikes)
                }
                Watched::Loss => (Role::Loss, Source::Divergence),
                Watched::QueueAccuracy => (Role::Accuracy(0), Source::Dips(0)),
                Watched::BankAccuracy => (Role::Accuracy(1), Source::Dips(1)),
                Watched::FeatureSpread => (Role::FeatureSpread, Source::Collapse),
            };
            self.names.entry(source).or_insert_with(|| name.to_owned());
            columns.roles.push((column, name.to_owned(), role));
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
                    self.tell_divergence(ended);
                }
                Role::FeatureSpread => {
                    let ended = self.collapse.push(step, value);
                    self.tell_collapse(ended);
                }
                Role::Accuracy(bank) => {
                    let ended = self.dips[bank].push(step, value);
                    self.tell_dip(bank, ended);
                }
            }
        }
        let mut counted = columns.roles.iter().filter_map(|(column, name, role)| {
            let counts = matches!(role, Role::Layer(_) | Role::Loss);
            let value = value(*column).filter(|_| counts)?;
            Some((name.as_str(), value.is_finite()))
        });
        if self.nonfinite.open().is_some() || counted.clone().any(|(_, finite)| !finite) {
            let ended = self.nonfinite.push(step, &mut counted);
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
        for bank in 0..self.dips.len() {
            let ended = self.dips[bank].finish();
            self.tell_dip(bank, ended);
        }
        let ended = self.nonfinite.finish().map(Finding::Nonfinite);
        self.tell(Source::Nonfinite, ended, None);
        let ended = self.collapse.finish();
        self.tell_collapse(ended);
        let ended = self.divergence.finish();
        self.tell_divergence(ended);
    }

    /// What began, changed or ended since this was last asked, the latest state of each.
    pub fn take_changed(&mut self) -> Vec<Found> {
        let mut latest: BTreeMap<u64, Found> = BTreeMap::new();
        for found in self.changed.drain(..) {
            latest.insert(found.number, found);
        }
        latest.into_values().collect()
    }

    fn name(&self, source: Source) -> String {
        self.names.get(&source).cloned().unwrap_or_default()
    }

    fn tell_dip(&mut self, bank: usize, ended: Option<Dip>) {
        let now = self.dips[bank].open().copied();
        let watched = if bank == 0 { Watched::QueueAccuracy } else { Watched::BankAccuracy };
        let finding = |dip| Finding::Dip { metric: self.name(Source::Dips(bank)), watched, dip };
        let (ended, now) = (ended.map(finding), now.map(finding));
        self.tell(Source::Dips(bank), ended, now);
    }

    fn tell_collapse(&mut self, ended: Option<LevelEvent>) {
        let now = self.collapse.open().copied();
        let finding = |level| Finding::Collapse { metric: self.name(Source::Collapse), level };
        let (ended, now) = (ended.map(finding), now.map(finding));
        self.tell(Source::Collapse, ended, now);
    }

    fn tell_divergence(&mut self, ended: Option<LevelEvent>) {
        let now = self.divergence.open().copied();
        let finding = |level| Finding::Divergence { metric: self.name(Source::Divergence), level };
        let (ended, now) = (ended.map(finding), now.map(finding));
        self.tell(Source::Divergence, ended, now);
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
        (Finding::Collapse { level: a, .. }, Finding::Collapse { level: b, .. })
        | (Finding::Divergence { level: a, .. }, Finding::Divergence { level: b, .. }) => a.onset == b.onset,
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
        let series = [
            ("grad_norm/conv1", Some(Watched::LayerNorm)),
            ("grad_norm/layer1.0", Some(Watched::LayerNorm)),
            ("grad_norm/base_encoder.bn1.weight", None),
            ("loss", Some(Watched::Loss)),
        ];
        let mut detector = RunDetector::default();
        detector.declare(7, series.into_iter());
        assert_eq!(detector.layers(), ["conv1", "layer1.0"]);
        let mut told = Vec::new();
        for step in 0..400_u64 {
            let wobble = 1.0 + 0.05 * (((step * 7919) % 101) as f64 / 101.0);
            let jump = if (300..310).contains(&step) { 20.0 } else { 1.0 };
            detector.push(7, step, row(&[wobble * jump, wobble * jump, f64::NAN, 1.0]));
            told.extend(detector.take_changed().into_iter().map(|found| (step, found.number, found.open)));
        }
        assert_eq!(told.first(), Some(&(300, 0, true)));
        assert!(told.iter().all(|(_, number, _)| *number == 0), "{told:?}");
        assert!(told.last().is_some_and(|&(step, _, open)| !open && step == 380), "{told:?}");
    }

    #[test]
    fn a_step_that_comes_again_is_passed_over() {
        let mut detector = RunDetector::default();
        detector.declare(0, [("loss", Some(Watched::Loss))].into_iter());
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
