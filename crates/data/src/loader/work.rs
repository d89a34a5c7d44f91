//! What a thread of the pool does: takes a piece of a batch, decodes and augments its images into buffers of
//! its own, and copies them into the batch. After the first pieces nothing is allocated.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::pending::Piece;
use super::shared::{Shared, Ticket};
use crate::augment::{Scratch, ViewKey};
use crate::{DataError, Result, RgbImage, Split};

#[derive(Default)]
struct Worker {
    image: RgbImage,
    scratch: Scratch,
    indices: Vec<u64>,
    labels: Vec<Option<u32>>,
    views: [Vec<u8>; 2],
    unreadable: Vec<(u64, String)>,
}

/// Works until the loader stops.
pub(crate) fn run(shared: &Shared) {
    let mut worker = Worker::default();
    while let Some(ticket) = shared.ticket() {
        // A panic must reach the consumer as an error: it would otherwise wait for this piece for ever.
        let made = catch_unwind(AssertUnwindSafe(|| worker.make(shared, &ticket)))
            .unwrap_or_else(|_| Err(DataError::Thread { what: "panicked".to_owned() }));
        let complete = match made {
            Ok(()) => {
                let unreadable = std::mem::take(&mut worker.unreadable);
                let [view1, view2] = &worker.views;
                let (indices, labels) = (&worker.indices, &worker.labels);
                ticket.batch.fill(Piece { at: ticket.at, indices, labels, view1, view2, unreadable })
            }
            Err(error) => {
                worker = Worker::default();
                ticket.batch.fail(ticket.at, error)
            }
        };
        if complete {
            shared.announce();
        }
    }
}

impl Worker {
    fn make(&mut self, shared: &Shared, ticket: &Ticket) -> Result<()> {
        let bytes = shared.views.size() * shared.views.size() * 3;
        self.indices.clear();
        self.labels.clear();
        for view in self.views.iter_mut().take(shared.count) {
            view.resize(ticket.len * bytes, 0);
        }
        let (epoch, _) = shared.order.place(ticket.batch.step);
        let start = ticket.batch.slice.start + ticket.at;
        for (i, &index) in ticket.batch.order[start..start + ticket.len].iter().enumerate() {
            let wanted = u64::from(index);
            // Keyed by the image that was drawn, not by its replacement, so that an image which steps in for another one
            // does not show the same two views twice in an epoch.
            let keys = [0, 1].map(|view| ViewKey { seed: shared.order.seed, epoch, index: wanted, view });
            let index = self.decode(shared, wanted, &keys)?;
            self.indices.push(index);
            self.labels.push(shared.dataset.label(Split::Train, index));
            for (key, out) in keys.iter().zip(&mut self.views).take(shared.count) {
                let out = &mut out[i * bytes..(i + 1) * bytes];
                shared.views.render(&self.image, key, &mut self.scratch, out);
            }
        }
        Ok(())
    }

    /// Decodes what the views of `keys` show of image `wanted`, or of the next readable one after it, and returns which one
    /// it was.
    fn decode(&mut self, shared: &Shared, wanted: u64, keys: &[ViewKey; 2]) -> Result<u64> {
        let shown = |width, height| shared.views.shown(keys, width, height);
        let images = shared.dataset.train_len();
        let mut tried = 0;
        loop {
            let index = (wanted + tried) % images;
            match shared.dataset.decode_wanted(Split::Train, index, &shown, &mut self.image) {
                Ok(()) => return Ok(index),
                Err(DataError::Unreadable { name, reason }) => {
                    tried += 1;
                    // More in a row than are allowed in all: the error names this image and its reason.
                    if tried > shared.dataset.unreadable_allowed() || tried >= images {
                        return Err(DataError::Unreadable { name, reason });
                    }
                    self.unreadable.push((index, name));
                }
                Err(error) => return Err(error),
            }
        }
    }
}
