//! What a run uses and gives back: its whole process group, and room on the disk.

use rustix::process::Signal;
use serde_json::json;
use vitals_run::{Command, RunState};
use vitals_store::RequestStatus;
use vitals_supervisor::settings;

use crate::harness::{Unwritable, World, fill, now, until};

/// The processes of a group that are more than names.
fn members(group: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let fields: Vec<&str> = stat[stat.rfind(')')? + 2..].split(' ').collect();
            (fields[2] == group.to_string() && !matches!(fields[0], "Z" | "X")).then_some(pid)
        })
        .collect()
}

/// Children and grandchildren hold the run's lock as their worker does: only when all are gone is the run over.
async fn all_end_with_the_worker(end: impl AsyncFnOnce(&World, vitals_store::RunId), state: RunState) {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5&children=1", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    let worker = world.pid_of(run, 1, "worker").await;
    let family = until("it has children and grandchildren", async || {
        Some(members(worker)).filter(|members| members.len() >= 3)
    })
    .await;
    end(&world, run).await;
    world.state(run, state).await;
    until("nobody of the group is left", async || members(worker).is_empty().then_some(())).await;
    assert!(family.contains(&worker));
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_cancel_ends_the_worker_s_whole_group() {
    let cancel = async |world: &World, run| {
        world.ask(run, Command::Cancel).await.unwrap();
    };
    all_end_with_the_worker(cancel, RunState::Cancelled).await;
}

#[tokio::test]
async fn a_killed_worker_s_whole_group_ends_with_it() {
    let kill = async |world: &World, run| world.kill(run, 1, "worker", Signal::KILL).await;
    all_end_with_the_worker(kill, RunState::Failed).await;
}

#[tokio::test]
async fn a_small_disk_that_is_full_holds_the_queue_and_gets_no_half_files() {
    let mut world = World::new(1).await.on_small_disk(8);
    if !world.runs_on_tmpfs() {
        return vitals_fixtures::not_run("a tmpfs cannot be mounted here");
    }
    world.store.set_setting(settings::LOW_DISK_BYTES, &(4_u64 << 20)).await.unwrap();
    let filler = fill(world.workspace().runs_dir());
    let run = world.queue("step_ms=1", 200, 20).await;
    world.supervise().await;
    let problem = until("it says what it waits for", async || {
        world.store.supervisor().await.unwrap()?.status["problem"]["text"].as_str().map(str::to_owned)
    })
    .await;
    assert!(problem.contains(" 0 B left and ") && problem.contains("asks for 4.0 MiB"), "{problem}");
    let there: Vec<_> = std::fs::read_dir(world.workspace().runs_dir()).unwrap().flatten().collect();
    assert_eq!(there.len(), 1, "nothing but what fills the disk: {there:?}");
    assert_eq!(world.run(run).await.state, RunState::Queued);
    std::fs::remove_file(filler).unwrap();
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.attempt, 1);
    world.no_hole_and_no_double_step(run, 200).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_run_whose_own_disk_is_full_is_cancelled_all_the_same_and_holds_nobody_back() {
    let mut world = World::new(2).await.with_flags(&["--grace-ms", "500"]);
    let full = world.queue_seed("step_ms=10", 100_000, 0, 1).await;
    let other = world.queue_seed("step_ms=10", 100_000, 0, 2).await;
    if !world.put_on_small_disk(full, 1) {
        return vitals_fixtures::not_run("a tmpfs cannot be mounted here");
    }
    world.supervise().await;
    world.steps(full, 3).await;
    world.steps(other, 3).await;
    let worker = world.process(full, 1, "worker").await;
    let filler = fill(world.folder(full).path());
    let id = world.store.add_request(Some(full), Command::Cancel, &json!({}), now()).await.unwrap();
    // That the wish cannot be written down keeps neither the signal from its worker nor requests from other runs.
    until("its worker is ended", async || (!worker.is_alive()).then_some(())).await;
    world.ask(other, Command::Cancel).await.unwrap();
    world.state(other, RunState::Cancelled).await;
    assert_eq!(world.store.request(id).await.unwrap().unwrap().status, RequestStatus::Taken);
    std::fs::remove_file(filler).unwrap();
    let row = world.row_when(full, "end", |row| row.state.has_ended()).await;
    assert!(matches!(row.state, RunState::Cancelled | RunState::Failed), "{}: {}", row.state, row.evidence);
    until("the request is settled", async || {
        let request = world.store.request(id).await.unwrap()?;
        (request.status == RequestStatus::Done).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said_with_what_to_do_and_the_rest_goes_on() {
    let mut world = World::new(1).await;
    let barred = world.queue_seed("step_ms=1", 5, 0, 1).await;
    let good = world.queue_seed("step_ms=1", 5, 0, 2).await;
    // It was there already, as of a run that is retried: then no folder fails to be made, but a file in it.
    let Some(unwritable) = Unwritable::make(world.folder(barred).path()) else {
        return vitals_fixtures::not_run("root may write everywhere here");
    };
    world.supervise().await;
    world.state(good, RunState::Finished).await;
    let row = world.state(barred, RunState::Failed).await;
    let folder = world.folder(barred).path().display().to_string();
    for words in ["not started: failed to lock", &folder, "make sure that its folder is writable, then retry"]
    {
        assert!(row.evidence.contains(words), "`{words}` in {}", row.evidence);
    }
    drop(unwritable);
    world.ask(barred, Command::Retry).await.unwrap();
    world.state(barred, RunState::Finished).await;
    world.nothing_is_lost(barred).await;
}
