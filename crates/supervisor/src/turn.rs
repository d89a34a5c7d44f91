//! The loop: facts come in from the tails, requests from the store; the policy decides; hands act. It is the only one
//! that changes a run's state, and the only one that ingests. One at a time a workspace, by its lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vitals_journal::{Lock, LockError};
use vitals_store::{DataVersion, Request, Role, RunId, RunState, Store, UnixMillis};

use crate::error::{Result, SupervisorError};
use crate::executor::local::devices::{DeviceState, Devices, Word, probe};
use crate::executor::slurm::{Job, SLURM, SlurmSettings};
use crate::options::{Ended, Options, settings};
use crate::queue::limits::Limits;
use crate::queue::need::{Peaks, Wish};
use crate::renew::renew;
use crate::watch::hints::Hints;
use crate::watch::live::Live;
use crate::watch::tail::{Fact, Tail};
use crate::watch::verdict::Known;
use crate::workspace::Workspace;

/// Facts that may wait; a tail waits when the loop is busy.
const FACTS: usize = 256;
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// The loop was away (the machine slept, the process was stopped): silence of that time is nobody's fault.
const AWAY: Duration = Duration::from_secs(2);
/// A probe of the supervisor's lock lasts an instant.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// An attempt that has ended and is not settled in the store yet.
#[derive(Debug)]
pub(crate) struct Unsettled {
    pub run: RunId,
    pub attempt: u32,
    pub known: Box<Known>,
}

/// One workspace's supervisor.
pub struct Supervisor {
    pub(crate) store: Store,
    pub(crate) workspace: Workspace,
    pub(crate) options: Options,
    pub(crate) live: HashMap<RunId, Live>,
    pub(crate) unsettled: Vec<Unsettled>,
    /// Taken, not settled.
    pub(crate) requests: Vec<Request>,
    pub(crate) devices: Devices,
    pub(crate) device_states: Vec<DeviceState>,
    pub(crate) slots: BTreeMap<String, u32>,
    pub(crate) memory_bytes: BTreeMap<String, u64>,
    pub(crate) queue_paused: bool,
    /// What each queued run's recipe asks for; a recipe never changes.
    pub(crate) wishes: HashMap<RunId, Wish>,
    pub(crate) peaks: Peaks,
    /// Runs that wait for memory, and have been told so.
    pub(crate) held: HashSet<RunId>,
    /// Starts that were put off, and until when.
    pub(crate) not_before: HashMap<RunId, Duration>,
    pub(crate) problem: Option<String>,
    /// The problem is room on a disk, which may come back.
    pub(crate) waits_for_room: bool,
    pub(crate) limits: Limits,
    /// The first setting that nobody can understand.
    pub(crate) misread: Option<String>,
    /// A request asked it to end.
    pub(crate) shutdown: bool,
    /// Notices commits, our own too.
    version: DataVersion,
    /// The last turn did all that was to do.
    complete: bool,
    /// A run waits that could be started, now or when a slot is free.
    pub(crate) startable: bool,
    /// What an earlier supervisor left has been taken over.
    adopted: bool,
    /// Asks the worker which accelerators it can use; nothing is started before it has answered.
    pub(crate) probe: Option<JoinHandle<Word>>,
    /// Device and inode of the database.
    database: Option<(u64, u64)>,
    pub(crate) hints: Hints,
    pub(crate) values_ingested: u64,
    pub(crate) started: Instant,
    pub(crate) started_at: UnixMillis,
    pub(crate) slurm: SlurmSettings,
    /// The look at Slurm that is under way, and when it began.
    pub(crate) slurm_look: Option<
        JoinHandle<std::result::Result<crate::executor::slurm::Polled, crate::executor::slurm::Refused>>,
    >,
    pub(crate) slurm_looked: Option<Duration>,
    facts: mpsc::Sender<Fact>,
    incoming: mpsc::Receiver<Fact>,
    stop_tails: watch::Sender<bool>,
    tails: tokio::task::JoinSet<()>,
    /// When there was last something to do.
    last_busy: Duration,
    last_turn: Duration,
    heartbeat: Option<(Duration, u64)>,
    lock: Lock,
}

impl Supervisor {
    /// Supervises a workspace until `stop` resolves, a request says so, or it has been idle as long as the options say.
    /// Runs go on whatever ends it.
    ///
    /// # Errors
    /// `AlreadyRunning` when somebody else does; else the workspace cannot be used.
    pub async fn run(root: &Path, options: Options, stop: impl Future<Output = ()>) -> Result<Ended> {
        let mut supervisor = Self::open(root, options).await?;
        let ended = supervisor.supervise(stop).await;
        supervisor.close().await;
        ended
    }

