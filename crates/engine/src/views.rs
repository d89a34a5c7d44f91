//! The views of a batch as a step sees them: prepared for the backbone where they are used, so that a piece of a batch
//! takes no more room than it must.

use tch::Tensor;

use crate::error::Result;

/// Views of a batch, as many as the method compares.
pub(crate) trait Images {
    /// How many views there are of each image.
    fn views(&self) -> usize;
    /// Images per view.
    fn count(&self) -> i64;
    /// `count` images of a view from `start` on.
    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor>;
}

impl Images for [&Tensor] {
    fn views(&self) -> usize {
        self.len()
    }

    fn count(&self) -> i64 {
        self.first().map_or(0, |view| view.size()[0])
    }

    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor> {
        Ok(self[view].f_narrow(0, start, count)?)
    }
}

impl<const N: usize> Images for [&Tensor; N] {
    fn views(&self) -> usize {
        N
    }

    fn count(&self) -> i64 {
        self.as_slice().count()
    }

    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor> {
        self.as_slice().piece(view, start, count)
    }
}
