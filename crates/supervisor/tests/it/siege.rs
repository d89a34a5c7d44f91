//! A siege: runs that live under a supervisor, and faults that a seed deals one after the other. After every round the
//! journals' values and the store's must be the same, the struck run's evidence must match what was done, and nothing
//! may be worked on twice. What does not hold is a problem in the table; nothing is repaired but by asking.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use vitals_recipe::{KeyedRng, Part, keyed_rng};
use vitals_run::{Command, RunState};
use vitals_store::{RunId, RunRow};
use vitals_supervisor::settings;

use crate::around::Around;
use crate::blows::deal;
use crate::cluster::Cluster;
use crate::harness::{World, now, until};
use crate::kinds::{Fault, Outcome};

#[path = "siege_checks.rs"]
mod checks;

/// The store follows a journal within a tenth of this.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the guard is gone the journal itself tells the end, and the evidence says so.
const BY_JOURNAL: &str = " (journal's end record; no exit.json)";

/// What a siege came to.
#[derive(Debug, Default)]
pub struct Table {
    pub lines: BTreeMap<Fault, Line>,
    pub runs: u64,
    pub attempts: u64,
    /// Journals compared with the store.
    pub comparisons: u64,
    /// Values in those journals, all comparisons together.
    pub values_compared: u64,
    pub values_lost: u64,
    /// Looks at bystanders, one for each of them and round.
    pub bystanders_seen: u64,
    pub bystanders_signalled: u64,
    /// Rounds after which a folder outside of the workspace was another.
    pub changed_outside: u64,
    pub problems: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Line {
    pub dealt: u64,
    pub went_on: u64,
    pub ended: u64,
    /// It finished before the fault could show.
    pub finished: u64,
    pub impossible: Option<&'static str>,
    pub longest: Duration,
}

impl Table {
    pub fn faults(&self) -> u64 {
        self.lines.values().filter(|line| line.impossible.is_none()).map(|line| line.dealt).sum()
    }
}

struct Subject {
    run: RunId,
    steps: u64,
    /// The attempt whose guard was killed.
    guard_gone: u32,
}

struct Siege {
    world: World,
    around: Around,
    rng: KeyedRng,
    subjects: Vec<Subject>,
    table: Table,
    seeds: u64,
}

/// Deals `faults` faults of these kinds to `at_once` runs at a time, on this machine or as jobs of a cluster, then lets the
/// runs finish.
pub async fn besiege(
    seed: u64,
    faults: u64,
    at_once: u32,
    kinds: &[(Fault, &'static str)],
    cluster: Option<Cluster>,
) -> Table {
    let mut world = World::on_small_ground(at_once, 96).await;
    if let Some(cluster) = &cluster {
        world = cluster.of(world).await;
    }
    let world = world.with_flags(&["--stall-ms", "700", "--grace-ms", "5000", "--folder-ms", "4000"]);
    let mut siege = Siege {
        world: world.on_small_disk(32),
        around: Around::new(cluster),
        rng: keyed_rng(seed, &[Part::from("siege")]),
        subjects: Vec::new(),
        table: Table::default(),
        seeds: 0,
    };
    // The disk is smaller than what is usually asked for.
    siege.world.store.set_setting(settings::LOW_DISK_BYTES, &0).await.unwrap();
    siege.world.supervise().await;
    for _ in 0..at_once {
        let subject = siege.queue().await;
        siege.subjects.push(subject);
    }
    let mut deck = Vec::new();
    for round in 0..faults {
        if deck.is_empty() {
            deck = kinds.to_vec();
            siege.rng.shuffle(&mut deck);
        }
        let Some((fault, name)) = deck.pop() else { break };
        siege.round(fault, &format!("round {round}, {name}")).await;
    }
    siege.end().await
}

impl Siege {
    async fn queue(&mut self) -> Subject {
        self.seeds += 1;
        self.table.runs += 1;
        let steps = 1000 + self.rng.below(500);
        let (step_ms, every) = (1 + self.rng.below(3), 20 + self.rng.below(60));
        let behaviour = format!("step_ms={step_ms}&keep=3");
        let run = self.world.queue_seed(&behaviour, steps, every, self.seeds).await;
        Subject { run, steps, guard_gone: 0 }
    }

    async fn round(&mut self, fault: Fault, when: &str) {
        let place = usize::try_from(self.rng.below(self.subjects.len() as u64)).unwrap();
        let attempt = self.alive(place, when).await;
        eprintln!("{when}: {} in attempt {attempt}", self.subjects[place].run);
        let (run, guarded) = (self.subjects[place].run, self.subjects[place].guard_gone != attempt);
        let began = Instant::now();
        let outcome = deal(&mut self.world, &mut self.rng, fault, run, attempt, guarded, &self.around).await;
        if fault == Fault::Guard {
            self.subjects[place].guard_gone = attempt;
        }
        let row = self.follow(run, attempt, outcome, when).await;
        let line = self.table.lines.entry(fault).or_default();
        line.dealt += 1;
        line.longest = line.longest.max(began.elapsed());
        match (outcome, row.state) {
            (Outcome::Impossible(why), _) => line.impossible = Some(why),
            (_, RunState::Finished) => line.finished += 1,
            (Outcome::GoesOn | Outcome::Starts, _) => line.went_on += 1,
            _ => line.ended += 1,
        }
        if matches!(outcome, Outcome::Vanishes(_)) {
            self.nobody_works_on(run, when).await;
            self.subjects[place] = self.queue().await;
        }
        for place in 0..self.subjects.len() {
            self.look_at(place, when).await;
        }
        self.nobody_else_supervises(when).await;
        self.nobody_else_was_touched(when);
    }

    /// Waits until a subject trains, some steps further on; one that has finished is succeeded by another. Its attempt.
    async fn alive(&mut self, place: usize, when: &str) -> u32 {
        loop {
            let run = self.subjects[place].run;
            let row = self.settled(run).await;
            let wanted = row.steps_done + self.rng.below(60);
            let moved = |row: &RunRow| row.steps_done >= wanted && row.state == RunState::Running;
            let row =
                self.world.row_when(run, "move on, or end", |row| moved(row) || row.state.has_ended()).await;
            if row.state == RunState::Running {
                return row.attempt;
            }
            self.look_at(place, when).await;
        }
    }

    /// Waits until what was done can be seen in the run's state, and compares that with what should be.
    async fn follow(&mut self, run: RunId, attempt: u32, outcome: Outcome, when: &str) -> RunRow {
        let ends = matches!(outcome, Outcome::Ends(..) | Outcome::Stops(_) | Outcome::Vanishes(_));
        let row = until("the fault shows", async || {
            let row = self.world.run(run).await;
            let ended = row.state.has_ended() || row.state == RunState::Paused;
            (ended || !ends && row.state == RunState::Running).then_some(row)
        })
        .await;
        let evidence = row.evidence.strip_suffix(BY_JOURNAL).unwrap_or(&row.evidence);
        let as_it_should = match (outcome, row.state) {
            (_, RunState::Finished) => evidence == "exit 0",
            (Outcome::GoesOn | Outcome::Impossible(_), RunState::Running) => row.attempt == attempt,
            (Outcome::Starts, RunState::Running) => row.attempt >= attempt,
            (Outcome::Ends(state, text), _) => row.state == state && evidence == text,
            (Outcome::Stops(state), _) => row.state == state && stopped(&row).contains(&evidence.to_owned()),
            (Outcome::Vanishes(texts), RunState::Lost) => texts.iter().any(|text| evidence.starts_with(text)),
            _ => false,
        };
        if !as_it_should {
            let what = format!(
                "{run}, attempt {attempt}, should be {outcome:?}; it is {} in attempt {}: {}",
                row.state, row.attempt, row.evidence
            );
            self.problem(when, what);
        }
        row
    }

    /// Compares a subject's journals with the store, asks for its way on where it has stopped, and puts another in its
    /// place where it has finished.
    async fn look_at(&mut self, place: usize, when: &str) {
        let run = self.subjects[place].run;
        let row = self.settled(run).await;
        self.compare(&row, when).await;
        self.history_is_true(&row, when).await;
        match self.world.run(run).await.state {
            RunState::Failed | RunState::Lost | RunState::Cancelled => {
                self.nobody_works_on(run, when).await;
                self.must(run, Command::Retry, when).await;
            }
            RunState::Paused => {
                self.nobody_works_on(run, when).await;
                self.must(run, Command::Resume, when).await;
            }
            RunState::Finished => {
                self.finished(place, when).await;
                self.remove(run, when).await;
                self.subjects[place] = self.queue().await;
            }
            _ => {}
        }
    }

    /// A run that trains or has stopped; neither queued nor on its way.
    async fn settled(&self, run: RunId) -> RunRow {
        until("it trains or has stopped", async || {
            let row = self.world.run(run).await;
            let trains = matches!(row.state, RunState::Running | RunState::Stalled);
            (trains || row.state.has_ended() || row.state == RunState::Paused).then_some(row)
        })
        .await
    }

    async fn must(&mut self, run: RunId, command: Command, when: &str) {
        if let Err(answer) = self.world.ask(run, command).await {
            self.problem(when, format!("{run}: {} was refused: {answer}", command.as_str()));
        }
    }

    /// Gives back the room of a run that nothing more is asked of: a long siege would fill its small disk.
    async fn remove(&mut self, run: RunId, when: &str) {
        self.world.store.add_request(Some(run), Command::Remove, &json!({}), now()).await.unwrap();
        until("the run is removed", async || self.world.store.run(run).await.err()).await;
        if self.world.folder(run).path().exists() {
            self.problem(when, format!("{run} was removed, and its folder is there"));
        }
    }

    fn problem(&mut self, when: &str, what: impl std::fmt::Display) {
        self.table.problems.push(format!("{when}: {what}"));
    }
}

/// What a run says that was asked to stop: where its checkpoint lies, or its exit code where it had not made a step yet; of
/// a job also the scheduler's word, where that came first.
fn stopped(row: &RunRow) -> [String; 3] {
    let asked = if row.state == RunState::Paused { "paused by you" } else { "as you asked" };
    [
        format!("{asked}, checkpoint at step {}", row.steps_done),
        "exit 3".to_owned(),
        "slurm: CANCELLED, cancel requested".to_owned(),
    ]
}
