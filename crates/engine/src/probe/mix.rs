//! Mixup (Zhang et al. 2018), cutmix (Yun et al. 2019) and label smoothing, batch-wise: every image is mixed with the one
//! at the mirrored place, in one share for the whole batch, and so are the targets.

use tch::{Kind, Tensor};
use vitals_recipe::KeyedRng;

use crate::error::Result;
use crate::queue::UNLABELLED;

/// How images and targets are mixed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mixing {
    /// Both parameters of mixup's Beta distribution; 0 leaves mixup out.
    pub mixup: f64,
    /// The same for cutmix.
    pub cutmix: f64,
    pub smoothing: f64,
    pub classes: i64,
}

/// What is done to one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mix {
    Nothing,
    /// share · image + (1 − share) · partner.
    Blend {
        share: f64,
    },
    /// A box of the partner: rows `top..bottom`, columns `left..right`.
    Cut {
        top: i64,
        bottom: i64,
        left: i64,
        right: i64,
        share: f64,
    },
}

impl Mixing {
    /// Draws what to do with a batch of images of `side` pixels; where both kinds are on, either with probability ½.
    pub(crate) fn draw(&self, rng: &mut KeyedRng, side: i64) -> Mix {
        let cuts = match (self.mixup > 0.0, self.cutmix > 0.0) {
            (false, false) => return Mix::Nothing,
            (true, true) => rng.chance(0.5),
            (_, cuts) => cuts,
        };
        if !cuts {
            return Mix::Blend { share: beta(rng, self.mixup) };
        }
        let wanted = beta(rng, self.cutmix);
        // A box with 1 − share of the area has √(1 − share) of the side, half of it on either side of the centre.
        let half = (side as f64 * (1.0 - wanted).sqrt()) as i64 / 2;
        let mut range = || {
            let centre = rng.below(side.unsigned_abs()).cast_signed();
            ((centre - half).clamp(0, side), (centre + half).clamp(0, side))
        };
        let ((top, bottom), (left, right)) = (range(), range());
        // The border may cut the box: the share is that of the pixels that stay.
        let share = 1.0 - ((bottom - top) * (right - left)) as f64 / (side * side) as f64;
        Mix::Cut { top, bottom, left, right, share }
    }

    /// Targets (N, classes) of labels (N): each row sums to 1, one without a label to 0, or to the other's share where it
    /// is mixed with one.
    pub(crate) fn targets(&self, labels: &Tensor, share: f64) -> Result<Tensor> {
        let rest = self.smoothing / self.classes as f64;
        let known = labels.f_ne(UNLABELLED)?.f_to_kind(Kind::Float)?.f_view([-1, 1])?;
        let shape = [labels.size()[0], self.classes];
        let even = Tensor::f_full(shape, rest, (Kind::Float, labels.device()))?;
        let places = labels.f_clamp_min(0)?.f_view([-1, 1])?;
        // Smoothing spreads over all classes, the right one too.
        let targets = even.f_scatter_value(1, &places, 1.0 - self.smoothing + rest)?.f_mul(&known)?;
        if share == 1.0 {
            return Ok(targets);
        }
        let partners = targets.f_flip([0])?.f_mul_scalar(1.0 - share)?;
        Ok(targets.f_mul_scalar(share)?.f_add(&partners)?)
    }
}

impl Mix {
    /// How much of each image and of its target stays.
    pub(crate) fn share(&self) -> f64 {
        match self {
            Mix::Nothing => 1.0,
            Mix::Blend { share } | Mix::Cut { share, .. } => *share,
        }
    }

    /// Mixes a batch (N, 3, S, S).
    pub(crate) fn apply(&self, images: Tensor) -> Result<Tensor> {
        match *self {
            Mix::Nothing => Ok(images),
            Mix::Blend { share } => {
                let partners = images.f_flip([0])?.f_mul_scalar(1.0 - share)?;
                Ok(images.f_mul_scalar(share)?.f_add(&partners)?)
            }
            Mix::Cut { top, bottom, left, right, .. } => {
                let cut = |images: &Tensor| -> Result<Tensor> {
                    Ok(images.f_narrow(2, top, bottom - top)?.f_narrow(3, left, right - left)?)
                };
                let partners = cut(&images.f_flip([0])?)?;
                cut(&images)?.f_copy_(&partners)?;
                Ok(images)
            }
        }
    }
}

/// A draw from Beta(alpha, alpha), as the share of the first of two Gamma(alpha) draws.
fn beta(rng: &mut KeyedRng, alpha: f64) -> f64 {
    let (first, second) = (gamma(rng, alpha), gamma(rng, alpha));
    // Both can underflow for a tiny alpha, where the distribution is a coin.
    if first + second > 0.0 { first / (first + second) } else { f64::from(u8::from(rng.chance(0.5))) }
}

