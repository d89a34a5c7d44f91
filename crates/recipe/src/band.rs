//! Where a loss starts and how low it can go, from the recipe alone: a loss that "does not fall" is often at its floor.

use serde::{Deserialize, Serialize};

use crate::choices::Method;
use crate::table::Recipe;

/// The loss of an encoder that knows nothing, and a bound that no encoder gets below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossBand {
    pub start: f64,
    pub floor: f64,
}

/// The band of the recipe's loss (mocov3.md 1.6, methods.md). None where the recipe has no meaningful one: a
/// probe's loss is another.
///
/// The floors of the contrastive losses use that among N unit vectors the mean positive cosine exceeds the mean
/// negative cosine by at most N / (N − 1), and Jensen's inequality.
pub fn loss_band(recipe: &Recipe) -> Option<LossBand> {
    let n = f64::from(recipe.batch_size);
    let tau = recipe.temperature;
    if n < 2.0 || tau <= 0.0 || recipe.task.is_probe() {
        return None;
    }
    let gap = n / (n - 1.0);
    Some(match recipe.method {
        Method::MocoV3 => LossBand {
            start: 4.0 * tau * n.ln(),
            floor: 4.0 * tau * ((n - 1.0) * (-gap / tau).exp()).ln_1p(),
        },
        Method::SimClr => {
            LossBand { start: (2.0 * n - 1.0).ln(), floor: ((2.0 * n - 2.0) * (-gap / tau).exp()).ln_1p() }
        }
        Method::Byol => LossBand { start: 4.0, floor: 0.0 },
        Method::Swav => {
            let k = f64::from(recipe.prototypes);
            LossBand { start: k.ln(), floor: ((k - 1.0) * (-2.0 / tau).exp()).ln_1p() }
        }
    })
}
