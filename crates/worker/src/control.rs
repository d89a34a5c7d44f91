//! What others ask of a running worker: the run folder's control file and SIGTERM. A thread of its own looks at both;
//! the training loop reads one answer a step and never touches a file.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use vitals_journal::{Command, Control, RunFolder, Writer};
use vitals_run::EndReason;

use crate::exit::Failure;
use crate::signals;

/// How often the control file is read; also how late a signal may be noticed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// One request, obeyed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// From the control file.
    Control(Control),
    /// SIGTERM or SIGINT: checkpoint and stop.
    Terminate,
}

/// Watches for requests until dropped.
pub struct Watcher {
    pending: Arc<Mutex<Option<Request>>>,
    waiting: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts watching; commands up to `acknowledged` were obeyed by earlier attempts.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(folder: RunFolder, acknowledged: u64) -> io::Result<Self> {
        let (pending, waiting, stop) =
            (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let watcher = {
            let (pending, waiting, stop) = (Arc::clone(&pending), Arc::clone(&waiting), Arc::clone(&stop));
            move || {
                let mut look = Look { folder, acknowledged, terminated: false };
                while !stop.load(Ordering::Relaxed) {
                    if !waiting.load(Ordering::Acquire)
                        && let Some(request) = look.next()
                    {
                        *pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
                        waiting.store(true, Ordering::Release);
                    }
                    std::thread::park_timeout(LOOK_EVERY);
                }
            }
        };
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(watcher)?;
        Ok(Self { pending, waiting, stop, thread: Some(thread) })
    }

    /// The next request, if one stands. Costs one atomic load where none does.
    pub fn take(&self) -> Option<Request> {
        if !self.waiting.load(Ordering::Acquire) {
            return None;
        }
        let request = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.waiting.store(false, Ordering::Release);
        request
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has been printed by its hook.
            let _ = thread.join();
        }
    }
}

/// What the watching thread knows.
struct Look {
    folder: RunFolder,
    acknowledged: u64,
    terminated: bool,
}

impl Look {
    fn next(&mut self) -> Option<Request> {
        if !self.terminated && signals::terminated() {
            self.terminated = true;
            return Some(Request::Terminate);
        }
        match self.folder.read_control() {
            Ok(Some(control)) if control.seq > self.acknowledged => {
                self.acknowledged = control.seq;
                Some(Request::Control(control))
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!("failed to {error}; the command in it is not obeyed");
                None
            }
        }
    }
}

/// Obeys what stands, after `save` has written a checkpoint; some end where that ends the attempt.
pub fn obey(
    watcher: &Watcher,
    journal: &Writer,
    save: impl FnOnce() -> Result<(), Failure>,
) -> Result<Option<EndReason>, Failure> {
    let Some(request) = watcher.take() else { return Ok(None) };
    save()?;
    Ok(match request {
        Request::Terminate => Some(EndReason::Terminated),
        Request::Control(control) => {
            journal.control_acknowledged(control.seq)?;
            match control.command {
                Command::Cancel => Some(EndReason::Cancelled),
                Command::Pause => Some(EndReason::Paused),
                Command::Checkpoint => None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_given_once_and_old_ones_never() {
        let folder = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(folder.path());
        let mut look = Look { folder: folder.clone(), acknowledged: 3, terminated: true };
        assert_eq!(look.next(), None);
        folder.write_control(Control { seq: 3, command: Command::Pause }).unwrap();
        assert_eq!(look.next(), None);
        let control = Control { seq: 4, command: Command::Checkpoint };
        folder.write_control(control).unwrap();
        assert_eq!(look.next(), Some(Request::Control(control)));
        assert_eq!(look.next(), None);
    }
}