/// A draw from Gamma(shape, 1) (Marsaglia and Tsang 2000); a shape below 1 is lifted by one and brought back.
fn gamma(rng: &mut KeyedRng, shape: f64) -> f64 {
    if shape < 1.0 {
        let lifted = gamma(rng, shape + 1.0);
        // Gamma(a) is Gamma(a + 1)·U^(1/a).
        return lifted * (1.0 - rng.unit()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let normal = rng.normal();
        let cube = (1.0 + c * normal).powi(3);
        // 1 − unit() lies in (0, 1], where the logarithm is finite.
        if cube > 0.0 && (1.0 - rng.unit()).ln() < 0.5 * normal * normal + d - d * cube + d * cube.ln() {
            return d * cube;
        }
    }
}

#[cfg(test)]
mod tests {
    use vitals_recipe::keyed_rng;

    use super::*;

    const MIXING: Mixing = Mixing { mixup: 0.8, cutmix: 1.0, smoothing: 0.1, classes: 4 };

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.f_flatten(0, -1).unwrap().try_into().unwrap()
    }

    #[test]
    fn targets_are_smoothed_mixed_and_keep_their_mass() {
        let labels = Tensor::from_slice(&[2i64, 0, UNLABELLED]);
        let targets = values(&MIXING.targets(&labels, 0.75).unwrap());
        // Smoothing 0.1 over 4 classes: 0.925 for the label and 0.025 elsewhere; the last image has no label, and its
        // partner, the first, lends it a quarter.
        let (on, off) = (0.925, 0.025);
        let expected = [
            0.75 * off,
            0.75 * off,
            0.75 * on,
            0.75 * off,
            on,
            off,
            off,
            off,
            0.25 * off,
            0.25 * off,
            0.25 * on,
            0.25 * off,
        ];
        for (found, expected) in targets.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{targets:?}");
        }
        let whole =
            Mixing { smoothing: 0.0, ..MIXING }.targets(&Tensor::from_slice(&[3i64, 1]), 0.6).unwrap();
        assert_eq!(
            values(&whole).iter().map(|x| (x * 10.0).round()).collect::<Vec<_>>(),
            [0., 4., 0., 6., 0., 6., 0., 4.]
        );
    }

    #[test]
    fn blends_and_cuts_are_those_of_plain_loops() {
        let side = 4usize;
        let plain: Vec<f32> = (0..2 * 3 * side * side).map(|i| i as f32).collect();
        let images = || Tensor::from_slice(&plain).view([2, 3, 4, 4]);
        let at = |n: usize, c: usize, y: usize, x: usize| plain[((n * 3 + c) * side + y) * side + x];
        let blend = values(&Mix::Blend { share: 0.7 }.apply(images()).unwrap());
        let cut = Mix::Cut { top: 1, bottom: 3, left: 0, right: 2, share: 0.75 };
        let cut = values(&cut.apply(images()).unwrap());
        for n in 0..2 {
            for (c, y, x) in (0..3).flat_map(|c| (0..4).flat_map(move |y| (0..4).map(move |x| (c, y, x)))) {
                let place = ((n * 3 + c) * side + y) * side + x;
                let (own, other) = (at(n, c, y, x), at(1 - n, c, y, x));
                assert!((blend[place] - (0.7 * own + 0.3 * other)).abs() < 1e-4);
                let is_inside = (1..3).contains(&y) && x < 2;
                assert_eq!(cut[place], if is_inside { other } else { own });
            }
        }
    }

    #[test]
    fn a_cut_has_the_share_of_the_pixels_that_stay() {
        let mixing = Mixing { mixup: 0.0, ..MIXING };
        let (mut total, draws) = (0.0, 4000u64);
        for step in 0..draws {
            let Mix::Cut { top, bottom, left, right, share } =
                mixing.draw(&mut keyed_rng(1, &["mix".into(), step.into()]), 32)
            else {
                panic!("cutmix alone is on")
            };
            assert!(0 <= top && top <= bottom && bottom <= 32 && 0 <= left && left <= right && right <= 32);
            assert!((share - (1.0 - ((bottom - top) * (right - left)) as f64 / 1024.0)).abs() < 1e-12);
            total += share;
        }
        // Beta(1, 1) is uniform, so half would be cut, were the border not in the way.
        assert!((0.5..0.75).contains(&(total / draws as f64)), "{}", total / draws as f64);
    }

    #[test]
    fn shares_have_the_moments_of_their_beta_distribution() {
        for alpha in [0.2, 0.8, 1.0, 3.0] {
            let mut rng = keyed_rng(4, &["beta".into()]);
            let draws: Vec<f64> = (0..40_000).map(|_| beta(&mut rng, alpha)).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            // Mean ½ and variance 1 / (4 (2α + 1)); four standard errors of the mean are at most 0.01.
            assert!((mean - 0.5).abs() < 0.01, "alpha {alpha}: mean {mean}");
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!((variance / expected - 1.0).abs() < 0.04, "alpha {alpha}: {variance} for {expected}");
        }
    }

    #[test]
    fn either_kind_is_drawn_half_of_the_time_and_none_where_both_are_off() {
        let cuts = (0..1000u64)
            .filter(|step| matches!(MIXING.draw(&mut keyed_rng(2, &[(*step).into()]), 32), Mix::Cut { .. }));
        assert!((440..=560).contains(&cuts.count()));
        let off = Mixing { mixup: 0.0, cutmix: 0.0, ..MIXING };
        assert_eq!(off.draw(&mut keyed_rng(2, &[]), 32), Mix::Nothing);
    }
}
