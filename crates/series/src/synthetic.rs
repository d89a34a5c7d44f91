//! Runs that never were, with known truth: for tests, benchmarks and pictures. Log-normal gradient norms that fall slowly,
//! the patch projection noisier than the blocks as in real runs, and jumps where they are asked for.

use crate::sequence::Noise;

/// A layer's norm is `factor` times what it would be, for some steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump {
    pub layer: usize,
    pub step: u64,
    pub steps: u64,
    pub factor: f64,
}

/// A run to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    pub steps: u64,
    /// Names of the layers in network order; the first is `patch_embed`.
    pub layers: Vec<String>,
    /// Standard deviation of a block's log norm; the patch projection's is two and a half times that.
    pub sigma: f64,
    pub jumps: Vec<Jump>,
    /// Layer and step of norms that are NaN.
    pub nan: Vec<(usize, u64)>,
    pub seed: u64,
}

impl Synthetic {
    /// Without any event. `layers` of less than 5 counts as 5.
    pub fn calm(steps: u64, layers: usize, seed: u64) -> Self {
        let mut names = vec!["patch_embed".to_owned()];
        names.extend((0..layers.max(5) - 4).map(|block| format!("blocks.{block}")));
        names.extend(["norm", "projector", "predictor"].map(str::to_owned));
        Self { steps, layers: names, sigma: 0.08, jumps: Vec::new(), nan: Vec::new(), seed }
    }

    /// With ten spikes of one step, every third in several layers at once, and three NaN, spread over the run.
    pub fn ten_spikes(steps: u64, layers: usize, seed: u64) -> Self {
        let mut run = Self::calm(steps, layers, seed);
        let count = run.layers.len();
        let mut noise = Noise::new(seed ^ 0x10);
        for spike in 0..10_u64 {
            let jitter = (noise.uniform() * steps as f64 / 40.0) as u64;
            let step = steps * (spike + 1) / 12 + jitter;
            let first = if spike == 0 { 0 } else { (spike as usize * 37) % (count - 3) };
            let hit = if spike % 3 == 2 { 3 } else { 1 };
            let factor = 60.0 + 5.0 * spike as f64;
            run.jumps.extend((first..first + hit).map(|layer| Jump { layer, step, steps: 1, factor }));
        }
        run.nan = (0..3).map(|k| ((11 + 53 * k as usize) % count, steps * (2 * k + 3) / 10 + 7)).collect();
        run
    }

    /// The norms of all layers, step after step.
    pub fn rows(&self) -> impl Iterator<Item = Vec<f64>> + '_ {
        let mut noise = Noise::new(self.seed);
        let level: Vec<f64> = self.layers.iter().map(|_| 0.5 * noise.normal()).collect();
        let mut drift = 0.0;
        (0..self.steps).map(move |step| {
            drift = 0.999 * drift + 0.002 * noise.normal();
            let fall = -2.0 * step as f64 / self.steps as f64;
            let mut norms: Vec<f64> = level
                .iter()
                .enumerate()
                .map(|(layer, level)| {
                    let sigma = if layer == 0 { 2.5 * self.sigma } else { self.sigma };
                    (level + fall + drift + sigma * noise.normal()).exp()
                })
                .collect();
            for jump in self.jumps.iter().filter(|jump| (jump.step..jump.step + jump.steps).contains(&step)) {
                norms[jump.layer] *= jump.factor;
            }
            for &(layer, _) in self.nan.iter().filter(|(_, at)| *at == step) {
                norms[layer] = f64::NAN;
            }
            norms
        })
    }

    /// Steps at which something jumps, ascending, with the layers that do.
    pub fn spikes(&self) -> Vec<(u64, Vec<usize>)> {
        let mut found: std::collections::BTreeMap<u64, Vec<usize>> = std::collections::BTreeMap::new();
        for jump in &self.jumps {
            found.entry(jump.step).or_default().push(jump.layer);
        }
        found.into_iter().collect()
    }
}
