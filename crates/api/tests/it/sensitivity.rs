//! Rate sensitivity of runs that a store holds: what is counted as what, which runs are held apart, and in which sentence it is
//! refused.

use vitals_api::RunState;
use vitals_api::decide::{decide, sensitivity};
use vitals_api::dto::{DecideBy, RateSensitivity, RunTableBy, SensitivityBy, SensitivityOfRates};
use vitals_api::run_table::table;
use vitals_recipe::Recipe;

use crate::decide::{Made, run};
use crate::world::World;

const RATES: [fn(&mut Recipe); 4] = [
    |recipe| recipe.base_learning_rate = 1e-4,
    |recipe| recipe.base_learning_rate = 2e-4,
    |recipe| recipe.base_learning_rate = 4e-4,
    |recipe| recipe.base_learning_rate = 8e-4,
];
const START: f64 = 0.1;

/// Values by rate, then by seed; NaN is a run that failed.
async fn arm(world: &World, frozen: bool, values: &[&[f64]]) {
    for (values, change) in values.iter().zip(RATES) {
        for (seed, last) in (0..).zip(*values) {
            let ended = if last.is_nan() { RunState::Failed } else { RunState::Finished };
            run(world, Made { frozen, seed, values: vec![START, *last], ended, change }).await;
        }
    }
}

pub async fn two_arms() -> World {
    let world = World::new().await;
    arm(&world, true, &[&[0.60, 0.62], &[0.70, 0.70], &[0.68, 0.70], &[0.60, 0.60]]).await;
    arm(&world, false, &[&[0.60, 0.60], &[0.70, 0.70], &[0.60, f64::NAN]]).await;
    world
}

fn by(names: &[&str]) -> SensitivityBy {
    SensitivityBy {
        by: names.iter().map(|name| (*name).to_owned()).collect(),
        metric: Some("knn_top1.last".to_owned()),
        ..SensitivityBy::default()
    }
}

async fn of(world: &World, asked: &SensitivityBy) -> SensitivityOfRates {
    sensitivity(&world.context, asked).await.unwrap()
}

async fn refused(world: &World, asked: &SensitivityBy) -> (String, Vec<String>) {
    let error = sensitivity(&world.context, asked).await.unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error:?}");
    (error.message, error.hints)
}

fn arm_of<'a>(found: &'a SensitivityOfRates, written: &str) -> &'a RateSensitivity {
    found.arms.iter().find(|arm| arm.written == written).unwrap()
}

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-12)
}

#[tokio::test]
async fn the_mean_loss_over_common_rates_with_what_failed_at_the_start() {
    let world = two_arms().await;
    let found = of(&world, &by(&["frozen_patch_projection"])).await;
    assert_eq!((found.metric.as_str(), found.value.as_str(), found.within), ("knn_top1", "last", 0.01));
    assert_eq!(found.rates, [1e-4, 2e-4, 4e-4], "the fourth has no learned run");
    // Frozen: losses .10, 0, .02 and .08, 0, 0. Learned: .10, 0, .10 and .10, 0, .60.
    let (frozen, learned) = (arm_of(&found, "true"), arm_of(&found, "false"));
    assert!(near(frozen.sensitivity, (0.12 / 3.0 + 0.08 / 3.0) / 2.0), "{frozen:?}");
    assert!(near(learned.sensitivity, (0.20 / 3.0 + 0.70 / 3.0) / 2.0), "{learned:?}");
    assert!(near(learned.std, (0.50 / 3.0) / 2.0_f64.sqrt()), "{learned:?}");
    assert_eq!((learned.seeds, learned.start, frozen.points.len()), (2, START, 4));
    let last = learned.points.last().unwrap();
    assert_eq!((last.mean, last.range, last.n, last.failed), (Some(0.60), Some((0.60, 0.60)), 1, 1));
    // From .70 down to .61 in one doubling, within a hundredth of it.
    let (low, high) = frozen.usable.unwrap();
    assert!((low / (2e-4 / 2.0_f64.powf(0.01 / 0.09)) - 1.0).abs() < 1e-9, "{low}");
    assert!((high / 4e-4 - 1.0).abs() < 1e-9 && !frozen.usable_reaches_end, "{high}");
    assert!((found.held.len(), found.held_out, found.lacking, found.left_out) == (0, 0, 0, 0));

    // Without arms named, they are whatever the runs differ in.
    let all = of(&world, &by(&[])).await;
    assert_eq!((all.by, all.arms.len()), (vec!["frozen_patch_projection".to_owned()], 2));
    // Of a metric that is not read in percent, and is the same everywhere.
    let loss = SensitivityBy { metric: Some("loss.last".to_owned()), ..by(&[]) };
    let loss = of(&world, &loss).await;
    assert_eq!(
        (loss.higher_is_better, arm_of(&loss, "true").sensitivity, loss.within),
        (false, Some(0.0), 0.0)
    );
}

