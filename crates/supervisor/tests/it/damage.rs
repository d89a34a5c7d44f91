//! Journals that are damaged, or told strangely, while their worker lives: what is good is in the store as it comes, what is
//! not is said where people look, and the run goes on.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use rustix::process::Signal;
use vitals_journal::{ReadOutcome, Reader, Record};
use vitals_run::{Command, RunState};
use vitals_store::{RunId, Series, SeriesQuery};

use crate::harness::{World, until};

/// Long enough for whatever a busy machine does meanwhile.
const STEPS: u64 = 100_000;

/// The places of a journal's rows from some offset on: first byte, and the byte behind.
fn rows(world: &World, run: RunId, from: u64) -> Vec<(u64, u64)> {
    let mut reader = Reader::open(&world.folder(run).journal(1), from).unwrap();
    let mut found = Vec::new();
    while let ReadOutcome::Record { offset, offset_after, record } = reader.next().unwrap() {
        if matches!(record, Record::Row(_)) {
            found.push((offset, offset_after));
        }
    }
    found
}

/// Changes one byte of a journal, as a failing disk does.
fn flip(world: &World, run: RunId, at: u64) {
    let file = File::options().read(true).write(true).open(world.folder(run).journal(1)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

async fn series(world: &World, run: RunId, name: &str) -> Series {
    let query = SeriesQuery { names: vec![name.to_owned()], ..SeriesQuery::default() };
    world.store.series(run, &query).await.unwrap().remove(0)
}

/// The lines of a run's log that hold some words, once there is one.
async fn said(world: &World, run: RunId, words: &str) -> Vec<String> {
    until("the log says it", async || {
        let log = world.store.log_tail(run, 200).await.unwrap();
        let lines: Vec<String> =
            log.into_iter().map(|line| line.text).filter(|text| text.contains(words)).collect();
        (!lines.is_empty()).then_some(lines)
    })
    .await
}

/// Records that no supervisor has read yet, of a run whose worker lives. Where the first of them begin.
async fn unread(world: &mut World, run: RunId) -> Vec<(u64, u64)> {
    world.supervise().await;
    world.steps(run, 20).await;
    world.end_supervisor(Signal::KILL).await;
    let read = world.store.attempts(run).await.unwrap()[0].journal_offset;
    until("the worker writes on", async || Some(rows(world, run, read)).filter(|rows| rows.len() >= 40)).await
}

#[tokio::test]
async fn a_byte_that_flips_under_a_living_run_costs_one_record() {
    let checksum = "a record whose checksum does not hold".to_owned();
    costs_one_record(|(_, behind)| behind - 6, |_| checksum).await;
}

#[tokio::test]
async fn so_does_a_length_that_flips() {
    let told =
        |(start, behind)| format!("a record whose length is damaged: {} bytes are left out", behind - start);
    costs_one_record(|(start, _)| start + 1, told).await;
}

async fn costs_one_record(place: impl FnOnce((u64, u64)) -> u64, told: impl FnOnce((u64, u64)) -> String) {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", STEPS, 0).await;
    let unread = unread(&mut world, run).await;
    flip(&world, run, place(unread[10]));
    world.supervise().await;
    let lines = said(&world, run, "damaged at byte").await;
    assert_eq!(lines, [format!("the journal is damaged at byte {}: {}", unread[10].0, told(unread[10]))]);
    let later = world.run(run).await.steps_done + 20;
    let row = world.steps(run, later).await;
    assert_eq!((row.state, row.attempt), (RunState::Running, 1), "{}", row.evidence);
    world.ask(run, Command::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    let rows = series(&world, run, "loss").await.steps.len()
        + series(&world, run, "grad_norm/blocks.0").await.steps.len();
    let check = vitals_journal::check(world.folder(run).path()).unwrap();
    let last = world.run(run).await.steps_done as usize;
    assert_eq!((rows, check.corrupt_records), (2 * last - 1, 1));
}

#[tokio::test]
async fn half_a_record_is_waited_for_while_the_worker_lives_and_said_when_it_is_dead() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", STEPS, 0).await;
    let unread = unread(&mut world, run).await;
    world.kill(run, 1, "worker", Signal::STOP).await;
    let path = world.folder(run).journal(1);
    let whole = std::fs::read(&path).unwrap();
    let (first, behind) = unread[0];
    let half = usize::try_from(first).unwrap()..usize::try_from(behind - 9).unwrap();
    File::options().append(true).open(&path).unwrap().write_all(&whole[half.clone()]).unwrap();
    world.supervise().await;
    let all = u64::try_from(whole.len()).unwrap();
    until("all whole records are read", async || {
        (world.store.attempts(run).await.unwrap()[0].journal_offset == all).then_some(())
    })
    .await;
    let log = world.store.log_tail(run, 200).await.unwrap();
    assert!(!log.iter().any(|line| line.text.contains("torn")), "it may still come");
    world.kill(run, 1, "worker", Signal::KILL).await;
    world.state(run, RunState::Failed).await;
    let lines = said(&world, run, "torn").await;
    assert_eq!(
        lines,
        [format!("the journal's last record is torn: {} bytes at its end are left out", half.len())]
    );
    let loss = series(&world, run, "loss").await;
    assert_eq!(loss.steps, (0..loss.steps.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_on_is_said_and_its_run_is_still_watched() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", STEPS, 0).await;
    unread(&mut world, run).await;
    // Shorter than what was read of it: where to go on is lost.
    let read = world.store.attempts(run).await.unwrap()[0].journal_offset;
    File::options().write(true).open(world.folder(run).journal(1)).unwrap().set_len(read / 2).unwrap();
    world.supervise().await;
    let row = world.row_when(run, "say so", |row| row.evidence.contains("cannot be read on")).await;
    assert_eq!(row.state, RunState::Running);
    assert!(series(&world, run, "loss").await.steps.len() >= 20, "what was read is kept");
    world.ask(run, Command::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
}

#[tokio::test]
async fn rows_out_of_order_and_a_column_added_midway_arrive_as_they_come() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=2&late_at=60&widen_at=80", STEPS, 0).await;
    world.supervise().await;
    world.steps(run, 120).await;
    let row = world.run(run).await;
    assert_eq!(row.state, RunState::Running, "{}", row.evidence);
    // Once where they came in one batch.
    let count = |line: &String| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    let late = said(&world, run, "rows of `step` came out of order").await;
    assert_eq!(late.iter().map(count).sum::<u64>(), 5, "{late:?}");
    assert!(late[0].contains("the first of step 50 behind step 59"), "{late:?}");
    let loss = series(&world, run, "loss").await;
    assert!(loss.steps.is_sorted());
    assert_eq!(loss.values.iter().filter(|value| **value == -1.0).count(), 5, "none of them is lost");
    // The metric goes on in the new stream; the new column begins there.
    let query = SeriesQuery {
        names: ["grad_norm/blocks.4", "grad_norm/blocks.5"].map(str::to_owned).to_vec(),
        ..SeriesQuery::default()
    };
    let found = world.store.series(run, &query).await.unwrap();
    let steps = |name: &str| -> Vec<u64> {
        found.iter().filter(|one| one.name == name).flat_map(|one| one.steps.clone()).collect()
    };
    let (old, new) = (steps("grad_norm/blocks.4"), steps("grad_norm/blocks.5"));
    assert_eq!(old, (0..old.len() as u64).collect::<Vec<_>>());
    assert_eq!(new, (80..80 + new.len() as u64).collect::<Vec<_>>());
    assert!(new.len() >= 40);
    world.ask(run, Command::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    world.nothing_is_lost(run).await;
}
