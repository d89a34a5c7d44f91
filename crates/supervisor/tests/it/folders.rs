//! A deleted database is rebuilt from the run folders.

use vitals_store::{Command, Role, RunState, Store};
use vitals_supervisor::{SupervisorError, ingest_folder};

use crate::harness::{World, now};

#[tokio::test]
async fn runs_come_back_after_the_database_is_deleted() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 60, 10).await;
    world.supervise().await;
    world.steps(run, 15).await;
    world.ask(run, Command::Pause).await.unwrap();
    world.state(run, RunState::Paused).await;
    world.ask(run, Command::Resume).await.unwrap();
    world.state(run, RunState::Finished).await;
    let before = world.store.run_hash(run).await.unwrap();
    world.end_supervisor(rustix::process::Signal::TERM).await;

    let path = world.root.path().join("rebuilt.db");
    let store = Store::open(&path, Role::Writer).await.unwrap();
    let folder = world.folder(run);
    let ingested = ingest_folder(&store, folder.path(), now()).await.unwrap();
    assert_eq!((ingested.run, ingested.added, ingested.attempts), (run, true, 2));
    assert_eq!(ingested.state, RunState::Finished);
    let row = store.run(run).await.unwrap();
    assert_eq!((row.steps_done, row.attempt, row.evidence.as_str()), (60, 2, "exit 0"));
    assert_eq!(row.total_steps, Some(60));
    assert_eq!(store.run_hash(run).await.unwrap(), before);

    let again = ingest_folder(&store, folder.path(), now()).await.unwrap();
    assert_eq!((again.added, again.rows, again.values), (false, 0, 0));
    assert_eq!(store.run_hash(run).await.unwrap(), before);
}

#[tokio::test]
async fn a_folder_without_a_job_is_refused() {
    let world = World::new(1).await;
    let error = ingest_folder(&world.store, world.root.path(), now()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::BadJob { .. }), "{error}");
}

#[tokio::test]
async fn a_living_run_is_left_to_its_supervisor() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 1).await;
    let error = ingest_folder(&world.store, world.folder(run).path(), now()).await.unwrap_err();
    assert!(error.to_string().ends_with("the run is alive: its supervisor ingests it"), "{error}");
}
