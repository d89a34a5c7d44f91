//! Counting hits: exact, so that parts of a split add up to the whole.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Hits among held-out images.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub images: u64,
    /// Images whose class has the highest score.
    pub first: u64,
    /// Images whose class is among the five highest scores.
    pub first_five: u64,
    /// Sum of the images' cross-entropies; 0 for votes.
    pub loss: f64,
}

impl Tally {
    /// Counts scores (N, classes) against labels (N). A class that has no column is never hit.
    pub(crate) fn count(scores: &Tensor, labels: &Tensor) -> Result<Tally> {
        let classes = scores.size()[1];
        let hits = |best: Tensor| -> Result<u64> {
            let hits = best.f_eq_tensor(&labels.f_view([-1, 1])?)?;
            Ok(hits.f_sum(Kind::Int64)?.f_int64_value(&[])?.unsigned_abs())
        };
        Ok(Tally {
            images: labels.size()[0].unsigned_abs(),
            first: hits(scores.f_argmax(1, true)?)?,
            first_five: hits(scores.f_topk(classes.min(5), 1, true, true)?.1)?,
            loss: 0.0,
        })
    }

    /// Adds another part.
    pub fn add(&mut self, other: Tally) {
        self.images += other.images;
        self.first += other.first;
        self.first_five += other.first_five;
        self.loss += other.loss;
    }

    /// Share of images whose class is first; not a number without images.
    pub fn top1(&self) -> f64 {
        self.first as f64 / self.images as f64
    }

    /// Share of images whose class is among the first five.
    pub fn top5(&self) -> f64 {
        self.first_five as f64 / self.images as f64
    }

    /// Mean cross-entropy.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_those_of_a_sorted_list() {
        let (count, classes) = (40usize, 7usize);
        let values: Vec<f32> = (0..count * classes).map(|i| ((i * 7919) % 1009) as f32).collect();
        let labels: Vec<i64> = (0..count).map(|i| ((i * 5) % 9) as i64).collect();
        let rank = |row: usize| {
            let scores = &values[row * classes..(row + 1) * classes];
            let own = *scores.get(labels[row] as usize)?;
            Some(scores.iter().filter(|score| **score > own).count())
        };
        let ranks: Vec<Option<usize>> = (0..count).map(rank).collect();
        let below = |limit: usize| ranks.iter().flatten().filter(|rank| **rank < limit).count() as u64;
        let scores = Tensor::from_slice(&values).view([count as i64, classes as i64]);
        let mut tally = Tally::count(&scores, &Tensor::from_slice(&labels)).unwrap();
        assert_eq!((tally.images, tally.first, tally.first_five), (40, below(1), below(5)));
        tally.add(tally);
        assert_eq!((tally.images, tally.first), (80, 2 * below(1)));
        assert_eq!(tally.top1(), below(1) as f64 / 40.0);
    }

    #[test]
    fn few_classes_are_all_among_the_first_five() {
        let scores = Tensor::from_slice(&[0.1f32, 0.9, 0.8, 0.2]).view([2, 2]);
        let tally = Tally::count(&scores, &Tensor::from_slice(&[0i64, 0])).unwrap();
        assert_eq!((tally.first, tally.first_five), (1, 2));
    }
}
