//! What the pool's threads share: the window of batches in the making, in order, and the buffers that wait
//! for reuse. One mutex for all of it; it is held for moments, never while an image is made.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::pending::{Filled, Pending};
use super::{Batch, LoaderConfig};
use crate::augment::Views;
use crate::order::{EpochOrders, Order};
use crate::{DataError, Dataset, Result};

/// Pixels per view in a piece of work: small enough for the second-level cache, large enough that the
/// mutex does not matter.
const PIECE_PIXELS: usize = 1 << 16;
/// More batches than this ahead of training only cost memory.
const MAX_BATCHES: u64 = 64;

pub(crate) struct Shared {
    pub dataset: Arc<Dataset>,
    pub views: Views,
    pub order: Order,
    /// Views of each image that are made.
    pub count: usize,
    /// Images in a piece of work.
    piece: usize,
    /// Batches that may be ready or in work at once.
    window: usize,
    state: Mutex<State>,
    /// Signalled when there may be work.
    work: Condvar,
    /// Signalled when the oldest batch may be ready.
    ready: Condvar,
}

struct State {
    /// Batches ready or in work, oldest first, without gaps.
    batches: VecDeque<Arc<Pending>>,
    /// The batch of which pieces are being given out, and the next piece.
    open: Option<(Arc<Pending>, usize)>,
    next_step: u64,
    free: Vec<Batch>,
    /// Batches that were delivered: their places are used again.
    spare: Vec<Arc<Pending>>,
    /// Bytes of the batches ready or in work, and the most that they have been.
    prefetched: u64,
    most_prefetched: u64,
    orders: EpochOrders,
    unreadable: BTreeSet<u64>,
    stopped: bool,
}

/// A piece of work: images `at..at + len` of a batch.
pub(crate) struct Ticket {
    pub batch: Arc<Pending>,
    pub at: usize,
    pub len: usize,
}

impl Shared {
    pub(crate) fn new(dataset: Arc<Dataset>, views: Views, order: Order, config: &LoaderConfig) -> Self {
        let pixels = (views.size() * views.size()).max(1);
        let batch_bytes = (2 * 3 * pixels as u64).saturating_mul(config.batch_size);
        let state = State {
            batches: VecDeque::new(),
            open: None,
            next_step: config.first_step,
            free: Vec::new(),
            spare: Vec::new(),
            prefetched: 0,
            most_prefetched: 0,
            orders: EpochOrders::default(),
            unreadable: BTreeSet::new(),
            stopped: false,
        };
        Self {
            dataset,
            views,
            order,
            count: config.views.clamp(1, 2),
            piece: (PIECE_PIXELS / pixels).clamp(1, 64),
            window: (config.prefetch_bytes / batch_bytes).clamp(2, MAX_BATCHES) as usize,
            state: Mutex::new(state),
            work: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work; waits while the window is full. `None` once the loader stops.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if let Some((batch, next)) = &mut state.open {
                let at = *next * self.piece;
                if at < self.order.batch_size {
                    *next += 1;
                    let len = self.piece.min(self.order.batch_size - at);
                    return Some(Ticket { batch: Arc::clone(batch), at, len });
                }
                state.open = None;
            }
            if state.batches.len() < self.window {
                let batch = self.start_batch(&mut state);
                state.batches.push_back(Arc::clone(&batch));
                state.open = Some((batch, 0));
                // The other pieces of this batch are work for the others.
                self.work.notify_all();
            } else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn start_batch(&self, state: &mut State) -> Arc<Pending> {
        let images = self.order.batch_size;
        let bytes = images * self.views.size() * self.views.size() * 3;
        let step = state.next_step;
        state.next_step += 1;
        let (epoch, place) = self.order.place(step);
        let mut batch = state.free.pop().unwrap_or_default();
        batch.step = step;
        batch.epoch = epoch;
        batch.indices.resize(images, 0);
        batch.labels.resize(images, None);
        batch.view1.resize(bytes, 0);
        batch.view2.resize(if self.count > 1 { bytes } else { 0 }, 0);
        state.prefetched += allocated_bytes(&batch);
        state.most_prefetched = state.most_prefetched.max(state.prefetched);
        let order = state.orders.get(&self.order, epoch);
        let slice = place * images..(place + 1) * images;
        let pieces = images.div_ceil(self.piece);
        // A thread may hold a delivered batch for a moment longer: then another spare one serves.
        let unused = state.spare.iter().position(|spare| Arc::strong_count(spare) == 1);
        if let Some(mut spare) = unused.map(|at| state.spare.swap_remove(at))
            && let Some(pending) = Arc::get_mut(&mut spare)
        {
            pending.renew(batch, order, slice, pieces);
            return spare;
        }
        Arc::new(Pending::new(batch, order, slice, pieces))
    }

    /// Says that a batch has become ready.
    pub(crate) fn announce(&self) {
        // Taking the lock orders this after a consumer's check, so that it cannot miss the signal.
        drop(self.state());
        self.ready.notify_all();
    }

    /// Waits for the batch of `step`, which must be the oldest in the window.
    pub(crate) fn take(&self, step: u64) -> Result<Batch> {
        let mut state = self.state();
        loop {
            let oldest = state.batches.front().filter(|batch| batch.step == step);
            if let Some(filled) = oldest.and_then(|batch| batch.take()) {
                let delivered = state.batches.pop_front();
                state.spare.extend(delivered);
                state.prefetched -= allocated_bytes(&filled.batch);
                self.work.notify_all();
                return self.check(&mut state, filled);
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Refuses a batch that failed, or that brings the unreadable images above what is allowed. Counting
    /// here, in order, and not where they are found, makes the failing step independent of the threads.
    fn check(&self, state: &mut State, filled: Filled) -> Result<Batch> {
        if let Some(error) = filled.error {
            return Err(error);
        }
        let allowed = self.dataset.unreadable_allowed();
        for (index, name) in filled.unreadable {
            state.unreadable.insert(index);
            let count = state.unreadable.len() as u64;
            if count > allowed {
                let total = self.dataset.train_len();
                return Err(DataError::TooManyUnreadable { count, total, allowed, last: name });
            }
        }
        Ok(filled.batch)
    }

    pub(crate) fn recycle(&self, batch: Batch) {
        let mut state = self.state();
        if state.free.len() < self.window {
            state.free.push(batch);
        }
    }

    /// The most memory, in bytes, that pixels of batches ready or in work have taken at once.
    pub(crate) fn most_prefetched_bytes(&self) -> u64 {
        self.state().most_prefetched
    }

    /// Tells every thread to end after the piece it is working on.
    pub(crate) fn stop(&self) {
        self.state().stopped = true;
        self.work.notify_all();
    }
}

/// Memory of a batch's pixels, as allocated and not only as filled.
fn allocated_bytes(batch: &Batch) -> u64 {
    (batch.view1.capacity() + batch.view2.capacity()) as u64
}
