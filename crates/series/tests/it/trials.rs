//! Trials of detection with known truth, in noise that is not ours to choose: what real calm runs leave over their own
//! median, drawn again in blocks of steps with all layers together, and processes with memory, heavy tails and correlation.
//! The tests make few of them, `bench_detection` many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use vitals_series::Noise;
use vitals_series::{Delay, Onset, Order, RunDetector, SpikeEvent, SpikeRule, Watched, delay, order, spikes};

use crate::fixtures;

/// Standard deviation of log norms: the patch projection, and every other layer.
const PATCH: f64 = 0.30;
const OTHERS: f64 = 0.12;
/// Steps of a block of real noise.
const BLOCK: usize = 60;
/// Steps on each side of the median that real noise is taken over.
const BESIDE: usize = 30;

/// Noise of all layers' log norms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Normal,
    /// AR(1) with this memory.
    Memory(f64),
    /// Student's t with these degrees of freedom.
    Heavy(u32),
    /// The same where half of the variance is common to all layers.
    Common(u32),
    /// Of the calm run of this fixture: of all of it, or of its middle half, where noise falls at first and vanishes at the end.
    Real(&'static str),
    RealMiddle(&'static str),
}

pub const LEARNED: &str = "calm_learned_d32_lr1e-2_1000";
pub const FROZEN: &str = "calm_frozen_d32_lr1e-2_1000";
/// Two of the demo's runs, with augmentation.
pub const DEMO_LEARNED: &str = "demo_learned_600";
pub const DEMO_FROZEN: &str = "demo_frozen_600";
pub const ONE_BATCH: &str = "calm_beta2_0.95_one_batch_6000";

/// A source of such noise.
pub struct Source {
    kind: Kind,
    layers: usize,
    noise: Noise,
    state: Vec<f64>,
    real: Arc<Vec<Vec<f64>>>,
    next: usize,
    left: usize,
}

impl Source {
    pub fn new(kind: Kind, layers: usize, seed: u64) -> Self {
        let real = match kind {
            Kind::Real(name) | Kind::RealMiddle(name) => residuals_of(name),
            _ => Arc::default(),
        };
        Self { kind, layers, noise: Noise::new(seed), state: vec![0.0; layers], real, next: 0, left: 0 }
    }

    /// The log norms of a step.
    pub fn row(&mut self) -> Vec<f64> {
        if !self.real.is_empty() {
            if self.left == 0 {
                let rows = self.real.len();
                let from = if matches!(self.kind, Kind::RealMiddle(_)) { rows / 4 } else { 0 };
                let places = (rows - BLOCK - 2 * from) as f64;
                self.next = from + (self.noise.uniform() * places) as usize;
                self.left = BLOCK;
            }
            self.left -= 1;
            self.next += 1;
            let row = &self.real[self.next - 1];
            return (0..self.layers).map(|layer| row[layer % row.len()]).collect();
        }
        let common = if let Kind::Common(freedom) = self.kind { self.student(freedom) } else { 0.0 };
        (0..self.layers)
            .map(|layer| {
                let unit = match self.kind {
                    Kind::Normal | Kind::Real(_) | Kind::RealMiddle(_) => self.noise.normal(),
                    Kind::Memory(stays) => {
                        let new = (1.0 - stays * stays).sqrt() * self.noise.normal();
                        self.state[layer] = stays * self.state[layer] + new;
                        self.state[layer]
                    }
                    Kind::Heavy(freedom) => self.student(freedom),
                    Kind::Common(freedom) => (common + self.student(freedom)) * 0.5_f64.sqrt(),
                };
                if layer == 0 { PATCH * unit } else { OTHERS * unit }
            })
            .collect()
    }

    /// Student's t of variance 1.
    fn student(&mut self, freedom: u32) -> f64 {
        let squares: f64 = (0..freedom).map(|_| self.noise.normal().powi(2)).sum();
        let freedom = f64::from(freedom);
        self.noise.normal() / (squares / freedom).sqrt() * ((freedom - 2.0) / freedom).sqrt()
    }
}

/// What the norms of a fixture leave, made once a process.
fn residuals_of(fixture: &'static str) -> Arc<Vec<Vec<f64>>> {
    static MADE: Mutex<BTreeMap<&str, Arc<Vec<Vec<f64>>>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || Arc::new(residuals(&fixtures::read(fixture).norms));
    Arc::clone(made.entry(fixture).or_insert_with(make))
}

/// What a run's log norms leave over their running median.
fn residuals(norms: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let log = |row: usize, layer: usize| norms[row][layer].ln();
    (BLOCK..norms.len())
        .map(|row| {
            let around = row.saturating_sub(BESIDE)..(row + BESIDE + 1).min(norms.len());
            (0..norms[row].len())
                .map(|layer| {
                    let mut window: Vec<f64> = around.clone().map(|at| log(at, layer)).collect();
                    window.sort_by(f64::total_cmp);
                    log(row, layer) - window[window.len() / 2]
                })
                .collect()
        })
        .collect()
}

/// How a layer's log norm rises and falls, as a part of its height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// At once, until all layers fall back together.
    EndsTogether,
    /// At once, for this many steps.
    Flat(u32),
    /// Over three steps, then decaying with a time of fifteen.
    Decays,
    /// In a line over this many steps, then ten steps more.
    Rises(u32),
}

