//! Dense kNN accuracy (mocov3.md 1.14): how well the labels of the nearest features, weighted by exp(cosine/T), predict
//! the label of a held-out image. The bank is the queue of training features, or images evaluated now.

use tch::{Device, Kind, Tensor};

use crate::error::{EngineError, Result, guarded};
use crate::layers::normalize;
use crate::pixels::image_count;
use crate::queue::UNLABELLED;
use crate::trainer::Trainer;

/// Images per forward pass of an evaluation.
const CHUNK: usize = 256;
/// Elements of one block of similarities: bounds the memory of a vote.
const BLOCK: i64 = 1 << 24;

/// Evaluation images, N × S × S × 3 bytes at the recipe's size, and their labels.
#[derive(Debug, Clone, Copy)]
pub struct LabelledImages<'a> {
    pub pixels: &'a [u8],
    pub labels: &'a [u32],
}

/// The vote's two parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vote {
    pub k: i64,
    pub temperature: f64,
}

impl Vote {
    /// Votes per class (queries, classes) of L2-normalised features. A bank smaller than k votes as a whole.
    pub(crate) fn scores(self, bank: &Tensor, labels: &Tensor, queries: &Tensor) -> Result<Tensor> {
        let size = bank.size()[0];
        // A bank without any label has −1 for its maximum, and still needs a column.
        let classes = labels.f_max()?.f_int64_value(&[])?.max(0) + 1;
        let (cosines, nearest) =
            queries.f_mm(&bank.f_transpose(0, 1)?)?.f_topk(self.k.min(size), 1, true, false)?;
        let votes = labels.f_index_select(0, &nearest.f_flatten(0, 1)?)?.f_view_as(&nearest)?;
        // A neighbour without a label keeps its place among the k nearest and votes with 0.
        let is_labelled = votes.f_ne(UNLABELLED)?.f_to_kind(cosines.f_kind()?)?;
        // A cosine is at most 1: at T = 0.07 no weight exceeds 2e6, so that no maximum has to be taken off.
        let weights = cosines.f_div_scalar(self.temperature)?.f_exp()?.f_mul(&is_labelled)?;
        let scores = Tensor::f_zeros([queries.size()[0], classes], (cosines.f_kind()?, bank.device()))?;
        Ok(scores.f_scatter_add(1, &votes.f_clamp_min(0)?, &weights)?)
    }

    /// Start and length of the pieces in which queries are asked, so that similarities stay within a bound of memory.
    pub(crate) fn blocks(bank: &Tensor, queries: &Tensor) -> impl Iterator<Item = (i64, i64)> {
        let (count, rows) = (queries.size()[0], (BLOCK / bank.size()[0].max(1)).max(1));
        (0..(count + rows - 1) / rows).map(move |block| (block * rows, rows.min(count - block * rows)))
    }

    /// The fraction of queries whose label wins the vote. Features are L2-normalised.
    fn accuracy(self, bank: &Tensor, bank_labels: &Tensor, queries: &Tensor, labels: &Tensor) -> Result<f64> {
        let count = queries.size()[0];
        let mut right = 0;
        for (start, length) in Vote::blocks(bank, queries) {
            let scores = self.scores(bank, bank_labels, &queries.f_narrow(0, start, length)?)?;
            let hits = scores.f_argmax(1, false)?.f_eq_tensor(&labels.f_narrow(0, start, length)?)?;
            right += hits.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        }
        Ok(right as f64 / count as f64)
    }
}

impl Trainer {
    /// `knn_top1`: the bank is the queue of view-1 features of the last training samples; queries pass through the
    /// query encoder in evaluation mode. None while the bank is empty, and for unlabelled data.
    pub fn knn(&self, queries: LabelledImages<'_>) -> std::result::Result<Option<f64>, EngineError> {
        guarded(|| {
            if self.queue.filled == 0 || queries.labels.is_empty() {
                return Ok(None);
            }
            let (bank, labels) = self.queue.bank()?;
            self.compare(&bank, &labels, &self.features(queries)?, queries.labels).map(Some)
        })
    }

