//! Events of all runs in one list: newest first, with the time at which their steps were recorded, and what was read.

use vitals_run::{Event, Happening};
use vitals_store::{AlarmCount, AlarmQuery};

use crate::detection::{NAN, SPIKE, batches};
use crate::world::{NOW, World};

const KINDS: [&str; 3] = ["spike", "dip", "nonfinite"];

async fn told(world: &World, query: &AlarmQuery<'_>) -> Vec<(String, String, u64)> {
    let alarms = world.store.alarms(query).await.unwrap();
    alarms
        .into_iter()
        .map(|alarm| (alarm.label, alarm.event.event.what.kind().to_owned(), alarm.event.event.step))
        .collect()
}

#[tokio::test]
async fn alarms_of_all_runs_are_dated_by_their_steps_whatever_the_batches() {
    let world = World::new().await;
    for (point, a_batch) in [("first", 7), ("second", 10_000)] {
        let run = world.run_of(point).await;
        for batch in batches(0, SPIKE, a_batch) {
            world.store.ingest(run, 1, &batch).await.unwrap();
        }
        let checkpoint = Event {
            step: 400,
            end_step: None,
            layer: None,
            injected: false,
            at: Some(NOW),
            what: Happening::parse("checkpoint", serde_json::json!({})),
        };
        world.store.add_events(run, 1, &[checkpoint]).await.unwrap();
    }
    let query = AlarmQuery { kinds: &KINDS, limit: 100, ..AlarmQuery::default() };
    let found = world.store.alarms(&query).await.unwrap();
    assert_eq!(found.len(), 6, "{found:#?}");
    for alarm in &found {
        // A row's elapsed time is its step in seconds; a batch may bring the step's last row a little later.
        let seconds = (alarm.event.event.at.unwrap() - NOW) / 1000;
        let late = seconds - i64::try_from(alarm.event.event.step).unwrap();
        // Small batches find an event only when its later steps are in; a dip needs the most.
        assert!((0..=100).contains(&late), "{alarm:?} is dated {late} s after its step");
        assert!(alarm.label != "second/0" || late <= 1, "all rows at once: {alarm:?}");
    }
    let at: Vec<_> = found.iter().map(|alarm| alarm.event.event.at).collect();
    assert!(at.is_sorted_by(|a, b| a >= b), "{at:?}");
    let spikes = AlarmQuery { kinds: &["spike"], limit: 1, ..AlarmQuery::default() };
    assert_eq!(world.store.alarms(&spikes).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_read_is_remembered_and_never_goes_back() {
    let world = World::new().await;
    let run = world.run_of("run").await;
    for batch in batches(0, SPIKE, 100) {
        world.store.ingest(run, 1, &batch).await.unwrap();
    }
    let all = AlarmQuery { kinds: &KINDS, limit: 100, ..AlarmQuery::default() };
    let ids: Vec<i64> = world.store.alarms(&all).await.unwrap().iter().map(|alarm| alarm.event.id).collect();
    let (first, last) = (*ids.iter().min().unwrap(), *ids.iter().max().unwrap());
    assert_eq!(world.store.count_alarms(&KINDS, 0).await.unwrap(), AlarmCount { total: 3, unread: 3 });
    world.store.read_alarms_through(last).await.unwrap();
    world.store.read_alarms_through(first).await.unwrap();
    let through = world.store.alarms_read_through().await.unwrap();
    assert_eq!(through, last);
    assert_eq!(world.store.count_alarms(&KINDS, through).await.unwrap(), AlarmCount { total: 3, unread: 0 });
    let newer = AlarmQuery { after: first, ..all };
    assert_eq!(world.store.alarms(&newer).await.unwrap().len(), 2);
    let other = AlarmQuery { run: Some(world.run_of("other").await), ..newer };
    assert!(told(&world, &other).await.is_empty());
    let nan = AlarmQuery { kinds: &["nonfinite"], run: Some(run), limit: 100, ..AlarmQuery::default() };
    assert_eq!(told(&world, &nan).await, [("run/0".to_owned(), "nonfinite".to_owned(), NAN)]);
}
