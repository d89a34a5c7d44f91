//! What clients do: make sure that there is a supervisor, see whether it lives, find that there can be only one.

use std::process::Command;

use rustix::process::Signal;
use vitals_journal::Lock;
use vitals_run::RunState;
use vitals_supervisor::{Binaries, Ensured, SupervisorError, ensure_running, status};

use crate::harness::{World, binaries, send, stand_in, until};

#[tokio::test]
async fn a_second_supervisor_ends_with_a_clear_message() {
    let mut world = World::new(1).await;
    world.supervise().await;
    let second =
        Command::new(stand_in()).arg("--workspace").arg(world.root.path()).arg("supervise").output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let expected = format!("is supervised already by process {}", world.supervisor_pid());
    assert!(said.contains(&expected), "{said}");
}

#[tokio::test]
async fn a_client_starts_a_supervisor_that_outlives_it_and_ends_when_idle() {
    let world = World::new(1).await;
    let run = world.queue("step_ms=1", 20, 0).await;
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(!seen.alive && seen.pid.is_none());
    assert_eq!(
        ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap(),
        Ensured::Started
    );
    assert_eq!(
        ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap(),
        Ensured::WasRunning
    );
    world.state(run, RunState::Finished).await;
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(seen.alive);
    assert_eq!((seen.status.slots_total, seen.status.devices[0].device.as_str()), (1, "cpu"));
    assert_eq!(session_of(seen.pid.unwrap()), seen.pid.unwrap(), "it leads a session of its own");
    until("it ends by itself", async || {
        let seen = status(&world.workspace(), &world.store).await.unwrap();
        (!seen.alive && seen.status.ended).then_some(())
    })
    .await;
    assert!(world.log().contains("ended: Idle"), "{}", world.log());
}

#[tokio::test]
async fn many_clients_at_once_start_one_supervisor() {
    let world = World::new(1).await;
    let (workspace, binaries) = (world.workspace(), binaries());
    let ensure = || ensure_running(&workspace, &world.store, &binaries);
    let all = tokio::join!(ensure(), ensure(), ensure(), ensure());
    for ensured in [all.0, all.1, all.2, all.3] {
        ensured.unwrap();
    }
    let seen = until("it beats", async || {
        Some(status(&workspace, &world.store).await.unwrap()).filter(|seen| seen.pid.is_some())
    })
    .await;
    send(seen.pid.unwrap(), Signal::TERM);
    until("it ends", async || (!status(&workspace, &world.store).await.unwrap().alive).then_some(())).await;
}

#[tokio::test]
async fn a_lock_that_outlives_its_holder_s_will_is_no_supervisor() {
    let world = World::new(1).await;
    let run = world.queue("step_ms=1", 5, 0).await;
    let (workspace, binaries) = (world.workspace(), binaries());
    // As of a process that was killed: held, and never touched again.
    let dying = Lock::acquire(&workspace.supervisor_lock()).unwrap();
    // In this order on one thread: the client has looked at the held lock before it goes.
    let (ensured, ()) =
        tokio::join!(ensure_running(&workspace, &world.store, &binaries), async { drop(dying) });
    assert_eq!(ensured.unwrap(), Ensured::Started);
    world.state(run, RunState::Finished).await;
}

#[tokio::test]
async fn a_supervisor_that_dies_again_and_again_is_not_started_for_ever() {
    let world = World::new(1).await;
    let workspace = world.workspace();
    std::fs::write(workspace.supervisor_log(), "panicked at the end of the world\n").unwrap();
    let error =
        until("it is given up", async || match ensure_running(&workspace, &world.store, &binaries()).await {
            Ok(_) => {
                let seen = status(&workspace, &world.store).await.unwrap();
                seen.pid.filter(|_| seen.alive).into_iter().for_each(|pid| send(pid, Signal::KILL));
                None
            }
            Err(error) => Some(error),
        })
        .await;
    let said = error.to_string();
    assert!(said.starts_with("the supervisor died 3 times within 60 s and is not started again"), "{said}");
    assert!(said.contains("panicked at the end of the world"), "its last words are missing: {said}");
}

#[tokio::test]
async fn a_killed_supervisor_is_followed_at_once() {
    let mut world = World::new(1).await;
    for round in 0..10 {
        let run = world.queue_seed("step_ms=1", 5, 0, round).await;
        world.supervise().await;
        send(world.supervisor_pid(), Signal::KILL);
        // The kernel may not have got to it yet.
        let ensured = ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap();
        world.supervisor_ended().await;
        world.state(run, RunState::Finished).await;
        assert_eq!(ensured, Ensured::Started);
        let seen = status(&world.workspace(), &world.store).await.unwrap();
        send(seen.pid.unwrap(), Signal::TERM);
        until("it ends", async || {
            (!status(&world.workspace(), &world.store).await.unwrap().alive).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_frozen_supervisor_is_still_the_one() {
    let mut world = World::new(1).await;
    world.supervise().await;
    send(world.supervisor_pid(), Signal::STOP);
    let ensured = ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap();
    send(world.supervisor_pid(), Signal::CONT);
    assert_eq!(ensured, Ensured::WasRunning);
}

#[tokio::test]
async fn a_missing_program_and_a_failing_one_are_told() {
    let world = World::new(1).await;
    let empty = tempfile::tempdir().unwrap();
    let error = ensure_running(&world.workspace(), &world.store, &Binaries::in_folder(empty.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, SupervisorError::MissingBinary { .. }), "{error}");
    let broken = Binaries { vitals: "/bin/false".into(), worker: stand_in() };
    let error = ensure_running(&world.workspace(), &world.store, &broken).await.unwrap_err();
    assert!(matches!(error, SupervisorError::DidNotComeUp { .. }), "{error}");
}

/// Field 6 of `/proc/PID/stat`.
fn session_of(pid: u32) -> u32 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let rest = &text[text.rfind(')').unwrap() + 2..];
    rest.split(' ').nth(3).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_log_that_is_a_link_leads_to_no_file_of_others() {
    let world = World::new(1).await;
    let outside = tempfile::tempdir().unwrap();
    let diary = outside.path().join("diary");
    std::fs::write(&diary, "dear diary").unwrap();
    std::os::unix::fs::symlink(&diary, world.root.path().join("supervisor.log")).unwrap();
    let run = world.queue("step_ms=1", 5, 0).await;
    // Whether it starts without a log or refuses is not what matters here.
    if ensure_running(&world.workspace(), &world.store, &binaries()).await.is_ok() {
        world.state(run, RunState::Finished).await;
    }
    assert_eq!(std::fs::read_to_string(&diary).unwrap(), "dear diary");
}
