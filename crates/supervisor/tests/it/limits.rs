//! What a run may take: memory beside other runs, room on the disk; and settings that nobody can understand.

use rustix::process::Signal;
use serde_json::{Value, json};
use vitals_journal::{Column, Header, RunFolder, Writer, WriterOptions};
use vitals_run::{Command, RunState};
use vitals_store::{Role, RunId, Store};
use vitals_supervisor::{ingest_folder, settings};

use crate::harness::{World, now, until};

/// The problem in the supervisor's own words, once it says one.
async fn problem(world: &World) -> String {
    until("it says what it waits for", async || {
        world.store.supervisor().await.unwrap()?.status["problem"]["text"].as_str().map(str::to_owned)
    })
    .await
}

/// Whether the run was told to wait for memory.
async fn was_held(world: &World, run: RunId) -> bool {
    world
        .history(run)
        .await
        .iter()
        .any(|line| line.starts_with("queued: waits for memory on cpu: it needs about"))
}

#[tokio::test]
async fn runs_share_a_device_as_far_as_its_memory_goes() {
    let mut world = World::new(3).await;
    let first = world.queue("step_ms=1", 5, 0).await;
    world.supervise().await;
    world.state(first, RunState::Finished).await;
    let peak = world.store.host_peaks().await.unwrap()[0].bytes.unwrap();
    assert!(peak > 100_000, "{peak}");

    // Room for one of this size and a half.
    world.store.set_setting(settings::MEMORY_BYTES, &json!({ "cpu": peak + peak / 2 })).await.unwrap();
    world.ask_with(None, Command::PauseQueue, json!({})).await.unwrap();
    let (second, third) =
        (world.queue_seed("step_ms=5", 40, 0, 1).await, world.queue_seed("step_ms=5", 40, 0, 2).await);
    world.ask_with(None, Command::ResumeQueue, json!({})).await.unwrap();
    for run in [second, third] {
        world.state(run, RunState::Finished).await;
        world.no_hole_and_no_double_step(run, 40).await;
    }
    assert!(!was_held(&world, second).await && was_held(&world, third).await);
    let (second, third) = (world.run(second).await, world.run(third).await);
    assert!(third.started_at >= second.ended_at, "{:?} and {:?}", third.started_at, second.ended_at);

    // With room for two, two run at once.
    world.store.set_setting(settings::MEMORY_BYTES, &json!({ "cpu": 4 * peak })).await.unwrap();
    let pair = [
        world.queue_seed("step_ms=20", 5_000, 0, 3).await,
        world.queue_seed("step_ms=20", 5_000, 0, 4).await,
    ];
    until("both run", async || {
        for run in pair {
            (world.run(run).await.state == RunState::Running).then_some(())?;
        }
        Some(())
    })
    .await;
}

#[tokio::test]
async fn a_run_that_can_never_fit_is_refused_and_the_rest_goes_on() {
    let mut world = World::new(1).await;
    let first = world.queue("step_ms=1", 5, 0).await;
    world.supervise().await;
    world.state(first, RunState::Finished).await;
    let peak = world.store.host_peaks().await.unwrap()[0].bytes.unwrap();
    world.store.set_setting(settings::MEMORY_BYTES, &json!({ "cpu": peak / 2 })).await.unwrap();
    let large = world.queue_seed("step_ms=1", 5, 0, 1).await;
    let row = world.state(large, RunState::Failed).await;
    assert!(
        row.evidence.starts_with("not started: it needs about ") && row.evidence.contains("cpu has"),
        "{}",
        row.evidence
    );
    world.store.set_setting(settings::MEMORY_BYTES, &json!({})).await.unwrap();
    world.ask(large, Command::Retry).await.unwrap();
    world.state(large, RunState::Finished).await;
}

