//! A deleted database is rebuilt from the run folders.

use serde_json::json;
use vitals_run::{Command, Evidence, JobError, RunState};
use vitals_store::{MetricChoice, NewRun, NewSweep, Role, RunSelection, Store};
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
async fn a_rebuilt_run_knows_its_sweep_its_label_and_its_axes() {
    let mut world = World::new(1).await;
    // A run of the stand-in's making, put into a sweep.
    let template = world.queue("step_ms=1", 20, 0).await;
    let template = world.run(template).await;
    let text = NewSweep {
        source: Some("rates.toml".to_owned()),
        name: "Rates".to_owned(),
        text: "format = 1\n# two rates\n".to_owned(),
        hash: "of the text".to_owned(),
    };
    let added = world.store.add_sweep(&text, now()).await.unwrap();
    let with_seed = |seed: u64| {
        let mut recipe = template.parameters().unwrap();
        recipe.insert("seed".to_owned(), json!(seed));
        recipe.into()
    };
    let run = |seed: u64| NewRun {
        id: None,
        point: template.trained().unwrap().point.clone(),
        seed,
        recipe: with_seed(seed),
        probed: None,
        axes: [("base_learning_rate".to_owned(), json!(1e-4))].into(),
        label: format!("lr1e-4-s{seed}"),
        priority: 0,
        total_steps: Some(20),
        state: RunState::Queued,
        evidence: Evidence::said("queued by a test").into(),
    };
    let sweep = Some((added.id, added.revision));
    let runs = world.store.insert_runs(sweep, &[run(0), run(1)], now()).await.unwrap().added;
    world.supervise().await;
    for run in &runs {
        world.state(*run, RunState::Finished).await;
    }

    let rebuilt = |name: &str| {
        let path = world.root.path().join(name);
        async move { Store::open(&path, Role::Writer).await.unwrap() }
    };
    let store = rebuilt("rebuilt.db").await;
    for run in &runs {
        ingest_folder(&store, world.folder(*run).path(), now()).await.unwrap();
    }
    for id in &runs {
        let (before, after) = (world.run(*id).await, store.run(*id).await.unwrap());
        assert_eq!(
            (after.sweep, after.sweep_name, after.sweep_revision),
            (Some(added.id), Some("Rates".to_owned()), Some(1))
        );
        assert_eq!((after.label, after.axes), (before.label, before.axes));
    }
    let texts = store.sweep_revisions(added.id).await.unwrap();
    assert_eq!((texts.len(), texts[0].text.as_str()), (1, text.text.as_str()));
    // Adding the file again finds its sweep, and nothing is missing.
    assert!(!store.add_sweep(&text, now()).await.unwrap().is_new);
    assert_eq!(store.insert_runs(sweep, &[run(0), run(1)], now()).await.unwrap().existing, runs);

    // Where the sweep was started again first, the folder's run comes back beside the new one and loses nothing.
    let store = rebuilt("started-again.db").await;
    let again = store.add_sweep(&text, now()).await.unwrap();
    store.insert_runs(Some((again.id, 1)), &[run(0)], now()).await.unwrap();
    for run in &runs {
        assert!(ingest_folder(&store, world.folder(*run).path(), now()).await.unwrap().added);
    }
    let (beside, within) = (store.run(runs[0]).await.unwrap(), store.run(runs[1]).await.unwrap());
    assert_eq!((beside.sweep, beside.label.as_str()), (None, "lr1e-4-s0"));
    assert_eq!(within.sweep, Some(again.id), "the sweep of the same file, under its new id");
}

#[tokio::test]
async fn a_folder_without_a_job_is_refused() {
    let world = World::new(1).await;
    let error = ingest_folder(&world.store, world.root.path(), now()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Job(JobError::Io { .. })), "{error}");
}

/// It used to be read as if nothing had changed: whatever the newer version added was lost without a word.
#[tokio::test]
async fn a_job_of_a_newer_version_is_refused_and_nothing_is_stored() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 20, 0).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    let folder = world.folder(run);
    let text = std::fs::read_to_string(folder.job()).unwrap();
    let newer = text.replacen("\"format\": 2", "\"format\": 3", 1);
    assert_ne!(newer, text);
    std::fs::write(folder.job(), newer).unwrap();
    let store = Store::open(world.root.path().join("other.db"), Role::Writer).await.unwrap();
    let error = ingest_folder(&store, folder.path(), now()).await.unwrap_err();
    assert!(error.to_string().ends_with("update Vitals"), "{error}");
    assert_eq!(store.runs(&RunSelection::All, &MetricChoice::None).await.unwrap(), []);
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

#[tokio::test]
async fn a_workspace_of_any_name_trains_to_the_end() {
    for name in ["new\nline ", "\"two\" 'kinds' ", "100 %s %n ", "모델 ", "--help ", "$HOME `id` ;& "] {
        let mut world = World::named(name, 1).await;
        let run = world.queue("step_ms=1", 60, 20).await;
        world.supervise().await;
        let row = world.state(run, RunState::Finished).await;
        assert_eq!(row.evidence, "exit 0", "{name:?}");
        world.nothing_is_lost(run).await;
    }
}

#[tokio::test]
async fn a_run_that_has_no_attempt_left_is_not_started_and_the_others_are() {
    let mut world = World::new(1).await;
    let run = world.queue("exit_at=2&exit_code=4", 10, 0).await;
    world.supervise().await;
    world.state(run, RunState::Failed).await;
    let last = world.folder(run).create_attempt(9999).unwrap();
    std::fs::copy(world.folder(run).journal(1), last.join("journal")).unwrap();
    world.ask(run, Command::Retry).await.unwrap();
    let row = world.row_when(run, "be refused", |row| row.evidence.contains("9999")).await;
    assert_eq!(row.state, RunState::Failed);
    let other = world.queue_seed("step_ms=1", 10, 0, 1).await;
    world.state(other, RunState::Finished).await;
}
