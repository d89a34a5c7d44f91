//! What must hold between the rounds of a siege: journal and store agree, nobody works on what has ended, nothing was
//! started twice, every state has evidence. It looks and notes; it never helps.

use std::collections::BTreeSet;
use std::time::Instant;

use rustix::process::Signal;
use vitals_journal::Lock;
use vitals_run::RunState;
use vitals_store::{RunId, RunRow, RunSum};

use super::{PATIENCE, Siege, Table};
use crate::blows::processes_of;
use crate::harness::until;

impl Siege {
    /// The values in force, by count and hash. A living worker is stopped for it, so that its journal stands still.
    pub(super) async fn compare(&mut self, row: &RunRow, when: &str) {
        let run = row.id;
        let workers = processes_of(self.world.folder(run).path());
        let workers = workers.iter().filter(|(_, call)| call == "train").count();
        if workers > 1 {
            self.problem(when, format!("{workers} workers work on {run}"));
        }
        let worker = match row.state.is_active() {
            true => Some(self.world.process(run, row.attempt, "worker").await),
            false => None,
        };
        if let Some(worker) = &worker {
            worker.signal(Signal::STOP);
            until("it stands still", async || {
                matches!(worker.state(), None | Some('T' | 'Z' | 'X')).then_some(())
            })
            .await;
        }
        let check = vitals_journal::check(self.world.folder(run).path()).unwrap();
        let began = Instant::now();
        let mut stored = self.world.store.run_sum(run).await.unwrap();
        let same = |stored: &RunSum| stored.values == check.values && stored.sha256 == check.sha256;
        while !same(&stored) && began.elapsed() < PATIENCE {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            stored = self.world.store.run_sum(run).await.unwrap();
        }
        if let Some(worker) = &worker {
            worker.signal(Signal::CONT);
        }
        self.table.comparisons += 1;
        self.table.values_compared += check.values;
        if !same(&stored) {
            self.table.values_lost += check.values.saturating_sub(stored.values);
            let what =
                format!("{run}: the journal holds {} values, the store {}", check.values, stored.values);
            self.problem(when, what);
        }
        if check.corrupt_records > 0 {
            self.problem(when, format!("{run}: damage: {:?}", check.problems));
        }
    }

    /// Lock free, and no process is left of any attempt.
    pub(super) async fn nobody_works_on(&mut self, run: RunId, when: &str) {
        let folder = self.world.folder(run);
        let began = Instant::now();
        let busy = || Lock::is_held(&folder.lock()).unwrap() || !processes_of(folder.path()).is_empty();
        while busy() {
            if began.elapsed() > PATIENCE {
                let left = processes_of(folder.path());
                return self.problem(when, format!("{run} has ended and these are left: {left:?}"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// All that must hold of a run that has come to its end.
    pub(super) async fn finished(&mut self, place: usize, when: &str) {
        let (run, steps) = (self.subjects[place].run, self.subjects[place].steps);
        self.nobody_works_on(run, when).await;
        self.world.no_hole_and_no_double_step(run, steps).await;
        let row = self.world.run(run).await;
        let attempts = self.world.store.attempts(run).await.unwrap();
        let numbers: Vec<u32> = attempts.iter().map(|attempt| attempt.number).collect();
        if numbers != (1..=row.attempt).collect::<Vec<_>>() {
            self.problem(when, format!("{run}: attempts {numbers:?}, the last is {}", row.attempt));
        }
        self.table.attempts += numbers.len() as u64;
        self.history_is_true(&row, when).await;
    }

    /// Every state so far has its evidence and could follow the one before, and no attempt was started twice.
    pub(super) async fn history_is_true(&mut self, row: &RunRow, when: &str) {
        let run = row.id;
        let mut before = None;
        let mut starts = BTreeSet::new();
        for change in self.world.store.transitions(run).await.unwrap() {
            if change.evidence.trim().is_empty() {
                self.problem(when, format!("{run} became {} without evidence", change.to));
            }
            let legal = |from: RunState| from == change.to || from.may_become(change.to);
            if change.from != before || before.is_some_and(|from| !legal(from)) {
                self.problem(when, format!("{run}: {before:?} became {}", change.to));
            }
            let attempt = change.evidence.split(' ').nth(1).map(str::to_owned);
            let starting = change.to == RunState::Starting && change.evidence.starts_with("attempt ");
            if starting && !starts.insert(attempt) {
                self.problem(when, format!("{run}: started twice: {}", change.evidence));
            }
            before = Some(change.to);
        }
    }

    /// One process supervises the workspace: ours. One that it is just starting bears its name for an instant.
    pub(super) async fn nobody_else_supervises(&mut self, when: &str) {
        let began = Instant::now();
        let (root, own) = (self.world.root.path().to_owned(), self.world.supervisor_pid());
        let others = || processes_of(&root).into_iter().filter(|(pid, _)| *pid != own).collect::<Vec<_>>();
        while !others().is_empty() {
            if began.elapsed() > PATIENCE {
                return self.problem(when, format!("these work on the workspace, too: {:?}", others()));
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Bystanders live on unsignalled, and a folder outside is as it was.
    pub(super) fn nobody_else_was_touched(&mut self, when: &str) {
        let (harmed, changed) = self.around.look();
        self.table.bystanders_seen += self.around.bystanders();
        if harmed > self.table.bystanders_signalled {
            self.problem(when, format!("{harmed} processes of somebody else were signalled"));
        }
        self.table.bystanders_signalled = harmed;
        if changed {
            self.table.changed_outside += 1;
            self.problem(when, "a folder outside of the workspace was changed");
        }
    }

    /// Lets everything finish, and looks whether anything is left.
    pub(super) async fn end(mut self) -> Table {
        let when = "after the last round";
        for place in 0..self.subjects.len() {
            loop {
                let row = self.settled(self.subjects[place].run).await;
                if row.state == RunState::Finished {
                    break;
                }
                if row.state.is_active() {
                    let run = row.id;
                    until("it ends", async || (!self.world.run(run).await.state.is_active()).then_some(()))
                        .await;
                } else {
                    self.look_at(place, when).await;
                }
            }
            let row = self.world.run(self.subjects[place].run).await;
            self.compare(&row, when).await;
            self.finished(place, when).await;
        }
        if self.world.end_supervisor(Signal::TERM).await != Some(0) {
            self.problem(when, "the supervisor did not end in order");
        }
        let left = processes_of(self.world.root.path());
        if !left.is_empty() {
            self.problem(when, format!("processes are left: {left:?}"));
        }
        self.table
    }
}
