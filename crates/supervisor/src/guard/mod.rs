//! `vitals guard`: stands around one attempt. It holds the run's lock (its standard input), starts the worker with the
//! same lock and the environment that libtorch runs well in, waits, and writes `exit.json`. No async, no libtorch, no
//! database: it must outlive everything.

mod oom;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, setsid, waitid,
};
use serde::{Deserialize, Serialize};
use vitals_files::read_regular;
use vitals_journal::{ExitRecord, Lock, RunFolder, atomic_write};
use vitals_recipe::legible;
use vitals_run::{ExitCode, environment};

use self::oom::{Recent, oom_kills};
use crate::c_calls::children_peak_rss_bytes;
use crate::system::{ProcessMark, boot_id};

/// The guard was called wrongly.
const WRONG_CALL: i32 = 2;
/// Pause between two tries to write `exit.json` on a full disk.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at the memory killer's count: a large worker takes its seconds to die.
const OOM_LOOK: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// A probe of the lock lasts an instant.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// What the guard is told; its command line is [`GuardArgs::to_args`], in the words that `vitals guard` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardArgs {
    pub run_dir: PathBuf,
    pub attempt: u32,
    /// The worker's binary.
    pub worker: PathBuf,
    /// OpenMP threads of the worker; 0 leaves the choice to it.
    pub threads: u32,
    /// It takes the run's lock itself: on another machine nobody could hand it down.
    pub own_lock: bool,
}

impl GuardArgs {
    /// `--run-dir DIR --attempt N --worker PATH --threads N`, and `--own-lock 1`.
    pub(crate) fn to_args(&self) -> Vec<OsString> {
        let mut args = Vec::with_capacity(10);
        args.extend(["--run-dir".into(), self.run_dir.clone().into_os_string()]);
        args.extend(["--attempt".into(), self.attempt.to_string().into()]);
        args.extend(["--worker".into(), self.worker.clone().into_os_string()]);
        args.extend(["--threads".into(), self.threads.to_string().into()]);
        if self.own_lock {
            args.extend(["--own-lock".into(), "1".into()]);
        }
        args
    }

    /// The reverse of [`GuardArgs::to_args`].
    fn from_args(args: &[OsString]) -> Result<Self, String> {
        let (run_dir, worker) = (PathBuf::new(), PathBuf::new());
        let mut found = Self { run_dir, attempt: 0, worker, threads: 0, own_lock: false };
        let mut rest = args.iter();
        while let Some(name) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{} needs a value", name.display()))?;
            let number = || {
                let text = value.to_str().and_then(|text| text.parse::<u32>().ok());
                text.ok_or_else(|| format!("{} needs a number, not {}", name.display(), value.display()))
            };
            match name.to_str() {
                Some("--run-dir") => found.run_dir = value.into(),
                Some("--worker") => found.worker = value.into(),
                Some("--attempt") => found.attempt = number()?,
                Some("--threads") => found.threads = number()?,
                Some("--own-lock") => found.own_lock = number()? != 0,
                _ => return Err(format!("unknown argument {}", name.display())),
            }
        }
        if found.run_dir.as_os_str().is_empty() || found.worker.as_os_str().is_empty() || found.attempt == 0 {
            return Err("--run-dir, --attempt and --worker are needed".to_owned());
        }
        Ok(found)
    }
}

/// `attempt-NNNN/guard.json`: who works on the attempt. The worker leads a process group of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GuardMark {
    pub format: u32,
    pub guard: Option<ProcessMark>,
    pub worker: Option<ProcessMark>,
    pub boot_id: Option<String>,
}

impl GuardMark {
    pub fn path(folder: &RunFolder, attempt: u32) -> PathBuf {
        folder.attempt_dir(attempt).join("guard.json")
    }

    /// The mark of an attempt; `None` where the guard has not come so far.
    pub fn read(folder: &RunFolder, attempt: u32) -> Option<Self> {
        Self::parse(&read_regular(&Self::path(folder, attempt)).ok()?)
    }

    /// What the bytes of a mark say; `None` where they are none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    fn write(&self, folder: &RunFolder, attempt: u32) -> io::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        atomic_write(&Self::path(folder, attempt), &bytes).map_err(io::Error::other)
    }
}

/// Runs the guard to its end and returns its exit code: the worker's, or 128 + signal. `now` is the time as RFC 3339.
pub fn run(args: &[OsString], now: impl Fn() -> String) -> i32 {
    // Out of the terminal's reach: neither Ctrl-C nor a hang-up is meant for a run. Fails where we lead a group already.
    let _ = setsid();
    match GuardArgs::from_args(args) {
        Ok(args) => guard(&args, now),
        Err(reason) => {
            say(&reason);
            WRONG_CALL
        }
    }
}

