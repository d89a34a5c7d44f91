//! The queue's order.

use vitals_run::{Evidence, RunState};
use vitals_store::{MetricChoice, RunSelection, StoreError};

use crate::world::{NOW, World, new_run};

async fn order(world: &World) -> String {
    let rows = world.store.runs(&RunSelection::All, &MetricChoice::None).await.unwrap();
    let queue = world.store.queue().await.unwrap();
    let labels = queue.iter().enumerate().map(|(position, queued)| {
        let row = rows.iter().find(|r| r.id == queued.run).unwrap();
        assert_eq!(row.queue_position, Some(u32::try_from(position).unwrap()));
        row.trained().unwrap().point.clone()
    });
    labels.collect()
}

#[tokio::test]
async fn priority_then_turn_then_as_moved() {
    let world = World::new().await;
    let runs: Vec<_> = ["a", "b", "c", "d"].iter().map(|p| new_run(p, 0)).collect();
    let ids = world.store.insert_runs(None, &runs, NOW).await.unwrap().added;
    assert_eq!(order(&world).await, "abcd");
    world.store.set_priority(ids[2], 5).await.unwrap();
    assert_eq!(order(&world).await, "cabd");
    // Taking a place takes its priority too, or the move would not show.
    world.store.move_in_queue(ids[3], 0).await.unwrap();
    assert_eq!(order(&world).await, "dcab");
    world.store.move_in_queue(ids[2], 99).await.unwrap();
    assert_eq!(order(&world).await, "dabc");
    world.store.move_in_queue(ids[1], 1).await.unwrap();
    assert_eq!(order(&world).await, "dbac");

    world.store.set_state(ids[3], RunState::Starting, Evidence::said("slot free"), NOW).await.unwrap();
    assert_eq!(order(&world).await, "bac");
    let refused = world.store.move_in_queue(ids[3], 0).await.unwrap_err();
    assert!(matches!(refused, StoreError::IllegalTransition { .. }), "{refused}");
    // Back in the queue: at its end within its priority.
    world.store.set_priority(ids[3], 0).await.unwrap();
    world.store.set_state(ids[3], RunState::Queued, Evidence::said("start refused"), NOW).await.unwrap();
    assert_eq!(order(&world).await, "bacd");
}

#[tokio::test]
async fn a_queue_is_there_or_not() {
    let world = World::new().await;
    assert!(!world.store.has_queued().await.unwrap());
    let run = world.store.insert_runs(None, &[new_run("a", 0)], NOW).await.unwrap().added[0];
    assert!(world.store.has_queued().await.unwrap());
    world.store.set_state(run, RunState::Paused, Evidence::said("paused"), NOW).await.unwrap();
    assert!(!world.store.has_queued().await.unwrap());
}
