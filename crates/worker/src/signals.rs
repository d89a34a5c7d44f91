//! SIGTERM and SIGINT as a flag. The only unsafe code of the worker: installing a handler that stores one bool.
#![expect(unsafe_code, reason = "sigaction has no safe form; the handler only stores to an atomic")]

use std::sync::atomic::{AtomicBool, Ordering};

static TERMINATED: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_signal: libc::c_int) {
    TERMINATED.store(true, Ordering::Relaxed);
}

/// From now on SIGTERM and SIGINT ask the worker to checkpoint and stop.
pub fn install() {
    let handler: extern "C" fn(libc::c_int) = note;
    for signal in [libc::SIGTERM, libc::SIGINT] {
        // SAFETY: the handler is async-signal-safe (one relaxed atomic store) and lives as long as the process.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// Whether one of them came.
pub fn terminated() -> bool {
    TERMINATED.load(Ordering::Relaxed)
}
