//! Processes that are killed, stopped and started again: states with the right evidence, no step lost, none twice.

use rustix::process::Signal;
use vitals_journal::Lock;
use vitals_run::{Command, Evidence, RunState};
use vitals_store::{Role, Store};
use vitals_supervisor::settings;

use crate::harness::{World, send, until};
use crate::holder::Holder;

#[tokio::test]
async fn a_killed_worker_is_failed_by_signal_9_and_retry_goes_on() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 200, 20).await;
    world.supervise().await;
    world.steps(run, 45).await;
    send(world.pid_of(run, 1, "worker").await, Signal::KILL);
    let row = world.state(run, RunState::Failed).await;
    assert_eq!(row.evidence, "killed (signal 9)");
    world.nothing_is_lost(run).await;

    world.ask(run, Command::Retry).await.unwrap();
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.attempt, 2);
    let attempts = world.store.attempts(run).await.unwrap();
    assert!(attempts[1].first_step >= 40, "from the last checkpoint, not from the beginning");
    world.no_hole_and_no_double_step(run, 200).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_killed_run_is_retried_as_often_as_the_setting_says_and_bad_input_never() {
    let mut world = World::new(2).await;
    world.store.set_setting(settings::RETRY, &serde_json::json!({ "times": 2 })).await.unwrap();
    let run = world.queue("step_ms=5", 100_000, 20).await;
    let bad = world.queue_seed("step_ms=1&exit_at=5&exit_code=6", 20, 0, 1).await;
    world.supervise().await;
    for attempt in 1..=3 {
        until("it trains", async || {
            let row = world.run(run).await;
            (row.state == RunState::Running && row.attempt == attempt).then_some(())
        })
        .await;
        world.kill(run, attempt, "worker", Signal::KILL).await;
    }
    let row = world.state(run, RunState::Failed).await;
    assert_eq!((row.evidence.as_str(), row.attempt), ("killed (signal 9)", 3));
    let history = world.history(run).await;
    for retry in
        ["queued: retry 1 of 2 by the setting `retry`", "queued: retry 2 of 2 by the setting `retry`"]
    {
        assert_eq!(history.iter().filter(|line| *line == retry).count(), 1, "{history:?}");
    }
    world.nothing_is_lost(run).await;
    assert_eq!(world.state(bad, RunState::Failed).await.attempt, 1);
    // Asking begins anew.
    world.ask(run, Command::Retry).await.unwrap();
    until("it trains", async || (world.run(run).await.state == RunState::Running).then_some(())).await;
    world.kill(run, 4, "worker", Signal::KILL).await;
    until("it is retried", async || (world.run(run).await.attempt == 5).then_some(())).await;
}

#[tokio::test]
async fn a_killed_guard_does_not_hide_the_end() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    send(world.pid_of(run, 1, "guard").await, Signal::KILL);
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.evidence, "exit 0 (journal's end record; no exit.json)");
    world.no_hole_and_no_double_step(run, 100).await;
}

#[tokio::test]
async fn guard_and_worker_killed_leave_no_evidence() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    send(world.pid_of(run, 1, "guard").await, Signal::KILL);
    send(world.pid_of(run, 1, "worker").await, Signal::KILL);
    let row = world.state(run, RunState::Lost).await;
    assert_eq!(row.evidence, "lock free, no exit.json, no end record");
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_killed_supervisor_is_succeeded_and_the_run_goes_on() {
    let mut world = World::new(1).await;
    // Long enough for four supervisors, on a machine that has other things to do.
    let run = world.queue("step_ms=5", 1_500, 50).await;
    let next = world.queue_seed("step_ms=1", 10, 0, 1).await;
    world.supervise().await;
    let mut seen = 5;
    for _ in 0..4 {
        world.steps(run, seen).await;
        assert_eq!(world.end_supervisor(Signal::KILL).await, None);
        assert!(Lock::is_held(&world.folder(run).lock()).unwrap(), "the run goes on without a supervisor");
        world.supervise().await;
        seen = world.run(run).await.steps_done + 10;
    }
    let row = world.state(run, RunState::Finished).await;
    assert_eq!((row.evidence.as_str(), row.attempt), ("exit 0", 1));
    world.no_hole_and_no_double_step(run, 1_500).await;
    world.nothing_is_lost(run).await;
    world.state(next, RunState::Finished).await;
}

