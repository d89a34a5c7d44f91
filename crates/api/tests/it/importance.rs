//! What the outcome of runs in a store depends on: what is counted as what, which parameters are looked at, and in which sentence nothing is
//! ranked.

use vitals_api::RunState;
use vitals_api::dto::{ErrorCode, ImportanceBy, ImportanceOf};
use vitals_api::importance::{importance, stop};
use vitals_recipe::Recipe;

use crate::decide::{Made, run};
use crate::world::World;

const CHANGES: [fn(&mut Recipe); 4] = [
    |recipe| (recipe.base_learning_rate, recipe.knn_every) = (1e-4, 10),
    |recipe| (recipe.base_learning_rate, recipe.warmup_epochs) = (2e-4, 1.0),
    |recipe| (recipe.base_learning_rate, recipe.warmup_epochs) = (4e-4, 2.0),
    |recipe| (recipe.base_learning_rate, recipe.warmup_epochs) = (8e-4, 3.0),
];

/// Four rates, both sides of the trick, so many seeds: a rate counts ten times what the side does, and the seed a little.
pub async fn grid(world: &World, seeds: u64) {
    for (step, change) in CHANGES.into_iter().enumerate() {
        for frozen in [false, true] {
            for seed in 0..seeds {
                let value =
                    0.1 * step as f64 + 0.03 * f64::from(u8::from(frozen)) + 0.001 * (seed % 3) as f64;
                run(world, Made { frozen, seed, values: vec![value], change, ..Made::default() }).await;
            }
        }
    }
}

async fn of(world: &World, asked: &ImportanceBy) -> ImportanceOf {
    importance(&world.context, asked).await.unwrap()
}

fn last() -> ImportanceBy {
    ImportanceBy { metric: "knn_top1.last".to_owned(), ..ImportanceBy::default() }
}

#[tokio::test]
async fn parameters_are_ranked_and_what_moved_with_another_is_told() {
    let world = World::new().await;
    grid(&world, 5).await;
    run(&world, Made { seed: 9, ended: RunState::Failed, ..Made::default() }).await;
    run(&world, Made { seed: 9, ended: RunState::Running, ..Made::default() }).await;
    run(&world, Made { seed: 9, ended: RunState::Cancelled, ..Made::default() }).await;
    run(&world, Made { seed: 8, values: vec![f64::NAN], ..Made::default() }).await;
    let found = of(&world, &last()).await;
    assert_eq!((found.runs, found.failed, found.unended, found.lacking), (40, 1, 2, 1));
    assert_eq!((found.metric.as_str(), found.why.as_ref(), found.beyond), ("knn_top1.last", None, 0));
    assert!(found.explained.unwrap() > 0.9 && found.trees == 300, "{found:?}");
    let share = |name: &str| found.shares.iter().find(|share| share.names == [name]).unwrap();
    // Rate and warm-up rise together: what belongs to one of them is shared, and said.
    let both = share("base_learning_rate").mean + share("warmup_epochs").mean;
    assert!(both > 0.8 && share("frozen_patch_projection").mean < 0.15, "{found:?}");
    assert!(!share("seed").is_clear && share("seed").mean < 0.05, "{found:?}");
    let together: Vec<_> = found.together.iter().map(|pair| (&*pair.names.0, &*pair.names.1)).collect();
    assert_eq!(together, [("base_learning_rate", "warmup_epochs")]);
    assert!(found.together[0].correlation > 0.9);
    assert!(found.shares.iter().all(|share| share.names[0] != "knn_every"), "how often it was looked at");
    assert!(found.random.unwrap() < 0.05);
}

#[tokio::test]
async fn failing_is_an_outcome_of_its_own() {
    let world = World::new().await;
    for seed in 0..5 {
        for (step, change) in CHANGES.into_iter().enumerate() {
            let ended = if step == 3 { RunState::Failed } else { RunState::Finished };
            for frozen in [false, true] {
                run(&world, Made { frozen, seed, ended, change, ..Made::default() }).await;
            }
        }
    }
    let same = of(&world, &last()).await;
    assert_eq!((same.runs, same.failed), (30, 10));
    assert_eq!(same.why.unwrap().text, "the outcome of all of these runs is the same");
    let failing = of(&world, &ImportanceBy { failing: true, ..last() }).await;
    assert_eq!((failing.runs, failing.failing, failing.why.as_ref()), (40, true, None));
    assert!(["base_learning_rate", "warmup_epochs"].contains(&&*failing.shares[0].names[0]), "{failing:?}");
}

#[tokio::test]
async fn too_few_runs_and_what_nothing_explains_are_said() {
    let world = World::new().await;
    grid(&world, 3).await;
    let few = of(&world, &last()).await;
    assert_eq!(few.why.unwrap().text, "what an outcome depends on needs 30 runs that have it; 24 here");
    assert!(few.shares.is_empty() && few.explained.is_none());
    let none = of(&world, &ImportanceBy { filter: "seed = 99".to_owned(), ..last() }).await;
    assert_eq!((none.runs, none.why.is_some()), (0, true));
    for seed in 10..30 {
        // Neither rate nor side has anything to do with it.
        let change = CHANGES[seed as usize % 4];
        let value = [0.9, 0.1, 0.5, 0.2, 0.8, 0.3, 0.7][seed as usize % 7];
        run(&world, Made { seed, values: vec![value], change, ..Made::default() }).await;
    }
    let noise = of(&world, &ImportanceBy { filter: "seed >= 10 or seed < 2".to_owned(), ..last() }).await;
    let why = noise.why.unwrap().text.clone();
    assert!(why.starts_with("a forest on these parameters foretells too little"), "{why}");
    assert!(noise.shares.is_empty() && noise.explained.unwrap() < 0.3);
    let error = importance(&world.context, &ImportanceBy::default()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidInput);
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_given_up() {
    let world = World::new().await;
    grid(&world, 5).await;
    let (context, asked) = (world.context.clone(), last());
    let asking = tokio::spawn(async move { importance(&context, &asked).await });
    // Until it is answered: whoever asks anew has stopped those before.
    while !asking.is_finished() {
        stop(&world.context);
        tokio::task::yield_now().await;
    }
    assert_eq!(asking.await.unwrap().unwrap_err().code, ErrorCode::Conflict);
    assert!(of(&world, &last()).await.why.is_none());
}
