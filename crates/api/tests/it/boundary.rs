//! The boundary of stable training among runs that a store holds: which of them tell it, where it is drawn, which runs are proposed,
//! what they are queued as, and in which sentence there is none.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vitals_api::boundary::{boundaries, queue};
use vitals_api::dto::{Boundaries, BoundariesBy, BoundaryRun, BoundaryRuns, ErrorCode, MapBoundary, NextRun};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, Happening, MetricChoice, RunId, RunSelection, RunState};
use vitals_journal::Column;
use vitals_recipe::Recipe;
use vitals_run::{Event, Spike};

use crate::world::World;

const LADDER: [f64; 8] = [1e-4, 1.6e-4, 2.5e-4, 4e-4, 6.3e-4, 1e-3, 1.6e-3, 2.5e-3];

/// A run of a thousand steps, evaluated often enough for a score: with two spikes it is .33.
async fn run(
    world: &World,
    stable: bool,
    ended: RunState,
    evaluated: bool,
    change: impl FnOnce(&mut Recipe),
) -> RunId {
    let (context, store) = (&world.context, world.context.store());
    let mut recipe = Recipe::preset("mocov3_vit_micro").unwrap();
    recipe.frozen_patch_projection = false;
    change(&mut recipe);
    let about = About {
        label: format!("b{}-lr{:e}-s{}", recipe.batch_size, recipe.base_learning_rate, recipe.seed),
        origin: Origin::StandIn(Box::new(recipe)),
        steps: 1_000,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "made".to_owned(),
    };
    let write = move |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let stream = journal.stream("step", vec![Column::f64("loss".to_owned(), "")])?;
        journal.row(stream, 0, 0.5, &[1.0])?;
        journal.row(stream, 999, 9.5, &[1.0])?;
        let stream = journal.stream("eval", vec![Column::f64("knn_top1".to_owned(), "")])?;
        for step in (0..1_000).step_by(if evaluated { 50 } else { 500 }) {
            journal.row(stream, step, 0.5, &[0.5])?;
        }
        Ok(())
    };
    let run = record(context, about, write).await.unwrap().run;
    let spike = |step| {
        let found = Spike { peak_step: step, peak_z: 9.0, layers: Vec::new(), open: false };
        Event::new(step, None, Happening::Spike(found))
    };
    if !stable {
        store.add_events(run, 1, &[spike(100), spike(400)]).await.unwrap();
    }
    for state in [RunState::Queued, RunState::Starting, RunState::Running, ended] {
        store.set_state(run, state, Evidence::said("made"), context.now()).await.unwrap();
    }
    run
}

/// Stable below 5e-4 at a batch of 256, below 2e-4 at 512.
pub async fn two_batches() -> World {
    let world = World::new().await;
    for (batch, boundary) in [(256, 5e-4), (512, 2e-4)] {
        for rate in LADDER {
            run(&world, rate < boundary, RunState::Finished, true, |recipe| {
                (recipe.batch_size, recipe.base_learning_rate) = (batch, rate);
            })
            .await;
        }
    }
    world
}

async fn of(world: &World, across: &str) -> Boundaries {
    let asked = BoundariesBy { filter: String::new(), across: across.to_owned() };
    boundaries(&world.context, &asked).await.unwrap()
}

fn counts(group: &MapBoundary) -> (u32, u32, u32) {
    (group.stable, group.unstable, group.untold)
}

#[tokio::test]
async fn over_batch_sizes_the_boundary_is_one_curve_with_a_band() {
    let world = two_batches().await;
    let found = of(&world, "batch_size").await;
    assert_eq!((found.score, found.groups.len()), (0.75, 1));
    let group = &found.groups[0];
    assert_eq!((counts(group), group.of.len(), group.why.as_ref()), ((6, 10, 0), 0, None));
    let ats: Vec<&Value> = group.line.iter().map(|at| &at.at).collect();
    assert_eq!(ats, [&json!(256), &json!(512)]);
    for (at, truth) in group.line.iter().zip([5e-4_f64, 2e-4]) {
        assert!((at.rate / truth).log10().abs() < 0.15, "{at:?}");
        assert!(at.low.unwrap() < at.rate && at.rate < at.high.unwrap(), "{at:?}");
    }
    assert_eq!(found.next.len(), 4);
    assert!(found.next.is_sorted_by(|a, b| a.bits >= b.bits) && found.next.iter().all(|one| one.bits > 0.0));
    for next in &found.next {
        let line = group.line.iter().find(|at| at.at == next.at).unwrap();
        assert!((next.rate / line.rate).log10().abs() < 0.5, "near the boundary: {next:?} {line:?}");
        assert!((0.1..=0.9).contains(&next.unstable) && next.cost_seconds.is_none(), "{next:?}");
    }
}

