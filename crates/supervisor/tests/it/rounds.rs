//! Seeded rounds of murder: supervisor, guard and worker killed at instants that the seed chooses, until the runs have
//! finished. Whatever was killed, the journal's values and the store's are the same, and no run is worked on twice.

use rustix::process::Signal;
use vitals_journal::Lock;
use vitals_recipe::{KeyedRng, Part, keyed_rng};
use vitals_store::{Command, RunId, RunRow, RunState};

use crate::harness::{World, until};

const STEPS: u64 = 400;
const ROUNDS: u64 = 12;

#[tokio::test]
async fn nothing_is_lost_whoever_is_killed() {
    let mut world = World::new(2).await;
    let mut rng = keyed_rng(20_261_124, &[Part::from("rounds")]);
    let runs = [
        world.queue_seed("step_ms=3", STEPS, 25, 0).await,
        world.queue_seed("step_ms=4", STEPS, 40, 1).await,
        world.queue_seed("step_ms=2", STEPS, 0, 2).await,
    ];
    world.supervise().await;
    for round in 0..ROUNDS {
        let run = runs[usize::try_from(rng.below(3)).unwrap()];
        let victim = ["supervisor", "worker", "guard", "both"][usize::try_from(rng.below(4)).unwrap()];
        strike(&mut world, &mut rng, run, victim).await;
        for run in runs {
            let row = settled_or_moving(&world, run).await;
            mend(&world, &row, &format!("round {round}, {victim} killed")).await;
        }
    }
    for run in runs {
        // A process that was struck last may die only now.
        let row = until("the run has finished", async || {
            let row = world.run(run).await;
            mend(&world, &row, "after the last round").await;
            (row.state == RunState::Finished).then_some(row)
        })
        .await;
        world.nothing_is_lost(run).await;
        world.no_hole_and_no_double_step(run, STEPS).await;
        assert!(!Lock::is_held(&world.folder(run).lock()).unwrap(), "nobody works on it any more");
        let attempts = world.store.attempts(run).await.unwrap();
        let numbers: Vec<u32> = attempts.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, (1..=row.attempt).collect::<Vec<_>>(), "no attempt was started beside another");
    }
}

/// An end has the evidence of what was done; one that was not the run's own is retried, with nothing lost till there.
async fn mend(world: &World, row: &RunRow, when: &str) {
    let expected = match row.state {
        RunState::Failed => row.evidence == "signal 9",
        RunState::Lost => row.evidence == "lock free, no exit.json, no end record",
        RunState::Finished => row.evidence.starts_with("exit 0"),
        _ => true,
    };
    assert!(expected, "{when}: {} is {}: {}", row.id, row.state, row.evidence);
    if matches!(row.state, RunState::Failed | RunState::Lost) {
        world.nothing_is_lost(row.id).await;
        world.ask(row.id, Command::Retry).await.unwrap();
    }
}

/// Kills somebody, a few steps on from now; a killed supervisor is succeeded.
async fn strike(world: &mut World, rng: &mut KeyedRng, run: RunId, victim: &str) {
    let row = world.run(run).await;
    if row.state == RunState::Running {
        let wanted = (row.steps_done + rng.below(20)).min(STEPS);
        until("it moves on, or ends", async || {
            let row = world.run(run).await;
            (row.steps_done >= wanted || !row.state.is_active()).then_some(())
        })
        .await;
    }
    if victim == "supervisor" {
        world.end_supervisor(Signal::KILL).await;
        world.supervise().await;
        return;
    }
    let row = world.run(run).await;
    if !row.state.is_active() || row.attempt == 0 {
        return;
    }
    for who in if victim == "both" { vec!["guard", "worker"] } else { vec![victim] } {
        world.kill(run, row.attempt, who, Signal::KILL).await;
    }
}

/// A run whose processes are gone has been settled; the others are as they are.
async fn settled_or_moving(world: &World, run: RunId) -> RunRow {
    let lock = world.folder(run).lock();
    until("the state says what is so", async || {
        let held = Lock::is_held(&lock).unwrap();
        let row = world.run(run).await;
        (held || !matches!(row.state, RunState::Running | RunState::Stalled | RunState::Pausing))
            .then_some(row)
    })
    .await
}
