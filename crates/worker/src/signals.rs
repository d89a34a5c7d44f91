//! SIGTERM and SIGINT as a flag that the control thread looks at.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};

static TERMINATED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on SIGTERM and SIGINT ask the worker to checkpoint and stop.
///
/// # Errors
/// The operating system takes no handler.
pub fn install() -> io::Result<()> {
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&TERMINATED))?;
    }
    Ok(())
}

/// Whether one of them came.
pub fn terminated() -> bool {
    TERMINATED.load(Ordering::Relaxed)
}
