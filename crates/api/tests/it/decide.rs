//! Arms of runs that a store holds: what is said of them, and in which sentence it is refused.

use vitals_api::decide::{decide, pairs_more};
use vitals_api::dto::{
    ArmComparison, ArmCorrection, ArmSeries, ArmVerdict, ArmsHeader, ArmsRequest, DecideBy, Decision,
    MorePairs, SeriesAsk, SeriesRequest, SheetBy, SheetCell,
};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, RunId, RunState};
use vitals_api::{frames, tabulate};
use vitals_journal::Column;
use vitals_recipe::Recipe;

use crate::world::World;

/// One evaluation a value, and the state in which the run ended.
pub struct Made {
    pub frozen: bool,
    pub seed: u64,
    pub values: Vec<f64>,
    pub ended: RunState,
    pub change: fn(&mut Recipe),
}

impl Default for Made {
    fn default() -> Self {
        Self { frozen: false, seed: 0, values: vec![0.5], ended: RunState::Finished, change: |_| () }
    }
}

pub async fn run(world: &World, made: Made) -> RunId {
    let mut recipe = Recipe::preset("mocov3_vit_micro").unwrap();
    (recipe.frozen_patch_projection, recipe.seed) = (made.frozen, made.seed);
    (made.change)(&mut recipe);
    let about = About {
        origin: Origin::StandIn(Box::new(recipe)),
        label: format!("{}-s{}", if made.frozen { "frozen" } else { "learned" }, made.seed),
        steps: made.values.len().max(1) as u64,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "made".to_owned(),
    };
    let values = made.values;
    let write = move |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let step = journal.stream("step", vec![Column::f64("loss".to_owned(), "")])?;
        journal.row(step, 0, 0.5, &[1.0])?;
        if !values.is_empty() {
            let stream = journal.stream("eval", vec![Column::f64("knn_top1".to_owned(), "")])?;
            for (step, value) in values.iter().enumerate() {
                journal.row(stream, step as u64, 0.5, &[*value])?;
            }
        }
        Ok(())
    };
    let run = record(&world.context, about, write).await.unwrap().run;
    for state in [RunState::Queued, RunState::Starting, RunState::Running, made.ended] {
        world
            .context
            .store()
            .set_state(run, state, Evidence::said("made"), world.context.now())
            .await
            .unwrap();
    }
    run
}

/// Both arms over these differences frozen − learned.
pub async fn arms(differences: &[f64]) -> World {
    let world = World::new().await;
    for (seed, difference) in differences.iter().enumerate() {
        let seed = seed as u64;
        run(&world, Made { seed, ..Made::default() }).await;
        run(&world, Made { seed, frozen: true, values: vec![0.5 + difference], ..Made::default() }).await;
    }
    world
}

pub fn asked() -> DecideBy {
    DecideBy {
        by: vec!["frozen_patch_projection".to_owned()],
        smallest_effect: Some(0.01),
        ..DecideBy::default()
    }
}

async fn of(world: &World, asked: &DecideBy) -> Decision {
    decide(&world.context, asked).await.unwrap()
}

async fn refused(world: &World, asked: &DecideBy) -> String {
    let error = decide(&world.context, asked).await.unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error:?}");
    error.message
}

#[tokio::test]
async fn three_pairs_are_not_enough_and_three_more_are_missing() {
    let world = arms(&[0.02, 0.011, 0.004]).await;
    let found = of(&world, &asked()).await;
    assert_eq!(
        (found.metric.as_str(), found.value.as_str(), found.baseline),
        ("knn_top1", "mean10", false.into())
    );
    let one = &found.comparisons[0];
    assert_eq!((one.verdict, one.pairs, one.missing_pairs), (ArmVerdict::Undecided, 3, Some(3)));
    assert_eq!(one.why, "3 of the 6 pairs that any test needs");
    assert_eq!((found.arms[0].n, found.arms[1].n, found.arms[1].failed), (3, 3, 0));
    assert!((one.difference.unwrap() - 0.035 / 3.0).abs() < 1e-12 && one.interval.is_some());
}

