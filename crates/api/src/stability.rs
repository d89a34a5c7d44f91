//! How stable a run was, with what its recipe says of the evaluations that tell it.

use vitals_recipe::Tells;
use vitals_series::{Evaluated, NoScore, Stability};
use vitals_store::RunRow;

use crate::dto;
use crate::said::Unscored;

/// How stable a run was, whose evaluations classify so many images, where that is known.
pub(crate) fn stability(row: &RunRow, queries: Option<u32>) -> Option<Stability> {
    let stability = row.stability?;
    let evaluated = stability.evaluated.map(|evaluated| Evaluated { queries, ..evaluated });
    Some(Stability { evaluated, ..stability })
}

/// A stability in the form that crosses the door.
pub(crate) fn form(stability: Stability) -> dto::Stability {
    let (score, rate) = (stability.score(), stability.spike_rate());
    let no_score = score.err().map(|why| match why {
        NoScore::TooShort { least } => Unscored::TooShort { least }.told(),
        NoScore::SeldomEvaluated { times, apart } => Unscored::SeldomEvaluated { times, apart }.told(),
        NoScore::FewQueries { least } => Unscored::FewQueries { least }.told(),
    });
    dto::Stability {
        score: score.ok(),
        no_score,
        failed: stability.failed,
        spikes_per_1000_steps: rate.per_1000_steps,
        spikes_low: rate.low,
        spikes_high: rate.high,
        dip_area_share: stability.dip_area_share(),
        nonfinite: stability.nonfinite,
    }
}
