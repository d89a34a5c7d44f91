//! Databases and journals that do not belong to the same moment, and journals that somebody damaged or made to do harm: what is
//! sound is in the store, the store holds what the journals hold, and nothing ends but by an error.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use vitals_journal::{Column, Header, Level, Writer, WriterOptions};
use vitals_run::RunState;
use vitals_store::{Role, RunId, Store};
use vitals_supervisor::ingest_folder;

use crate::harness::{World, now, until};

/// What is put in the places of the database's files: the database, its log, the log's index.
type Files = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

fn put(database: &Path, (whole, log, index): &Files) {
    fs::write(database, whole).unwrap();
    for (ending, bytes) in [("-wal", log), ("-shm", index)] {
        let path = format!("{}{ending}", database.display());
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => drop(fs::remove_file(path)),
        }
    }
}

#[tokio::test]
async fn an_old_or_damaged_database_beside_newer_journals_catches_up() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=2", 600, 100).await;
    world.supervise().await;
    world.steps(run, 100).await;
    world.end_supervisor(Signal::KILL).await;
    world.store.fold_log().await.unwrap();
    let database = world.workspace().database();
    let log = database.with_extension("db-wal");
    let old = fs::read(&database).unwrap();
    world.supervise().await;
    world.steps(run, 300).await;
    world.end_supervisor(Signal::KILL).await;
    let (newer, log) = (fs::read(&database).unwrap(), fs::read(log).unwrap());
    until("the worker ends", async || world.folder(run).exit(1).exists().then_some(())).await;
    world.store.close().await;

    let mut zeroed = log.clone();
    let tail = zeroed.len() / 3 * 2;
    zeroed[tail..].fill(0);
    let elsewhere = tempfile::tempdir().unwrap();
    let variants: [(&str, Files); 6] = [
        ("the old database", (old, None, None)),
        ("without its log", (newer.clone(), None, None)),
        ("its log cut", (newer.clone(), Some(log[..log.len() / 2].to_vec()), None)),
        ("the log's tail zeroed", (newer.clone(), Some(zeroed), None)),
        ("an index of something else", (newer.clone(), Some(log.clone()), Some(vec![0x5a; 32768]))),
        ("a link elsewhere", (newer, Some(log), None)),
    ];
    for (what, files) in variants {
        let target = if what.contains("link") { elsewhere.path().join("kept.db") } else { database.clone() };
        put(&database, &(Vec::new(), None, None));
        put(&target, &files);
        if target != database {
            fs::remove_file(&database).unwrap();
            std::os::unix::fs::symlink(&target, &database).unwrap();
        }
        world.store = Store::open(&database, Role::Writer).await.unwrap();
        world.supervise().await;
        let row = world.state(run, RunState::Finished).await;
        assert_eq!((row.steps_done, row.evidence.as_str()), (600, "exit 0"), "{what}");
        world.nothing_is_lost(run).await;
        world.end_supervisor(Signal::TERM).await;
        world.store.close().await;
    }
    world.store = Store::open(&database, Role::Writer).await.unwrap();
    world.no_hole_and_no_double_step(run, 600).await;
}

/// A run that has ended, with nobody who looks after it any more.
async fn ended_run(world: &mut World) -> RunId {
    let run = world.queue("step_ms=1", 300, 0).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    world.end_supervisor(Signal::TERM).await;
    run
}

/// What a new database makes of the run's folder is what its journal holds: how many values that is.
async fn ingested(world: &World, run: RunId, what: &str) -> u64 {
    let folder = world.folder(run);
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path().join("vitals.db"), Role::Writer).await.unwrap();
    let check = vitals_journal::check(folder.path()).unwrap();
    ingest_folder(&store, folder.path(), now()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let stored = store.run_sum(run).await.unwrap();
    assert_eq!((stored.values, stored.sha256), (check.values, check.sha256), "{what}");
    check.values
}

#[tokio::test]
async fn damage_of_a_journal_costs_its_own_records() {
    type Damage = fn(&mut Vec<u8>);
    let mut world = World::new(1).await;
    let run = ended_run(&mut world).await;
    let journal = world.folder(run).journal(1);
    let whole = fs::read(&journal).unwrap();
    let all = ingested(&world, run, "whole").await;
    let damages: [(&str, Damage); 7] = [
        ("its tail zeroed", |bytes| {
            let at = bytes.len() - 700;
            bytes[at..].fill(0);
        }),
        ("zeros behind it", |bytes| bytes.extend([0; 5000])),
        ("one byte cut", |bytes| bytes.truncate(bytes.len() - 1)),
        ("4 KiB cut", |bytes| bytes.truncate(bytes.len() - 4096)),
        ("other bytes behind it", |bytes| bytes.extend((0..3000_u32).map(|n| (n * 131 % 251) as u8))),
        ("zeros amid it", |bytes| {
            let half = bytes.len() / 2;
            bytes[half..half + 700].fill(0);
        }),
        ("twice", |bytes| bytes.extend_from_within(..)),
    ];
    for (what, damage) in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(&journal, bytes).unwrap();
        let kept = ingested(&world, run, what).await;
        assert!(kept > all / 2, "{what}: {kept} of {all} values");
    }
}

#[tokio::test]
async fn a_journal_that_was_made_to_do_harm_is_read_in_bounds() {
    type Harm = fn(&Writer) -> vitals_journal::Result<()>;
    let mut world = World::new(1).await;
    let run = ended_run(&mut world).await;
    let journal = world.folder(run).journal(1);
    let whole = fs::read(&journal).unwrap();
    let harms: [(&str, Harm); 5] = [
        ("20,000 columns", |writer| {
            let columns = (0..20_000).map(|n| Column::f32(format!("c{n}"), "")).collect();
            let stream = writer.stream("wide", columns)?;
            writer.row(stream, 0, 0.0, &vec![1.0; 20_000])
        }),
        ("1,000 streams", |writer| {
            (0..1000).try_for_each(|n| {
                let stream = writer.stream(&format!("s{n}"), vec![Column::f32("loss", "")])?;
                writer.row(stream, n, 0.0, &[1.0])
            })
        }),
        ("a line of 8 MiB", |writer| writer.log(Level::Info, "x".repeat(8 << 20))),
        ("times that are none", |writer| {
            let stream = writer.stream("step", vec![Column::f64("loss", "")])?;
            let times = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX];
            (0..).zip(times).try_for_each(|(step, time)| writer.row(stream, step, time, &[f64::NAN]))
        }),
        ("far steps", |writer| {
            let stream = writer.stream("step", vec![Column::f64("loss", "")])?;
            [0, 1 << 40, 1 << 62].into_iter().try_for_each(|step| writer.row(stream, step, 0.0, &[1.0]))
        }),
    ];
    for (what, harm) in harms {
        fs::remove_file(&journal).unwrap();
        let header = Header::new(run.to_string(), 1, 0, "-009999-01-01T00:00:00Z");
        let writer = Writer::create(&journal, header, WriterOptions::default()).unwrap();
        harm(&writer).unwrap();
        drop(writer);
        ingested(&world, run, what).await;
    }
    // Lengths that no memory has.
    for length in [u64::MAX, 1 << 63, 1 << 40] {
        let mut bytes = whole.clone();
        bytes.extend(length.to_le_bytes());
        bytes.extend([7; 64]);
        fs::write(&journal, bytes).unwrap();
        ingested(&world, run, "a length").await;
    }
}