#[tokio::test]
async fn further_pairs_complete_what_is_half_there_and_count_what_is_on_the_way() {
    let world = arms(&[0.02, 0.011, 0.004]).await;
    // Seed 7 trained with the change alone, and its twin was cancelled.
    run(&world, Made { seed: 7, frozen: true, ..Made::default() }).await;
    run(&world, Made { seed: 7, ended: RunState::Cancelled, ..Made::default() }).await;
    // Seed 5 lacks the change.
    run(&world, Made { seed: 5, ..Made::default() }).await;
    let more = |pairs, dry| MorePairs { of: asked(), arm: "true".to_owned(), pairs, dry };
    let told = pairs_more(&world.context, &more(3, true)).await.unwrap();
    assert_eq!((told.arm_runs, told.baseline_runs), (3, 2));
    assert_eq!(told.runs, ["frozen-s5", "frozen-s8", "frozen-s9", "learned-s8", "learned-s9"]);
    assert_eq!(of(&world, &asked()).await.comparisons[0].pairs_on_the_way, 0, "nothing was queued");

    // Queued by hand, as a supervisor would be needed: seed 5 is on its way.
    run(&world, Made { seed: 5, frozen: true, ended: RunState::Paused, ..Made::default() }).await;
    assert_eq!(of(&world, &asked()).await.comparisons[0].pairs_on_the_way, 1);
    let told = pairs_more(&world.context, &more(3, true)).await.unwrap();
    assert_eq!(told.runs, ["frozen-s8", "frozen-s9", "learned-s8", "learned-s9"]);
    assert!(pairs_more(&world.context, &more(1, true)).await.unwrap().runs.is_empty(), "it is on the way");
    // Seeds that the condition leaves out are taken all the same.
    let of = DecideBy { filter: "seed < 3".to_owned(), ..asked() };
    let told = pairs_more(&world.context, &MorePairs { of, ..more(1, true) }).await.unwrap();
    assert_eq!(told.runs, ["frozen-s8", "learned-s8"]);

    for (wrong, said) in [
        (more(0, true), "1 to 1000 can be asked for at once, not 0"),
        (MorePairs { arm: "maybe".to_owned(), ..more(1, true) }, "no run has the value maybe"),
        (
            MorePairs { of: DecideBy::default(), ..more(1, true) },
            "name the parameter whose values are compared",
        ),
    ] {
        let error = pairs_more(&world.context, &wrong).await.unwrap_err();
        assert!(error.exit_code() == 2 && error.message.contains(said), "{error:?}");
    }
}

#[tokio::test]
async fn a_clear_difference_helps_and_the_other_way_round_hurts() {
    let world = arms(&[0.021, 0.024, 0.019, 0.022, 0.018, 0.025]).await;
    let found = of(&world, &asked()).await;
    assert_eq!(found.comparisons[0].verdict, ArmVerdict::Helps, "{}", found.comparisons[0].why);
    let turned = DecideBy { baseline: Some("true".to_owned()), ..asked() };
    assert_eq!(of(&world, &turned).await.comparisons[0].verdict, ArmVerdict::Hurts);
    // Of a metric of which less is better there is no difference at all.
    let loss = DecideBy { metric: Some("loss.last".to_owned()), ..asked() };
    let found = of(&world, &loss).await;
    assert_eq!((found.value.as_str(), found.higher_is_better), ("last", false));
    assert_eq!(found.comparisons[0].verdict, ArmVerdict::NoDifference);
}

