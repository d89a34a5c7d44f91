//! States: the table of changes as text, and what a change leaves behind.

use serde_json::json;
use vitals_store::{Evidence, RunState, StoreError};

use crate::world::{NOW, World};

#[test]
fn the_table_of_changes() {
    let table: Vec<String> = RunState::ALL
        .into_iter()
        .map(|from| {
            let next: Vec<_> = RunState::ALL
                .into_iter()
                .filter(|to| *to != from && from.may_become(*to))
                .map(RunState::as_str)
                .collect();
            format!("{from}: {}", next.join(" "))
        })
        .collect();
    assert_eq!(
        table,
        [
            "queued: starting running paused finished failed cancelled lost",
            "starting: queued running stalled pausing paused finished failed cancelled lost",
            "running: stalled pausing paused finished failed cancelled lost",
            "stalled: running pausing paused finished failed cancelled lost",
            "pausing: running stalled paused finished failed cancelled lost",
            "paused: queued running finished failed cancelled lost",
            "finished: queued running stalled paused failed cancelled lost",
            "failed: queued running stalled paused finished cancelled lost",
            "cancelled: queued running stalled paused finished failed lost",
            "lost: queued running stalled paused finished failed cancelled",
        ]
    );
    for state in RunState::ALL {
        assert_eq!(RunState::parse(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        assert!(state.may_become(state));
        assert!(!(state.is_active() && state.has_ended()));
    }
    assert_eq!(RunState::parse("sleeping"), None);
}

#[tokio::test]
async fn a_history_with_evidence() {
    let world = World::new().await;
    let run = world.run().await;
    let steps = [
        (RunState::Running, Evidence::text("first record")),
        (RunState::Running, Evidence::text("first record")),
        (RunState::Failed, Evidence::with("signal 9", json!({"signal": 9}))),
        (RunState::Queued, Evidence::text("retry requested")),
    ];
    for (n, (state, evidence)) in (1_i64..).zip(&steps) {
        world.store.set_state(run, *state, evidence, NOW + n).await.unwrap();
        let row = world.store.run(run).await.unwrap();
        assert_eq!((row.state, row.evidence.as_str()), (*state, evidence.text.as_str()));
        assert_eq!(row.ended_at, state.has_ended().then_some(NOW + n), "{state}");
        assert_eq!(row.started_at, Some(NOW + 1));
    }
    let history = world.store.transitions(run).await.unwrap();
    let told: Vec<_> =
        history.iter().map(|t| (t.at - NOW, t.to.as_str(), t.evidence.text.as_str())).collect();
    // The repeated statement is no news.
    assert_eq!(
        told,
        [
            (0, "starting", "added"),
            (1, "running", "first record"),
            (3, "failed", "signal 9"),
            (4, "queued", "retry requested")
        ]
    );
    assert_eq!((history[0].from, history[2].from), (None, Some(RunState::Running)));
    assert_eq!(history[2].evidence.data, json!({"signal": 9}));
}

#[tokio::test]
async fn an_illegal_change_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let run = world.run().await;
    world.store.set_state(run, RunState::Paused, &Evidence::text("exit 3"), NOW).await.unwrap();
    let before = world.store.run(run).await.unwrap();
    let refused = world.store.set_state(run, RunState::Pausing, &Evidence::text("x"), NOW).await.unwrap_err();
    let expected = StoreError::IllegalTransition { run, from: RunState::Paused, to: RunState::Pausing };
    assert_eq!(refused.to_string(), expected.to_string());
    assert_eq!(world.store.run(run).await.unwrap(), before);
    assert_eq!(world.store.transitions(run).await.unwrap().len(), 2);
}
