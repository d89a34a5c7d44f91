//! What is done to a workspace for hours: eight runs live at any time, some are paused and resumed, some workers are killed and
//! their runs retried, and now and then the disk is full for seconds. Nothing else is touched, so every state that the runs
//! come into has its reason here; one without a reason is false.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use vitals_recipe::{KeyedRng, Part, keyed_rng};
use vitals_run::{Command, RunState};
use vitals_store::{RunId, RunRow};
use vitals_supervisor::{ProcessMark, settings};

use crate::harness::{World, fill, now};

/// Live at the same time.
pub const LIVE: u32 = 8;
/// Behind them in the queue, and in the place of those that are paused or have failed.
const SPARE: usize = 4;
/// Runs that have ended and stay listed; older ones are removed, or the small disk would be full in earnest.
const KEPT: usize = 24;
const DISK_MIB: u32 = 96;
/// With less room nothing is started.
const LOW_DISK_BYTES: u64 = 2 << 20;
/// Five steps a second, in as many layers as a small ViT has.
const BEHAVIOUR: &str = "step_ms=200&layers=16&keep=2";
/// For so long a state may be behind what is so.
const PATIENCE: Duration = Duration::from_secs(20);

struct Subject {
    run: RunId,
    pauses: usize,
    kills: usize,
    /// A pause or a kill whose effect has not been seen yet.
    struck: bool,
    /// When it is asked to go on.
    due: Option<Instant>,
    /// Since when its state and its worker contradict each other.
    contradicts: Option<Instant>,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub runs: u64,
    pub pauses: u64,
    pub kills: u64,
    pub resumes: u64,
    pub retries: u64,
    pub removals: u64,
    pub full_disks: u64,
    pub comparisons: u64,
    pub values_compared: u64,
    pub values_lost: u64,
    /// States without a reason, each once.
    pub false_states: BTreeSet<String>,
    /// Whatever else does not hold.
    pub problems: BTreeSet<String>,
}

pub struct Strain {
    pub world: World,
    rng: KeyedRng,
    subjects: Vec<Subject>,
    ended: VecDeque<RunId>,
    next_deed: Instant,
    next_full_disk: Instant,
    pub tally: Tally,
}

impl Strain {
    /// A workspace on a small disk with its supervisor, and the first runs.
    pub async fn begin(seed: u64) -> Self {
        let mut world = World::on_small_ground(LIVE, DISK_MIB).await.with_flags(&["--tick-ms", "100"]);
        world.store.set_setting(settings::LOW_DISK_BYTES, &LOW_DISK_BYTES).await.unwrap();
        world.supervise().await;
        let mut strain = Self {
            world,
            rng: keyed_rng(seed, &[Part::from("endurance")]),
            subjects: Vec::new(),
            ended: VecDeque::new(),
            next_deed: Instant::now(),
            next_full_disk: Instant::now(),
            tally: Tally::default(),
        };
        let first_full_disk = strain.between(60, 180);
        strain.next_full_disk += first_full_disk;
        strain.refill().await;
        strain
    }

    fn between(&mut self, least_secs: u64, most_secs: u64) -> Duration {
        Duration::from_millis(1000 * least_secs + self.rng.below(1000 * (most_secs - least_secs)))
    }

    /// As many runs as have to be there.
    async fn refill(&mut self) {
        while self.subjects.len() < LIVE as usize + SPARE {
            self.tally.runs += 1;
            let steps = 300 + self.rng.below(600);
            let run = self.world.queue_seed(BEHAVIOUR, steps, 100, self.tally.runs).await;
            self.subjects.push(Subject {
                run,
                pauses: 0,
                kills: 0,
                struck: false,
                due: None,
                contradicts: None,
            });
        }
    }

    /// One turn: looks at every run, asks those to go on that are to, and does what is due.
    pub async fn turn(&mut self) {
        let mut place = 0;
        while place < self.subjects.len() {
            let row = self.world.run(self.subjects[place].run).await;
            self.look_at(place, &row).await;
            if row.state == RunState::Finished {
                let subject = self.subjects.remove(place);
                self.settle(&subject).await;
                self.ended.push_back(subject.run);
            } else {
                place += 1;
            }
        }
        self.refill().await;
        self.remove_old().await;
        if Instant::now() >= self.next_full_disk {
            self.full_disk().await;
            self.next_full_disk = Instant::now() + self.between(180, 420);
        } else if Instant::now() >= self.next_deed {
            self.strike().await;
            self.next_deed = Instant::now() + self.between(3, 12);
        }
    }

    async fn look_at(&mut self, place: usize, row: &RunRow) {
        self.contradiction(place, row);
        let stopped = matches!(row.state, RunState::Paused | RunState::Failed);
        let subject = &mut self.subjects[place];
        if !stopped {
            subject.due = None;
            return;
        }
        subject.struck = false;
        match subject.due {
            None => {
                let rest = self.between(2, 15);
                self.subjects[place].due = Some(Instant::now() + rest);
            }
            Some(due) if Instant::now() >= due => {
                // Asked once; should nothing come of it, it is asked again.
                subject.due = Some(Instant::now() + PATIENCE);
                let run = subject.run;
                if row.state == RunState::Paused {
                    self.tally.resumes += 1;
                    self.ask(run, Command::Resume).await;
                } else {
                    self.tally.retries += 1;
                    self.ask(run, Command::Retry).await;
                }
            }
            Some(_) => {}
        }
    }

