//! Requests: taken exactly once, settled once, found again after a crash.

use serde_json::json;
use vitals_run::Command;
use vitals_store::{RequestStatus, Role, Store};

use crate::world::{NOW, World};

#[tokio::test]
async fn a_request_is_taken_once_by_whoever_is_first() {
    let world = World::new().await;
    let run = world.run().await;
    for n in 0..20 {
        world.store.add_request(Some(run), Command::Rewind, &json!({"to_step": n}), NOW + n).await.unwrap();
    }
    let other = Store::open(world.database(), Role::Writer).await.unwrap();
    let (mine, theirs) = tokio::join!(world.store.take_requests(NOW + 50), other.take_requests(NOW + 50));
    let taken: Vec<_> = mine.unwrap().into_iter().chain(theirs.unwrap()).collect();
    let mut steps: Vec<_> = taken.iter().map(|r| r.arguments["to_step"].as_i64().unwrap()).collect();
    steps.sort_unstable();
    assert_eq!(steps, (0..20).collect::<Vec<_>>());
    assert!(taken.iter().all(|r| r.run == Some(run) && r.command == Command::Rewind));
    assert_eq!(world.store.take_requests(NOW + 60).await.unwrap(), []);
}

#[tokio::test]
async fn a_request_is_settled_once_and_found_until_then() {
    let world = World::new().await;
    let run = world.run().await;
    let pause = world.store.add_request(Some(run), Command::Pause, &json!(null), NOW).await.unwrap();
    let queue = world.store.add_request(None, Command::PauseQueue, &json!(null), NOW).await.unwrap();
    // Not taken yet, so there is nothing to settle.
    world.store.settle_request(pause, Ok("too early"), NOW).await.unwrap();
    assert_eq!(world.store.request(pause).await.unwrap().unwrap().status, RequestStatus::New);

    let taken = world.store.take_requests(NOW).await.unwrap();
    assert_eq!(taken.iter().map(|r| r.id).collect::<Vec<_>>(), [pause, queue]);
    assert_eq!(world.store.taken_requests().await.unwrap(), taken);
    world.store.settle_request(pause, Err("the run has ended"), NOW).await.unwrap();
    world.store.settle_request(pause, Ok("a second answer"), NOW).await.unwrap();
    let settled = world.store.request(pause).await.unwrap().unwrap();
    assert_eq!(
        (settled.status, settled.answer.as_deref()),
        (RequestStatus::Refused, Some("the run has ended"))
    );
    assert_eq!(world.store.taken_requests().await.unwrap().len(), 1);
    for command in Command::ALL {
        assert_eq!(Command::parse(command.as_str()), Some(command));
        assert_eq!(serde_json::to_value(command).unwrap(), command.as_str());
    }
}