#[tokio::test]
async fn journals_beyond_their_limit_hold_the_queue_and_none_is_removed() {
    let mut world = World::new(1).await;
    let first = world.queue("step_ms=1", 20, 0).await;
    world.supervise().await;
    world.state(first, RunState::Finished).await;
    world.store.set_setting(settings::JOURNAL_LIMIT_BYTES, &1).await.unwrap();
    let waiting = world.queue_seed("step_ms=1", 20, 0, 1).await;
    let said = problem(&world).await;
    assert!(said.contains("`journal_limit_bytes`") && said.contains("raise the limit"), "{said}");
    assert_eq!(world.run(waiting).await.state, RunState::Queued);
    world.nothing_is_lost(first).await;
    world.store.set_setting(settings::JOURNAL_LIMIT_BYTES, &0).await.unwrap();
    world.state(waiting, RunState::Finished).await;
}

#[tokio::test]
async fn checkpoints_beyond_their_limit_go_but_for_the_last_of_each_run() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 50, 10).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    let kept = || async { world.store.kept_checkpoints().await.unwrap() };
    let before = kept().await;
    assert_eq!(before.iter().map(|checkpoint| checkpoint.step).collect::<Vec<_>>(), [10, 20, 30, 40, 50]);
    let total: u64 = before.iter().map(|checkpoint| checkpoint.size_bytes).sum();
    assert!(total > 0);
    world.store.set_setting(settings::CHECKPOINT_LIMIT_BYTES, &before[4].size_bytes).await.unwrap();
    until("the older ones are gone", async || (kept().await.len() == 1).then_some(())).await;
    let left = kept().await.remove(0);
    assert_eq!(left.step, 50);
    for checkpoint in &before {
        let there = world.folder(run).path().join(&checkpoint.path).exists();
        assert_eq!(there, checkpoint.step == 50, "{}", checkpoint.path);
    }
    // Not even the last fits: said, and held.
    world.store.set_setting(settings::CHECKPOINT_LIMIT_BYTES, &(left.size_bytes - 1)).await.unwrap();
    let said = problem(&world).await;
    assert!(said.contains("`checkpoint_limit_bytes`"), "{said}");
    assert_eq!(kept().await.len(), 1);
}

#[tokio::test]
async fn a_setting_that_nobody_understands_is_said_and_starts_nothing() {
    let mut world = World::new(1).await;
    world.store.set_setting(settings::SLURM, &json!({ "gpus": "many" })).await.unwrap();
    let run = world.queue("step_ms=1", 10, 0).await;
    world.supervise().await;
    let said = problem(&world).await;
    assert!(said.contains("`slurm`") && said.contains("vitals settings"), "{said}");
    assert_eq!(world.run(run).await.state, RunState::Queued);
    // Nor what the command line would refuse to write.
    for (name, wrong) in [
        ("partition", json!("gpu\n#SBATCH --exclusive")),
        ("conf", json!("slurm.conf")),
        ("extra", json!(["--mem=4G\nrm -rf ~"])),
    ] {
        world.store.set_setting(settings::SLURM, &json!({ "enabled": true, name: wrong })).await.unwrap();
        until("it says what is wrong", async || {
            let status = world.store.supervisor().await.unwrap()?.status;
            status["problem"]["text"].as_str()?.contains(&format!("slurm.{name}")).then_some(())
        })
        .await;
        assert_eq!(world.run(run).await.state, RunState::Queued);
    }
    world.store.set_setting(settings::SLURM, &Value::Object(Default::default())).await.unwrap();
    world.state(run, RunState::Finished).await;
}

/// A folder outside of the workspace that a record or a row calls a checkpoint.
struct Thesis(tempfile::TempDir);

impl Thesis {
    fn write() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("chapter.tex"), "years of work").unwrap();
        Self(folder)
    }

    fn path(&self) -> String {
        self.0.path().display().to_string()
    }

    fn is_whole(&self) -> bool {
        std::fs::read_to_string(self.0.path().join("chapter.tex")).is_ok_and(|text| text == "years of work")
    }
}

