//! Why arms are judged as they are: one sentence with its numbers.

use vitals_recipe::Names;

vitals_recipe::sentences! {
    /// Why an arm has its verdict.
    pub enum Why in "why" {
        Clear { n: u64, low: f64, high: f64, p: f64 } =
            "over {n} pairs the 95 % interval of the difference is {low} to {high}, and the deciding p is {p}";
        ClearButSmall { n: u64, low: f64, high: f64, p: f64, smallest: f64 } =
            "over {n} pairs the 95 % interval of the difference is {low} to {high} (p {p}): less than the {smallest} that would matter";
        Equivalent { n: u64, low: f64, high: f64, smallest: f64 } =
            "over {n} pairs the 90 % interval of the difference, {low} to {high}, lies within ± {smallest}";
        FewPairs { n: u64, least: u64 } = "{n} of the {least} pairs that any test needs";
        Open { n: u64, low: f64, high: f64 } =
            "over {n} pairs the 95 % interval of the difference is {low} to {high}, which is not enough evidence";
        FailuresContradict { arm: u64, baseline: u64, pairs: u64 } =
            "what ended points one way and what failed the other: of {pairs} pairs {arm} failed with the change, {baseline} without";
        FailuresDiffer { arm: u64, baseline: u64, pairs: u64, smallest: f64 } =
            "what ended lies within ± {smallest}, but of {pairs} pairs {arm} failed with the change, {baseline} without";
        OtherSettings { names: Names } = "the runs differ in {names} as well";
    }
}
