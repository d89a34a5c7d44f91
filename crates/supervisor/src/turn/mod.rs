//! The loop: a turn reads what was asked and what has happened, decides, and acts. It is the only one that changes a run's
//! state, and the only one that ingests. One at a time a workspace, by its lock.

mod act;
mod heartbeat;
mod hold;
mod trouble;

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};
use vitals_journal::Lock;
use vitals_run::RunState;
use vitals_store::{DataVersion, Role, Store, StoreError};

use self::act::act;
use self::heartbeat::Heartbeat;
use self::hold::Hold;
use self::trouble::Trouble;
use crate::error::{Result, SupervisorError};
use crate::executor::{Executors, check};
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::options::{Ended, Options};
use crate::queue::limits::remove_surplus_checkpoints;
use crate::queue::line::Line;
use crate::renew::renew;
use crate::requests::Desk;
use crate::rooms::Rooms;
use crate::settings::{self, Settings};
use crate::watch::adopt::adopt;
use crate::watch::reclaim::{reclaim, reclaim_started};
use crate::watch::settle::settle_all;
use crate::watch::{Watched, facts};
use crate::workspace::Workspace;

/// The loop was away (the machine slept, the process was stopped): silence of that time is nobody's fault.
const AWAY: Duration = Duration::from_secs(2);

/// One workspace's supervisor.
pub struct Supervisor {
    rooms: Rooms,
    desk: Desk,
    settings: Settings,
    past: Past,
    heartbeat: Heartbeat,
    trouble: Trouble,
    hold: Hold,
}

/// What a turn remembers of those before it.
struct Past {
    /// Notices commits, our own too.
    version: DataVersion,
    /// The last turn did all that was to do.
    complete: bool,
    /// What an earlier supervisor left has been taken over.
    adopted: bool,
    last_turn: Duration,
    /// When there was last something to do.
    last_busy: Duration,
}

