//! Numerics on recorded series: frames for drawing and the pieces that a stored pyramid is made of, smoothing, comparison
//! over seeds and rates, what outcomes depend on and where training becomes unstable, detection of spikes and dips.
//! Pure: slices in, numbers out; no clock, no file, no randomness that is not a fixed sequence.
//!
//! A series is two slices of equal length: steps that never fall, and values of which any may be NaN or ±inf.

mod boundary;
mod decide;
mod dips;
mod findings;
mod frame;
mod grid;
mod importance;
mod lead;
mod level;
mod nonfinite;
mod piece;
mod rates;
mod rise;
mod robust;
mod seeds;
mod sequence;
mod smooth;
mod spikes;
mod stability;
mod student;
mod summary;
pub mod synthetic;
mod tails;
mod yardstick;

pub use boundary::{Boundary, Crossing, FEWEST_TRIALS, Next, NoBoundary, Place, Trial};
pub use decide::{
    Answer, Correction, Differences, ENOUGH_PAIRS, Failures, Look, Looks, Outcome, Pair, Question, Reason,
    Together, Verdict, assurance, best, decide,
};
pub use dips::{Dip, DipRule, dips, is_in_percent};
pub use findings::{Finding, Found, RunDetector, Watched};
pub use frame::{Frame, frame};
pub use grid::{Grid, NODE_FACTOR, NODE_STEPS, TOP_LEVEL, node_steps};
pub use importance::{ENOUGH_EXPLAINED, ENOUGH_RUNS, Importance, Share, Values, correlation, importance};
pub use lead::{Delay, Onset, Order, at_least_by_chance, bootstrap_median, delay, order};
pub use level::LevelEvent;
pub use nonfinite::Nonfinite;
pub use piece::{MEDIAN_WINDOW, Piece, Rows, pieces};
pub use rates::{RateArm, RatePoint, RateRun, Sensitivity, UsableRates, common_rates};
pub use seeds::{ArmColumn, Interval, arm_columns, mean_interval};
pub use sequence::Noise;
pub use smooth::{median, relative_to_running_median, smooth_ema};
pub use spikes::{DETECTION_VERSION, LayerSpike, SpikeEvent, SpikeRule, spikes};
pub use stability::{Evaluated, NoScore, Rate, Stability};
pub use student::student_t_quantile;
pub use summary::Summary;
