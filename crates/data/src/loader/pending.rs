//! A batch in the making: threads fill pieces of it in any order; it is ready when no piece is missing.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Batch;
use crate::DataError;

/// A batch of which some pieces may still be missing.
pub(crate) struct Pending {
    pub step: u64,
    /// The epoch's order; this batch is a slice of it.
    pub order: Arc<Vec<u32>>,
    pub slice: Range<usize>,
    state: Mutex<Filling>,
}

struct Filling {
    batch: Batch,
    missing: usize,
    /// Place of the failed piece, and why.
    error: Option<(usize, DataError)>,
    unreadable: Vec<(u64, String)>,
}

/// A finished batch with what went wrong on the way.
pub(crate) struct Filled {
    pub batch: Batch,
    pub error: Option<DataError>,
    /// Images that were replaced: index and name.
    pub unreadable: Vec<(u64, String)>,
}

/// One piece, as a thread made it.
pub(crate) struct Piece<'a> {
    /// Place of the piece's first image in the batch.
    pub at: usize,
    pub indices: &'a [u64],
    pub labels: &'a [Option<u32>],
    pub view1: &'a [u8],
    pub view2: &'a [u8],
    pub unreadable: Vec<(u64, String)>,
}

impl Pending {
    /// A batch of `pieces` pieces, with buffers of the right size.
    pub(crate) fn new(batch: Batch, order: Arc<Vec<u32>>, slice: Range<usize>, pieces: usize) -> Self {
        let state = Filling { batch, missing: pieces, error: None, unreadable: Vec::new() };
        Self { step: state.batch.step, order, slice, state: Mutex::new(state) }
    }

    /// Becomes another batch, so that nothing is allocated for it.
    pub(crate) fn renew(&mut self, batch: Batch, order: Arc<Vec<u32>>, slice: Range<usize>, pieces: usize) {
        *self = Self::new(batch, order, slice, pieces);
    }

    fn state(&self) -> MutexGuard<'_, Filling> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a piece to its place. Returns true when it was the last one missing.
    pub(crate) fn fill(&self, piece: Piece<'_>) -> bool {
        let mut state = self.state();
        let images = piece.at..piece.at + piece.indices.len();
        let bytes = piece.view1.len() / piece.indices.len().max(1);
        let pixels = images.start * bytes..images.end * bytes;
        state.batch.indices[images.clone()].copy_from_slice(piece.indices);
        state.batch.labels[images].copy_from_slice(piece.labels);
        state.batch.view1[pixels.clone()].copy_from_slice(piece.view1);
        if !piece.view2.is_empty() {
            state.batch.view2[pixels].copy_from_slice(piece.view2);
        }
        state.unreadable.extend(piece.unreadable);
        state.missing -= 1;
        state.missing == 0
    }

    /// Marks the piece at `at` as impossible. Of several errors that of the first piece stays, whichever
    /// thread was faster. Returns true when this piece was the last one missing.
    pub(crate) fn fail(&self, at: usize, error: DataError) -> bool {
        let mut state = self.state();
        if state.error.as_ref().is_none_or(|(other, _)| at < *other) {
            state.error = Some((at, error));
        }
        state.missing -= 1;
        state.missing == 0
    }

    /// Takes the batch out, once it is ready.
    pub(crate) fn take(&self) -> Option<Filled> {
        let mut state = self.state();
        (state.missing == 0).then(|| Filled {
            batch: std::mem::take(&mut state.batch),
            error: state.error.take().map(|(_, error)| error),
            unreadable: std::mem::take(&mut state.unreadable),
        })
    }
}
