//! The loss scale of half precision: doubled after many steps without an overflow, halved at each one. It knows only
//! whether a step was skipped.

use serde::{Deserialize, Serialize};
use vitals_recipe::Precision;

/// Steps without overflow before the scale grows, as PyTorch's scaler has it.
const GROW_AFTER: u64 = 2000;
// 2¹⁶, PyTorch's default. A power of two stays one by halving and doubling: it moves exponents and rounds nothing.
const START: f64 = 65536.0;
/// Below this a skipped step is no matter of the scale any more.
const SMALLEST: f64 = 1.0;

/// Where the scale stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossScale {
    pub scale: f64,
    /// Steps since it last changed.
    pub steady: u64,
}

impl LossScale {
    /// The start of a run; only fp16 needs one.
    pub(crate) fn start(precision: Precision) -> Option<LossScale> {
        (precision == Precision::Fp16).then_some(LossScale { scale: START, steady: 0 })
    }

    /// After a step.
    pub(crate) fn after(self, skipped: bool) -> LossScale {
        match (skipped, self.steady + 1) {
            (true, _) => LossScale { scale: (self.scale / 2.0).max(SMALLEST), steady: 0 },
            (false, steady) if steady >= GROW_AFTER => LossScale { scale: self.scale * 2.0, steady: 0 },
            (false, steady) => LossScale { steady, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_at_an_overflow_and_doubles_after_a_long_calm() {
        assert_eq!(LossScale::start(Precision::Bf16), None);
        let mut scale = LossScale::start(Precision::Fp16).unwrap();
        scale = scale.after(true).after(true);
        assert_eq!(scale.scale, START / 4.0);
        for _ in 0..GROW_AFTER {
            scale = scale.after(false);
        }
        assert_eq!(scale, LossScale { scale: START / 2.0, steady: 0 });
        for _ in 0..100 {
            scale = scale.after(true);
        }
        assert_eq!(scale.scale, SMALLEST);
    }
}