    /// `knn_top1_fixed`: the same with a bank of given images, evaluated now.
    pub fn knn_fixed(
        &self,
        bank: LabelledImages<'_>,
        queries: LabelledImages<'_>,
    ) -> std::result::Result<Option<f64>, EngineError> {
        guarded(|| {
            if bank.labels.is_empty() || queries.labels.is_empty() {
                return Ok(None);
            }
            let labels = label_tensor(bank.labels, self.core.device)?;
            self.compare(&self.features(bank)?, &labels, &self.features(queries)?, queries.labels).map(Some)
        })
    }

    /// What the same vote gives on normalised pixels: the floor that features have to beat.
    pub fn knn_pixels(
        &self,
        bank: LabelledImages<'_>,
        queries: LabelledImages<'_>,
    ) -> std::result::Result<Option<f64>, EngineError> {
        guarded(|| {
            if bank.labels.is_empty() || queries.labels.is_empty() {
                return Ok(None);
            }
            let flat = |images: LabelledImages<'_>| {
                let pixels = self.normalizer.images(images.pixels, self.recipe.image_size)?;
                normalize(&pixels.f_flatten(1, 3)?)
            };
            let labels = label_tensor(bank.labels, self.core.device)?;
            self.compare(&flat(bank)?, &labels, &flat(queries)?, queries.labels).map(Some)
        })
    }

    fn compare(&self, bank: &Tensor, bank_labels: &Tensor, queries: &Tensor, labels: &[u32]) -> Result<f64> {
        let vote = Vote { k: i64::from(self.recipe.knn_k).max(1), temperature: self.recipe.knn_temperature };
        vote.accuracy(bank, bank_labels, queries, &label_tensor(labels, self.core.device)?)
    }

    /// L2-normalised pooled features of images (N, D), in evaluation mode, without gradient.
    fn features(&self, images: LabelledImages<'_>) -> Result<Tensor> {
        let size = self.recipe.image_size;
        let count = image_count(images.pixels, size)?;
        if count != images.labels.len() {
            let labels = images.labels.len();
            return Err(EngineError::Input(format!("{labels} labels were given for {count} images")));
        }
        let _guard = tch::no_grad_guard();
        let backbone = &self.core.networks().query.backbone;
        let mut parts = Vec::with_capacity(count.div_ceil(CHUNK));
        // Bytes of `CHUNK` images: the product first, so that nothing is lost by the division.
        for bytes in images.pixels.chunks(CHUNK * images.pixels.len() / count.max(1)) {
            let prepared = backbone.prepare(&self.normalizer.images(bytes, size)?)?;
            parts.push(normalize(&backbone.forward(&prepared, false)?)?);
        }
        Ok(Tensor::f_cat(&parts, 0)?)
    }
}

fn label_tensor(labels: &[u32], device: Device) -> Result<Tensor> {
    let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    Ok(Tensor::f_from_slice(&labels)?.f_to_device(device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(angle: f64) -> [f64; 2] {
        [angle.cos(), angle.sin()]
    }

    #[test]
    fn nearer_neighbours_outvote_more_neighbours_and_the_unlabelled_are_silent() {
        let bank: Vec<f64> = [0.0, 0.9, 0.95, 1.0, 0.01].into_iter().flat_map(unit).collect();
        let bank = Tensor::from_slice(&bank).view([5, 2]);
        let labels = Tensor::from_slice(&[2i64, 1, 1, 1, UNLABELLED]);
        let queries = Tensor::from_slice(&unit(0.02)).view([1, 2]);
        let winner = |temperature: f64, k: i64| {
            let scores = Vote { k, temperature }.scores(&bank, &labels, &queries).unwrap();
            assert_eq!(scores.size(), [1, 3]);
            scores.argmax(1, false).int64_value(&[0])
        };
        assert_eq!(winner(0.07, 200), 2);
        assert_eq!(winner(10.0, 200), 1);
        assert_eq!(winner(10.0, 2), 2);
    }
}
