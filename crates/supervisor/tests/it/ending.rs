//! Runs that end by themselves: well, badly, many at once; the queue's order and its slots.

use rustix::process::Signal;
use vitals_journal::RunFolder;
use vitals_run::{Command, RunState};
use vitals_supervisor::settings;

use crate::harness::{World, now, send, until};

#[tokio::test]
async fn a_run_from_queue_to_end() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=2", 60, 25).await;
    world.supervise().await;
    let row = world.state(run, RunState::Finished).await;
    assert_eq!((row.evidence.as_str(), row.attempt, row.steps_done), ("exit 0", 1, 60));
    assert_eq!(row.device.as_deref(), Some("cpu"));
    assert!(row.started_at.is_some() && row.ended_at.is_some());
    assert_eq!(row.events.get("checkpoint"), Some(&2));
    assert_eq!(
        world.history(run).await,
        [
            "queued: queued by a test",
            "starting: attempt 1 on cpu",
            "running: the worker is recording",
            "finished: exit 0"
        ]
    );
    world.no_hole_and_no_double_step(run, 60).await;
    world.nothing_is_lost(run).await;

    let attempt = world.store.attempts(run).await.unwrap().remove(0);
    let exit = attempt.exit.unwrap();
    assert_eq!(exit["code"], 0);
    assert!(exit["peak_rss_bytes"].as_u64().unwrap() > 100_000);
    let log = std::fs::read_to_string(world.folder(run).worker_log(1)).unwrap();
    assert!(log.contains("OMP_NUM_THREADS=Ok("), "{log}");
}

#[tokio::test]
async fn an_exit_code_is_told_with_its_message() {
    let mut world = World::new(1).await;
    let run = world.queue("exit_at=5&exit_code=4", 60, 0).await;
    world.supervise().await;
    let row = world.state(run, RunState::Failed).await;
    assert_eq!(row.evidence, "exit 4: the loss is NaN at step 5");
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_worker_that_dies_without_a_word_in_the_journal_is_quoted() {
    let mut world = World::new(1).await;
    let run = world.queue("panic_at=5", 60, 0).await;
    world.supervise().await;
    let row = world.state(run, RunState::Failed).await;
    assert_eq!(row.evidence, "exit 101: out of numbers at step 5");
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn the_store_names_no_checkpoint_that_is_gone() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1&keep=2", 50, 10).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    let there = async || {
        let checkpoints = world.store.checkpoints(run).await.unwrap();
        let there: Vec<u64> = checkpoints.iter().filter(|c| !c.removed).map(|c| c.step).collect();
        (checkpoints.len() == 5 && there == [40, 50]).then_some(())
    };
    until("the pruned ones are marked", there).await;
}

#[tokio::test]
async fn never_more_runs_than_slots_and_all_in_order() {
    let mut world = World::new(2).await;
    let mut runs = Vec::new();
    for seed in 0..6 {
        runs.push(world.queue_seed("step_ms=1", 20, 0, seed).await);
    }
    world.supervise().await;
    let mut most = 0;
    until("all have finished", async || {
        let counts = world.store.count_runs().await.unwrap();
        let active: u64 = counts.iter().filter(|(state, _)| state.is_active()).map(|(_, n)| n).sum();
        most = most.max(active);
        (counts.get(&RunState::Finished) == Some(&6)).then_some(())
    })
    .await;
    assert!((1..=2).contains(&most), "{most} at once");
    let mut started = Vec::new();
    for run in &runs {
        let transitions = world.store.transitions(*run).await.unwrap();
        let start =
            transitions.iter().filter(|t| t.to == RunState::Starting).map(|t| t.at).collect::<Vec<_>>();
        assert_eq!(start.len(), 1, "started once");
        started.push(start[0]);
        world.nothing_is_lost(*run).await;
    }
    assert!(started.is_sorted(), "{started:?}");
}

#[tokio::test]
async fn four_runs_that_end_in_one_millisecond_are_all_settled() {
    let mut world = World::new(4).await;
    let mut runs = Vec::new();
    for seed in 0..4 {
        runs.push(world.queue_seed("step_ms=0&hold=1", 10, 0, seed).await);
    }
    world.supervise().await;
    for run in &runs {
        world.steps(*run, 10).await;
        world.state(*run, RunState::Running).await;
    }
    // All have trained; now they are told the millisecond.
    let told = world.workspace().runs_dir().join("end_at_ms");
    vitals_journal::atomic_write(&told, (now() + 200).to_string().as_bytes()).unwrap();
    for run in runs {
        assert_eq!(world.state(run, RunState::Finished).await.evidence, "exit 0");
        world.no_hole_and_no_double_step(run, 10).await;
        world.nothing_is_lost(run).await;
    }
}