impl Shape {
    /// `since` steps after the onset, `left` before all layers fall back together.
    fn at(self, since: i64, left: i64) -> f64 {
        let since_it = since as f64;
        match self {
            _ if since < 0 => 0.0,
            Shape::EndsTogether => f64::from(left > 0),
            Shape::Flat(steps) => f64::from(since < i64::from(steps)),
            Shape::Decays if since < 3 => (since_it + 1.0) / 3.0,
            Shape::Decays => (-(since_it - 2.0) / 15.0).exp(),
            Shape::Rises(steps) if since < i64::from(steps) => (since_it + 1.0) / f64::from(steps),
            Shape::Rises(steps) => f64::from(since < i64::from(steps) + 10),
        }
    }
}

/// One trial: the patch projection jumps, and the other layers `lead` steps later, or not at all.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    pub kind: Kind,
    pub shape: Shape,
    /// Norm at the height of the jump over the norm before.
    pub times: f64,
    pub lead: Option<i64>,
    pub layers: usize,
    pub seed: u64,
}

/// Step of the patch projection's onset, and steps until layers that end together do.
pub const ONSET: i64 = 250;
const TOGETHER_FOR: i64 = 70;
const STEPS: i64 = 450;

impl Trial {
    pub fn events(self) -> Vec<SpikeEvent> {
        let mut source = Source::new(self.kind, self.layers, self.seed);
        let norms: Vec<Vec<f64>> = (0..STEPS)
            .map(|step| {
                let noise = source.row();
                let height = |layer: usize| {
                    let onset = if layer == 0 { ONSET } else { ONSET + self.lead? };
                    Some(self.shape.at(step - onset, ONSET + TOGETHER_FOR - step) * self.times.ln())
                };
                let jump = |layer: usize| height(layer).unwrap_or(0.0);
                noise.iter().enumerate().map(|(layer, log)| (log + jump(layer)).exp()).collect()
            })
            .collect();
        let steps: Vec<u64> = (0..norms.len() as u64).collect();
        spikes(&steps, &norms, SpikeRule::default())
    }
}

/// What many trials gave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub trials: u32,
    /// Of the layers' delays behind the patch projection: how many intervals hold the truth.
    pub delays: u32,
    pub held: u32,
    /// Trials in which the patch projection was called first, and later.
    pub first: u32,
    pub later: u32,
}

impl Tally {
    pub fn cover(&self) -> f64 {
        f64::from(self.held) / f64::from(self.delays.max(1))
    }

    /// Adds other trials.
    pub fn merge(&mut self, other: &Self) {
        self.trials += other.trials;
        self.delays += other.delays;
        self.held += other.held;
        self.first += other.first;
        self.later += other.later;
    }

    /// Adds a trial in which the other layers jumped `lead` steps after the patch projection.
    pub fn add(&mut self, events: &[SpikeEvent], lead: i64) {
        self.trials += 1;
        let Some(event) = events.iter().max_by_key(|event| event.layers.len()) else { return };
        let onset = |layer: &vitals_series::LayerSpike| Onset {
            step: layer.onset,
            low: layer.onset_low,
            high: layer.onset_high,
        };
        let Some(patch) = event.layers.iter().find(|layer| layer.layer == 0).map(onset) else { return };
        let others = event.layers.iter().filter(|layer| layer.layer != 0);
        let delays: Vec<Delay> = others.map(|layer| delay(patch, onset(layer))).collect();
        self.delays += delays.len() as u32;
        self.held +=
            delays.iter().filter(|found| found.low <= lead as f64 && lead as f64 <= found.high).count()
                as u32;
        match order(&delays) {
            Order::First => self.first += 1,
            Order::Later => self.later += 1,
            Order::Together => {}
        }
    }
}

/// Events in `rows` rows of noise in which nothing happens, recorded at every so many steps, at a level of the norms and
/// rounded to hundredths where asked for.
pub fn invented(
    kind: Kind,
    layers: usize,
    rows: u64,
    every: u64,
    seed: u64,
    rounded_at: Option<f64>,
) -> usize {
    let mut source = Source::new(kind, layers, seed);
    let norm = |log: &f64| match rounded_at {
        Some(level) => (100.0 * level * log.exp()).round() / 100.0,
        None => log.exp(),
    };
    let mut detector = RunDetector::default();
    let names: Vec<String> = (0..layers).map(|layer| format!("grad_norm/{layer}")).collect();
    detector.declare(0, names.iter().map(|name| (name.as_str(), Some(Watched::LayerNorm))));
    for step in 0..rows * every {
        let row = source.row();
        if step % every == 0 {
            detector.push(0, step, |layer| row.get(layer).map(norm));
        }
    }
    detector.finish();
    detector.take_changed().len()
}
