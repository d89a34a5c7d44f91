//! Sweeps, filling the gaps, lists, ids.

use vitals_run::{Evidence, RunState};
use vitals_store::{MetricChoice, NewSweep, Probed, RunId, RunSelection, SeriesQuery, StoreError};

use crate::world::{NOW, World, batch, new_run};

fn sweep(source: Option<&str>, text: &str) -> NewSweep {
    NewSweep {
        source: source.map(str::to_owned),
        name: format!("name of {text}"),
        text: text.to_owned(),
        hash: format!("hash of {text}"),
    }
}

#[tokio::test]
async fn the_same_text_is_the_same_sweep_and_changed_text_its_next_revision() {
    let world = World::new().await;
    let add = async |source, text| world.store.add_sweep(&sweep(source, text), NOW).await.unwrap();
    let first = add(Some("a.toml"), "one").await;
    assert_eq!((first.revision, first.is_new), (1, true));
    let again = add(Some("a.toml"), "one").await;
    assert_eq!((again.id, again.revision, again.is_new), (first.id, 1, false));
    let elsewhere = add(None, "one").await;
    assert_eq!((elsewhere.id, elsewhere.is_new), (first.id, false));
    let changed = add(Some("a.toml"), "two").await;
    assert_eq!((changed.id, changed.revision, changed.is_new), (first.id, 2, true));
    // Back to the old text: a revision of its own, for the history is what it is.
    let back = add(Some("a.toml"), "one").await;
    assert_eq!((back.id, back.revision), (first.id, 3));
    let other = add(Some("b.toml"), "three").await;
    assert_ne!(other.id, first.id);

    let listed = world.store.sweeps().await.unwrap();
    let names: Vec<_> = listed.iter().map(|s| (s.name.as_str(), s.newest)).collect();
    assert_eq!(names, [("name of three", 1), ("name of one", 3)]);
    let texts: Vec<_> =
        world.store.sweep_revisions(first.id).await.unwrap().into_iter().map(|r| r.text).collect();
    assert_eq!(texts, ["one", "two", "one"]);
}

#[tokio::test]
async fn filling_the_gaps_twice_adds_nothing() {
    let world = World::new().await;
    let sweep_id = world.store.add_sweep(&sweep(Some("a.toml"), "one"), NOW).await.unwrap().id;
    let grid = |points: &[&str], seeds: u64| {
        points.iter().flat_map(|p| (0..seeds).map(|s| new_run(p, s))).collect::<Vec<_>>()
    };
    let first = world.store.insert_runs(Some((sweep_id, 1)), &grid(&["a", "b"], 2), NOW).await.unwrap();
    assert_eq!((first.added.len(), first.existing.len()), (4, 0));
    let again = world.store.insert_runs(Some((sweep_id, 1)), &grid(&["a", "b"], 2), NOW).await.unwrap();
    assert_eq!((again.added.len(), &again.existing), (0, &first.added));
    // The next revision has one more point and one more seed.
    let grown = world.store.insert_runs(Some((sweep_id, 2)), &grid(&["a", "b", "c"], 3), NOW).await.unwrap();
    assert_eq!((grown.added.len(), grown.existing.len()), (5, 4));
    // Another sweep has its own runs.
    let other = world.store.add_sweep(&sweep(Some("b.toml"), "two"), NOW).await.unwrap().id;
    let others = world.store.insert_runs(Some((other, 1)), &grid(&["a"], 1), NOW).await.unwrap();
    assert_eq!(others.added.len(), 1);

    // A removed run is missing again.
    world.store.remove_run(first.added[0]).await.unwrap();
    let refilled =
        world.store.insert_runs(Some((sweep_id, 2)), &grid(&["a", "b", "c"], 3), NOW).await.unwrap();
    assert_eq!((refilled.added.len(), refilled.existing.len()), (1, 8));

    let row = world.store.sweep(sweep_id).await.unwrap();
    assert_eq!((row.counts.runs, &row.counts.by_state), (9, &[(RunState::Queued, 9)].into()));
    let listed = world.store.runs(&RunSelection::Sweep(sweep_id), &MetricChoice::None).await.unwrap();
    assert_eq!(listed.len(), 9);
    assert!(
        listed.iter().all(|r| r.sweep == Some(sweep_id) && r.sweep_name.as_deref() == Some("name of one"))
    );

    // Its runs survive a sweep.
    world.store.remove_sweep(sweep_id).await.unwrap();
    let left = world.store.runs(&RunSelection::All, &MetricChoice::None).await.unwrap();
    assert_eq!((left.len(), left.iter().filter(|r| r.sweep.is_none()).count()), (10, 9));
}

#[tokio::test]
async fn large_seeds_and_odd_names_survive() {
    let world = World::new().await;
    let mut run = new_run("p", u64::MAX);
    run.label = "학습률 1e-4; DROP TABLE runs; '\u{0}\"".to_owned();
    let id = world.store.insert_runs(None, &[run.clone()], NOW).await.unwrap().added[0];
    world.store.set_note(id, "a note, 메모").await.unwrap();
    let row = world.store.run(id).await.unwrap();
    let seed = row.trained().unwrap().seed;
    assert_eq!((seed, &row.label, row.note.as_str()), (u64::MAX, &run.label, "a note, 메모"));
    assert_eq!(row.parameters().unwrap()["dataset"], "fashion-mnist");
    assert_eq!(row.axes, run.axes);
}

