//! The process environment that libtorch runs well in. It must be set before the first allocation, so a worker that
//! was started by hand re-executes itself once; one started by `vitals guard` finds it set already.

use std::os::unix::process::CommandExt;
use std::process::Command;

use vitals_run::environment::{ALLOCATOR, PREPARED, threads as of_threads};

/// Re-executes the process with [`ALLOCATOR`] and `threads` for OpenMP unless that was done before. Returns only where
/// nothing was to do or the call failed; then training is slower, not wrong.
pub fn prepare(threads: u32) {
    let (mark, set) = PREPARED;
    if std::env::var_os(mark).is_some() {
        return;
    }
    let Ok(me) = std::env::current_exe() else { return };
    let mut command = Command::new(me);
    command.args(std::env::args_os().skip(1)).env(mark, set);
    for (name, value) in ALLOCATOR {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command.envs(of_threads(threads));
    let error = command.exec();
    tracing::warn!("could not restart with the allocator's settings ({error}); steps may be slower");
}
