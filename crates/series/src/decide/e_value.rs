//! Evidence that may be looked at whenever one likes: the e-value of paired differences under a normal prior on the effect
//! in standard deviations (Lai 1976; Hendriksen, de Heide, Grünwald 2021; Wang and Ramdas, arXiv 2310.03722). Where nothing
//! differs it reaches 1/α with a chance of at most α, however often one looks. It counts on normal noise: with lopsided
//! noise the chance is larger (0.12 of exponential differences, measured).

use super::Differences;

/// From here on a difference is told without declared looks: α = 0.05.
pub const ENOUGH: f64 = 20.0;

impl Differences {
    /// E = (1+n)^-½ · [(1 + t²/v) / (1 + t²/(v·(1+n)))]^((v+1)/2) with v = n − 1; 1 of a single pair.
    pub fn e_value(&self) -> f64 {
        if self.n < 2 {
            return 1.0;
        }
        let (n, v) = (self.n as f64, (self.n - 1) as f64);
        let square = self.t().powi(2);
        // Of equal differences, whose t is infinite, the fraction is 1 + n.
        let fraction =
            if square.is_finite() { (1.0 + square / v) / (1.0 + square / (v * (1.0 + n))) } else { 1.0 + n };
        fraction.powf(n / 2.0) / (1.0 + n).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as a mixture: the density of t under effects N(0, 1) in standard deviations over that under none, by sums.
    fn mixture(n: usize, t: f64) -> f64 {
        let v = (n - 1) as f64;
        // t = √n·(z + effect) / s, v·s² ~ χ²(v): both densities as integrals over s, of the sum of two normals.
        let density = |spread: f64| -> f64 {
            (1..4000)
                .map(|k| {
                    let s = f64::from(k) * 0.002;
                    let scale = spread;
                    // Density of t given s, times that of s up to what both share.
                    s / scale
                        * (-(t * s / scale).powi(2) / 2.0).exp()
                        * s.powf(v - 1.0)
                        * (-v * s * s / 2.0).exp()
                })
                .sum()
        };
        density((1.0 + n as f64).sqrt()) / density(1.0)
    }

    #[test]
    fn is_the_mixture_over_effects() {
        for (n, t) in [(2, 1.0), (6, 0.0), (6, 2.5), (12, 4.0), (20, 1.5)] {
            let found = Differences { n, mean: t / (n as f64).sqrt(), sd: 1.0 }.e_value();
            let sum = mixture(n, t);
            assert!((found / sum - 1.0).abs() < 1e-6, "n {n}, t {t}: {found} {sum}");
        }
    }

    #[test]
    fn nothing_seen_is_no_evidence() {
        assert_eq!(Differences { n: 1, mean: 3.0, sd: 0.0 }.e_value(), 1.0);
        assert!(Differences { n: 8, mean: 0.0, sd: 1.0 }.e_value() < 1.0);
        assert!((Differences { n: 5, mean: 1.0, sd: 0.0 }.e_value() - 36.0).abs() < 1e-9);
    }
}