#[tokio::test]
async fn over_anything_else_each_value_has_its_own() {
    let world = two_batches().await;
    for rate in LADDER {
        run(&world, rate < 1.2e-3, RunState::Finished, true, |recipe| {
            (recipe.base_learning_rate, recipe.frozen_patch_projection) = (rate, true);
        })
        .await;
    }
    let found = of(&world, "frozen_patch_projection").await;
    let group =
        |batch: u32| found.groups.iter().find(|group| group.of["batch_size"] == json!(batch)).unwrap();
    let ats: Vec<&Value> = group(256).line.iter().map(|at| &at.at).collect();
    assert_eq!((ats.len(), group(512).line.len()), (2, 1));
    let rate = |frozen: bool| group(256).line.iter().find(|at| at.at == json!(frozen)).unwrap().rate;
    assert!((rate(true) / 1.2e-3).log10().abs() < 0.15 && (rate(false) / 5e-4).log10().abs() < 0.15);
    // A name that runs do not have is no axis of theirs, and the rate is what is drawn.
    assert!(of(&world, "config.lr").await.groups.is_empty());
    let asked = BoundariesBy { filter: String::new(), across: "base_learning_rate".to_owned() };
    assert_eq!(boundaries(&world.context, &asked).await.unwrap_err().code, ErrorCode::InvalidInput);
}

#[tokio::test]
async fn what_does_not_tell_is_counted_and_says_why_there_is_no_boundary() {
    let world = World::new().await;
    let said = |found: Boundaries| found.groups[0].why.as_ref().unwrap().text.clone();
    for (rate, ended, evaluated) in [
        (1e-4, RunState::Finished, true),
        (2e-4, RunState::Finished, true),
        (4e-4, RunState::Finished, false),
        (8e-4, RunState::Failed, true),
        (9e-4, RunState::Running, true),
    ] {
        run(&world, true, ended, evaluated, |recipe| recipe.base_learning_rate = rate).await;
    }
    let found = of(&world, "batch_size").await;
    assert_eq!(
        counts(&found.groups[0]),
        (2, 0, 2),
        "one has no score, one failed of something else, one goes on"
    );
    assert!(found.next.is_empty() && found.groups[0].line.is_empty());
    assert_eq!(said(found), "the boundary needs 6 runs that tell whether training was stable; 2 here");
    for rate in [1e-3, 2e-3, 4e-3, 8e-3] {
        run(&world, true, RunState::Finished, true, |recipe| recipe.base_learning_rate = rate).await;
    }
    assert_eq!(
        said(of(&world, "batch_size").await),
        "all 6 runs were stable: the boundary is above their rates, if there is one"
    );
    // What is not finite to the end tells, though it failed.
    let run = run(&world, true, RunState::Failed, true, |recipe| recipe.base_learning_rate = 2e-2).await;
    let level = vitals_run::Level { metric: "loss".to_owned(), from: 3.0, to: 9.0, open: true };
    let event = Event::new(100, None, Happening::Divergence(level));
    world.context.store().add_events(run, 1, &[event]).await.unwrap();
    let found = of(&world, "batch_size").await;
    assert_eq!((counts(&found.groups[0]), found.groups[0].line.len()), ((6, 1, 2), 1));
}

#[tokio::test]
async fn what_is_proposed_is_queued_like_its_neighbours_and_not_proposed_again() {
    let world = two_batches().await;
    let found = of(&world, "batch_size").await;
    let asked: Vec<BoundaryRun> = found
        .next
        .iter()
        .map(|next| BoundaryRun { like: next.like.clone(), rate: next.rate, seed: next.seed })
        .collect();
    // There is no program that could supervise them: they wait.
    let error = queue(&world.context, &BoundaryRuns { runs: asked.clone() }).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::SupervisorUnavailable);
    let rows = world.context.store().runs(&RunSelection::All, &MetricChoice::None).await.unwrap();
    assert_eq!(rows.len(), 20);
    for next in &found.next {
        let row = rows.iter().find(|row| row.label == next.label).unwrap();
        let recipe = row.recipe().unwrap().unwrap();
        assert_eq!((json!(recipe.batch_size), recipe.base_learning_rate), (next.at.clone(), next.rate));
        assert_eq!(
            (recipe.seed, row.state, row.axes["base_learning_rate"].clone()),
            (next.seed, RunState::Queued, json!(next.rate))
        );
        assert_eq!(row.evidence_code, Evidence::QueuedForBoundary);
    }
    let name = |next: &NextRun| format!("{} {} {}", next.at, next.rate, next.seed);
    let before: BTreeSet<String> = found.next.iter().map(name).collect();
    let again = of(&world, "batch_size").await;
    assert_eq!(again.groups[0].stable, 6, "what waits tells nothing yet");
    assert!(again.next.iter().all(|next| !before.contains(&name(next))), "{before:?} {:?}", again.next);
    assert!(again.next[0].bits < found.next[0].bits);
    // Asked for twice it is there once.
    let _ = queue(&world.context, &BoundaryRuns { runs: asked.clone() }).await;
    assert_eq!(world.context.store().runs(&RunSelection::All, &MetricChoice::None).await.unwrap().len(), 20);
    for (wrong, said) in [
        (Vec::new(), "1 to 1000 can be asked for at once, not 0".to_owned()),
        (
            vec![BoundaryRun { rate: -1.0, ..asked[0].clone() }],
            "`base_learning_rate` is -1; it must lie between 0 and 1000".to_owned(),
        ),
    ] {
        let error = queue(&world.context, &BoundaryRuns { runs: wrong }).await.unwrap_err();
        assert_eq!((error.code, error.message), (ErrorCode::InvalidInput, said));
    }
}