/// Twelve runs whose seeds differ far more than the arms do: only pairs of one seed show it.
#[tokio::test]
async fn an_injected_difference_is_lost_where_seeds_are_shuffled() {
    const LEVELS: [f64; 6] = [0.40, 0.47, 0.51, 0.55, 0.62, 0.66];
    const DIFFERENCES: [f64; 6] = [0.021, 0.024, 0.019, 0.022, 0.018, 0.025];
    let made = async |seed_of: fn(u64) -> u64| {
        let world = World::new().await;
        for (seed, (level, difference)) in (0..).zip(LEVELS.into_iter().zip(DIFFERENCES)) {
            run(&world, Made { seed, values: vec![level], ..Made::default() }).await;
            let values = vec![level + difference];
            run(&world, Made { seed: seed_of(seed), frozen: true, values, ..Made::default() }).await;
        }
        world
    };
    let verdict = async |world: &World| of(world, &asked()).await.comparisons[0].verdict;
    assert_eq!(verdict(&made(|seed| seed).await).await, ArmVerdict::Helps);
    for shuffled in [(|seed| (seed + 1) % 6) as fn(u64) -> u64, |seed| (5 * seed + 3) % 6, |seed| 5 - seed] {
        assert_eq!(verdict(&made(shuffled).await).await, ArmVerdict::Undecided);
    }
    let said = refused(&made(|seed| seed + 6).await, &asked()).await;
    assert!(said.starts_with("no seed has ended on both sides"), "{said}");
}

#[tokio::test]
async fn failed_runs_are_counted_and_waiting_ones_are_on_the_way() {
    let world = arms(&[0.02; 2]).await;
    for seed in 2..8 {
        run(&world, Made { seed, ended: RunState::Failed, ..Made::default() }).await;
        let values = vec![if seed == 7 { f64::NAN } else { 0.52 }];
        run(&world, Made { seed, frozen: true, values, ..Made::default() }).await;
    }
    run(&world, Made { seed: 9, ended: RunState::Paused, ..Made::default() }).await;
    let found = of(&world, &asked()).await;
    let (learned, frozen) = (&found.arms[0], &found.arms[1]);
    assert_eq!((learned.n, learned.failed, learned.on_the_way), (2, 6, 1));
    assert_eq!((frozen.n, frozen.failed), (7, 1), "a value that is not finite is a failure");
    let failures = &found.comparisons[0].failures;
    assert_eq!((failures.arm, failures.baseline), ((1, 8), (6, 8)));
    // Five of eight on one side alone: 2¹⁻ᵏ of k that differ, at the share where that is most.
    let at = |share: f64| -> f64 {
        let chance = |k: i32, of: f64| of * share.powi(k) * (1.0 - share).powi(8 - k) * 0.5_f64.powi(k - 1);
        [(5, 56.0), (6, 28.0), (7, 8.0), (8, 1.0)].into_iter().map(|(k, of)| chance(k, of)).sum()
    };
    let most = (0..=1000).map(|share| at(f64::from(share) / 1000.0)).fold(0.0, f64::max);
    assert!((failures.p - most).abs() < 1e-6, "{} {most}", failures.p);
}

#[tokio::test]
async fn runs_that_differ_in_more_are_not_compared() {
    let world = arms(&[0.02; 3]).await;
    let hotter = |recipe: &mut Recipe| recipe.base_learning_rate = 0.5;
    run(&world, Made { seed: 1, frozen: true, change: hotter, ..Made::default() }).await;
    let one = &of(&world, &asked()).await.comparisons[0];
    assert_eq!((one.verdict, one.pairs), (ArmVerdict::NotComparable, 0));
    assert_eq!(one.why, "the runs differ in base_learning_rate as well");
    assert_eq!(of(&world, &asked()).await.arms[1].n, 4, "all of them are counted");
    // A narrower choice, and what only affects speed, compare.
    let narrow = DecideBy { filter: "base_learning_rate < 0.5".to_owned(), ..asked() };
    assert_eq!(of(&world, &narrow).await.comparisons[0].pairs, 3);
    let world = arms(&[0.02; 3]).await;
    run(&world, Made { seed: 1, change: |recipe| recipe.loader_threads = 7, ..Made::default() }).await;
    let found = of(&world, &asked()).await;
    // Made again: the newer one counts.
    assert_eq!((found.comparisons[0].verdict, found.arms[0].n), (ArmVerdict::Undecided, 3));
}