    async fn open(root: &Path, options: Options) -> Result<Self> {
        if options.detached {
            // Out of the terminal's reach. Fails where we lead a group already, and then we are in nobody's way.
            let _ = rustix::process::setsid();
        }
        let workspace = Workspace::new(root);
        let store = Store::open(workspace.database(), Role::Writer).await?;
        let lock = take_lock(&workspace, &store).await?;
        let workspace = match store.setting::<String>(settings::RUNS_DIR).await? {
            Some(runs) => workspace.with_runs_dir(Path::new(&runs)),
            None => workspace,
        };
        let (facts, incoming) = mpsc::channel(FACTS);
        let started_at = (options.now)();
        let devices = Devices::find();
        let probe =
            (devices.accelerators() > 0).then(|| tokio::spawn(probe(options.binaries.worker.clone())));
        Ok(Self {
            version: store.data_version().await?,
            complete: false,
            startable: false,
            adopted: false,
            probe,
            database: file_id(&workspace.database()),
            store,
            workspace,
            live: HashMap::new(),
            unsettled: Vec::new(),
            requests: Vec::new(),
            devices,
            device_states: Vec::new(),
            slots: BTreeMap::new(),
            memory_bytes: BTreeMap::new(),
            queue_paused: false,
            wishes: HashMap::new(),
            peaks: Peaks::default(),
            held: HashSet::new(),
            not_before: HashMap::new(),
            problem: None,
            waits_for_room: false,
            limits: Limits::default(),
            misread: None,
            shutdown: false,
            hints: Hints::new(),
            values_ingested: 0,
            started: Instant::now(),
            started_at,
            slurm: SlurmSettings::default(),
            slurm_look: None,
            slurm_looked: None,
            facts,
            incoming,
            stop_tails: watch::channel(false).0,
            tails: tokio::task::JoinSet::new(),
            last_busy: Duration::ZERO,
            last_turn: Duration::ZERO,
            heartbeat: None,
            lock,
            options,
        })
    }

