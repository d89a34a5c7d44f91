//! How clients notice changes, and small things that a workspace keeps.

use serde_json::json;
use vitals_store::{Changes, DatasetRow, Role, Store, SupervisorRow};

use crate::world::{NOW, World, batch};

#[tokio::test]
async fn a_commit_elsewhere_moves_the_data_version() {
    let world = World::new().await;
    let run = world.run().await;
    let client = Store::open(world.database(), Role::Reader).await.unwrap();
    let mut watched = client.data_version().await.unwrap();
    assert!(!watched.moved().await.unwrap());
    world.store.ingest(run, 1, &batch(1, 0, 0, 2)).await.unwrap();
    assert!(watched.moved().await.unwrap());
    assert!(!watched.moved().await.unwrap());
    // Reading moves nothing.
    client.sweeps().await.unwrap();
    assert!(!watched.moved().await.unwrap());
    watched.close().await.unwrap();
}

#[tokio::test]
async fn changes_name_the_runs_that_changed() {
    let world = World::new().await;
    let (a, b) = (world.run().await, world.run().await);
    let start = world.store.changes_since(0).await.unwrap();
    assert_eq!(start.runs.iter().map(|r| r.0).collect::<Vec<_>>(), [a, b]);
    assert!(world.store.changes_since(start.revision).await.unwrap().is_empty(start.revision));

    let taken = world.store.ingest(a, 1, &batch(1, 0, 0, 2)).await.unwrap();
    let changes = world.store.changes_since(start.revision).await.unwrap();
    assert_eq!(
        changes,
        Changes { revision: taken.revision, runs: vec![(a, taken.revision)], removed: vec![] }
    );
    assert_eq!(world.store.run(a).await.unwrap().revision, taken.revision);

    world.store.remove_run(b).await.unwrap();
    let removed = world.store.changes_since(changes.revision).await.unwrap();
    assert_eq!((removed.runs.len(), removed.removed), (0, vec![b]));
    // A setting is a change of no run.
    let before = world.store.revision().await.unwrap();
    world.store.set_setting("theme", &"dark").await.unwrap();
    let changes = world.store.changes_since(before).await.unwrap();
    assert_eq!((changes.is_empty(before), changes.runs.len()), (false, 0));
}

#[tokio::test]
async fn settings_data_sets_and_the_supervisor_come_back() {
    let world = World::new().await;
    assert_eq!(world.store.setting::<String>("theme").await.unwrap(), None);
    world.store.set_setting("theme", &"light").await.unwrap();
    world.store.set_setting("theme", &"dark").await.unwrap();
    assert_eq!(world.store.setting::<String>("theme").await.unwrap().as_deref(), Some("dark"));
    assert!(world.store.setting::<u32>("theme").await.is_err());

    let mut dataset = DatasetRow {
        name: "cifar".to_owned(),
        path: "/data/cifar".to_owned(),
        fingerprint: "f".to_owned(),
        facts: json!({"images": 50_000}),
        builtin: false,
        problem: None,
        checked_at: NOW,
    };
    world.store.put_dataset(&dataset).await.unwrap();
    dataset.problem = Some("gone".to_owned());
    world.store.put_dataset(&dataset).await.unwrap();
    assert_eq!(world.store.datasets().await.unwrap(), [dataset.clone()]);
    assert_eq!(world.store.dataset("cifar").await.unwrap(), Some(dataset));
    assert!(world.store.remove_dataset("cifar").await.unwrap());
    assert!(!world.store.remove_dataset("cifar").await.unwrap());

    assert_eq!(world.store.supervisor().await.unwrap(), None);
    for seen_at in [NOW, NOW + 1] {
        let row = SupervisorRow { pid: 7, seen_at, status: json!({"slots": 2}) };
        world.store.put_supervisor(&row).await.unwrap();
        assert_eq!(world.store.supervisor().await.unwrap(), Some(row));
    }
}