#[tokio::test]
async fn a_checkpoint_is_nowhere_but_in_its_place_whatever_a_journal_says() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 20, 20).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    world.end_supervisor(Signal::TERM).await;
    let thesis = Thesis::write();
    let journal = world.folder(run).journal(1);
    std::fs::remove_file(&journal).unwrap();
    let header = Header::new(run.to_string(), 1, 0, "2026-11-24T12:00:00Z");
    let writer = Writer::create(&journal, header, WriterOptions::default()).unwrap();
    let stream = writer.stream("step", vec![Column::f64("loss", "")]).unwrap();
    (0..20).for_each(|step| writer.row(stream, step, 0.0, &[1.0]).unwrap());
    let outside =
        [thesis.path(), format!("../../..{}", thesis.path()), "checkpoints/step-00000006".to_owned()];
    outside.iter().for_each(|path| writer.checkpoint(5, path).unwrap());
    writer.checkpoint(20, RunFolder::checkpoint_name(20)).unwrap();
    drop(writer);
    let store = Store::open(world.root.path().join("rebuilt.db"), Role::Writer).await.unwrap();
    ingest_folder(&store, world.folder(run).path(), now()).await.unwrap();
    let known: Vec<u64> = store.checkpoints(run).await.unwrap().iter().map(|one| one.step).collect();
    assert_eq!(known, [20]);
    let log = store.log_tail(run, 100).await.unwrap();
    for path in outside {
        let said = format!("the checkpoint of step 5 is left out: it is said to lie in {path:?}");
        assert!(log.iter().any(|line| line.text == said), "{said} not in {log:?}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_journal_of_another_run_or_attempt_is_not_taken_in() {
    let mut world = World::new(2).await;
    let runs = [world.queue("step_ms=1", 20, 0).await, world.queue_seed("step_ms=1", 20, 0, 1).await];
    world.supervise().await;
    for run in runs {
        world.state(run, RunState::Finished).await;
    }
    world.end_supervisor(Signal::TERM).await;
    let [own, other] = runs.map(|run| world.folder(run));
    let honest = std::fs::read(own.journal(1)).unwrap();
    let store = Store::open(world.root.path().join("rebuilt.db"), Role::Writer).await.unwrap();
    let refused = async || {
        let error = ingest_folder(&store, own.path(), now()).await.unwrap_err().to_string();
        assert!(store.run(runs[0]).await.is_err(), "nothing of it is taken");
        error
    };
    std::fs::copy(other.journal(1), own.journal(1)).unwrap();
    let said = refused().await;
    let expected = format!("attempt-0001/journal: this is the journal of attempt 1 of run {}", runs[1]);
    assert!(said.contains(&expected), "{said}");
    own.create_attempt(2).unwrap();
    std::fs::write(own.journal(1), &honest).unwrap();
    std::fs::write(own.journal(2), &honest).unwrap();
    let said = refused().await;
    assert!(
        said.contains(&format!("attempt-0002/journal: this is the journal of attempt 1 of run {}", runs[0])),
        "{said}"
    );
    std::fs::remove_dir_all(own.attempt_dir(2)).unwrap();
    assert_eq!(ingest_folder(&store, own.path(), now()).await.unwrap().rows, 40);
    store.close().await;
}

#[tokio::test]
async fn a_checkpoint_is_nowhere_but_in_its_place_whatever_a_database_says() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 20, 20).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    world.end_supervisor(Signal::TERM).await;
    let thesis = Thesis::write();
    world.store.close().await;
    let database = world.workspace().database();
    let forged = format!(
        "INSERT INTO checkpoints (run_num, attempt, step, path, size_bytes, superseded) \
         SELECT num, 1, 5, '{}', 13, 0 FROM runs WHERE id = '{run}'",
        thesis.path()
    );
    let script =
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); base.execute(sys.argv[2]); base.commit()";
    let mut python = std::process::Command::new("python3");
    let Ok(written) = python.args(["-c", script]).arg(&database).arg(forged).status() else {
        return vitals_fixtures::not_run("there is no python3 to forge a row with");
    };
    assert!(written.success());
    world.store = Store::open(&database, Role::Writer).await.unwrap();
    assert_eq!(world.store.kept_checkpoints().await.unwrap().len(), 1);
    world.store.set_setting(settings::CHECKPOINT_LIMIT_BYTES, &1).await.unwrap();
    world.supervise().await;
    // It has looked at the limit once it says that even the last one is beyond it.
    assert!(problem(&world).await.contains("`checkpoint_limit_bytes`"));
    let refused = world.ask_with(Some(run), Command::Rewind, json!({ "to_step": 5 })).await.unwrap_err();
    assert!(refused.contains("step 5"), "{refused}");
    assert!(thesis.is_whole());
}
