//! Which test decides at so many pairs of so many arms: with declared looks the paired t test over the pairs of the last look
//! that was reached, within its level; for several arms at one time the corrected p, else the e-value. Judges nothing itself.

use serde::{Deserialize, Serialize};

use super::differences::Differences;
use super::e_value::ENOUGH as ENOUGH_EVIDENCE;
use super::looks::{LEVEL, Looks};

/// Which look at the data this is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Look {
    /// The `number`-th of `of` declared ones; p must be within `level`.
    Declared { number: usize, of: usize, level: f64 },
    /// Not at a declared number of pairs: what the look before said stands. `next` is the next declared one, if any is left.
    Between { next: Option<usize> },
    /// None were declared: the e-value holds at any time.
    AnyTime,
    /// None were declared, and several arms are tested once.
    Once,
}

/// Which test decides, and within which bound.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deciding {
    /// p of the paired t test over the first `pairs` seeds is at most `level`.
    T { level: f64, pairs: usize },
    /// The first declared look has not come.
    Waiting,
    /// The e-value at least this.
    Evidence(f64),
    /// This p, corrected over arms, at most 0.05.
    Corrected(f64),
}

impl Deciding {
    /// Whether it holds for these differences, which are `found` in numbers.
    pub fn holds(self, values: &[f64], found: &Differences) -> bool {
        match self {
            Self::T { level, pairs } => first(values, pairs).p() <= level,
            Self::Waiting => false,
            Self::Evidence(least) => found.e_value() >= least,
            Self::Corrected(p) => p <= LEVEL,
        }
    }

    pub fn p(self, values: &[f64], found: &Differences) -> f64 {
        match self {
            Self::T { pairs, .. } => first(values, pairs).p(),
            Self::Waiting | Self::Evidence(_) => (1.0 / found.e_value()).min(1.0),
            Self::Corrected(p) => p,
        }
    }
}

/// Of the seeds that come first; without them nothing that any test would tell.
fn first(values: &[f64], pairs: usize) -> Differences {
    let none = Differences { n: 1, mean: 0.0, sd: 0.0 };
    values.get(..pairs).and_then(Differences::of).unwrap_or(none)
}

/// What is asked to be done for several arms that are told of together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Together {
    /// None of the false ones more often than 5 %: by flips of whole seeds where all arms share them, else Holm's; with declared
    /// looks each has its share of the level.
    #[default]
    Usual,
    /// The same, by Holm's also where the seeds are shared.
    Holm,
    /// Nothing: each arm as if it were alone. Of twenty without an effect one is told to have one.
    Uncorrected,
}

/// Arms that are told of together, and by how many their level is divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    arms: usize,
    shares: usize,
}

impl Family {
    pub fn of(arms: usize, together: Together) -> Self {
        Self { arms, shares: if together == Together::Uncorrected { 1 } else { arms.max(1) } }
    }

    /// The level of each of them.
    fn share(self, level: f64) -> f64 {
        level / self.shares as f64
    }
}

/// How an arm of so many pairs is judged now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub deciding: Deciding,
    pub look: Look,
    /// The level of a test of this arm, for plans.
    pub level: f64,
    /// The next declared number of pairs.
    pub next: Option<usize>,
}

impl Plan {
    pub fn of(n: usize, family: Family, looks: &Looks, corrected: f64) -> Self {
        let next = looks.after(n);
        let level = family.share(LEVEL);
        if looks.is_empty() {
            return if family.arms > 1 {
                Self { deciding: Deciding::Corrected(corrected), look: Look::Once, level, next }
            } else {
                Self { deciding: Deciding::Evidence(ENOUGH_EVIDENCE), look: Look::AnyTime, level, next }
            };
        }
        match looks.at(n) {
            Some((place, level)) => {
                let level = family.share(level);
                let look = Look::Declared { number: place + 1, of: looks.len(), level };
                Self { deciding: Deciding::T { level, pairs: n }, look, level, next }
            }
            None => {
                let stands = |(pairs, level)| Deciding::T { level: family.share(level), pairs };
                let before = looks.before(n).map(stands);
                Self {
                    deciding: before.unwrap_or(Deciding::Waiting),
                    look: Look::Between { next },
                    level,
                    next,
                }
            }
        }
    }
}

/// How one of so many arms would be judged with `total` pairs.
pub(super) fn later(total: usize, family: Family, looks: &Looks) -> Deciding {
    match Plan::of(total, family, looks, 1.0).deciding {
        // What the other arms will be is not known: each has its share of the level.
        Deciding::Corrected(_) => Deciding::T { level: family.share(LEVEL), pairs: total },
        deciding => deciding,
    }
}
