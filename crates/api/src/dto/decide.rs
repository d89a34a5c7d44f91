//! What arms of runs say of a change, as it crosses the door.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_recipe::Told;
use vitals_run::RunState;
use vitals_series::{Correction, Look};

/// What is asked of arms.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct DecideBy {
    /// Parameters whose values make the arms.
    pub by: Vec<String>,
    /// A condition of the filter language; absent or empty takes all runs.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub filter: String,
    /// `NAME` or `NAME.last|best|min|max|meanK`; else what the sweeps of the runs declare.
    #[ts(optional)]
    pub metric: Option<String>,
    #[ts(optional)]
    pub smallest_effect: Option<f64>,
    /// The baseline's value, as it is written in conditions; else `false` of a switch and the default of any other parameter,
    /// where an arm has it.
    #[ts(optional)]
    pub baseline: Option<String>,
    /// What is done for several arms; absent: what is usual.
    #[ts(optional)]
    pub correction: Option<ArmCorrection>,
}

/// What is done for several arms that are told of together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ArmCorrection {
    /// Flips of whole seeds where all arms share them, else Holm; with declared looks each arm has its share of the level.
    Usual,
    /// Holm also where the seeds are shared.
    Holm,
    /// Nothing, and every p says so.
    None,
}

/// Arms against one baseline.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Decision {
    /// The metric that is compared.
    pub metric: String,
    /// Which value of it stands for a run: `last`, `best`, `min`, `max`, or `mean10` and the like.
    pub value: String,
    pub higher_is_better: bool,
    /// Parameters whose values make the arms.
    pub by: Vec<String>,
    /// The baseline's value; by several parameters, one value each by name.
    pub baseline: Value,
    /// The smallest difference that would matter, in the metric's unit.
    pub smallest_effect: Option<f64>,
    /// What the sweeps of the runs declare, whatever was asked for: the smallest difference, and the metric with its value,
    /// `knn_top1.mean10`.
    pub declared_effect: Option<f64>,
    pub declared_metric: Option<String>,
    /// Numbers of pairs at which it was declared to look, where this is the metric and value that was declared.
    pub looks: Vec<u64>,
    /// The baseline first.
    pub arms: Vec<Arm>,
    /// Every arm but the baseline, in the order of `arms`.
    pub comparisons: Vec<ArmComparison>,
    /// Imported runs of the selection, of which no parameter is known.
    pub left_out: u64,
}

/// Runs that differ in nothing but their seeds.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Arm {
    pub value: Value,
    /// The value as it is written in conditions, and asked for as baseline or arm.
    pub written: String,
    /// Runs with a value.
    pub n: u64,
    /// Runs that failed, collapsed, or whose value is not finite.
    pub failed: u64,
    /// Runs that have not ended.
    pub on_the_way: u64,
    pub mean: Option<f64>,
    /// Standard deviation (n − 1).
    pub std: Option<f64>,
    /// 95 % of Student's t; from three runs on.
    pub interval: Option<(f64, f64)>,
    pub runs: Vec<ArmRun>,
}

/// A run of an arm.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ArmRun {
    pub run: String,
    pub seed: u64,
    pub state: RunState,
    /// It finished, or failed.
    pub ended: bool,
    /// `None`: it failed, or has not ended.
    pub value: Option<f64>,
}

/// The one word that the numbers allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ArmVerdict {
    Helps,
    Hurts,
    NoDifference,
    Undecided,
    NotComparable,
}

/// An arm against the baseline, paired by seed.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ArmComparison {
    /// The arm's value.
    pub arm: Value,
    /// As it is written in conditions.
    pub written: String,
    pub verdict: ArmVerdict,
    /// In English.
    pub why: String,
    pub why_told: Told,
    /// Mean of arm − baseline.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Its 90 % interval, which lies within ± the smallest effect where there is no difference.
    pub interval_90: Option<(f64, f64)>,
    /// The deciding p.
    pub p: Option<f64>,
    pub p_sign_flip: Option<f64>,
    pub p_corrected: Option<f64>,
    /// At the level 0.05 ÷ arms, where they are corrected for.
    pub interval_corrected: Option<(f64, f64)>,
    pub e_value: Option<f64>,
    /// Chance that the missing pairs give a verdict.
    pub assurance: Option<f64>,
    /// Pairs in which both sides have a value.
    pub pairs: u64,
    #[ts(type = "\"none\" | \"seeds\" | \"holm\" | \"bonferroni\"")]
    pub correction: Correction,
    /// More pairs that would settle it; 0 where it is settled, `None` where nothing can be planned.
    pub missing_pairs: Option<u64>,
    /// Pairs that have not ended on both sides and may still come to values; they count among the missing ones.
    pub pairs_on_the_way: u64,
    /// Of the runs that are missing for them, without those that are on the way.
    pub cost_seconds: Option<f64>,
    #[ts(
        type = "{ kind: string, number?: number, of?: number, level?: number, next?: number | null } | null"
    )]
    pub look: Option<Look>,
    pub failures: ArmFailures,
}

/// Failed runs of both sides, over the pairs that have ended on both.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ArmFailures {
    /// How many failed, of how many.
    pub arm: (u64, u64),
    pub baseline: (u64, u64),
    /// Two-sided p of the exact unconditional McNemar test.
    pub p: f64,
}

/// Further pairs of an arm and the baseline.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct MorePairs {
    pub of: DecideBy,
    /// The arm's value, as it is written in conditions.
    pub arm: String,
    /// 1 to 1000; those that are on the way are not queued again.
    pub pairs: u32,
    /// Nothing is queued, it is only said what would be.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub dry: bool,
}

/// Further seeds of every point of a sweep.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct MoreSeeds {
    pub sweep: String,
    /// Of each point, 1 to 1000.
    pub seeds: u32,
    /// A condition of the filter language; absent or empty takes all runs of the sweep.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub filter: String,
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub dry: bool,
}

/// Runs that were queued, or would be.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MoreRuns {
    /// Their labels.
    pub runs: Vec<String>,
    pub arm_runs: u64,
    pub baseline_runs: u64,
    /// `None` where nothing was measured.
    pub cost_seconds: Option<f64>,
}