#[tokio::test]
async fn what_ended_without_a_supervisor_is_settled_by_the_next() {
    let mut world = World::new(3).await;
    let (well, badly, killed) = (
        world.queue_seed("step_ms=10", 60, 0, 0).await,
        world.queue_seed("step_ms=10&exit_at=40&exit_code=5", 60, 0, 1).await,
        world.queue_seed("step_ms=10", 100_000, 0, 2).await,
    );
    world.supervise().await;
    for run in [well, badly, killed] {
        world.steps(run, 1).await;
    }
    world.end_supervisor(Signal::KILL).await;
    send(world.pid_of(killed, 1, "worker").await, Signal::KILL);
    for run in [well, badly, killed] {
        let lock = world.folder(run).lock();
        until("its processes have ended", async || (!Lock::is_held(&lock).unwrap()).then_some(())).await;
        assert!(world.run(run).await.state.is_active(), "nobody has said so yet");
    }
    world.supervise().await;
    assert_eq!(world.state(well, RunState::Finished).await.evidence, "exit 0");
    assert_eq!(world.state(badly, RunState::Failed).await.evidence, "exit 5: out of device memory");
    assert_eq!(world.state(killed, RunState::Failed).await.evidence, "killed (signal 9)");
    for run in [well, badly, killed] {
        world.nothing_is_lost(run).await;
    }
}

#[tokio::test]
async fn a_stopped_process_is_stalled_until_it_moves() {
    let mut world = World::new(1).await.with_flags(&["--stall-ms", "400"]);
    let run = world.queue("step_ms=5", 300, 0).await;
    world.supervise().await;
    world.steps(run, 20).await;
    let worker = world.pid_of(run, 1, "worker").await;
    send(worker, Signal::STOP);
    let row = world.state(run, RunState::Stalled).await;
    assert!(row.evidence.ends_with(", the process is stopped by a signal"), "{}", row.evidence);
    let noted = async || (world.run(run).await.events.get("stalled") == Some(&1)).then_some(());
    until("the stall is an event, too", noted).await;
    send(worker, Signal::CONT);
    world.state(run, RunState::Running).await;
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.attempt, 1);
    world.no_hole_and_no_double_step(run, 300).await;
}

#[tokio::test]
async fn a_stopped_process_can_be_cancelled() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    send(world.pid_of(run, 1, "worker").await, Signal::STOP);
    world.ask(run, Command::Cancel).await.unwrap();
    let row = world.state(run, RunState::Cancelled).await;
    assert_eq!(row.evidence, format!("as you asked, checkpoint at step {}", row.steps_done));
}

#[tokio::test]
async fn a_cancel_outlives_the_supervisor_that_took_it() {
    let mut world = World::new(1).await.with_flags(&["--grace-ms", "500"]);
    let run = world.queue("step_ms=5&deaf=1", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    world.ask(run, Command::Cancel).await.unwrap();
    world.end_supervisor(Signal::KILL).await;
    world.supervise().await;
    let row = world.state(run, RunState::Cancelled).await;
    assert!(row.evidence.starts_with("killed (signal 9)"), "{}", row.evidence);
}

#[tokio::test]
async fn requests_that_a_dead_supervisor_took_are_obeyed_by_the_next() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    world.end_supervisor(Signal::KILL).await;
    world.store.add_request(Some(run), Command::Pause, &serde_json::json!({}), 0).await.unwrap();
    // As a supervisor does that dies at the very next instant.
    assert_eq!(world.store.take_requests(0).await.unwrap().len(), 1);
    world.supervise().await;
    world.state(run, RunState::Paused).await;
    assert!(world.store.taken_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn sigterm_ends_the_supervisor_and_no_run() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 200, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    assert_eq!(world.end_supervisor(Signal::TERM).await, Some(0));
    assert_eq!(world.store.supervisor().await.unwrap().unwrap().status["ended"], true);
    assert!(Lock::is_held(&world.folder(run).lock()).unwrap());
    assert!(!Lock::is_held(&world.workspace().supervisor_lock()).unwrap());
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    world.no_hole_and_no_double_step(run, 200).await;
}

#[tokio::test]
async fn a_run_folder_that_is_removed_is_lost() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    let worker = world.pid_of(run, 1, "worker").await;
    world.end_supervisor(Signal::KILL).await;
    send(world.pid_of(run, 1, "guard").await, Signal::KILL);
    send(worker, Signal::KILL);
    let lock = world.folder(run).lock();
    until("its processes have ended", async || (!Lock::is_held(&lock).unwrap()).then_some(())).await;
    std::fs::remove_dir_all(world.folder(run).path()).unwrap();
    world.supervise().await;
    assert_eq!(world.state(run, RunState::Lost).await.evidence, "lock free, run folder missing");
}