impl Supervisor {
    /// Supervises a workspace until `stop` resolves, a request says so, or it has been idle as long as the options say.
    /// Runs go on whatever ends it.
    ///
    /// # Errors
    /// `AlreadyRunning` when somebody else does; the database was replaced under it; else the workspace cannot be used.
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
        let store = open_store(&workspace).await?;
        let hold = Hold::take(&workspace, &store).await?;
        let workspace = match store.setting::<String>(settings::RUNS_DIR).await? {
            Some(runs) => workspace.with_runs_dir(Path::new(&runs)),
            None => workspace,
        };
        Ok(Self {
            past: Past {
                version: store.data_version().await?,
                complete: false,
                adopted: false,
                last_turn: Duration::ZERO,
                last_busy: Duration::ZERO,
            },
            heartbeat: Heartbeat::new((options.now)()),
            trouble: Trouble::default(),
            desk: Desk::default(),
            settings: Settings::default(),
            rooms: Rooms {
                ledger: Ledger::new(store.clone(), options.now.clone()),
                line: Line::default(),
                watched: Watched::new(),
                executors: Executors::new(&options),
                ground: Ground { store, workspace, options, started: Instant::now() },
            },
            hold,
        })
    }

    async fn supervise(&mut self, stop: impl Future<Output = ()>) -> Result<Ended> {
        let mut tick = tokio::time::interval(self.rooms.ground.options.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            let Rooms { ground, ledger, watched, executors, .. } = &mut self.rooms;
            tokio::select! {
                biased;
                () = &mut stop => return Ok(Ended::Stopped),
                Some(fact) = watched.fact() => {
                    let urgent = facts::take(fact, watched, executors, ledger, ground).await;
                    if !urgent {
                        continue;
                    }
                }
                () = executors.woken() => {}
                _ = tick.tick() => {}
            }
            if self.trouble.is_over(self.rooms.ground.now()) {
                match self.turn().await {
                    Ok(()) => self.trouble.end(),
                    Err(error) => {
                        let ground = &self.rooms.ground;
                        // Nothing is forgotten: what was not done is found undone at the next turn, and is no idleness.
                        if error.may_pass() {
                            self.past.last_busy = ground.now();
                        }
                        self.trouble.begin(error, ground.now(), ground.options.tick);
                    }
                }
            }
            let now = self.rooms.ground.now();
            if self.heartbeat.is_due(now)
                && let Err(error) = self.heartbeat.beat(&mut self.rooms, &self.settings).await
            {
                self.trouble.say(format!("failed to write the heartbeat: {error}"), now);
            }
            let ground = &self.rooms.ground;
            if self.desk.shutdown {
                return Ok(Ended::Stopped);
            }
            if let Err(error) = self.hold.check(&ground.workspace, ground.now()) {
                tracing::error!("{error}");
                if matches!(error, SupervisorError::LogRemoved { .. }) {
                    // It is open here, and nowhere else any more.
                    ground.store.fold_log().await?;
                }
                return Err(error);
            }
            let idle = ground.now().saturating_sub(self.past.last_busy);
            if ground.options.until_idle.is_some_and(|limit| idle >= limit) {
                // Who could not look does not know that there is nothing to do.
                return self.trouble.take().map_or(Ok(Ended::Idle), Err);
            }
        }
    }

    /// One look at everything: requests, what executors and tails tell, ended attempts, the policy's actions.
    async fn turn(&mut self) -> Result<()> {
        self.hold.touch(&self.rooms.ground.workspace);
        self.excuse_absence();
        let look = self.read().await?;
        let mut obeyed = Ok(());
        if look {
            obeyed = self.desk.obey(&mut self.rooms, &mut self.settings).await;
            remove_surplus_checkpoints(&self.rooms.ground, self.settings.limits.checkpoint_bytes).await?;
        }
        let Rooms { ground, ledger, line, watched, executors } = &mut self.rooms;
        let found = executors.look(ground.now());
        for (run, grounds) in found.waiting {
            if ledger.state(run) == Some(RunState::Starting) {
                ledger.set(run, RunState::Starting, grounds).await?;
            }
        }
        for (run, grounds) in found.remarks {
            if let Some(state) = ledger.state(run) {
                ledger.set(run, state, grounds).await?;
            }
        }
        for attempt in found.unwatched {
            reclaim(watched, executors, ledger, ground, attempt).await?;
        }
        let settles = !watched.unsettled.is_empty();
        if settles {
            // There may be more to know of what runs need.
            line.peaks.outdated();
        }
        settle_all(watched, executors, ledger, ground).await?;
        if let Some(why) = watched.alike.enough() {
            tracing::warn!("the queue is paused: {why}");
            self.settings.set_paused(&ground.store, true, Some(why)).await?;
        }
        act(&mut self.rooms, &self.settings, look || settles || found.offers_changed, self.past.last_turn)
            .await?;
        // What could not be obeyed holds up nothing else.
        obeyed?;
        if self.is_busy() {
            self.past.last_busy = self.rooms.ground.now();
        }
        self.past.complete = true;
        Ok(())
    }

    /// Reads settings, and what an earlier supervisor left. `false`: nobody has committed anything since the last complete
    /// look, and there is nothing to read.
    async fn read(&mut self) -> Result<bool> {
        let look = self.past.version.moved().await? || !self.past.complete;
        self.past.complete = false;
        let Rooms { ground, ledger, watched, executors, .. } = &mut self.rooms;
        if look {
            self.settings = Settings::read(&ground.store, check).await?;
            executors.configure(&self.settings);
        }
        if !self.past.adopted {
            adopt(watched, executors, ledger, ground).await?;
            reclaim_started(watched, executors, ledger, ground).await?;
            self.desk.take_over(&ground.store).await?;
            let store = ground.store.clone();
            watched.beside(|stop| renew(store, stop));
            self.past.adopted = true;
        }
        Ok(look)
    }

    fn excuse_absence(&mut self) {
        let now = self.rooms.ground.now();
        if now.saturating_sub(self.past.last_turn) > AWAY {
            for live in self.rooms.watched.live.values_mut() {
                live.last_record = now;
            }
        }
        self.past.last_turn = now;
    }

    fn is_busy(&self) -> bool {
        let Rooms { line, watched, .. } = &self.rooms;
        line.startable || !watched.live.is_empty() || !watched.unsettled.is_empty() || self.desk.is_busy()
    }

    /// Lets the tails finish their transactions and says goodbye.
    async fn close(mut self) {
        self.rooms.watched.close().await;
        self.heartbeat.end(&self.rooms, &self.settings).await;
        self.rooms.ground.store.close().await;
    }
}

/// Opens the database for writing. An older one is not migrated under another supervisor, which works with it.
async fn open_store(workspace: &Workspace) -> Result<Store> {
    let is_supervised = Lock::is_held(&workspace.supervisor_lock())?;
    let role = if is_supervised { Role::WriterOfThisVersion } else { Role::WriterWherePossible };
    let mut opened = Store::open(workspace.database(), role).await;
    if opened.as_ref().is_ok_and(Store::free_room_to_obey) {
        // Whoever started this may have asked for what makes room.
        opened = Store::open(workspace.database(), role).await;
    }
    match opened {
        Ok(store) => match store.read_only() {
            Some(why) => Err(why.into()),
            None => Ok(store),
        },
        Err(StoreError::OlderVersion { .. }) if is_supervised => {
            Err(SupervisorError::AlreadyRunning { workspace: workspace.root().to_owned(), pid: None })
        }
        Err(error) => Err(error.into()),
    }
}
