//! Features that are computed once, because neither the images nor the backbone change: the bank of a dense kNN, and the
//! examples of a linear classifier without augmentation.

use tch::{Device, Tensor};

use crate::error::{EngineError, Result};
use crate::knn::LabelledImages;
use crate::pixels::image_count;

/// Pooled features (N, D) as the backbone gives them, with their labels (N), on the device.
pub struct FeatureBank {
    pub(crate) features: Tensor,
    pub(crate) labels: Tensor,
}

impl FeatureBank {
    /// How many images it has.
    pub fn len(&self) -> u64 {
        self.labels.size().first().copied().unwrap_or(0).unsigned_abs()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some rows and their labels.
    pub(crate) fn rows(&self, rows: &[u64]) -> Result<(Tensor, Tensor)> {
        let rows: Vec<i64> = rows.iter().map(|row| row.cast_signed()).collect();
        let rows = Tensor::f_from_slice(&rows)?.f_to_device(self.labels.device())?;
        Ok((self.features.f_index_select(0, &rows)?, self.labels.f_index_select(0, &rows)?))
    }
}

/// The labels of some images (N); an error where they are not one an image.
pub(crate) fn labels(images: &LabelledImages<'_>, size: u32, device: Device) -> Result<Tensor> {
    let count = image_count(images.pixels, size)?;
    if count != images.labels.len() {
        return Err(EngineError::Input(format!(
            "{} labels were given for {count} images",
            images.labels.len()
        )));
    }
    let labels: Vec<i64> = images.labels.iter().map(|&label| i64::from(label)).collect();
    Ok(Tensor::f_from_slice(&labels)?.f_to_device(device)?)
}
