//! Who moved first: cover of the intervals, orders that are wrong, and leads that are told, over leads, shapes, heights and
//! noise.

use vitals_series::{Delay, Onset, SpikeRule, delay, order, spikes};

use crate::figure::{Bar, print as figure};
use crate::fixtures::read;
use crate::trials::{Kind, LEARNED, Shape, Tally, Trial};

const LAYERS: usize = 11;
const NOISES: [(&str, Kind); 3] =
    [("real", Kind::Real(LEARNED)), ("ar_.6", Kind::Memory(0.6)), ("t5", Kind::Heavy(5))];
const SHAPES: [(&str, Shape); 6] = [
    ("ends_together", Shape::EndsTogether),
    ("flat_10", Shape::Flat(10)),
    ("decays", Shape::Decays),
    ("rises_3", Shape::Rises(3)),
    ("rises_10", Shape::Rises(10)),
    ("rises_20", Shape::Rises(20)),
];
const LEADS: [i64; 5] = [0, 2, 5, 20, 40];
/// Seeds kept for each lead and shape, so that no two see the same noise.
const SEEDS: usize = 1_000;

pub fn print(trials: u64) {
    for (noise, kind) in NOISES {
        for times in [4.0, 10.0] {
            let mut all = Sum::default();
            for ((name, shape), seeds) in SHAPES.into_iter().zip((0..).step_by(LEADS.len() * SEEDS)) {
                let sum = of_shape(kind, shape, times, trials, seeds);
                sum.print(&format!("{noise}/x{times}/{name}"), times, Bar::None);
                all.add(&sum);
            }
            all.print(&format!("{noise}/x{times}"), times, Bar::AtMost(0.005));
        }
    }
    kick();
}

/// Over leads.
#[derive(Default)]
struct Sum {
    tally: Tally,
    wrong: u32,
    /// Trials in which the patch projection leads by 20 steps or more, and those told so.
    led: u32,
    told: u32,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.wrong += other.wrong;
        self.led += other.led;
        self.told += other.told;
    }

    /// A single shape has too few trials for a bar on what happens once in 200.
    fn print(&self, name: &str, times: f64, wrong: Bar) {
        let delays = f64::from(self.tally.delays);
        let trials = f64::from(self.tally.trials);
        let seen = delays / (trials * (LAYERS - 1) as f64);
        let least = if times >= 10.0 { Bar::AtLeast(0.95) } else { Bar::None };
        let details = [("delays", delays), ("part_told", seen)];
        figure(
            &format!("lead/cover/{name}"),
            self.tally.cover(),
            "of the delays",
            Bar::AtLeast(0.93),
            &details,
        );
        let part = f64::from(self.wrong) / trials;
        figure(&format!("lead/wrong/{name}"), part, "of the trials", wrong, &[("trials", trials)]);
        let part = f64::from(self.told) / f64::from(self.led);
        figure(&format!("lead/told_first_from_20_on/{name}"), part, "of the trials", least, &[]);
    }
}

fn of_shape(kind: Kind, shape: Shape, times: f64, trials: u64, first_seed: u64) -> Sum {
    let mut sum = Sum::default();
    for (lead, seeds) in LEADS.into_iter().zip((first_seed..).step_by(SEEDS)) {
        let mut tally = Tally::default();
        for seed in seeds..seeds + trials {
            let trial = Trial { kind, shape, times, lead: Some(lead), layers: LAYERS, seed };
            tally.add(&trial.events(), lead);
        }
        // Two steps are no order, and nobody moves before the patch projection.
        sum.wrong += tally.later + if lead <= 2 { tally.first } else { 0 };
        if lead >= 20 {
            sum.led += tally.trials;
            sum.told += tally.first;
        }
        sum.tally.merge(&tally);
    }
    sum
}

/// Where no order can be read.
fn kick() {
    let run = read("lr_kick_x8_learned_d32_340");
    let events = spikes(&run.steps, &run.norms, SpikeRule::default());
    let patch = run.layers.iter().position(|layer| layer == "patch_embed").unwrap_or(0);
    let ordered = events.iter().filter(|event| {
        let onset =
            |of: &vitals_series::LayerSpike| Onset { step: of.onset, low: of.onset_low, high: of.onset_high };
        let Some(first) = event.layers.iter().find(|layer| layer.layer == patch).map(onset) else {
            return false;
        };
        let others = event.layers.iter().filter(|layer| layer.layer != patch);
        let delays: Vec<Delay> = others.map(|layer| delay(first, onset(layer))).collect();
        order(&delays) != vitals_series::Order::Together
    });
    figure(
        "lead/kick_x8_learned_ordered",
        ordered.count() as f64,
        "events",
        Bar::AtMost(0.0),
        &[("events", events.len() as f64)],
    );
}
