//! The two threads of the writer. One hands encoded bytes to the kernel within a quarter of a second; the other makes
//! them durable each second, apart, because an fsync on a busy disk can take longer than a flush may wait. Both wait
//! out a full disk and drop nothing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::shared::Shared;
use crate::sink::Sink;

/// How often bytes go to the kernel; with the write itself below the promised 250 ms.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// How often written bytes are made durable.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Runs until asked to stop with nothing left to write, or until an error that waiting cannot cure.
pub(crate) fn flush(shared: &Arc<Shared>, sink: &impl Sink) {
    let mut batch = Vec::new();
    loop {
        let mut state = shared.lock();
        state = Shared::wait(&shared.flush, state, FLUSH_EVERY, |state| {
            state.sync_to <= state.written && state.waiting == 0 && !state.stop && state.failed.is_none()
        });
        if state.failed.is_some() || (state.stop && state.buffer.is_empty()) {
            state.drained = true;
            drop(state);
            shared.sync.notify_one();
            return;
        }
        batch.clear();
        std::mem::swap(&mut state.buffer, &mut batch);
        state.in_flight = batch.len();
        drop(state);
        if let Err(error) = write_all(shared, sink, &batch) {
            shared.fail(&error);
        }
    }
}

fn write_all(shared: &Shared, sink: &impl Sink, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        let count = shared.insist(|| match sink.write(rest) {
            Ok(0) => Err(io::ErrorKind::StorageFull.into()),
            other => other,
        })?;
        rest = &rest[count..];
        let mut state = shared.lock();
        state.in_flight -= count;
        state.written += count as u64;
        let sync_wanted = state.sync_to > state.synced;
        drop(state);
        shared.progress.notify_all();
        if sync_wanted {
            shared.sync.notify_one();
        }
    }
    Ok(())
}

/// Runs until the flushing thread has ended and all it wrote is durable, or until an error that waiting cannot cure.
pub(crate) fn sync(shared: &Arc<Shared>, sink: &impl Sink) {
    loop {
        let mut state = shared.lock();
        state = Shared::wait(&shared.sync, state, SYNC_EVERY, |state| {
            let wanted = state.sync_to.min(state.written) > state.synced;
            !wanted && !state.drained && state.failed.is_none()
        });
        if state.failed.is_some() || (state.drained && state.written == state.synced) {
            return;
        }
        let upto = state.written;
        if upto == state.synced {
            continue;
        }
        drop(state);
        match shared.insist(|| sink.sync()) {
            Ok(()) => shared.lock().synced = upto,
            Err(error) => return shared.fail(&error),
        }
        shared.progress.notify_all();
    }
}
