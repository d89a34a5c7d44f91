//! The backbone's features of many images, gathered as the images come.

use tch::Tensor;

use crate::error::{EngineError, guarded};
use crate::knn::LabelledImages;
use crate::probe::features::{FeatureBank, labels};
use crate::probe::training::Probe;

/// Features of labelled images as they come.
#[derive(Default)]
pub struct FeatureCollector {
    features: Vec<Tensor>,
    labels: Vec<Tensor>,
}

impl FeatureCollector {
    /// Adds the features of some images.
    pub fn add(&mut self, probe: &Probe, images: LabelledImages<'_>) -> std::result::Result<(), EngineError> {
        guarded(|| {
            self.labels.push(labels(&images, probe.recipe.image_size, probe.device)?);
            self.features.push(probe.features(images.pixels)?);
            Ok(())
        })
    }

    /// All of them; an error where there are none.
    pub fn gather(self) -> std::result::Result<FeatureBank, EngineError> {
        if self.features.is_empty() {
            return Err(EngineError::Input("there are no labelled images to compute features of".to_owned()));
        }
        guarded(|| {
            Ok(FeatureBank {
                features: Tensor::f_cat(&self.features, 0)?,
                labels: Tensor::f_cat(&self.labels, 0)?,
            })
        })
    }
}
