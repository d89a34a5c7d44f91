//! Dense kNN over frozen features: every training image votes where it is among the nearest (mocov3.md 1.14).

use crate::error::{EngineError, guarded};
use crate::knn::{LabelledImages, Vote};
use crate::layers::normalize;
use crate::probe::features::{FeatureBank, labels};
use crate::probe::tally::Tally;
use crate::probe::training::Probe;

/// The bank with its features normalised.
pub struct Neighbours {
    bank: FeatureBank,
    vote: Vote,
}

impl Neighbours {
    /// A bank to ask, with the vote of the probe's recipe.
    pub fn new(probe: &Probe, bank: FeatureBank) -> Result<Neighbours, EngineError> {
        let recipe = &probe.recipe;
        let vote = Vote { k: i64::from(recipe.knn_k).max(1), temperature: recipe.knn_temperature };
        guarded(|| {
            let features = normalize(&bank.features)?;
            Ok(Neighbours { bank: FeatureBank { features, ..bank }, vote })
        })
    }

    /// How many of some held-out images the vote puts first, and among the first five.
    pub fn judge(&self, probe: &Probe, images: LabelledImages<'_>) -> Result<Tally, EngineError> {
        guarded(|| {
            let labels = labels(&images, probe.recipe.image_size, probe.device)?;
            let queries = normalize(&probe.features(images.pixels)?)?;
            let FeatureBank { features, labels: voters } = &self.bank;
            let mut tally = Tally::default();
            for (start, length) in Vote::blocks(features, &queries) {
                let scores = self.vote.scores(features, voters, &queries.f_narrow(0, start, length)?)?;
                tally.add(Tally::count(&scores, &labels.f_narrow(0, start, length)?)?);
            }
            Ok(tally)
        })
    }
}
