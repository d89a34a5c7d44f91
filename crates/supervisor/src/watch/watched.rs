//! All living attempts, and what their tails report. Whatever is in here can be had again from store and run folders.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use vitals_run::RunState;
use vitals_store::RunId;

use super::hints::Hints;
use super::live::Live;
use super::pace::Pace;
use super::tail::{Fact, Tail};
use crate::attempt::known::Known;
use crate::executor::{Executors, Followed};
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::queue::alike::Alike;

/// Facts that may wait; a tail waits when the loop is busy.
const FACTS: usize = 256;

/// An attempt that has ended and is not settled in the store yet.
#[derive(Debug)]
pub(crate) struct Unsettled {
    pub run: RunId,
    pub attempt: u32,
    pub known: Box<Known>,
    /// When its process, which outlived its folder, is killed: it was asked to end.
    pub kill_at: Option<Duration>,
}

pub(crate) struct Watched {
    pub live: HashMap<RunId, Live>,
    pub unsettled: Vec<Unsettled>,
    /// Ends before a first step.
    pub alike: Alike,
    /// Since the start.
    pub values_ingested: u64,
    hints: Hints,
    facts: mpsc::Sender<Fact>,
    incoming: mpsc::Receiver<Fact>,
    /// Turns true when the supervisor ends.
    stop: watch::Sender<bool>,
    tails: JoinSet<()>,
}

impl Watched {
    pub fn new() -> Self {
        let (facts, incoming) = mpsc::channel(FACTS);
        Self {
            live: HashMap::new(),
            unsettled: Vec::new(),
            alike: Alike::default(),
            values_ingested: 0,
            hints: Hints::new(),
            facts,
            incoming,
            stop: watch::channel(false).0,
            tails: JoinSet::new(),
        }
    }

    /// What a tail has to say next.
    pub async fn fact(&mut self) -> Option<Fact> {
        self.incoming.recv().await
    }

    /// Runs beside the tails until it is done; it should end when its argument turns true.
    pub fn beside<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        task: impl FnOnce(watch::Receiver<bool>) -> F,
    ) {
        self.tails.spawn(task(self.stop.subscribe()));
    }

    /// Follows an attempt from now on; `hint` wakes its tail.
    pub fn follow(
        &mut self,
        ground: &Ground,
        ledger: &mut Ledger,
        executors: &mut Executors,
        at: Followed,
        device: String,
        state: RunState,
    ) {
        self.hints.watch(&at.folder.attempt_dir(at.attempt), &at.hint);
        let tail = Tail {
            store: ground.store.clone(),
            folder: at.folder.clone(),
            run: at.run,
            attempt: at.attempt,
            facts: self.facts.clone(),
            hint: Arc::clone(&at.hint),
            stop: self.stop.subscribe(),
            stall_floor: ground.options.stall_floor,
            folder_patience: ground.options.folder_patience,
            life: executors.of_mut(&device).adopt(at.clone()),
        };
        self.tails.spawn(tail.follow());
        ledger.watch(at.run, state);
        let stall_after = Pace::default().stall_after(ground.options.stall_floor);
        self.live.insert(at.run, Live::new(at.folder, at.attempt, device, ground.now(), stall_after));
    }

    /// No longer watches a run.
    pub fn forget(&mut self, ledger: &mut Ledger, executors: &mut Executors, run: RunId) {
        if let Some(live) = self.live.remove(&run) {
            self.hints.forget(&live.folder.attempt_dir(live.attempt));
        }
        executors.forget(run);
        ledger.forget(run);
        while self.tails.try_join_next().is_some() {}
    }

    /// Lets the tails finish their transactions.
    pub async fn close(&mut self) {
        let _ = self.stop.send(true);
        // A tail may be waiting to tell something: nobody listens any more, and the store knows how far it came.
        self.incoming.close();
        while self.tails.join_next().await.is_some() {}
    }
}
