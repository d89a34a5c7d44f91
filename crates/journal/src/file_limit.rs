//! The limit that a system may set for the size of a file (`ulimit -f`): a write beyond it is refused, as on a full disk, and
//! whoever writes says so. It lifts no limit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGXFSZ;

/// From now on a write beyond the limit is an error. Without this the kernel ends the process, which says nothing of it. The
/// signal gets a handler and is not ignored: programs that are started from here would inherit that.
pub fn survive_file_limit() {
    // Where that is refused, the process ends as it did before.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}