#[tokio::test]
async fn what_follows_what_is_varied_is_no_other_difference() {
    let world = World::new().await;
    for seed in 0..3 {
        run(&world, Made { seed, ..Made::default() }).await;
        let lamb = |recipe: &mut Recipe| {
            *recipe = Recipe { seed: recipe.seed, frozen_patch_projection: false, ..with_optimizer("lamb") };
        };
        run(&world, Made { seed, change: lamb, ..Made::default() }).await;
    }
    let by = DecideBy { by: vec!["optimizer".to_owned()], ..asked() };
    let one = &of(&world, &by).await.comparisons[0];
    assert_eq!((one.verdict, one.pairs), (ArmVerdict::Undecided, 3), "{}", one.why);
}

fn with_optimizer(name: &'static str) -> Recipe {
    let set = |name, value| vitals_recipe::Setting { name, level: vitals_recipe::Level::Recipe, value };
    let preset = vitals_recipe::PRESETS.iter().find(|preset| preset.name == "mocov3_vit_micro").unwrap();
    let settings: Vec<_> = preset.settings().chain([set("optimizer", name.into())]).collect();
    vitals_recipe::resolve(&settings).0
}

#[tokio::test]
async fn what_cannot_be_compared_is_said() {
    let world = World::new().await;
    assert_eq!(refused(&world, &asked()).await, "no run matches that Vitals trained");
    run(&world, Made { ended: RunState::Paused, ..Made::default() }).await;
    assert_eq!(
        refused(&world, &asked()).await,
        "all of these runs have frozen_patch_projection false: there is nothing to compare"
    );
    run(&world, Made { frozen: true, ended: RunState::Paused, ..Made::default() }).await;
    assert_eq!(refused(&world, &asked()).await, "none of the 2 runs has ended");
    run(&world, Made { seed: 1, ..Made::default() }).await;
    run(&world, Made { seed: 2, frozen: true, ..Made::default() }).await;
    assert_eq!(
        refused(&world, &asked()).await,
        "no seed has ended on both sides of `frozen_patch_projection`: nothing can be paired"
    );
    run(&world, Made { seed: 1, frozen: true, values: vec![], ..Made::default() }).await;
    assert_eq!(
        refused(&world, &DecideBy { metric: Some("knn_top1".to_owned()), ..asked() }).await,
        "1 of the 3 runs that have ended have no `knn_top1`"
    );
    let loss = DecideBy { metric: Some("loss.last".to_owned()), ..asked() };
    assert!(refused(&world, &loss).await.starts_with("one common seed says nothing"));
    let wrong = |change: fn(&mut DecideBy)| {
        let mut asked = asked();
        change(&mut asked);
        asked
    };
    for (change, sentence) in [
        ((|a| a.by = vec!["seed".to_owned()]) as fn(&mut DecideBy), "`seed` makes pairs and no arms"),
        (|a| a.by = vec!["optimiser".to_owned()], "there is no parameter `optimiser`"),
        (|a| a.by = vec![], "name the parameter whose values are compared"),
        (|a| a.baseline = Some("maybe".to_owned()), "no run has the value maybe"),
        (|a| a.smallest_effect = Some(0.0), "the smallest effect of interest must be larger than 0"),
        (|a| a.smallest_effect = Some(f64::NAN), "the smallest effect of interest must be larger than 0"),
        (
            |a| a.metric = Some("loss.mean0".to_owned()),
            "`mean0` says no value of a metric: last, best, min, max, or mean with a number as mean10",
        ),
    ] {
        assert_eq!(refused(&world, &wrong(change)).await, sentence);
    }
}

