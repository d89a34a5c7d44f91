//! What detection finds in runs whose truth is known, one JSON object a noise level: `detection/<sigma>` is the part of the
//! true spikes that were found; the details tell how many of the found ones are true, and what was said of who moved first.
//! `detection/calm`: what is found in long runs in which nothing happens.
//!
//! `cargo run --release -p vitals-series --example bench_detection`

use vitals_series::synthetic::{Jump, Synthetic};
use vitals_series::{
    Delay, Found, LayerSpike, Onset, Order, RunDetector, SpikeEvent, SpikeRule, Watched, delay, order, spikes,
};

const RUNS: u64 = 10;
const STEPS: u64 = 4_000;
const LAYERS: usize = 24;
/// Standard deviation of a block's log norm; real calm runs have about 0.08.
const SIGMAS: [f64; 5] = [0.04, 0.08, 0.12, 0.16, 0.24];
/// Steps that a found onset may lie beside the true one.
const BESIDE: u64 = 4;
/// Steps by which one layer leads or follows the others, where there is an order.
const LEAD: u64 = 10;

/// Runs without events.
const CALM_RUNS: u64 = 10;
const CALM_STEPS: u64 = 100_000;
const CALM_LAYERS: usize = 150;

/// A true event.
struct Truth {
    onset: u64,
    last: u64,
    order: Option<Order>,
}

/// What came of all runs of a noise level.
#[derive(Default)]
struct Tally {
    truths: u32,
    recalled: u32,
    found: u32,
    matched: u32,
    /// Simultaneous jumps that were told, and those of them to which an order was given.
    together: u32,
    together_ordered: u32,
    /// Ordered jumps that were told, and those of them told right.
    ordered: u32,
    ordered_right: u32,
    /// Orders told of two steps or less.
    too_close: u32,
}

fn main() {
    for sigma in SIGMAS {
        let mut tally = Tally::default();
        for seed in 0..RUNS {
            look(sigma, seed, &mut tally);
        }
        let part = |some: u32, all: u32| {
            if all == 0 { "null".to_owned() } else { format!("{}", f64::from(some) / f64::from(all)) }
        };
        println!(
            "{{\"name\":\"detection/{sigma}\",\"value\":{},\"unit\":\"recall\",\"higher_is_better\":true,\"details\":{{\
             \"precision\":{},\"true_spikes\":{},\"found\":{},\"simultaneous\":{},\"simultaneous_called_an_order\":{},\
             \"ordered\":{},\"ordered_told_right\":{},\"orders_of_two_steps_or_less\":{},\"runs\":{RUNS},\"steps\":{STEPS},\
             \"layers\":{LAYERS}}}}}",
            part(tally.recalled, tally.truths),
            part(tally.matched, tally.found),
            tally.truths,
            tally.found,
            tally.together,
            tally.together_ordered,
            tally.ordered,
            tally.ordered_right,
            tally.too_close,
        );
    }
    let calm: usize = (0..CALM_RUNS).map(|seed| invented(seed).len()).sum();
    println!(
        "{{\"name\":\"detection/calm\",\"value\":{calm},\"unit\":\"events\",\"higher_is_better\":false,\"details\":{{\
         \"runs\":{CALM_RUNS},\"steps\":{CALM_STEPS},\"layers\":{CALM_LAYERS}}}}}"
    );
}

/// Everything that detection over a whole run finds where nothing is.
fn invented(seed: u64) -> Vec<Found> {
    let run = Synthetic::calm(CALM_STEPS, CALM_LAYERS, seed);
    let names: Vec<String> = run.layers.iter().map(|layer| format!("grad_norm/{layer}")).collect();
    let mut detector = RunDetector::default();
    detector.declare(0, names.iter().map(|name| (name.as_str(), Some(Watched::LayerNorm))));
    for (step, row) in (0..).zip(run.rows()) {
        detector.push(0, step, |column| row.get(column).copied());
    }
    detector.finish();
    detector.take_changed()
}

/// Eight spikes a run: one step of one block, all layers at once, the patch projection first, the patch projection last;
/// the heights from 3 to 25 times the norm.
fn made(sigma: f64, seed: u64) -> (Synthetic, Vec<Truth>) {
    let mut run = Synthetic { sigma, ..Synthetic::calm(STEPS, LAYERS, seed) };
    let mut truths = Vec::new();
    for event in 0..8_u64 {
        let onset = 300 + 450 * event + 7 * seed;
        let kind = event % 4;
        let factor = if event < 4 { 4.0 } else { 10.0 };
        let (mut jump, mut last) =
            (|layer, step, steps, factor| run.jumps.push(Jump { layer, step, steps, factor }), onset);
        match kind {
            0 => jump(1 + (event as usize + seed as usize) % (LAYERS - 1), onset, 1, 25.0),
            _ => {
                for layer in 0..LAYERS {
                    let waits = match kind {
                        1 => 0,
                        2 => {
                            if layer == 0 {
                                0
                            } else {
                                LEAD
                            }
                        }
                        _ => {
                            if layer == 0 {
                                LEAD
                            } else {
                                0
                            }
                        }
                    };
                    jump(layer, onset + waits, 30 - waits, factor);
                }
                last = onset + 30;
            }
        }
        let order = [None, Some(Order::Together), Some(Order::First), Some(Order::Later)][kind as usize];
        truths.push(Truth { onset, last, order });
    }
    (run, truths)
}

fn look(sigma: f64, seed: u64, tally: &mut Tally) {
    let (run, truths) = made(sigma, seed);
    let steps: Vec<u64> = (0..STEPS).collect();
    let rows: Vec<Vec<f64>> = run.rows().collect();
    let found = spikes(&steps, &rows, SpikeRule::default());
    let of = |event: &SpikeEvent, truth: &Truth| {
        event.onset + BESIDE >= truth.onset && event.onset <= truth.last + BESIDE
    };
    tally.found += found.len() as u32;
    tally.matched += found.iter().filter(|event| truths.iter().any(|truth| of(event, truth))).count() as u32;
    for truth in &truths {
        tally.truths += 1;
        let Some(event) = found.iter().find(|event| of(event, truth)) else { continue };
        tally.recalled += 1;
        let Some(told) = told(event, tally) else { continue };
        match truth.order {
            Some(Order::Together) => {
                tally.together += 1;
                tally.together_ordered += u32::from(told != Order::Together);
            }
            Some(right) => {
                tally.ordered += 1;
                tally.ordered_right += u32::from(told == right);
            }
            None => {}
        }
    }
}

/// Whether the patch projection moved first; `None` where it took no part, or nobody else did.
fn told(event: &SpikeEvent, tally: &mut Tally) -> Option<Order> {
    let onset =
        |layer: &LayerSpike| Onset { step: layer.onset, low: layer.onset_low, high: layer.onset_high };
    let first = event.layers.iter().find(|layer| layer.layer == 0)?;
    let delays: Vec<Delay> = event
        .layers
        .iter()
        .filter(|layer| layer.layer != 0)
        .map(|layer| delay(onset(first), onset(layer)))
        .collect();
    if delays.is_empty() {
        return None;
    }
    let told = order(&delays);
    if told != Order::Together && delays.iter().all(|delay| delay.steps.abs() <= 2.0) {
        tally.too_close += 1;
    }
    Some(told)
}
