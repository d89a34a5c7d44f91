//! States: the table of changes as text, and what a change leaves behind.

use proptest::prelude::*;
use serde_json::json;
use vitals_run::{Evidence, Grounds, RunState};
use vitals_store::StoreError;

use crate::world::{NOW, World};

#[test]
fn the_table_of_changes() {
    let table = RunState::ALL.map(|from| {
        let next: Vec<_> = from.next().iter().map(|to| to.as_str()).collect();
        format!("{from}: {}", next.join(" "))
    });
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
            "failed: queued starting running stalled paused finished cancelled lost",
            "cancelled: queued running stalled paused finished failed lost",
            "lost: queued starting running stalled paused finished failed cancelled",
        ]
    );
    for state in RunState::ALL {
        assert_eq!(RunState::parse(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        assert!(state.may_become(state) && !state.next().contains(&state));
        assert!(
            RunState::ALL
                .iter()
                .all(|to| state.may_become(*to) == (*to == state || state.next().contains(to)))
        );
        assert!(!(state.is_active() && state.has_ended()));
    }
    assert_eq!(RunState::parse("sleeping"), None);
}

#[tokio::test]
async fn a_history_with_evidence() {
    let world = World::new().await;
    let run = world.run().await;
    let steps: [(RunState, Grounds); 4] = [
        (RunState::Running, Evidence::said("first record").into()),
        (RunState::Running, Evidence::said("first record").into()),
        (RunState::Failed, Evidence::Signal { signal: 9 }.with(json!({"signal": 9}))),
        (RunState::Queued, Evidence::RetryRequested.into()),
    ];
    for (n, (state, grounds)) in (1_i64..).zip(&steps) {
        world.store.set_state(run, *state, grounds.clone(), NOW + n).await.unwrap();
        let row = world.store.run(run).await.unwrap();
        assert_eq!((row.state, row.evidence.as_str()), (*state, grounds.evidence.to_string().as_str()));
        assert_eq!(row.evidence_code, grounds.evidence);
        assert_eq!(row.ended_at, state.has_ended().then_some(NOW + n), "{state}");
        assert_eq!(row.started_at, Some(NOW + 1));
    }
    let history = world.store.transitions(run).await.unwrap();
    let told: Vec<_> = history.iter().map(|t| (t.at - NOW, t.to.as_str(), t.evidence.as_str())).collect();
    // The repeated statement is no news.
    assert_eq!(
        told,
        [
            (0, "starting", "added"),
            (1, "running", "first record"),
            (3, "failed", "killed (signal 9)"),
            (4, "queued", "retry requested")
        ]
    );
    assert_eq!((history[0].from, history[2].from), (None, Some(RunState::Running)));
    assert_eq!(history[2].data, json!({"signal": 9}));
    assert_eq!(history[2].evidence_code, Evidence::Signal { signal: 9 });
}

#[tokio::test]
async fn an_illegal_change_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let run = world.run().await;
    world.store.set_state(run, RunState::Paused, Evidence::said("exit 3"), NOW).await.unwrap();
    let before = world.store.run(run).await.unwrap();
    let refused = world.store.set_state(run, RunState::Pausing, Evidence::said("x"), NOW).await.unwrap_err();
    let expected = StoreError::IllegalTransition { run, from: RunState::Paused, to: RunState::Pausing };
    assert_eq!(refused.to_string(), expected.to_string());
    assert_eq!(world.store.run(run).await.unwrap(), before);
    assert_eq!(world.store.transitions(run).await.unwrap().len(), 2);
}

/// What somebody may claim of a run: any state, on evidence that may be the same as before, or none at all.
fn claim() -> impl Strategy<Value = (RunState, &'static str)> {
    let evidence = ["exit 0", "signal 9", "lock held", "asked for", "", " "];
    (prop::sample::select(RunState::ALL.to_vec()), prop::sample::select(evidence.to_vec()))
}

/// A run as the rules have it, kept beside the store's.
struct Model {
    state: RunState,
    evidence: &'static str,
    started: Option<i64>,
    ended: Option<i64>,
    /// From, to, evidence, time.
    history: Vec<(Option<RunState>, RunState, &'static str, i64)>,
}

impl Model {
    /// Whether the claim is taken.
    fn take(&mut self, to: RunState, evidence: &'static str, at: i64) -> bool {
        let from = self.state;
        if !from.may_become(to) || evidence.trim().is_empty() {
            return false;
        }
        if from != to || evidence != self.evidence {
            self.history.push((Some(from), to, evidence, at));
        }
        if from != to {
            if matches!(to, RunState::Starting | RunState::Running) {
                self.started = self.started.or(Some(at));
            }
            self.ended = to.has_ended().then_some(at);
        }
        (self.state, self.evidence) = (to, evidence);
        true
    }
}

/// Whatever is claimed in whatever order, also after an end (later evidence corrects earlier): no state without
/// evidence, no illegal change, the history a chain from the first state to the last.
async fn random_claims(claims: Vec<(RunState, &'static str)>) -> Result<(), TestCaseError> {
    let world = World::new().await;
    let run = world.run().await;
    let (starting, added) = (RunState::Starting, "added");
    let history = vec![(None, starting, added, NOW)];
    let mut model = Model { state: starting, evidence: added, started: None, ended: None, history };
    for (at, (to, evidence)) in (NOW + 1..).zip(claims) {
        let before = world.store.run(run).await.unwrap();
        let taken = world.store.set_state(run, to, Evidence::said(evidence), at).await;
        let row = world.store.run(run).await.unwrap();
        prop_assert_eq!(taken.is_ok(), model.take(to, evidence, at), "{:?}", taken);
        if taken.is_err() {
            prop_assert_eq!(&row, &before, "what is refused changes nothing");
        }
        prop_assert_eq!((row.state, row.evidence.as_str()), (model.state, model.evidence));
        prop_assert_eq!((row.started_at, row.ended_at), (model.started, model.ended));
    }
    let history = world.store.transitions(run).await.unwrap();
    let told: Vec<_> = history.iter().map(|t| (t.from, t.to, t.evidence.as_str(), t.at)).collect();
    prop_assert_eq!(told, model.history);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_leaves_a_history_that_can_be_trusted(claims in prop::collection::vec(claim(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(random_claims(claims))?;
    }
}