fn guard(args: &GuardArgs, now: impl Fn() -> String) -> i32 {
    let args = match enter(args) {
        Ok(args) => args,
        Err(error) => {
            say(&format!("failed to enter {}: {error}", args.run_dir.display()));
            return WRONG_CALL;
        }
    };
    let folder = RunFolder::new(".");
    // Held until this process ends, which is after exit.json is written.
    let taken = match args.own_lock {
        true => Lock::acquire_within(&folder.lock(), LOCK_PATIENCE),
        false => Lock::from_stdin(&folder.lock()),
    };
    let lock = match taken {
        Ok(lock) => lock,
        Err(error) => {
            say(&format!("failed to {error}"));
            return WRONG_CALL;
        }
    };
    let exit = match start(&args, &lock) {
        Ok(mut child) => {
            mark(&folder, args.attempt, &child);
            match wait(&mut child) {
                Ok((status, oom_kills)) => record(status, oom_kills, now()),
                Err(error) => {
                    say(&format!("failed to wait for the worker: {error}"));
                    return 1;
                }
            }
        }
        Err(error) => {
            say(&format!("failed to start {}: {error}", args.worker.display()));
            let code = Some(ExitCode::WORKER_NOT_STARTED.0);
            ExitRecord { code, boot_id: boot_id(), ended_at: now(), ..ExitRecord::default() }
        }
    };
    write_exit(&folder, args.attempt, &exit);
    exit.code.unwrap_or_else(|| 128 + exit.signal.unwrap_or(0))
}

/// Goes to the run folder, which is where this process is from here on, whatever its path: moved with its workspace, it gets
/// its `exit.json` all the same. Other paths stay what they were.
fn enter(args: &GuardArgs) -> io::Result<GuardArgs> {
    let run_dir = std::path::absolute(&args.run_dir)?;
    // A bare name is looked for on the search path.
    let is_path = args.worker.components().count() > 1;
    let worker = if is_path { std::path::absolute(&args.worker)? } else { args.worker.clone() };
    std::env::set_current_dir(&run_dir)?;
    Ok(GuardArgs { run_dir, worker, ..args.clone() })
}

/// Starts the worker: lock as standard input, output where ours goes, leader of its own process group.
fn start(args: &GuardArgs, lock: &Lock) -> io::Result<Child> {
    let mut command = Command::new(&args.worker);
    command.arg("train").arg(&args.run_dir).process_group(0).stdin(lock.stdio()?);
    command.envs(environment::ALLOCATOR).envs([environment::PREPARED]);
    command.envs(environment::threads(args.threads));
    command.spawn()
}

fn mark(folder: &RunFolder, attempt: u32, child: &Child) {
    let mark = GuardMark {
        format: 1,
        guard: ProcessMark::of(std::process::id()),
        worker: ProcessMark::of(child.id()),
        boot_id: boot_id(),
    };
    if let Err(error) = mark.write(folder, attempt) {
        say(&format!("failed to write guard.json: {error}; the run cannot be signalled"));
    }
}

/// Waits for the worker, then ends what it left in its group before its id is given back to the kernel. How it ended,
/// and how often the memory killer struck just before.
fn wait(child: &mut Child) -> io::Result<(ExitStatus, Option<u64>)> {
    let mut recent = Recent::new(oom_kills());
    let mut kills = None;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        while !has_ended(pid) {
            recent.look(oom_kills());
        }
        kills = recent.kills(oom_kills());
        // The unburied worker keeps the group's id from being reused.
        let _ = kill_process_group(pid, Signal::KILL);
    }
    Ok((child.wait()?, kills))
}

/// Waits for a child to end, without burying it: `false` when it is time for another look at other things.
fn has_ended(pid: Pid) -> bool {
    if let Ok(process) = pidfd_open(pid, PidfdFlags::empty())
        && let Ok(0) | Err(rustix::io::Errno::INTR) =
            poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&OOM_LOOK))
    {
        return false;
    }
    let ended = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while matches!(ended(), Err(rustix::io::Errno::INTR)) {}
    true
}

fn record(status: ExitStatus, oom_kills: Option<u64>, ended_at: String) -> ExitRecord {
    ExitRecord {
        code: status.code(),
        signal: status.signal(),
        peak_rss_bytes: children_peak_rss_bytes(),
        oom_kills,
        boot_id: boot_id(),
        ended_at,
    }
}

/// Writes `exit.json`, waiting out a full disk: until then the lock stays held and nobody guesses. Gives up only when
/// the run folder is gone.
fn write_exit(folder: &RunFolder, attempt: u32, exit: &ExitRecord) {
    while let Err(error) = folder.write_exit(attempt, exit) {
        say(&format!("failed to {error}"));
        if !exists(&folder.attempt_dir(attempt)) {
            return;
        }
        std::thread::sleep(RETRY_EVERY);
    }
}

/// Words for the worker's log, which may be full: then they are lost, and the guard is not.
fn say(words: &str) {
    let _ = writeln!(io::stderr(), "vitals guard: {}", legible(words));
}

fn exists(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_the_command_line() {
        let args = GuardArgs {
            run_dir: "/a folder/with 'quotes'/".into(),
            attempt: 12,
            worker: "./vitals-worker".into(),
            threads: 2,
            own_lock: false,
        };
        assert_eq!(GuardArgs::from_args(&args.to_args()), Ok(args.clone()));
        let args = GuardArgs { own_lock: true, ..args };
        assert_eq!(GuardArgs::from_args(&args.to_args()), Ok(args));
    }

    #[test]
    fn wrong_calls_are_told() {
        let check = |args: &[&str], expected: &str| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(GuardArgs::from_args(&args).unwrap_err(), expected);
        };
        check(&[], "--run-dir, --attempt and --worker are needed");
        check(&["--attempt"], "--attempt needs a value");
        check(&["--attempt", "many"], "--attempt needs a number, not many");
        check(&["--speed", "1"], "unknown argument --speed");
    }
}
