//! The memory bank of the kNN monitor: a ring of the latest training features and their labels, filled by the
//! training steps themselves (mocov3.md 1.14).

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::layers::normalize;

/// Stands for "no label"; such an entry has no vote.
pub(crate) const UNLABELLED: i64 = -1;

/// A ring of L2-normalised features.
pub(crate) struct Queue {
    /// (capacity, D).
    pub features: Tensor,
    /// (capacity).
    pub labels: Tensor,
    pub filled: i64,
    /// Where the next row goes.
    pub next: i64,
}

/// Labels as numbers of a tensor.
pub(crate) fn label_numbers(labels: &[Option<u32>]) -> Vec<i64> {
    labels.iter().map(|label| label.map_or(UNLABELLED, i64::from)).collect()
}

impl Queue {
    pub(crate) fn new(capacity: i64, dim: i64, device: Device) -> Result<Queue> {
        Ok(Queue {
            features: Tensor::f_zeros([capacity, dim], (Kind::Float, device))?,
            labels: Tensor::f_full([capacity], UNLABELLED, (Kind::Int64, device))?,
            filled: 0,
            next: 0,
        })
    }

    fn capacity(&self) -> i64 {
        self.labels.size()[0]
    }

    /// Adds features (N, D) of a batch with their labels (N) in order; the oldest leave. No labels: nothing is kept.
    pub(crate) fn push(&mut self, features: &Tensor, labels: Option<&Tensor>) -> Result<()> {
        let capacity = self.capacity();
        let Some(labels) = labels.filter(|_| capacity > 0) else { return Ok(()) };
        let _guard = tch::no_grad_guard();
        let features = normalize(features)?;
        let count = features.size()[0];
        // Of a batch longer than the ring only the latest rows would stay.
        let mut from = (count - capacity).max(0);
        while from < count {
            // Up to the end of the ring at most; the rest goes to its beginning.
            let length = (count - from).min(capacity - self.next);
            self.features.f_narrow(0, self.next, length)?.f_copy_(&features.f_narrow(0, from, length)?)?;
            self.labels.f_narrow(0, self.next, length)?.f_copy_(&labels.f_narrow(0, from, length)?)?;
            self.next = (self.next + length) % capacity;
            self.filled = (self.filled + length).min(capacity);
            from += length;
        }
        Ok(())
    }

    /// The rows in use and their labels.
    pub(crate) fn bank(&self) -> Result<(Tensor, Tensor)> {
        Ok((self.features.f_narrow(0, 0, self.filled)?, self.labels.f_narrow(0, 0, self.filled)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ring against a plain list that drops its front.
    #[test]
    fn the_ring_holds_the_latest_rows() {
        for capacity in [1i64, 5, 7, 16] {
            let mut queue = Queue::new(capacity, 1, Device::Cpu).unwrap();
            let mut list: Vec<i64> = Vec::new();
            for batch in 0..9i64 {
                let labels: Vec<Option<u32>> = (0..3).map(|i| Some((batch * 3 + i) as u32)).collect();
                let features = Tensor::from_slice(&[1f32, -1.0, 1.0]).view([3, 1]);
                queue.push(&features, Some(&Tensor::from_slice(&label_numbers(&labels)))).unwrap();
                list.extend((0..3).map(|i| batch * 3 + i));
                let drop = (list.len() as i64 - capacity).max(0) as usize;
                list.drain(..drop);
                let (_, labels) = queue.bank().unwrap();
                let mut held = Vec::<i64>::try_from(&labels).unwrap();
                held.sort_unstable();
                assert_eq!(held, list, "capacity {capacity}, batch {batch}");
            }
        }
    }

    #[test]
    fn rows_are_normalised_and_unlabelled_data_is_not_kept() {
        let mut queue = Queue::new(4, 2, Device::Cpu).unwrap();
        queue.push(&Tensor::from_slice(&[3f32, 4.0]).view([1, 2]), None).unwrap();
        assert_eq!(queue.filled, 0);
        let labels = Tensor::from_slice(&label_numbers(&[None]));
        queue.push(&Tensor::from_slice(&[3f32, 4.0]).view([1, 2]), Some(&labels)).unwrap();
        let (features, labels) = queue.bank().unwrap();
        assert!((features.double_value(&[0, 1]) - 0.8).abs() < 1e-6);
        assert_eq!(labels.int64_value(&[0]), UNLABELLED);
    }
}