    /// Whether the run's state is what its worker says, give or take the moment that it takes to be known.
    fn contradiction(&mut self, place: usize, row: &RunRow) {
        let alive = self.worker(row).is_some_and(|worker| worker.is_alive());
        let contradicts = match row.state {
            RunState::Running | RunState::Stalled => !alive,
            RunState::Paused | RunState::Failed | RunState::Lost | RunState::Finished => alive,
            _ => false,
        };
        let since = &mut self.subjects[place].contradicts;
        if !contradicts {
            *since = None;
        } else if since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            let is = if alive { "lives" } else { "is gone" };
            let what = format!("{} is {}, attempt {}, and its worker {is}", row.id, row.state, row.attempt);
            self.tally.false_states.insert(what);
        }
    }

    fn worker(&self, row: &RunRow) -> Option<ProcessMark> {
        let path = self.world.folder(row.id).attempt_dir(row.attempt).join("guard.json");
        let mark: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        serde_json::from_value(mark["worker"].clone()).ok()
    }

    /// One that trains and that nothing has been done to is paused or loses its worker.
    async fn strike(&mut self) {
        let place = usize::try_from(self.rng.below(self.subjects.len() as u64)).unwrap();
        let row = self.world.run(self.subjects[place].run).await;
        if row.state != RunState::Running || self.subjects[place].struck {
            return;
        }
        self.subjects[place].struck = true;
        if self.rng.below(2) == 0 {
            self.subjects[place].pauses += 1;
            self.tally.pauses += 1;
            self.ask(row.id, Command::Pause).await;
        } else {
            self.kill(place, &row);
        }
    }

    fn kill(&mut self, place: usize, row: &RunRow) {
        if self.worker(row).is_some_and(|worker| worker.signal(Signal::KILL)) {
            self.subjects[place].kills += 1;
            self.tally.kills += 1;
        }
    }

    /// No room for some seconds; every other time a worker is killed amid it.
    async fn full_disk(&mut self) {
        if !self.world.is_on_tmpfs() {
            return;
        }
        let filler = fill(self.world.root.path());
        self.tally.full_disks += 1;
        tokio::time::sleep(self.between(1, 4)).await;
        if self.rng.below(2) == 0 {
            let place = usize::try_from(self.rng.below(self.subjects.len() as u64)).unwrap();
            let row = self.world.run(self.subjects[place].run).await;
            if row.state == RunState::Running && !self.subjects[place].struck {
                self.subjects[place].struck = true;
                self.kill(place, &row);
            }
        }
        tokio::time::sleep(self.between(1, 8)).await;
        std::fs::remove_file(filler).unwrap();
        // What was so while nobody could write it down is no contradiction.
        self.subjects.iter_mut().for_each(|subject| subject.contradicts = None);
    }

    async fn ask(&mut self, run: RunId, command: Command) {
        if let Err(error) = self.world.store.add_request(Some(run), command, &json!({}), now()).await {
            self.tally.problems.insert(format!("{} could not be asked for: {error}", command.as_str()));
        }
    }

    async fn remove_old(&mut self) {
        while self.ended.len() > KEPT {
            let Some(run) = self.ended.pop_front() else { return };
            self.compare(run).await;
            self.tally.removals += 1;
            self.ask(run, Command::Remove).await;
        }
    }

    /// The store holds what the journals hold, and nothing that was said of the run was without a reason.
    async fn settle(&mut self, subject: &Subject) {
        self.compare(subject.run).await;
        let history = self.world.store.transitions(subject.run).await.unwrap();
        let (mut failed, mut paused) = (0, 0);
        for change in history {
            let evidence = change.evidence.as_str();
            let has_reason = match change.to {
                RunState::Failed => {
                    failed += 1;
                    failed <= subject.kills && evidence == "killed (signal 9)"
                }
                RunState::Paused => {
                    paused += 1;
                    paused <= subject.pauses
                }
                RunState::Finished => evidence == "exit 0",
                RunState::Lost | RunState::Stalled => false,
                _ => !evidence.trim().is_empty(),
            };
            if !has_reason {
                let what = format!("{}: {} · {evidence}", subject.run, change.to);
                self.tally.false_states.insert(what);
            }
        }
    }

    async fn compare(&mut self, run: RunId) {
        let check = vitals_journal::check(self.world.folder(run).path()).unwrap();
        let began = Instant::now();
        let stored = loop {
            let stored = self.world.store.run_sum(run).await.unwrap();
            let same = stored.values == check.values && stored.sha256 == check.sha256;
            if same || began.elapsed() > PATIENCE {
                break (same, stored.values);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        self.tally.comparisons += 1;
        self.tally.values_compared += check.values;
        if !stored.0 {
            self.tally.values_lost += check.values.saturating_sub(stored.1).max(1);
            let what = format!("{run}: the journal holds {} values, the store {}", check.values, stored.1);
            self.tally.problems.insert(what);
        }
        if check.corrupt_records > 0 {
            self.tally.problems.insert(format!("{run}: damage: {:?}", check.problems));
        }
    }

    /// Cancels what is left, compares every run that is still there, and ends the supervisor.
    pub async fn end(mut self) -> Tally {
        for subject in std::mem::take(&mut self.subjects) {
            let began = Instant::now();
            self.ask(subject.run, Command::Cancel).await;
            while !self.world.run(subject.run).await.state.has_ended() {
                if began.elapsed() > 6 * PATIENCE {
                    self.tally.problems.insert(format!("{} does not end", subject.run));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            if self.world.run(subject.run).await.attempt > 0 {
                self.settle(&subject).await;
            }
        }
        for run in std::mem::take(&mut self.ended) {
            self.compare(run).await;
        }
        if self.world.end_supervisor(Signal::TERM).await != Some(0) {
            self.tally.problems.insert("the supervisor did not end in order".to_owned());
        }
        self.tally
    }

    /// How many train just now.
    pub async fn live(&self) -> usize {
        let mut live = 0;
        for subject in &self.subjects {
            live += usize::from(self.world.run(subject.run).await.state == RunState::Running);
        }
        live
    }
}