#[tokio::test]
async fn four_workers_that_are_killed_at_once_are_all_settled() {
    let mut world = World::new(4).await;
    let mut runs = Vec::new();
    for seed in 0..4 {
        runs.push(world.queue_seed("step_ms=2", 100_000, 20, seed).await);
    }
    world.supervise().await;
    let mut workers = Vec::new();
    for run in &runs {
        world.steps(*run, 20).await;
        workers.push(world.pid_of(*run, 1, "worker").await);
    }
    workers.into_iter().for_each(|worker| send(worker, Signal::KILL));
    for run in runs {
        assert_eq!(world.state(run, RunState::Failed).await.evidence, "killed (signal 9)");
        world.nothing_is_lost(run).await;
    }
}

#[tokio::test]
async fn what_cannot_start_is_said_and_the_rest_goes_on() {
    let mut world = World::new(1).await;
    let unknown = world.queue_recipe("nowhere", 10, 0, 0).await;
    let good = world.queue("step_ms=1", 10, 0).await;
    world.supervise().await;
    let row = world.state(unknown, RunState::Failed).await;
    assert_eq!(
        row.evidence,
        "not started: data set `nowhere` is not known here; add it with `vitals dataset add nowhere PATH`"
    );
    world.state(good, RunState::Finished).await;
}

#[tokio::test]
async fn a_run_folder_that_cannot_be_written_is_said() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 10, 0).await;
    // A file where the folder should be: refused for root, too.
    std::fs::create_dir_all(world.workspace().runs_dir()).unwrap();
    std::fs::write(world.folder(run).path(), "").unwrap();
    let good = world.queue_seed("step_ms=1", 10, 0, 1).await;
    world.supervise().await;
    let row = world.state(run, RunState::Failed).await;
    assert!(row.evidence.starts_with("not started: failed to create /"), "{}", row.evidence);
    world.state(good, RunState::Finished).await;
}

#[tokio::test]
async fn a_paused_queue_starts_nothing_until_it_goes_on() {
    let mut world = World::new(1).await;
    world.supervise().await;
    world.ask_with(None, Command::PauseQueue, serde_json::json!({})).await.unwrap();
    let run = world.queue("step_ms=1", 10, 0).await;
    // A request that is answered after the run was queued shows that the loop has seen the queue.
    let other = world.queue_recipe("nowhere", 10, 0, 7).await;
    world.ask(other, Command::Cancel).await.unwrap();
    assert_eq!(world.run(run).await.state, RunState::Queued);
    assert!(!RunFolder::new(world.folder(run).path()).job().exists());
    world.ask_with(None, Command::ResumeQueue, serde_json::json!({})).await.unwrap();
    world.state(run, RunState::Finished).await;
}

#[tokio::test]
async fn where_no_run_folder_can_be_made_the_queue_waits_and_no_run_fails() {
    let mut world = World::new(1).await.with_flags(&["--idle-ms", "300"]);
    let run = world.queue("step_ms=1", 20, 0).await;
    let runs = world.folder(run).path().parent().unwrap().to_owned();
    assert!(!runs.exists());
    std::fs::write(&runs, "in the way").unwrap();
    world.supervise().await;
    let problem = until("it says what it waits for", async || {
        world.store.supervisor().await.unwrap()?.status["problem"]["text"].as_str().map(str::to_owned)
    })
    .await;
    assert!(
        problem.contains("no run folder can be made") && problem.contains("it is no folder"),
        "{problem}"
    );
    let row = world.run(run).await;
    assert_eq!((row.state, row.attempt), (RunState::Queued, 0));
    std::fs::remove_file(&runs).unwrap();
    world.state(run, RunState::Finished).await;
}

#[tokio::test]
async fn a_disk_that_is_almost_full_holds_the_queue_until_there_is_room() {
    let mut world = World::new(1).await.with_flags(&["--idle-ms", "300"]);
    // More room than any disk has.
    world.store.set_setting(settings::LOW_DISK_BYTES, &u64::MAX).await.unwrap();
    let run = world.queue("step_ms=1", 20, 0).await;
    world.supervise().await;
    let problem = until("it says what it waits for", async || {
        world.store.supervisor().await.unwrap()?.status["problem"]["text"].as_str().map(str::to_owned)
    })
    .await;
    assert!(problem.contains("low_disk_bytes") && problem.contains(" left and "), "{problem}");
    let row = world.run(run).await;
    assert_eq!((row.state, row.attempt), (RunState::Queued, 0));
    assert!(!world.folder(run).path().exists(), "no half files");
    world.store.set_setting(settings::LOW_DISK_BYTES, &0).await.unwrap();
    world.state(run, RunState::Finished).await;
}

#[tokio::test]
async fn a_worker_s_log_that_is_a_link_leads_to_no_file_of_others() {
    let mut world = World::new(1).await;
    let run = world.queue("panic_at=2", 5, 0).await;
    let outside = tempfile::tempdir().unwrap();
    let diary = outside.path().join("diary");
    std::fs::write(&diary, "dear diary").unwrap();
    let log = world.folder(run).worker_log(1);
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&diary, log).unwrap();
    world.supervise().await;
    world.row_when(run, "end", |row| !row.state.is_active() && row.state != RunState::Queued).await;
    assert_eq!(std::fs::read_to_string(&diary).unwrap(), "dear diary");
}