#[tokio::test]
async fn the_means_are_those_of_decide_and_of_the_table() {
    let world = two_arms().await;
    let found = of(&world, &by(&["frozen_patch_projection"])).await;
    let filter = "base_learning_rate = 1e-4".to_owned();
    let asked = DecideBy {
        by: vec!["frozen_patch_projection".to_owned()],
        metric: Some("knn_top1.last".to_owned()),
        filter: filter.clone(),
        ..DecideBy::default()
    };
    let decision = decide(&world.context, &asked).await.unwrap();
    for arm in &decision.arms {
        let point = &arm_of(&found, &arm.written).points[0];
        assert_eq!((point.mean, point.n, point.failed), (arm.mean, arm.n, arm.failed));
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let asked = RunTableBy {
        filter,
        columns: names(&["base_learning_rate", "knn_top1.last", "beta2"]),
        group: names(&["frozen_patch_projection"]),
        ..RunTableBy::default()
    };
    let table = table(&world.context, &asked).await.unwrap();
    let scales: Vec<vitals_recipe::Scale> = table.columns.iter().map(|column| column.scale).collect();
    use vitals_recipe::Scale::{Linear, Log, LogToOne};
    assert_eq!((scales, table.objective), (vec![Log, Linear, LogToOne], None));
    assert!(table.rows.iter().all(|row| !row.failed));
    for group in &table.groups {
        let written =
            if group.key[0] == Some(vitals_api::dto::RunCell::Flag(true)) { "true" } else { "false" };
        let vitals_api::dto::GroupCell::Mean { mean, .. } = group.cells[1] else { panic!("{group:?}") };
        assert!(near(arm_of(&found, written).points[0].mean, mean));
    }
}

#[tokio::test]
async fn what_else_differs_is_held_where_most_of_the_curves_are() {
    let world = two_arms().await;
    // Two rates of another batch size are no part of the same curves.
    let other: [fn(&mut Recipe); 2] = [
        |recipe| (recipe.base_learning_rate, recipe.batch_size) = (1e-4, 32),
        |recipe| (recipe.base_learning_rate, recipe.batch_size) = (2e-4, 32),
    ];
    for change in other {
        for seed in 0..9 {
            run(&world, Made { frozen: true, seed, values: vec![0.9], change, ..Made::default() }).await;
        }
    }
    let found = of(&world, &by(&["frozen_patch_projection"])).await;
    assert_eq!(found.held_out, 18);
    assert_eq!(found.held["batch_size"], Recipe::preset("mocov3_vit_micro").unwrap().batch_size);
    assert!(near(arm_of(&found, "true").sensitivity, 0.1 / 3.0));
    // Words find what the table finds.
    let words = SensitivityBy { filter: "learned".to_owned(), ..by(&[]) };
    assert_eq!(of(&world, &words).await.arms.len(), 1);
}

#[tokio::test]
async fn without_enough_rates_or_values_it_says_what_is_missing() {
    let world = World::new().await;
    assert!(refused(&world, &by(&[])).await.0.starts_with("no run matches"));
    run(&world, Made { change: RATES[0], ended: RunState::Paused, ..Made::default() }).await;
    assert_eq!(
        refused(&world, &by(&[])).await.0,
        "all of these runs have the base learning rate 0.0001: rate sensitivity needs several"
    );
    run(&world, Made { change: RATES[1], ended: RunState::Paused, ..Made::default() }).await;
    assert_eq!(refused(&world, &by(&[])).await.0, "none of the 2 runs has ended");

    let world = World::new().await;
    arm(&world, true, &[&[0.6], &[0.7], &[0.6]]).await;
    assert_eq!(of(&world, &by(&["frozen_patch_projection"])).await.arms.len(), 1);
    arm(&world, false, &[&[0.6], &[0.7]]).await;
    let (said, hints) = refused(&world, &by(&["frozen_patch_projection"])).await;
    assert_eq!(said, "rate sensitivity needs 3 rates that every arm has; 2 here");
    assert_eq!(hints, ["false has 2 of them: leave it out, or train more of its rates"]);

    let asked = SensitivityBy { metric: Some("knn_top1_fixed.last".to_owned()), ..by(&[]) };
    assert_eq!(refused(&world, &asked).await.0, "5 of the 5 runs that have ended have no `knn_top1_fixed`");
    let asked = by(&["base_learning_rate"]);
    assert_eq!(
        refused(&world, &asked).await.0,
        "arms are drawn over `base_learning_rate`, and are not made of it"
    );
    assert_eq!(refused(&world, &by(&["seed"])).await.0, "`seed` makes pairs and no arms");
    let broken = SensitivityBy { filter: "seed =".to_owned(), ..by(&[]) };
    assert_eq!(sensitivity(&world.context, &broken).await.unwrap_err().diagnostics.len(), 1);
}
