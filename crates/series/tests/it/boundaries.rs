//! Boundaries that are known, runs on either side of them, and how far off they are told: from a grid of runs, and from runs of which
//! each is the one that would tell most.

use vitals_series::{Boundary, Noise, Place, Trial};

/// Half of the decades of rates that can be tried, and of batches.
const RATES: f64 = 1.0;
const BATCHES: [f64; 5] = [256.0, 512.0, 1024.0, 2048.0, 4096.0];
/// Rates that a candidate can have.
const LADDER: usize = 41;

/// How a boundary was told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// Decades that it is off, on average over the batches.
    pub error: f64,
    /// Share of the batches at which the 90 % band holds it.
    pub covered: f64,
}

/// The rate in decades at which a run is as likely stable as not, by decades of the batch; `width` is how many decades change the
/// odds by e.
#[derive(Debug, Clone, Copy)]
struct Truth {
    at: f64,
    moves: f64,
    bends: f64,
    width: f64,
}

impl Truth {
    fn drawn(noise: &mut Noise, width: f64) -> Self {
        let mut within = |most: f64| most * (2.0 * noise.uniform() - 1.0);
        Self { at: within(0.4), moves: within(0.6), bends: within(0.4), width }
    }

    fn boundary(&self, batch: f64) -> f64 {
        let far = (batch / 1024.0).log10();
        self.at + self.moves * far + self.bends * far * far
    }

    fn run(&self, noise: &mut Noise, place: Place) -> Trial {
        let odds = (place.rate.log10() - self.boundary(place.batch)) / self.width;
        Trial { place, stable: noise.uniform() > 1.0 / (1.0 + (-odds).exp()) }
    }

    fn told(&self, found: &Boundary) -> Told {
        let share = 1.0 / BATCHES.len() as f64;
        let mut told = Told { error: 0.0, covered: 0.0 };
        for batch in BATCHES {
            let truth = self.boundary(batch);
            let crossing = found.at(batch);
            // Whoever plans looks no further than where runs can be made.
            told.error += share * (crossing.rate.log10().clamp(-RATES, RATES) - truth).abs();
            let holds = crossing.low.is_none_or(|low| low.log10() <= truth)
                && crossing.high.is_none_or(|high| truth <= high.log10());
            told.covered += share * f64::from(u8::from(holds));
        }
        told
    }
}

fn place(step: usize, steps: usize, batch: f64) -> Place {
    let far = 2.0 * step as f64 / (steps - 1) as f64 - 1.0;
    Place { rate: 10_f64.powf(RATES * far), batch }
}

/// A grid of rates at so many of the batches.
pub fn grid(noise: &mut Noise, width: f64, rates: usize, batches: usize) -> Option<Told> {
    let truth = Truth::drawn(noise, width);
    let every = (BATCHES.len() - 1) as f64 / (batches - 1) as f64;
    let batches = (0..batches).map(|at| BATCHES[(at as f64 * every).round() as usize]);
    let places = batches.flat_map(|batch| (0..rates).map(move |step| place(step, rates, batch)));
    let trials: Vec<Trial> = places.map(|place| truth.run(noise, place)).collect();
    Boundary::of(&trials).ok().map(|found| truth.told(&found))
}

/// Six runs far apart, then one after another where it tells most; what is told after each of `looks` runs.
pub fn sought(noise: &mut Noise, width: f64, looks: &[usize]) -> Vec<Option<Told>> {
    let truth = Truth::drawn(noise, width);
    let first = [(8, 0), (20, 0), (14, 2), (26, 2), (20, 4), (32, 4)]
        .map(|(step, batch)| place(step, LADDER, BATCHES[batch]));
    let candidates: Vec<Place> =
        BATCHES.iter().flat_map(|batch| (0..LADDER).map(|step| place(step, LADDER, *batch))).collect();
    let mut trials: Vec<Trial> = first.into_iter().map(|place| truth.run(noise, place)).collect();
    let mut found = Vec::new();
    for count in trials.len()..=looks.iter().copied().max().unwrap_or(0) {
        let boundary = Boundary::of(&trials);
        if looks.contains(&count) {
            found.push(boundary.as_ref().ok().map(|boundary| truth.told(boundary)));
        }
        let next = match &boundary {
            Ok(boundary) => boundary
                .next(&candidates, &[], 1)
                .first()
                .map_or(BATCHES.map(|batch| place(LADDER / 2, LADDER, batch))[count % 5], |next| {
                    candidates[next.candidate]
                }),
            // All alike so far: further out, in turn.
            Err(_) if trials.iter().all(|trial| trial.stable) => {
                place(LADDER - 1, LADDER, BATCHES[count % 5])
            }
            Err(_) => place(0, LADDER, BATCHES[count % 5]),
        };
        trials.push(truth.run(noise, next));
    }
    found
}

/// Mean error and cover of those that were told.
pub fn mean(told: &[Option<Told>]) -> Told {
    let some: Vec<&Told> = told.iter().flatten().collect();
    let mean = |of: fn(&Told) -> f64| some.iter().map(|told| of(told)).sum::<f64>() / some.len() as f64;
    Told { error: mean(|told| told.error), covered: mean(|told| told.covered) }
}