#[tokio::test]
async fn a_start_that_was_interrupted_before_anything_ran_is_done_again() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 20, 0).await;
    // What a supervisor leaves that dies between its note and the guard.
    let folder = world.folder(run);
    std::fs::create_dir_all(folder.path()).unwrap();
    folder.create_attempt(1).unwrap();
    let attempt = vitals_store::NewAttempt {
        number: 1,
        first_step: 0,
        resume_from: None,
        device: Some("cpu".to_owned()),
    };
    world.store.add_attempt(run, &attempt, 0).await.unwrap();
    let evidence = Evidence::said("attempt 1 on cpu");
    world.store.set_state(run, RunState::Starting, evidence, 0).await.unwrap();
    world.supervise().await;
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.attempt, 2);
    let history = world.history(run).await;
    assert!(history.iter().any(|line| line.starts_with("queued: its start was interrupted")), "{history:?}");
    world.no_hole_and_no_double_step(run, 20).await;
}

#[tokio::test]
async fn a_locked_database_delays_and_loses_nothing() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=2", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 5).await;
    let Some(holder) = Holder::hold(&world.workspace().database()) else {
        return vitals_fixtures::not_run("there is no python3 to lock the database with");
    };
    let stored = world.run(run).await.steps_done;
    let recorded = until("the worker records on", async || {
        let check = vitals_journal::check(world.folder(run).path()).unwrap();
        check.last_step.filter(|step| *step > stored + 100)
    })
    .await;
    assert_eq!(world.run(run).await.steps_done, stored, "the lock keeps them out");
    holder.let_go();
    world.steps(run, recorded + 1).await;
    world.ask(run, Command::Cancel).await.unwrap();
    let done = world.state(run, RunState::Cancelled).await.steps_done;
    world.no_hole_and_no_double_step(run, done).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_database_deleted_under_a_living_run_is_rebuilt() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 400, 20).await;
    world.supervise().await;
    world.steps(run, 30).await;
    world.store.close().await;
    for name in ["vitals.db", "vitals.db-wal", "vitals.db-shm"] {
        // The two beside it go with the last connection.
        let _ = std::fs::remove_file(world.root.path().join(name));
    }
    assert_eq!(world.supervisor_ended().await, Some(1), "it writes where nobody reads");
    world.store = Store::open(world.workspace().database(), Role::Writer).await.unwrap();
    world.supervise().await;
    let row = world.state(run, RunState::Finished).await;
    assert_eq!((row.evidence.as_str(), row.attempt, row.total_steps), ("exit 0", 1, Some(400)));
    world.no_hole_and_no_double_step(run, 400).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_clock_that_jumps_over_centuries_changes_no_value() {
    const YEAR_MS: i64 = 31_557_600_000;
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 400, 50).await;
    world.supervise().await;
    for (number, offset) in (1..).zip([-60 * YEAR_MS, 0, -86_400_000, 222 * YEAR_MS]) {
        std::fs::write(world.root.path().join("clock"), offset.to_string()).unwrap();
        world.steps(run, number * 60).await;
    }
    let row = world.state(run, RunState::Finished).await;
    assert_eq!((row.attempt, row.evidence.as_str()), (1, "exit 0"));
    let history = world.history(run).await;
    assert!(!history.iter().any(|line| line.starts_with("stalled")), "{history:#?}");
    world.no_hole_and_no_double_step(run, 400).await;
    world.nothing_is_lost(run).await;
}