#[tokio::test]
async fn where_nothing_has_a_value_it_is_said_why() {
    let world = World::new().await;
    for frozen in [false, true] {
        for seed in 0..2 {
            run(&world, Made { seed, frozen, values: vec![f64::NAN], ..Made::default() }).await;
        }
    }
    let knn = DecideBy { metric: Some("knn_top1".to_owned()), ..asked() };
    assert_eq!(refused(&world, &knn).await, "`knn_top1` is not finite in any run");
    let world = World::new().await;
    for frozen in [false, true] {
        run(&world, Made { frozen, ended: RunState::Failed, ..Made::default() }).await;
    }
    assert_eq!(
        refused(&world, &asked()).await,
        "all 2 runs that have ended failed: there is no value to compare"
    );
}

/// Step, n, mean, low, high, min and max of each column of an arm's series.
async fn curve(world: &World, arms: Vec<Vec<String>>, columns: u32) -> Vec<(u32, Vec<Vec<f64>>)> {
    let series = vec![SeriesAsk::raw("knn_top1")];
    let asked = ArmsRequest { arms, series, from: None, to: None, columns };
    let bytes = frames::series(&world.context, &SeriesRequest::Arms { arms: asked }).await.unwrap();
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let header: ArmsHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
    let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let of = |one: &ArmSeries| {
        let (start, rows) = (one.offset as usize, one.columns as usize);
        let row = |row: usize| (0..8).map(|array| number(start + (array * rows + row) * 8)).collect();
        (one.arm, (0..rows).map(row).collect())
    };
    header.series.iter().map(of).collect()
}

#[tokio::test]
async fn the_curve_of_an_arm_says_over_how_many_seeds_it_goes() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for (seed, values) in
        [vec![0.1, 0.2, 0.6], vec![0.3, 0.4], vec![0.2, 0.3, f64::NAN]].into_iter().enumerate()
    {
        ids.push(run(&world, Made { seed: seed as u64, values, ..Made::default() }).await.to_string());
    }
    let pair = ids[..2].to_vec();
    let found = curve(&world, vec![ids, Vec::new(), pair], 100).await;
    let arms: Vec<u32> = found.iter().map(|(arm, _)| *arm).collect();
    assert_eq!(arms, [0, 2], "an arm without runs has no curve");
    let near = |found: &[f64], expected: &[f64]| {
        let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6 || a.is_nan() && b.is_nan();
        found.len() == expected.len() && found.iter().zip(expected).all(same)
    };
    // Of 0.1, 0.3, 0.2: s = 0.1, t(2) = 4.302653, so 0.2484137 to either side.
    let none = f64::NAN;
    let half = 0.248_413_7;
    let rows = &found[0].1;
    assert!(near(&rows[0], &[0.0, 3.0, 0.2, 0.2 - half, 0.2 + half, 0.1, 0.3, 0.0]), "{rows:?}");
    assert!(
        near(&rows[2], &[2.0, 1.0, 0.6, none, none, 0.6, 0.6, 1.0]),
        "one has ended, one is not finite: {rows:?}"
    );
    assert!(near(&found[1].1[0], &[0.0, 2.0, 0.2, none, none, 0.1, 0.3, 0.0]), "two have no interval");
}

