//! Whether the system gives a program the threads that it works with (`ulimit -u`, a control group's count). A runtime of Tokio
//! panics where it is refused one, and then waits for ever for those that it has: so they are asked for first.

use std::io;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread::{self, Builder};

/// Beside one for each core: those of the database's connections, and one for what blocks.
const BESIDE: usize = 6;

/// Starts as many threads as a runtime will, all there at once, and lets them end.
///
/// # Errors
/// The system refused one.
pub fn check_threads() -> io::Result<()> {
    let wanted = thread::available_parallelism().map_or(1, NonZero::get) + BESIDE;
    let gate = Mutex::new(());
    thread::scope(|scope| {
        // None ends before the last has begun; where one is refused the gate opens, too.
        let _closed = gate.lock();
        for _ in 0..wanted {
            Builder::new().spawn_scoped(scope, || drop(gate.lock()))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_had_and_given_back() {
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads();
        super::check_threads().unwrap();
        assert!(threads() <= before + 1, "none is left");
    }
}
