//! Several processes on one database, one of them killed: a commit is whole or absent, and a lock left behind by the
//! dead holds up nobody. The children are this test binary, started again with a path in the environment.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::Connection as _;
use vitals_store::{Role, RunId, SeriesQuery, Store, StoreError};

use crate::opening::{older_database, raw};
use crate::world::{World, batch};

const DATABASE: &str = "VITALS_STORE_TEST_DATABASE";
const RUN: &str = "VITALS_STORE_TEST_RUN";
/// Steps a batch in these tests.
const STEPS: u64 = 5;

fn child(test: &str, database: &Path, run: RunId) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(DATABASE, database)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Set only in a child.
fn task() -> Option<(PathBuf, RunId)> {
    let database = std::env::var_os(DATABASE)?;
    Some((database.into(), std::env::var(RUN).unwrap().parse().unwrap()))
}

/// In a child: ingests batch after batch from wherever the store is, and says what has been committed.
#[tokio::test]
async fn child_ingests_until_killed() {
    let Some((database, run)) = task() else { return };
    let store = Store::open(database, Role::Writer).await.unwrap();
    let mut step = store.attempts(run).await.unwrap().first().map_or(0, |a| a.journal_offset / 10);
    loop {
        store.ingest(run, 1, &batch(1, 0, step, step + STEPS)).await.unwrap();
        step += STEPS;
        println!("\ncommitted {step}");
    }
}

#[tokio::test]
async fn a_killed_ingest_is_whole_or_absent() {
    let world = World::new().await;
    let run = world.run().await;
    let mut acknowledged = 0;
    for round in 0..6 {
        let mut child = child("crash::child_ingests_until_killed", &world.database(), run);
        let output = BufReader::new(child.stdout.take().unwrap());
        // Killed after a different number of commits each round, somewhere inside the next one.
        let lines = output.lines().map_while(Result::ok).filter(|l| l.starts_with("committed"));
        let mut seen = 0;
        for line in lines {
            acknowledged = line["committed ".len()..].parse().unwrap();
            seen += 1;
            if seen == 3 + 5 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= 3 + 5 * round, "the child ended by itself");

        let offset = world.store.attempts(run).await.unwrap()[0].journal_offset;
        let steps = offset / 10;
        assert!(steps >= acknowledged, "{steps} steps in, {acknowledged} acknowledged");
        let series = world.store.series(run, &SeriesQuery::default()).await.unwrap();
        for metric in series.iter().filter(|s| s.stream == "step") {
            assert_eq!(metric.steps, (0..steps).collect::<Vec<_>>(), "{}", metric.name);
        }
        let row = world.store.run(run).await.unwrap();
        assert_eq!((row.steps_done, row.metrics["loss"].values), (steps, steps));
    }
    assert_eq!(world.store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
}

/// In a child: writes notes, each in a transaction of its own, as fast as it can.
#[tokio::test]
async fn child_writes_notes() {
    let Some((database, run)) = task() else { return };
    let store = Store::open(database, Role::Writer).await.unwrap();
    for n in 0..150 {
        store.tag_run(run, &[format!("{}-{n}", std::process::id())], &[]).await.unwrap();
    }
}

#[tokio::test]
async fn writers_of_several_processes_wait_for_each_other() {
    let world = World::new().await;
    let run = world.run().await;
    let before = world.store.revision().await.unwrap();
    let mut children: Vec<_> =
        (0..3).map(|_| child("crash::child_writes_notes", &world.database(), run)).collect();
    for step in (0..150 * STEPS).step_by(STEPS as usize) {
        world.store.ingest(run, 1, &batch(1, 0, step, step + STEPS)).await.unwrap();
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    // Each of the 600 transactions took exactly one revision.
    assert_eq!(world.store.revision().await.unwrap() - before, 600);
    let row = world.store.run(run).await.unwrap();
    assert_eq!((row.tags.len(), row.steps_done), (450, 150 * STEPS));
}

#[tokio::test]
async fn two_ingesters_cannot_both_take_a_batch() {
    let world = World::new().await;
    let run = world.run().await;
    let other = Store::open(world.database(), Role::Writer).await.unwrap();
    let first = batch(1, 0, 0, 10);
    let (a, b) = tokio::join!(world.store.ingest(run, 1, &first), other.ingest(run, 1, &first));
    let refused = [a, b].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(
        matches!(refused.as_slice(), [StoreError::OffsetMismatch { stored: 100, given: 0 }]),
        "{refused:?}"
    );
    assert_eq!(world.store.run(run).await.unwrap().steps_done, 10);
}

/// In a child: brings an older database to this version.
#[tokio::test]
async fn child_migrates() {
    let Some((database, _)) = task() else { return };
    Store::open(database, Role::Writer).await.unwrap().close().await;
}

#[tokio::test]
async fn a_migration_that_is_killed_is_whole_or_absent() {
    for moment in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vitals.db");
        older_database(&path, 4).await;
        let mut child = child("crash::child_migrates", &path, RunId::nil());
        // The instant of the kill: before, amid and behind the migrations.
        std::thread::sleep(Duration::from_millis(moment * 12));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path, Role::Writer).await.unwrap();
        assert_eq!(store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
        assert_eq!(store.sweeps().await.unwrap().len(), 1, "killed after {moment} times 12 ms");
        store.close().await;
    }
}

/// In a child: changes a database that has no write-ahead log, more than the cache holds, and is gone amid it.
#[tokio::test]
async fn child_dies_amid_a_change() {
    let Some((database, _)) = task() else { return };
    let mut connection = raw(&database).await;
    let change = "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;
         UPDATE sweeps SET name = 'Half'; CREATE TABLE large (bytes BLOB);
         INSERT INTO large WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         SELECT randomblob(4000) FROM n;";
    sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
    std::process::abort();
}

#[tokio::test]
async fn a_change_that_was_cut_off_is_taken_back_by_whoever_opens_it_next() {
    for role in [Role::Writer, Role::WriterWherePossible, Role::Reader] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vitals.db");
        match role {
            Role::Reader => {
                let store = Store::open(&path, Role::Writer).await.unwrap();
                store.close().await;
                let mut connection = raw(&path).await;
                let sweep = "INSERT INTO sweeps VALUES (1, '01890000-0000-7000-8000-000000000000', 'a.toml', 'Old', 1, 1);
                     INSERT INTO sweep_revisions VALUES (1, 1, 'hash', 'Old', 'text', 1);";
                sqlx::raw_sql(sweep).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            _ => older_database(&path, 4).await,
        }
        let ended = child("crash::child_dies_amid_a_change", &path, RunId::nil()).wait().unwrap();
        assert!(!ended.success());
        let left = std::fs::metadata(folder.path().join("vitals.db-journal")).unwrap();
        assert!(left.len() > 0, "it was cut off amid its change");
        let store = Store::open(&path, role).await.unwrap();
        let sweeps = store.sweeps().await.unwrap();
        assert_eq!((sweeps.len(), sweeps[0].name.as_str()), (1, "Old"), "{role:?}");
        assert_eq!(store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
        store.close().await;
    }
}
