//! What an outcome depends on, asked anew by the function that answers the screen. Judges nothing itself.

use vitals_charts::{Share, Shares};

use crate::Context;
use crate::digits::{decimals, filled};
use crate::dto::{ApiError, FigureShares};
use crate::error::Result;
use crate::importance::importance;
use crate::said::Failure;

/// Shares below this are told with a decimal.
const SMALL: f64 = 0.1;
/// Between two parameters of one bar.
const TIMES: &str = " × ";

/// The picture, and what it rests on.
///
/// # Errors
/// `invalid_input` where there are no shares.
pub(super) async fn drawn(context: &Context, asked: &FigureShares) -> Result<(Shares, String)> {
    let found = importance(context, &asked.of).await?;
    if found.shares.is_empty() {
        let reason = found.why.map_or_else(|| "there are no shares".to_owned(), |why| why.to_string());
        return Err(ApiError::invalid(Failure::NotDrawn { reason }));
    }
    let name = |name: &String| {
        let known = asked.names.iter().find(|one| one.name == *name);
        known.map_or_else(|| name.clone(), |one| one.label.clone())
    };
    let rows = found.shares.iter().map(|share| Share {
        label: share.names.iter().map(name).collect::<Vec<_>>().join(TIMES),
        mean: 100.0 * share.mean,
        low: 100.0 * share.low,
        high: 100.0 * share.high,
        is_clear: share.is_clear,
        note: (asked.note.replace("{share}", &percent(share.mean)))
            .replace("{low}", &percent(share.low))
            .replace("{high}", &percent(share.high)),
    });
    let chance = found.random.map(|share| (100.0 * share, asked.random.replace("{share}", &percent(share))));
    let r2 = found.explained.map_or_else(|| "–".to_owned(), |share| decimals(share, 2));
    let counts = [("n", found.runs.into()), ("failed", found.failed.into()), ("trees", found.trees.into())];
    let count = filled(&asked.count, &counts).replace("{r2}", &r2);
    Ok((Shares { rows: rows.collect(), chance }, count))
}

/// As the screen writes it (`ui/src/screens/runs/explore/depends.ts`), without its sign.
fn percent(share: f64) -> String {
    decimals(100.0 * share, if share < SMALL { 1 } else { 0 })
}