#[tokio::test]
async fn ids_may_be_shortened_while_they_are_unambiguous() {
    let world = World::new().await;
    let ids = ["01890000-0000-7000-8000-00000000000a", "01890000-0000-7000-8000-0000000000b0"];
    for id in ids {
        let run = vitals_store::NewRun { id: Some(id.parse().unwrap()), ..new_run(id, 0) };
        world.store.insert_runs(None, &[run], NOW).await.unwrap();
    }
    let resolve = async |prefix: &str| world.store.resolve_run(prefix).await;
    assert_eq!(resolve(ids[0]).await.unwrap().to_string(), ids[0]);
    assert_eq!(resolve("01890000-0000-7000-8000-0000000000B").await.unwrap().to_string(), ids[1]);
    assert_eq!(resolve("000b0").await.unwrap().to_string(), ids[1]);
    let ambiguous = resolve("0189").await.unwrap_err();
    assert!(matches!(&ambiguous, StoreError::Ambiguous { matches, .. } if matches == &ids), "{ambiguous}");
    for unknown in ["0188", "", "zzz", "01890000-0000-7000-8000-00000000000a0"] {
        let refused = resolve(unknown).await.unwrap_err();
        assert!(matches!(refused, StoreError::UnknownRun { .. }), "{unknown:?}: {refused}");
    }
}

#[tokio::test]
async fn probes_are_found_by_what_they_judge_and_outlive_it() {
    let world = World::new().await;
    let judged = world.run().await;
    let mut probes = Vec::new();
    for step in [Some(40), None] {
        let probed = Some(Probed { run: judged, step });
        let run = vitals_store::NewRun { probed, ..new_run("probe", 0) };
        probes.push(world.store.insert_runs(None, &[run], NOW).await.unwrap().added[0]);
    }
    let of_judged = RunSelection::ProbesOf(judged);
    let found = world.store.runs(&of_judged, &MetricChoice::None).await.unwrap();
    let found: Vec<_> = found.iter().map(|row| (row.id, row.probed.unwrap().step)).collect();
    assert_eq!(found, [(probes[1], None), (probes[0], Some(40))], "the newest first");
    assert_eq!(world.store.run(judged).await.unwrap().probed, None);
    world.store.remove_run(judged).await.unwrap();
    assert_eq!(world.store.runs(&of_judged, &MetricChoice::None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_removed_run_takes_everything_along() {
    let world = World::new().await;
    let (run, other) = (world.run().await, world.run().await);
    for run in [run, other] {
        world.store.ingest(run, 1, &batch(1, 0, 0, 10)).await.unwrap();
        world.store.tag_run(run, &["t".to_owned()], &[]).await.unwrap();
    }
    world.store.remove_run(run).await.unwrap();
    let gone = world.store.series(run, &SeriesQuery::default()).await.unwrap_err();
    assert!(matches!(gone, StoreError::UnknownRun { .. }));
    let whole = world.store.check_integrity(true).await.unwrap();
    assert_eq!((whole.row_groups, whole.problems.len()), (1, 0));
    assert_eq!(world.store.run(other).await.unwrap().steps_done, 10);
    assert_eq!(world.store.tags().await.unwrap(), [("t".to_owned(), 1)]);
}

#[tokio::test]
async fn lists_choose_runs_and_metrics() {
    let world = World::new().await;
    let (a, b) = (world.run().await, world.run().await);
    world.store.ingest(a, 1, &batch(1, 0, 0, 3)).await.unwrap();
    world.store.set_state(b, RunState::Failed, Evidence::said("signal 9"), NOW).await.unwrap();
    let ids = async |selection| {
        let rows = world.store.runs(&selection, &MetricChoice::None).await.unwrap();
        rows.into_iter().map(|r| r.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(RunSelection::All).await, [b, a]);
    assert_eq!(ids(RunSelection::Newest { skipped: 0, count: 1 }).await, [b]);
    assert_eq!(ids(RunSelection::Newest { skipped: 1, count: u64::MAX }).await, [a]);
    assert_eq!(world.store.known_runs(&[a, RunId::nil()]).await.unwrap(), [a].into());
    assert_eq!(ids(RunSelection::States(vec![RunState::Failed, RunState::Lost])).await, [b]);
    assert_eq!(ids(RunSelection::Ids(vec![a])).await, [a]);
    assert!(ids(RunSelection::Ids(Vec::new())).await.is_empty());
    let changed = RunSelection::ChangedSince(world.store.revision().await.unwrap() - 1);
    assert_eq!(ids(changed).await, [b]);
    let metrics = async |choice| {
        let rows = world.store.runs(&RunSelection::Ids(vec![a]), &choice).await.unwrap();
        rows[0].metrics.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(metrics(MetricChoice::Plain).await, ["learning_rate", "loss"]);
    assert_eq!(metrics(MetricChoice::Named(vec!["loss".to_owned()])).await, ["loss"]);
    assert_eq!(metrics(MetricChoice::None).await, Vec::<String>::new());
    assert_eq!(
        world.store.count_runs().await.unwrap(),
        [(RunState::Starting, 1), (RunState::Failed, 1)].into()
    );
}