    async fn supervise(&mut self, stop: impl Future<Output = ()>) -> Result<Ended> {
        let mut tick = tokio::time::interval(self.options.tick);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return Ok(Ended::Stopped),
                Some(fact) = self.incoming.recv() => {
                    let urgent = self.take(fact).await;
                    if !urgent {
                        continue;
                    }
                }
                word = examined(&mut self.probe) => {
                    self.devices.take(word);
                    self.device_states = self.devices.states(&self.slots, &self.memory_bytes);
                    self.complete = false;
                }
                _ = tick.tick() => {}
            }
            if let Err(error) = self.turn().await {
                // Nothing is forgotten: what was not done is found undone at the next turn, and is no idleness.
                if error.may_pass() {
                    self.last_busy = self.now();
                }
                tracing::warn!("failed to {error}; trying again");
                tokio::time::sleep(self.options.tick).await;
            }
            if self.heartbeat.is_none_or(|(at, _)| self.now().saturating_sub(at) >= HEARTBEAT_EVERY) {
                self.beat().await;
            }
            if self.shutdown || self.database_was_replaced() {
                return Ok(Ended::Stopped);
            }
            let idle = self.now().saturating_sub(self.last_busy);
            if self.options.until_idle.is_some_and(|limit| idle >= limit) {
                return Ok(Ended::Idle);
            }
        }
    }

    /// One look at everything: requests, ended attempts, the policy's actions.
    async fn turn(&mut self) -> Result<()> {
        // Before anything is read: a client that sees it knows that what it has written is read.
        if let Err(error) = self.lock.touch() {
            tracing::debug!("failed to touch {}: {error}", self.workspace.supervisor_lock().display());
        }
        let now = self.now();
        if now.saturating_sub(self.last_turn) > AWAY {
            for live in self.live.values_mut() {
                live.last_record = now;
            }
        }
        self.last_turn = now;
        // Nothing was committed by anybody since the last complete look: then there is nothing to read.
        let look = self.version.moved().await? || !self.complete;
        self.complete = false;
        if look {
            self.read_settings().await?;
        }
        if !self.adopted {
            self.adopt().await?;
            self.requests = self.store.taken_requests().await?;
            self.tails.spawn(renew(self.store.clone(), self.stop_tails.subscribe()));
            self.adopted = true;
        }
        let mut obeyed = Ok(());
        if look {
            obeyed = self.obey_requests().await;
            self.remove_surplus_checkpoints().await?;
        }
        self.watch_slurm().await?;
        let settled = !self.unsettled.is_empty();
        self.settle_all().await?;
        self.act(look || settled).await?;
        // What could not be obeyed holds up nothing else.
        obeyed?;
        if self.startable || !self.live.is_empty() || !self.unsettled.is_empty() || !self.requests.is_empty()
        {
            self.last_busy = self.now();
        }
        self.complete = true;
        Ok(())
    }

    /// Somebody deleted or replaced the database under us: what we write reaches nobody. The next supervisor opens the
    /// new one and finds the living runs by their locks.
    fn database_was_replaced(&self) -> bool {
        let replaced = file_id(&self.workspace.database()) != self.database;
        if replaced {
            tracing::error!("{} is no longer the file that was opened", self.workspace.database().display());
        }
        replaced
    }

    /// Takes a fact. `true`: somebody should act on it at once.
    async fn take(&mut self, fact: Fact) -> bool {
        match fact {
            Fact::Recorded { run, attempt, values, stall_after, checkpoint } => {
                self.values_ingested += values;
                self.recorded(run, attempt, stall_after, checkpoint).await;
                false
            }
            Fact::Ended { run, attempt, known } => {
                self.unsettled.push(Unsettled { run, attempt, known });
                true
            }
            Fact::Unreadable { run, attempt, what } => {
                self.unreadable(run, attempt, &what).await;
                false
            }
            Fact::Removed { run } => {
                self.forget(run);
                true
            }
        }
    }

    /// Follows an attempt from now on.
    pub(crate) fn follow(&mut self, run: RunId, attempt: u32, device: String, state: RunState) {
        let folder = self.workspace.run_folder(run);
        let hint = Arc::new(Notify::new());
        self.hints.watch(&folder.attempt_dir(attempt), &hint);
        let slurm = (device == SLURM).then(|| Job::of(&folder, run, attempt));
        let tail = Tail {
            store: self.store.clone(),
            folder: folder.clone(),
            run,
            attempt,
            facts: self.facts.clone(),
            hint: Arc::clone(&hint),
            stop: self.stop_tails.subscribe(),
            stall_floor: self.options.stall_floor,
            scheduled: slurm.as_ref().map(|job| job.alive.subscribe()),
        };
        self.tails.spawn(tail.follow());
        let live = Live {
            folder,
            attempt,
            device,
            state,
            need: None,
            last_record: self.now(),
            stall_after: crate::watch::pace::Pace::default().stall_after(self.options.stall_floor),
            owes_term: false,
            kill_at: None,
            killed: false,
            hint,
            slurm,
        };
        self.live.insert(run, live);
    }

    /// No longer watches a run.
    pub(crate) fn forget(&mut self, run: RunId) {
        if let Some(live) = self.live.remove(&run) {
            self.hints.forget(&live.folder.attempt_dir(live.attempt));
        }
        while self.tails.try_join_next().is_some() {}
    }

    /// Time since the start, on a clock that never jumps.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The time of day.
    pub(crate) fn wall(&self) -> UnixMillis {
        (self.options.now)()
    }

    async fn beat(&mut self) {
        let now = self.now();
        let (since, values) = self.heartbeat.unwrap_or((now, self.values_ingested));
        let secs = now.saturating_sub(since).as_secs_f64();
        let gained = self.values_ingested - values;
        let rate = if secs > 0.0 { gained as f64 / secs } else { 0.0 };
        self.heartbeat = Some((now, self.values_ingested));
        self.device_states = self.devices.states(&self.slots, &self.memory_bytes);
        if let Err(error) = self.write_status(rate, false).await {
            tracing::warn!("failed to write the heartbeat: {error}");
        }
    }

    /// Lets the tails finish their transactions and says goodbye.
    async fn close(mut self) {
        let _ = self.stop_tails.send(true);
        // A tail may be waiting to tell something: nobody listens any more, and the store knows how far it came.
        self.incoming.close();
        while self.tails.join_next().await.is_some() {}
        if let Err(error) = self.write_status(0.0, true).await {
            tracing::warn!("failed to write the last words: {error}");
        }
        self.store.close().await;
    }
}

/// Takes the workspace's lock, or says who has it.
async fn take_lock(workspace: &Workspace, store: &Store) -> Result<Lock> {
    let path = workspace.supervisor_lock();
    let taken = tokio::task::spawn_blocking(move || Lock::acquire_within(&path, LOCK_PATIENCE)).await;
    let taken = taken.map_err(|join| SupervisorError::Io {
        operation: "lock",
        path: workspace.supervisor_lock(),
        source: std::io::Error::other(join),
    })?;
    match taken {
        Ok(lock) => Ok(lock),
        Err(LockError::Held { .. }) => {
            let pid = store.supervisor().await.ok().flatten().map(|row| row.pid);
            Err(SupervisorError::AlreadyRunning { workspace: workspace.root().to_owned(), pid })
        }
        Err(error) => Err(error.into()),
    }
}

/// The worker's answer, once; never where nobody was asked.
async fn examined(probe: &mut Option<JoinHandle<Word>>) -> Word {
    let Some(asked) = probe else { return std::future::pending().await };
    let word = asked.await.unwrap_or_default();
    *probe = None;
    word
}

/// Tells a file from another one at the same place.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}