#[tokio::test]
async fn a_table_counts_every_run_and_says_which_rows_are_no_worse_than_the_best() {
    let world = arms(&[0.021, 0.024, 0.019, 0.022, 0.018, 0.025]).await;
    run(&world, Made { seed: 6, ended: RunState::Failed, ..Made::default() }).await;
    let group = vec!["frozen_patch_projection".to_owned()];
    let columns = vec!["knn_top1.last".to_owned(), "loss.last".to_owned(), "label".to_owned()];
    let asked = SheetBy { columns, group, ..SheetBy::default() };
    let sheet = tabulate::sheet(&world.context, &asked).await.unwrap();
    let titles: Vec<&str> = sheet.columns.iter().map(|column| column.title.as_str()).collect();
    assert_eq!(titles, ["frozen patch projection", "kNN accuracy, % (last)", "Loss (last)", "label"]);
    let SheetCell::Mean { mean, n, best, tied, .. } = sheet.rows[1][1] else { panic!("{sheet:?}") };
    assert!((mean - 0.5215).abs() < 1e-9 && n == 6 && best && !tied, "{sheet:?}");
    let SheetCell::Mean { n, best, tied, .. } = sheet.rows[0][1] else { panic!("{sheet:?}") };
    assert_eq!((n, best, tied), (6, false, false), "seven runs, of which one failed");
    let SheetCell::Mean { tied, .. } = sheet.rows[1][2] else { panic!("{sheet:?}") };
    assert!(
        tied || matches!(sheet.rows[0][2], SheetCell::Mean { tied: true, .. }),
        "of equal losses none is better"
    );
    assert_eq!(sheet.rows[0][3], SheetCell::Several);
    assert!(
        sheet.caption.contains("13 runs") && sheet.caption.contains("1 of them did not finish"),
        "{}",
        sheet.caption
    );

    let single = SheetBy { filter: "seed < 1".to_owned(), ..SheetBy::default() };
    let text = tabulate::write(&tabulate::sheet(&world.context, &single).await.unwrap(), "csv").unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    for (wrong, said) in [
        (
            SheetBy { columns: vec!["nothing".to_owned()], ..SheetBy::default() },
            "no column can be made of it",
        ),
        (SheetBy { filter: "seed = 99".to_owned(), ..SheetBy::default() }, "no run matches"),
    ] {
        let error = tabulate::sheet(&world.context, &wrong).await.unwrap_err();
        assert!(error.exit_code() == 2 && error.message.contains(said), "{error:?}");
    }
}

/// Three arms of rates and the baseline over six seeds: one helps clearly, one alone would, one does nothing.
async fn rates() -> World {
    let world = World::new().await;
    let change: [fn(&mut Recipe); 4] = [
        |recipe| recipe.base_learning_rate = 0.1,
        |recipe| recipe.base_learning_rate = 0.2,
        |recipe| recipe.base_learning_rate = 0.3,
        |recipe| recipe.base_learning_rate = 0.4,
    ];
    let noise = [0.004, -0.002, 0.001, -0.003, 0.002, -0.001];
    for (seed, noise) in noise.into_iter().enumerate() {
        for (change, (mean, share)) in
            change.into_iter().zip([(0.0, 0.0), (0.03, 1.0), (0.003, 1.0), (0.0, 1.0)])
        {
            let values = vec![0.5 + mean + share * noise];
            run(&world, Made { seed: seed as u64, values, change, ..Made::default() }).await;
        }
    }
    world
}

#[tokio::test]
async fn several_arms_are_corrected_for_as_asked_and_without_it_each_is_as_if_alone() {
    let world = rates().await;
    let of_rates = async |correction| {
        let by = vec!["base_learning_rate".to_owned()];
        let asked = DecideBy { by, baseline: Some("0.1".to_owned()), correction, ..asked() };
        of(&world, &asked).await.comparisons
    };
    let usual = of_rates(None).await;
    assert_eq!(
        serde_json::to_value(&usual).unwrap(),
        serde_json::to_value(of_rates(Some(ArmCorrection::Usual)).await).unwrap()
    );
    let holm = of_rates(Some(ArmCorrection::Holm)).await;
    let none = of_rates(Some(ArmCorrection::None)).await;
    let names = |all: &[ArmComparison]| serde_json::to_value(all[0].correction).unwrap();
    assert_eq!([&usual, &holm, &none].map(|all| names(all)), ["seeds", "holm", "none"]);
    // The middle arm's t test alone: mean 0.003167, standard deviation 0.00264, t 2.79 of five degrees of freedom.
    let p = none[1].p.unwrap();
    assert!((0.03..0.05).contains(&p), "{p}");
    assert_eq!((none[1].p_corrected, none[1].interval_corrected), (Some(p), none[1].interval));
    assert!((holm[1].p_corrected.unwrap() - 2.0 * p).abs() < 1e-12, "the second of three by Holm");
    assert!(usual[1].p_corrected.unwrap() > p && usual[1].interval_corrected != usual[1].interval);
}
